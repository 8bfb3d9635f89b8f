// The judges that are compared: what people run today, restated from their documents and sources, and ours.
//
// Each is shown the requests of every second and says at which it stops the release. Theirs look once a minute, as they do
// by default; that a minute without a request proves nothing to any of them is in their favour (Flagger and Argo Rollouts
// have failed or advanced releases on it: flagger#1035, #1011, argo-rollouts#1905).

import { instant, later, minutes, seconds } from '#kernel/time.ts';
import { BesideControl, type Cohort } from '#judge/release/besideControl.ts';

/** What both sides answered in one second. */
export type Second = { readonly release: Tally; readonly control: Tally };
export type Tally = { readonly total: number; readonly errors: number };

/** Shown one second after the other; true: stop the release now. */
export type Judge = (second: Second, index: number) => boolean;

export type Contender = { readonly name: string; readonly make: () => Judge };

const NONE: Tally = { total: 0, errors: 0 };
const plus = (a: Tally, b: Tally): Tally => ({ total: a.total + b.total, errors: a.errors + b.errors });
const rateOf = ({ total, errors }: Tally): number => errors / total;

/** Gathers seconds to minutes; between their ends nothing is judged. */
const eachMinute = (judge: (minute: Second, index: number) => boolean): Judge => {
  let gathered: Second = { release: NONE, control: NONE };
  return ({ release, control }, index) => {
    gathered = { release: plus(gathered.release, release), control: plus(gathered.control, control) };
    if ((index + 1) % 60 !== 0) return false;
    const minute = gathered;
    gathered = { release: NONE, control: NONE };
    return judge(minute, (index + 1) / 60);
  };
};

/** Argo Rollouts: `successCondition: result >= x`, an interval of 1m, so many failures are allowed; Flagger counts to its threshold. */
const fixedThreshold = (least: number, failuresToStop: number) => (): Judge => {
  let failures = 0;
  return eachMinute(({ release }) => {
    if (release.total > 0 && 1 - rateOf(release) < least) failures += 1;
    return failures >= failuresToStop;
  });
};

/** Two proportions, all that came so far, one side, 5 %: a valid test once, looked at every minute. */
const Z_ONE_SIDED_5 = 1.6449;

const zTest = (): Judge => {
  let all: Second = { release: NONE, control: NONE };
  return eachMinute((minute) => {
    all = { release: plus(all.release, minute.release), control: plus(all.control, minute.control) };
    const { release, control } = all;
    if (release.total === 0 || control.total === 0) return false;
    const pooled = rateOf(plus(release, control));
    const deviation = Math.sqrt(pooled * (1 - pooled) * (1 / release.total + 1 / control.total));
    return deviation > 0 && (rateOf(release) - rateOf(control)) / deviation > Z_ONE_SIDED_5;
  });
};

/** Kayenta's defaults (MannWhitneyClassifier.scala): tolerance 0.25 of the estimate, confidence level 0.98. */
const TOLERANCE = 0.25;
const Z_TWO_SIDED_98 = 2.3263;
/** Its own least number of points that are compared. */
const FIRST_JUDGED_MINUTE = 5;

/** Is the shift of the medians (Hodges and Lehmann) above the tolerance, with confidence? Bounds by order statistics. */
const isShifted = (release: readonly number[], control: readonly number[]): boolean => {
  const differences = release.flatMap((a) => control.map((b) => a - b)).sort((a, b) => a - b);
  const pairs = differences.length;
  if (pairs === 0) return false;
  const spread = Z_TWO_SIDED_98 * Math.sqrt((pairs * (release.length + control.length + 1)) / 12);
  const lower = differences[Math.floor(pairs / 2 - spread)];
  const estimate = ((differences[Math.floor((pairs - 1) / 2)] ?? 0) + (differences[Math.floor(pairs / 2)] ?? 0)) / 2;
  return lower !== undefined && lower > 0 && lower > TOLERANCE * Math.abs(estimate);
};

const mannWhitney = (isJudgedAt: (minute: number) => boolean) => (): Judge => {
  const release: number[] = [];
  const control: number[] = [];
  return eachMinute((minute, index) => {
    if (minute.release.total > 0) release.push(rateOf(minute.release));
    if (minute.control.total > 0) control.push(rateOf(minute.control));
    return isJudgedAt(index) && isShifted(release, control);
  });
};

const START = instant(0);
const cohortOf = ({ total, errors }: Tally): Cohort => ({ total, errors, slow95: null, slow99: null });

/** Ours as it is built in, looked at every second. */
const ours = (): Judge => {
  const trial = new BesideControl({ version: 'v2', openedAt: START, windowMs: minutes(30), hasLatency: false });
  return ({ release, control }, index) => {
    const at = later(START, seconds(index + 1));
    return trial.look(at, cohortOf(release), cohortOf(control));
  };
};

export const WINDOW_MINUTES = 30;

export const OURS: Contender = { name: '**Sereno**, every second', make: ours };

export const CONTENDERS: readonly Contender[] = [
  { name: 'fixed, ≥ 99 % a minute, first failure stops (Argo)', make: fixedThreshold(0.99, 1) },
  { name: 'fixed, ≥ 95 % a minute, first failure stops (Argo)', make: fixedThreshold(0.95, 1) },
  { name: 'fixed, ≥ 99 %, five failed minutes (Flagger)', make: fixedThreshold(0.99, 5) },
  { name: 'fixed, ≥ 99 %, ten failed minutes (Flagger)', make: fixedThreshold(0.99, 10) },
  { name: 'z-test at 5 %, looked at every minute', make: zTest },
  { name: 'Mann-Whitney once, at 30 min (Kayenta)', make: mannWhitney((minute) => minute === WINDOW_MINUTES) },
  {
    name: 'Mann-Whitney every minute from the fifth',
    make: mannWhitney((minute) => minute >= FIRST_JUDGED_MINUTE),
  },
  OURS,
];
