// Needs: how all that a service needs, directly or not, was last seen.
//
// A symptom is often seen before its cause, for each is looked at in its own turn: a look that fails is nobody's before
// each need was looked at after it.

import { longestProbeMs, type Check } from '#kernel/check.ts';
import type { CheckId, ServiceId } from '#kernel/id.ts';
import type { Observation } from '#kernel/observation.ts';
import type { Service } from '#kernel/service.ts';
import { findService, type Site } from '#kernel/site.ts';
import { durationMs, elapsedMs, minutes, seconds, type DurationMs, type Instant } from '#kernel/time.ts';

/** As soon as a judge in doubt has its own service looked at again: no need is pressed harder than that. */
const ASK_MS = seconds(15);
/** A need that is looked at once an hour, and cannot be asked, must not hide an outage for an hour. */
const WAIT_MOST_MS = minutes(5);

/** How the needs were seen since a moment. */
export type NeedsSeen =
  /** The last look at one of them failed. */
  | 'failing'
  /** Each has answered since, or has had the time to. */
  | 'well'
  /** One of them may still turn out to be the cause. */
  | 'not-yet';

export type LastLook = (check: CheckId) => Observation | null;

/** All that a service needs, directly or not. */
export const allNeeds = (site: Site, service: ServiceId): readonly Service[] => {
  const needs: Service[] = [];
  const visited = new Set<ServiceId>([service]);
  const open = [...(findService(site, service)?.needs ?? [])];
  for (let need = open.pop(); need !== undefined; need = open.pop()) {
    if (visited.has(need)) continue;
    visited.add(need);
    const needed = findService(site, need);
    if (needed === null) continue;
    needs.push(needed);
    open.push(...needed.needs);
  }
  return needs;
};

/** The checks of all that a service needs, directly or not. */
export const checksOfNeeds = (site: Site, service: ServiceId): readonly Check[] =>
  allNeeds(site, service).flatMap(({ checks }) => checks);

/** What cannot run here never answers; known questions may cost money, and say how good the answers are. */
export const canBeAsked = ({ cannotRun, probe }: Check): boolean => cannotRun === undefined && probe.kind !== 'golden';

/** What could not be looked at says nothing of how it was. */
export const isSeenSince = (look: Observation | null, since: Instant): boolean =>
  look !== null && look.at > since && look.state !== 'unknown';

/** How the needs that these checks look at were seen since a moment; they have had `hadMs` to be looked at. */
export const needsSince = (
  checks: readonly Check[],
  lastLook: LastLook,
  { since, hadMs }: { readonly since: Instant; readonly hadMs: DurationMs },
): NeedsSeen => {
  if (checks.some(({ id }) => lastLook(id)?.state === 'unhealthy')) return 'failing';
  const awaited = checks.filter((check) => canBeAsked(check) && !isSeenSince(lastLook(check.id), since));
  return awaited.every((check) => hadMs >= paceMs(check)) ? 'well' : 'not-yet';
};

/** By then it was looked at in its own turn. */
const paceMs = (check: Check): number => Math.min(check.slowestMs + longestProbeMs(check), WAIT_MOST_MS);

/** When a need may be looked at out of its turn: at the fastest pace that was declared for it, or as soon as any doubt allows. */
export const askAfterMs = (check: Check, last: Observation | null, now: Instant): DurationMs => {
  const soonestMs = Math.min(check.everyMs, ASK_MS);
  return durationMs(Math.max(0, last === null ? soonestMs : soonestMs - elapsedMs(last.at, now)));
};
