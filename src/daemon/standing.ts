// The standing of services and site, from the states of the machines: score, reach, claims against reality, causes.

import { canBeReliedOn, type HealthState } from '#kernel/health.ts';
import type { ServiceId } from '#kernel/id.ts';
import type { Service } from '#kernel/service.ts';
import { allChecks, dependantsOf, findService, watchMachine } from '#kernel/site.ts';
import type { Claim, HealthScore, Reach, Reality } from '#kernel/standing.ts';
import type { CauseCandidate } from '#kernel/suspect.ts';
import { elapsedMs, type Instant } from '#kernel/time.ts';
import { rankCauses } from '#judge/causes/rank.ts';
import type { Change, Trouble } from '#judge/causes/scene.ts';
import { atOnceWindow } from '#judge/correlate.ts';
import { reachFrom } from '#judge/reach.ts';
import { claimsDeclared, claimsOf, gapsOf, type Facts, type TargetFact } from '#judge/reality.ts';
import { scoreOf } from '#judge/score.ts';
import type { Engine } from '#loop/engine.ts';
import type { Watch } from '#loop/watchState.ts';
import { gateOf, watchOf } from './states.ts';

export type Grounds = {
  readonly engine: Engine;
  readonly at: Instant;
  /** Machines that were set aside: what they last believed is old. */
  readonly broken: ReadonlySet<string>;
  /** The store does not write: nothing that is committed is known to be so. */
  readonly isBlind: boolean;
  readonly targetsOf: (service: ServiceId) => readonly TargetFact[];
};

/** How a service is, as its view shows it. */
export const healthNow = (grounds: Grounds, service: ServiceId): HealthState => {
  if (grounds.isBlind || grounds.broken.has(watchMachine(service))) return 'unknown';
  const watch = watchOf(grounds.engine, service);
  return watch?.wanted === 'stopped' ? 'unhealthy' : (watch?.health ?? 'unknown');
};

const isFresh = (grounds: Grounds, check: Service['checks'][number]): boolean => {
  const last = grounds.engine.round.lastObservation(check.id)?.at ?? null;
  return last !== null && elapsedMs(last, grounds.at) <= 2 * check.slowestMs + check.timeoutMs;
};

/** Its own word is given: a view has it already. */
export const scoreNow = (grounds: Grounds, service: Service, health: HealthState): HealthScore =>
  scoreOf({
    health,
    targets: grounds.targetsOf(service.id).map((target) => target.state),
    needs: service.needs.map((need) => healthNow(grounds, need)),
    fresh: service.checks.reduce((count, check) => count + Number(isFresh(grounds, check)), 0),
    checks: service.checks.length,
  });

/** Who reaches whom along `needs`; of one service, or of all. */
export const reachNow = (grounds: Grounds, from: ServiceId | null): readonly Reach[] => {
  const site = grounds.engine.site();
  const ways = {
    needsOf: (id: ServiceId) => findService(site, id)?.needs ?? [],
    healthOf: (id: ServiceId) => healthNow(grounds, id),
  };
  const starts = from === null ? site.services.map((service) => service.id) : [from];
  return starts.flatMap((start) => reachFrom(ways, start));
};

const factsOf = (grounds: Grounds, service: Service, restartsUsed: number): Facts => {
  const watch = watchOf(grounds.engine, service.id);
  const isKnown = !grounds.isBlind && watch !== null && !grounds.broken.has(watchMachine(service.id));
  return {
    at: grounds.at,
    isWanted: watch?.wanted !== 'stopped',
    isRunning: isKnown ? watch.isRunning : null,
    stoppedSince: watch?.exit?.at ?? watch?.stoppedBy?.since ?? (watch?.isAbsent === true ? watch.since : null),
    restartsUsed,
    lastLookAt: (check) => grounds.engine.round.lastObservation(check)?.at ?? null,
    targets: grounds.targetsOf(service.id),
    version: { announced: null, running: null, since: null },
  };
};

/** What is declared beside what is measured, of some services: ten thousand at once would take a tenth of a second. */
export const claimsNow = (
  grounds: Grounds,
  services: readonly Service[],
  restartsUsed: (service: Service) => number,
): readonly Claim[] =>
  services.flatMap((service) => claimsOf(service, factsOf(grounds, service, restartsUsed(service))));

/** What is declared beside what is measured, of all services. */
export const realityNow = (grounds: Grounds, restartsUsed: (service: Service) => number): Reality => {
  const site = grounds.engine.site();
  const claims = [...claimsNow(grounds, site.services, restartsUsed), ...claimsDeclared(site.declared)];
  return { at: grounds.at, claims, findings: gapsOf(claims, grounds.at) };
};

const symptomOf = (watch: Watch): Trouble['symptom'] => {
  const failing = Object.values(watch.beliefs).find((belief) => !canBeReliedOn(belief.state));
  return failing?.symptom ?? (watch.exit === null ? 'none' : 'not-running');
};

const troubleOf = (watch: Watch): Trouble => ({
  service: watch.service,
  since: watch.trouble?.since ?? watch.since,
  symptom: symptomOf(watch),
  isFirstHand: watch.exit !== null || watch.isAbsent,
  causeClass: watch.cause?.class ?? null,
});

/** One candidate for an incident for each cause of what is in trouble now; asks for the changes when anything is. */
export const causesNow = (grounds: Grounds, changes: () => readonly Change[]): readonly CauseCandidate[] => {
  const { engine } = grounds;
  const site = engine.site();
  const watches = site.services.flatMap((service) => {
    const watch = watchOf(engine, service.id);
    const isIn = watch !== null && watch.wanted === 'running' && healthNow(grounds, service.id) === 'unhealthy';
    const isSlow = watch !== null && watch.health === 'degraded' && watch.wanted === 'running';
    return isIn || isSlow ? [watch] : [];
  });
  if (watches.length === 0) return [];
  const doubts = gateOf(engine)?.suspicion?.reasons ?? [];
  const blind = doubts.find((reason) => reason.kind === 'canary-failed');
  return rankCauses({
    troubles: watches.map(troubleOf),
    changes: changes(),
    needsOf: (id) => findService(site, id)?.needs ?? [],
    dependantsOf: (id) => dependantsOf(site, id).map((service) => service.id),
    healthOf: (id) => healthNow(grounds, id),
    silentPaths: doubts.flatMap((reason) =>
      reason.kind === 'path-silent' ? [{ name: reason.path, services: reason.failing }] : [],
    ),
    blindSince: blind?.since ?? null,
    atOnceMs: atOnceWindow(allChecks(site)),
  });
};
