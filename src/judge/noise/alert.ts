// Alerts: what raw events are about. Equal labels are the same alert; events of one are merged as Alertmanager does.

import type { Instant } from '#kernel/time.ts';
import type { Labels } from './matcher.ts';

/** One raw event: something fires, still fires, or is over. */
export type AlertEvent = {
  /** The service, target, severity and cause are labels like others. */
  readonly labels: Labels;
  readonly startsAt: Instant;
  /** Null: it fires until it is told otherwise, or for the resolve timeout. */
  readonly endsAt: Instant | null;
};

export type Alert = {
  readonly fingerprint: string;
  readonly labels: Labels;
  readonly startsAt: Instant;
  readonly endsAt: Instant;
  /** Its end was assumed, not told. */
  readonly isEndAssumed: boolean;
};

/** The name of an alert: its labels in the order of their names. */
export const fingerprintOf = (labels: Labels): string => {
  const names = Object.keys(labels).sort();
  let text = '';
  for (const name of names) text += `${name}\u0001${labels[name] ?? ''}\u0002`;
  return text;
};

export const isResolved = (alert: Alert, at: Instant): boolean => alert.endsAt <= at;

const isOverlapping = (a: Alert, b: Alert): boolean =>
  (b.endsAt > a.startsAt && b.endsAt < a.endsAt) || (b.startsAt > a.startsAt && b.startsAt < a.endsAt);

/** A known alert and a newer one with the same labels; one that began after the other had ended is not the same trouble. */
export const mergeAlerts = (known: Alert, newer: Alert, at: Instant): Alert => {
  if (!isOverlapping(known, newer)) return newer;
  const startsAt = known.startsAt < newer.startsAt ? known.startsAt : newer.startsAt;
  const isKnownLonger = known.endsAt > newer.endsAt;
  const isKnownKept = isResolved(newer, at) ? isResolved(known, at) : !known.isEndAssumed;
  return isKnownLonger && isKnownKept
    ? { ...newer, startsAt, endsAt: known.endsAt, isEndAssumed: known.isEndAssumed }
    : { ...newer, startsAt };
};

const byLabels = (a: Labels, b: Labels): number => {
  const namesA = Object.keys(a);
  const namesB = Object.keys(b);
  if (namesA.length !== namesB.length) return namesA.length - namesB.length;
  for (const name of [...namesA, ...namesB].sort()) {
    const left = a[name];
    const right = b[name];
    if (left === undefined) return -1;
    if (right === undefined) return 1;
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
};

/** The order inside a notification: by job, then by instance, then by all labels, as in Alertmanager. */
export const inOrder = (a: Alert, b: Alert): number => {
  for (const name of ['job', 'instance']) {
    const left = a.labels[name];
    const right = b.labels[name];
    if (left === right) continue;
    if (left === undefined) return 1;
    if (right === undefined) return -1;
    return left < right ? -1 : 1;
  }
  return byLabels(a.labels, b.labels);
};
