// The words in which people are told: one notification for a change of state, one when it is over.

import type { Notification, Severity } from '#kernel/notification.ts';
import { sayReasons, sayInstant, type Reason } from '#kernel/reason.ts';
import { elapsedMs, sayDuration, type Instant } from '#kernel/time.ts';

export type Trouble = {
  readonly subject: string;
  /** When it began: together with the subject it names the trouble. */
  readonly since: Instant;
  readonly trigger: string;
};

const troubleKey = (trouble: Trouble): string => `${trouble.subject}@${trouble.since}`;

/** Trouble begins: told once, for the cause and never for its symptoms. */
export const troubleNotice = (
  trouble: Trouble,
  reasons: readonly Reason[],
  plan: string,
  at: Instant,
): Notification => ({
  key: `trouble:${troubleKey(trouble)}`,
  kind: 'trouble',
  severity: 'SEV3',
  subject: trouble.subject,
  title: `${trouble.subject}: ${trouble.trigger}`,
  body: [`Since ${sayInstant(trouble.since)}.`, `Why: ${sayReasons(reasons)}.`, `Sereno: ${plan}.`].join('\n'),
  people: [],
  at,
});

/** It is over, as measured. Told only to those who were told of the trouble. */
export const recoveredNotice = (trouble: Trouble, proof: string, severity: Severity, at: Instant): Notification => ({
  key: `recovered:${troubleKey(trouble)}`,
  kind: 'recovered',
  severity,
  subject: trouble.subject,
  title: `${trouble.subject}: well again after ${sayDuration(elapsedMs(trouble.since, at))}`,
  body: `Measured: ${proof}.`,
  people: [],
  at,
});
