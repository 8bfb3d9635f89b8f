// Alarms: how often a met target pages, and how soon trouble does; the plain rules and ours over the same traffic.

import { hours } from '#kernel/time.ts';
import { quantile } from '../measure.ts';
import { listen, START, type Heard, type Traffic } from './traffic.ts';

export type Kind = { readonly says: string; readonly everyMs: number; readonly events: number };

/** Up to ten a minute each event is a sample; more come as a count every 15 s, as a scraper brings them. */
export const KINDS = {
  one: { says: '1/min', everyMs: 60_000, events: 1 },
  three: { says: '3/min', everyMs: 20_000, events: 1 },
  ten: { says: '10/min', everyMs: 6_000, events: 1 },
  hundred: { says: '100/min', everyMs: 15_000, events: 25 },
} as const satisfies Record<string, Kind>;

export type False = {
  readonly traffic: string;
  readonly objective: number;
  /** The share of bad events, as a part of what is allowed. */
  readonly partOfAllowed: number;
  readonly months: number;
  /** In thirty days. */
  readonly plainPages: number;
  readonly pages: number;
  readonly plainTickets: number;
  readonly tickets: number;
  readonly extraPercent: number;
};

const MONTH_MS = hours(720);

/** Months of traffic in which every event is bad with the same small probability: the target is met. */
export const falseAlarms = (kind: Kind, objective: number, partOfAllowed: number, months: number): False => {
  const badPart = ((100 - objective) / 100) * partOfAllowed;
  const all: Heard[] = [];
  for (let seed = 1; seed <= months; seed += 1) {
    const traffic = {
      objectivePercent: objective,
      everyMs: kind.everyMs,
      events: kind.events,
      badPartAt: () => badPart,
      seed,
    };
    all.push(listen(traffic, MONTH_MS));
  }
  const mean = (of: (heard: Heard) => number): number => all.reduce((sum, heard) => sum + of(heard), 0) / months;
  return {
    traffic: kind.says,
    objective,
    partOfAllowed,
    months,
    plainPages: mean((heard) => heard.plain.length),
    pages: mean((heard) => heard.ours.length),
    plainTickets: mean((heard) => heard.plainTickets.length),
    tickets: mean((heard) => heard.tickets.length),
    extraPercent: (100 * mean((heard) => heard.extraLooks)) / (MONTH_MS / kind.everyMs),
  };
};

export type Seen = {
  readonly traffic: string;
  readonly objective: number;
  readonly badPart: number;
  readonly runs: number;
  /** Seconds from the beginning of the trouble: median, 95th percentile, largest. */
  readonly plain: readonly number[];
  readonly ours: readonly number[];
};

/** Trouble begins after eight hours without any: the long window of the slow page is full of good events. */
const CALM_MS = hours(8);
/** What has not paged by then counts as this long. */
const PATIENCE_MS = hours(6);

export const detection = (kind: Kind, objective: number, badPart: number, runs: number): Seen => {
  const delays = Array.from({ length: runs }, (_, run) => {
    // Every phase between the samples, the looks and the evaluations, in turn.
    const began = START + CALM_MS + Math.floor((run / runs) * 60_000) + 1;
    const traffic: Traffic = {
      objectivePercent: objective,
      everyMs: kind.everyMs,
      events: kind.events,
      badPartAt: (at) => (at >= began ? badPart : 0),
      seed: 10_000 + run,
    };
    const heard = listen(traffic, CALM_MS + PATIENCE_MS, 1);
    const since = (times: readonly number[]): number => ((times[0] ?? began + PATIENCE_MS) - began) / 1_000;
    return { plain: since(heard.plain), ours: since(heard.ours) };
  });
  const spreadOf = (values: readonly number[]): readonly number[] =>
    [0.5, 0.95, 1].map((share) => quantile(values, share));
  return {
    traffic: kind.says,
    objective,
    badPart,
    runs,
    plain: spreadOf(delays.map((delay) => delay.plain)),
    ours: spreadOf(delays.map((delay) => delay.ours)),
  };
};
