// Does the watchman suspect itself? When more than half of everything fails at once, or its canary fails, it does.

import type { HealthState } from '#kernel/health.ts';
import type { ServiceId } from '#kernel/id.ts';
import type { HealthNews } from '#kernel/message.ts';
import type { Reason } from '#kernel/reason.ts';
import { elapsedMs, seconds, type Instant } from '#kernel/time.ts';

/** Failures this close together count as at once: three periods of the slowest usual interval of 10 s. */
const AT_ONCE_MS = seconds(30);
/** With fewer services a half is one or two, and two things may well break for two reasons. */
const SMALLEST_TOWN = 4;

export type Canary = { readonly state: HealthState; readonly since: Instant; readonly message: string };

/** The last news of every service, as the gate has heard them. */
export type Townspeople = Readonly<Record<ServiceId, HealthNews>>;

/**
 * The services that failed at once, seen only through probes and not explained by a declared dependency or by a person.
 * An exit that the parent saw is a fact, whatever the probes' path is like, and is not counted.
 */
export const failedAtOnce = (news: Townspeople, at: Instant): readonly ServiceId[] =>
  Object.values(news)
    .filter((it) => it.health === 'unhealthy' && !it.isFirstHand && !it.isStopped && it.impairedBy === null)
    .filter((it) => elapsedMs(it.since, at) <= AT_ONCE_MS)
    .map((it) => it.service)
    .toSorted();

/** Reasons for the watchman not to trust its eyes; empty when it does. `total` is the number of declared services. */
export const suspect = (news: Townspeople, total: number, canary: Canary | null, at: Instant): readonly Reason[] => {
  const failing = failedAtOnce(news, at);
  const isCorrelated = total >= SMALLEST_TOWN && failing.length * 2 > total;
  const isCanaryBad = canary !== null && canary.state !== 'healthy' && canary.state !== 'degraded';
  return [
    ...(isCanaryBad ? [{ kind: 'canary-failed', message: canary.message, since: canary.since } as const] : []),
    ...(isCorrelated ? [{ kind: 'correlated', failing, total } as const] : []),
  ];
};
