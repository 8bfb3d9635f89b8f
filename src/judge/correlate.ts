// Does the watchman suspect itself? When more than half of everything fails at once, or its canary fails, it does.

import type { Check } from '#kernel/check.ts';
import type { HealthState } from '#kernel/health.ts';
import type { ServiceId } from '#kernel/id.ts';
import type { HealthNews } from '#kernel/message.ts';
import type { Reason } from '#kernel/reason.ts';
import { durationMs, later, seconds, type DurationMs, type Instant } from '#kernel/time.ts';

/** On top of the slowest interval: a burst of three looks with timeouts of up to 5 s, until the last one is believed. */
const BURST_MS = seconds(20);

/**
 * Failures this close together count as at once. Healthy checks slow down, so what broke in one moment is noticed over
 * one whole interval of the slowest of them: in a town that looks once a minute, 30 s would see half of it.
 */
export const atOnceWindow = (checks: readonly Check[]): DurationMs =>
  durationMs(checks.reduce((slowest, check) => Math.max(slowest, check.slowestMs), 0) * 1.05 + BURST_MS);

/** With fewer services a half is one or two, and two things may well break for two reasons. */
const SMALLEST_TOWN = 4;

export type Canary = { readonly state: HealthState; readonly since: Instant; readonly message: string };

/** The last news of every service, as the gate has heard them. */
export type Townspeople = Readonly<Record<ServiceId, HealthNews>>;

/** The direct needs of every service. */
export type NeedsOf = (service: ServiceId) => readonly ServiceId[];

/**
 * The services that are down for no reason that we know: seen only through probes, and not explained by something they
 * need or by a person. An exit that the parent saw is a fact, whatever the probes' path is like, and is not counted.
 * With `since` null the time does not matter: for asking whether a suspicion is over.
 */
export const unexplained = (news: Townspeople, needsOf: NeedsOf, since: Instant | null): readonly ServiceId[] =>
  Object.values(news)
    .filter((it) => it.health === 'unhealthy' && !it.isFirstHand && !it.isStopped && it.impairedBy === null)
    .filter((it) => !needsOf(it.service).some((need) => news[need]?.health === 'unhealthy'))
    .filter((it) => since === null || it.since >= since)
    .map((it) => it.service)
    .toSorted();

export type Scene = {
  readonly news: Townspeople;
  readonly needsOf: NeedsOf;
  /** Number of declared services. */
  readonly total: number;
  readonly canary: Canary | null;
  /** The suspicion is open already: it lasts until half or fewer are down, however long ago they fell. */
  readonly isOpen: boolean;
  /** How close together is at once: see `atOnceWindow`. */
  readonly atOnceMs: DurationMs;
  readonly at: Instant;
};

/** Reasons for the watchman not to trust its eyes; empty when it does. */
export const suspect = (scene: Scene): readonly Reason[] => {
  const { canary, total } = scene;
  const since = scene.isOpen ? null : later(scene.at, durationMs(-scene.atOnceMs));
  const failing = unexplained(scene.news, scene.needsOf, since);
  const isCorrelated = total >= SMALLEST_TOWN && failing.length * 2 > total;
  const isCanaryBad = canary !== null && canary.state !== 'healthy' && canary.state !== 'degraded';
  return [
    ...(isCanaryBad ? [{ kind: 'canary-failed', message: canary.message, since: canary.since } as const] : []),
    ...(isCorrelated ? [{ kind: 'correlated', failing, total } as const] : []),
  ];
};
