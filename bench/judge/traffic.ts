// Traffic: a stream of events with a known share of bad ones, judged as it comes by the plain rules and by ours.
// Everything is drawn from a seed: the same numbers on every machine.

import { isPage } from '#judge/budget/burnRules.ts';
import { openTarget, type TargetJudge, type Verdict } from '#judge/budget/judge.ts';
import { serviceId } from '#kernel/id.ts';
import { targetId, type Target } from '#kernel/target.ts';
import { durationMs, hours, instant, type Instant } from '#kernel/time.ts';

export type Chance = () => number;

/** mulberry32. */
export const makeChance = (seed: number): Chance => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** Poisson, by Knuth: for means of some tens. */
const poisson = (chance: Chance, mean: number): number => {
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = chance(); product > limit; product *= chance()) count += 1;
  return count;
};

export type Traffic = {
  readonly objectivePercent: number;
  readonly everyMs: number;
  /** Events in one sample: 1 is a prober's look, more are the mean of a Poisson count. */
  readonly events: number;
  readonly badPartAt: (at: number) => number;
  readonly seed: number;
};

export type Heard = {
  /** When the plain rules and ours began to page. */
  readonly plain: readonly number[];
  readonly ours: readonly number[];
  readonly tickets: readonly number[];
  readonly plainTickets: readonly number[];
  readonly extraLooks: number;
};

/** Any Sunday; what counts is that it lies on the hour. */
export const START = Date.UTC(2026, 0, 4);
/** Rules are evaluated this often, as Prometheus is usually set. */
const EVALUATION_MS = 30_000;

export const makeTarget = (objectivePercent: number, name = 'availability'): Target => ({
  id: targetId(serviceId('api'), name),
  service: serviceId('api'),
  name,
  indicator: { kind: 'availability' },
  objectivePercent,
  window: { kind: 'rolling', lengthMs: hours(30 * 24) },
  budgeting: { method: 'occurrences' },
  burn: [],
  said: `${objectivePercent}% over 30d`,
});

type Edges = { readonly at: number[]; isUp: boolean };

const note = (edges: Edges, isUp: boolean, at: number): void => {
  if (isUp && !edges.isUp) edges.at.push(at);
  edges.isUp = isUp;
};

const isPlain = (verdict: Verdict, isPaging: boolean): boolean =>
  verdict.burns.some((burn) => burn.isHolding && isPage(burn.rule.severity) === isPaging);

/** Judges `lengthMs` of traffic. `stopAt` ends it early: when that many pages of both were heard. */
export const listen = (traffic: Traffic, lengthMs: number, stopAt = Infinity): Heard => {
  const chance = makeChance(traffic.seed);
  const offsetMs = Math.floor(chance() * traffic.everyMs);
  const judge = openTarget(
    { target: makeTarget(traffic.objectivePercent), everyMs: durationMs(traffic.everyMs) },
    instant(START),
  );
  const edges = { plain: edge(), ours: edge(), tickets: edge(), plainTickets: edge() };
  let [regular, evaluation, extra, extraLooks] = [START + offsetMs, START + EVALUATION_MS, Infinity, 0];
  const hear = (at: number): void => {
    note(
      edges.ours,
      judge.alerts().some((alert) => isPage(alert.severity)),
      at,
    );
    note(
      edges.tickets,
      judge.alerts().some((alert) => !isPage(alert.severity)),
      at,
    );
  };
  for (let at = START; at < START + lengthMs;) {
    at = Math.min(regular, evaluation, extra);
    if (at === evaluation) {
      const verdict = judge.verdict(instant(at));
      note(edges.plain, isPlain(verdict, true), at);
      note(edges.plainTickets, isPlain(verdict, false), at);
      evaluation += EVALUATION_MS;
    } else {
      const isExtra = at !== regular;
      take(judge, traffic, { at: instant(at), isExtra, chance });
      if (isExtra) extraLooks += 1;
      else regular += traffic.everyMs;
      const wish = judge.wish();
      extra = wish === null ? Infinity : at + wish.afterMs;
    }
    hear(at);
    if (edges.plain.at.length >= stopAt && edges.ours.at.length >= stopAt) break;
  }
  const { plain, ours, tickets, plainTickets } = edges;
  return { plain: plain.at, ours: ours.at, tickets: tickets.at, plainTickets: plainTickets.at, extraLooks };
};

const edge = (): Edges => ({ at: [], isUp: false });

type Look = { readonly at: Instant; readonly isExtra: boolean; readonly chance: Chance };

const take = (judge: TargetJudge, traffic: Traffic, { at, isExtra, chance }: Look): void => {
  const events = traffic.events === 1 ? 1 : poisson(chance, traffic.events);
  const part = traffic.badPartAt(at);
  let bad = 0;
  for (let event = 0; event < events; event += 1) if (chance() < part) bad += 1;
  judge.take({ at, good: events - bad, bad, share: 'own', isExtra }, at);
};
