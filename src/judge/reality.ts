// Claims and reality: what is declared, beside what is measured, line by line. What cannot be measured says why.

import type { Finding } from '#kernel/finding.ts';
import type { CheckId } from '#kernel/id.ts';
import { isOperable, type Service } from '#kernel/service.ts';
import type { Declared } from '#kernel/site.ts';
import type { Claim } from '#kernel/standing.ts';
import type { TargetState } from '#kernel/target.ts';
import { elapsedMs, later, sayDuration, type Instant } from '#kernel/time.ts';

/** What is known of a target: its state, and since when. */
export type TargetFact = { readonly name: string; readonly state: TargetState; readonly since: Instant | null };

/** What was measured of one service. */
export type Facts = {
  readonly at: Instant;
  /** A person or policy wants it stopped: then not running is what is wanted. */
  readonly isWanted: boolean;
  /** Null: nobody has looked for it yet. */
  readonly isRunning: boolean | null;
  /** Since when it does not run; null: not known, or it runs. */
  readonly stoppedSince: Instant | null;
  readonly restartsUsed: number;
  /** Null: not looked at in this run. */
  readonly lastLookAt: (check: CheckId) => Instant | null;
  readonly targets: readonly TargetFact[];
  /** The release that was announced last, and the one that runs; null: not known. */
  readonly version: {
    readonly announced: string | null;
    readonly running: string | null;
    readonly since: Instant | null;
  };
};

type Told = Pick<Claim, 'state' | 'measured' | 'since' | 'why'>;

const agrees = (measured: string): Told => ({ state: 'agrees', measured, since: null, why: '' });
const differs = (measured: string, since: Instant | null, why: string): Told => ({
  state: 'differs',
  measured,
  since,
  why,
});
const unknown = (why: string, since: Instant | null = null): Told => ({ state: 'unknown', measured: null, since, why });

type Declaring = Pick<Claim, 'kind' | 'name' | 'declared'>;

const claim = (service: Service, it: Declaring, told: Told): Claim => ({ service: service.id, ...it, ...told });

const isParent = (service: Service): boolean => service.workload.kind === 'process';

const running = (service: Service, facts: Facts): Told => {
  if (!isOperable(service.workload))
    return unknown(`run by ${service.workload.kind}: its checks say only if it answers`);
  if (facts.isRunning === null) return unknown('not looked for yet');
  if (facts.isRunning) return agrees('running');
  return facts.isWanted
    ? differs('not running', facts.stoppedSince, 'it is declared to run')
    : agrees('stopped by a person');
};

const replicas = (service: Service, facts: Facts): Told => {
  if (!isParent(service)) return unknown(`run by ${service.workload.kind}: nobody counts its instances`);
  if (facts.isRunning === null) return unknown('not looked for yet');
  const count = facts.isRunning ? 1 : 0;
  if (count === service.replicas || !facts.isWanted) return agrees(`${count}`);
  return differs(`${count}`, count === 0 ? facts.stoppedSince : null, 'Sereno runs one instance of a process');
};

const version = ({ version: { announced, running: actual, since } }: Facts): Told => {
  if (actual === null) return unknown('what runs does not say its version', since);
  return announced === actual ? agrees(actual) : differs(actual, since, 'another release runs than was announced');
};

const limit = (service: Service, { restartsUsed }: Facts): Told => {
  const { count } = service.restartBudget;
  const measured = `${restartsUsed} used`;
  return restartsUsed <= count ? agrees(measured) : differs(measured, null, 'persons asked for more, and agreed to it');
};

const TARGET: Record<TargetState, 'agrees' | 'differs' | 'unknown'> = {
  meeting: 'agrees',
  burning: 'differs',
  breached: 'differs',
  exhausted: 'differs',
  'no-data': 'unknown',
};

const target = (facts: Facts, name: string): Told => {
  const fact = facts.targets.find((each) => each.name === name);
  if (fact === undefined) return unknown('not judged yet');
  const { state, since } = fact;
  if (TARGET[state] === 'unknown') return unknown('there are no fresh samples to judge it by', since);
  return TARGET[state] === 'agrees' ? agrees(state) : differs(state, since, 'the promise is not kept at this pace');
};

const schedule = (facts: Facts, check: Service['checks'][number]): Told => {
  if (check.cannotRun !== undefined) return unknown(check.cannotRun);
  const last = facts.lastLookAt(check.id);
  if (last === null) return unknown('not looked at yet in this run');
  const ageMs = elapsedMs(last, facts.at);
  const measured = `looked at ${sayDuration(Math.max(0, ageMs))} ago`;
  const lateAt = later(last, 2 * check.slowestMs);
  return facts.at <= lateAt
    ? agrees(measured)
    : differs(measured, lateAt, 'looks are missing for more than two intervals');
};

/** Everything that is declared of one service, in a fixed order. */
export const claimsOf = (service: Service, facts: Facts): readonly Claim[] => {
  const { announced } = facts.version;
  const { count, windowMs } = service.restartBudget;
  const restarts = `at most ${count} in ${sayDuration(windowMs)}`;
  const about = (kind: Claim['kind'], declared: string, name = ''): Declaring => ({ kind, name, declared });
  return [
    ...(service.mustRun ? [claim(service, about('running', 'running'), running(service, facts))] : []),
    claim(service, about('replicas', `${service.replicas}`), replicas(service, facts)),
    ...(announced === null ? [] : [claim(service, about('version', announced), version(facts))]),
    claim(service, about('limit', restarts, 'restarts'), limit(service, facts)),
    ...service.targets.map(({ name, said }) => claim(service, about('target', said, name), target(facts, name))),
    ...service.checks.map((check) =>
      claim(service, about('schedule', sayEvery(check.everyMs, check.slowestMs), check.id), schedule(facts, check)),
    ),
  ];
};

const sayEvery = (everyMs: number, slowestMs: number): string =>
  everyMs === slowestMs
    ? `every ${sayDuration(everyMs)}`
    : `every ${sayDuration(everyMs)}, at most ${sayDuration(slowestMs)} apart`;

/** What the configuration declares and this release does not carry out: known, and not measured. */
export const claimsDeclared = (declared: readonly Declared[]): readonly Claim[] =>
  declared.map(({ path, what }) => ({
    service: null,
    kind: 'declared',
    name: path,
    declared: what,
    ...unknown('declared, not yet active in this release'),
  }));

/** A finding for each claim that reality does not bear out. Its severity is informational: nobody is woken for it. */
export const gapsOf = (claims: readonly Claim[], at: Instant): readonly Finding[] =>
  claims
    .filter((each) => each.state === 'differs')
    .map((each) => {
      const about = each.name === '' ? each.kind : `${each.kind} ${each.name}`;
      return {
        key: `reality-gap:${each.service ?? 'site'}/${about}`,
        kind: 'reality-gap',
        service: each.service,
        target: null,
        severityHint: 'SEV4',
        since: each.since ?? at,
        title: `${each.service ?? 'site'}: ${about} is declared as ${each.declared}, measured as ${each.measured ?? 'unknown'}`,
        reasons: [],
      };
    });
