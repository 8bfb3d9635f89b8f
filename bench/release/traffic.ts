// Simulated traffic of a release beside its control: requests fall to the release by its share, and fail by their rates.

import type { Chance } from '#sim/chance.ts';
import type { Second } from './judges.ts';

export type Scenario = {
  readonly name: string;
  readonly perSecond: number;
  readonly share: number;
  /** Failure rates of both sides in a second. */
  readonly rates: (second: number) => { readonly release: number; readonly control: number };
  /** True: nothing is wrong with the release, and whoever stops it raises a false alarm. */
  readonly isFine: boolean;
};

/** A draw of Binomial(n, p), by inversion: few steps while n·p is small, and by its complement where p is large. */
const binomial = (chance: Chance, n: number, p: number): number => {
  if (p > 0.5) return n - binomial(chance, n, 1 - p);
  if (n === 0 || p === 0) return 0;
  const odds = p / (1 - p);
  let left = chance.unit();
  let probability = (1 - p) ** n;
  let count = 0;
  while (left >= probability && count < n) {
    left -= probability;
    probability *= (odds * (n - count)) / (count + 1);
    count += 1;
  }
  return count;
};

/** One second of a scenario. */
export const drawSecond = (chance: Chance, scenario: Scenario, second: number): Second => {
  const { perSecond, share } = scenario;
  const rates = scenario.rates(second);
  const mine = binomial(chance, perSecond, share);
  const theirs = perSecond - mine;
  return {
    release: { total: mine, errors: binomial(chance, mine, rates.release) },
    control: { total: theirs, errors: binomial(chance, theirs, rates.control) },
  };
};

const both = (rate: number) => () => ({ release: rate, control: rate });
const worse = (release: number) => () => ({ release, control: 0.005 });
/** Five minutes in which what both sides need is down. */
const sharedOutage = (second: number): { release: number; control: number } =>
  second >= 600 && second < 900 ? { release: 1, control: 1 } : { release: 0.005, control: 0.005 };

const CANARY = { perSecond: 100, share: 0.05 };
const QUIET = { perSecond: 1, share: 0.05 };
const QUIET_HALF = { perSecond: 1, share: 0.5 };

export const SCENARIOS = {
  equal: { name: 'equal, 0.5 % fail', ...CANARY, rates: both(0.005), isFine: true },
  equalLow: { name: 'equal, 0.1 % fail', ...CANARY, rates: both(0.001), isFine: true },
  shared: { name: 'both down for 5 min', ...CANARY, rates: sharedOutage, isFine: true },
  double: { name: '2 ×', ...CANARY, rates: worse(0.01), isFine: false },
  tenfold: { name: '10 ×', ...CANARY, rates: worse(0.05), isFine: false },
  outage: { name: 'total outage', ...CANARY, rates: worse(1), isFine: false },
  quietEqual: { name: 'equal, 0.5 % fail', ...QUIET, rates: both(0.005), isFine: true },
  quietOutage: { name: 'total outage', ...QUIET, rates: worse(1), isFine: false },
  quietHalfTenfold: { name: '10 ×, half the traffic', ...QUIET_HALF, rates: worse(0.05), isFine: false },
} as const satisfies Readonly<Record<string, Scenario>>;

export type ScenarioName = keyof typeof SCENARIOS;
