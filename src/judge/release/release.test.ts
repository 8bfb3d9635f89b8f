// Releases on trial: beside a control and beside the day before; the verdicts are told from each other, unknown is not good.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkId } from '#kernel/id.ts';
import type { ReleaseVerdict } from '#kernel/release.ts';
import { durationMs, instant, later, minutes, seconds, type Instant } from '#kernel/time.ts';
import { Chance } from '#sim/chance.ts';
import { Diary } from './before.ts';
import { BesideBefore } from './besideBefore.ts';
import { BesideControl, type Cohort } from './besideControl.ts';

const WINDOW = minutes(30);
const OPENED = instant(Date.UTC(2026, 0, 1, 12));
const API = checkId('api/http');

/** Requests of one second, and the share of them that fails and that is slow. */
type Traffic = { readonly total: number; readonly failing: number; readonly slow?: number };

const cohort = (chance: Chance, { total, failing, slow = 0.01 }: Traffic): Cohort => {
  let errors = 0;
  let slowOnes = 0;
  for (let request = 0; request < total; request += 1) {
    if (chance.hits(failing)) errors += 1;
    else if (chance.hits(slow)) slowOnes += 1;
  }
  return { total, errors, slow95: slowOnes, slow99: slowOnes };
};

type Story = {
  readonly release: (second: number) => Traffic;
  readonly control: (second: number) => Traffic | null;
};

/** The verdict at the end of the window, or when it is given, and after how many seconds. */
const watch = (seed: number, story: Story): { readonly verdict: ReleaseVerdict; readonly second: number } => {
  const chance = new Chance(seed, 'traffic');
  const trial = new BesideControl({ version: 'v2', openedAt: OPENED, windowMs: WINDOW, hasLatency: true });
  for (let second = 1; second <= 1_800; second += 1) {
    const traffic = story.control(second);
    const at = later(OPENED, seconds(second));
    const control = traffic === null ? null : cohort(chance, traffic);
    if (trial.look(at, cohort(chance, story.release(second)), control)) return { verdict: trial.verdict(at), second };
  }
  return { verdict: trial.verdict(later(OPENED, WINDOW)), second: 1_800 };
};

const steady =
  (total: number, failing: number, slow = 0.01) =>
  () => ({ total, failing, slow });

test('beside a control: ten times the failures are proven within minutes, with the numbers', () => {
  for (let seed = 1; seed <= 5; seed += 1) {
    const { verdict, second } = watch(seed, { release: steady(5, 0.05), control: steady(95, 0.005) });
    assert.equal(verdict.kind, 'regressed');
    assert.ok(second <= 180, `after ${second} s`);
    if (verdict.kind !== 'regressed') continue;
    assert.equal(verdict.effect.metric, 'errors');
    assert.ok(verdict.evidence >= 1_000 && verdict.effect.ratioLow > 1);
    assert.ok(verdict.since >= OPENED && verdict.since <= later(OPENED, seconds(second)));
    assert.deepEqual(
      verdict.reasons.map((reason) => reason.kind),
      ['release-worse'],
    );
  }
});

test('beside a control: a total outage is proven within five seconds', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const { verdict, second } = watch(seed, { release: steady(5, 1), control: steady(95, 0.005) });
    assert.ok(verdict.kind === 'regressed' && second <= 5, `${verdict.kind} after ${second} s`);
  }
});

test('beside a control: slow answers alone are proven too, by their own name', () => {
  const { verdict } = watch(3, { release: steady(5, 0.005, 0.5), control: steady(95, 0.005, 0.05) });
  assert.ok(verdict.kind === 'regressed' && verdict.effect.metric.startsWith('slow'));
});

test('beside a control: what takes both sides down is no evidence, and passes', () => {
  const outage = (total: number) => (second: number) => ({ total, failing: second > 600 && second < 900 ? 1 : 0.005 });
  for (let seed = 1; seed <= 5; seed += 1) {
    assert.equal(watch(seed, { release: outage(5), control: outage(95) }).verdict.kind, 'passed');
  }
});

test('beside a control: a share that is raised while one watches is no evidence', () => {
  const release = (second: number) => ({ total: second < 900 ? 5 : 50, failing: 0.02 });
  const control = (second: number) => ({ total: second < 900 ? 95 : 50, failing: 0.02 });
  for (let seed = 1; seed <= 5; seed += 1) assert.equal(watch(seed, { release, control }).verdict.kind, 'passed');
});

test('one request a second, one of twenty to the release: an outage is proven within minutes all the same', () => {
  const share = (isRelease: boolean) => (second: number) => ({
    total: (second % 20 === 7) === isRelease ? 1 : 0,
    failing: isRelease ? 1 : 0.005,
  });
  const { verdict, second } = watch(2, { release: share(true), control: share(false) });
  assert.ok(verdict.kind === 'regressed' && second <= 120, `after ${second} s`);
});

test('no traffic, no control, too few answers: none of it is called good', () => {
  const why = (story: Story): string => {
    const { verdict } = watch(1, story);
    assert.equal(verdict.kind, 'not-enough-data');
    return verdict.kind === 'not-enough-data' ? verdict.why : '';
  };
  assert.match(why({ release: steady(0, 0), control: steady(95, 0.005) }), /nothing of it was seen/);
  assert.match(why({ release: steady(5, 0), control: () => null }), /none of a release to compare it with/);
  const rare = (second: number) => ({ total: second % 600 === 0 ? 1 : 0, failing: 0.005 });
  assert.match(why({ release: rare, control: rare }), /3 answers of it were seen: not even a total outage/);
});

test('what it could have detected falls while more is seen', () => {
  const chance = new Chance(5, 'power');
  const trial = new BesideControl({ version: 'v2', openedAt: OPENED, windowMs: WINDOW, hasLatency: true });
  let last = Infinity;
  for (let second = 1; second < 1_800; second += 1) {
    const at = later(OPENED, seconds(second));
    trial.look(at, cohort(chance, { total: 5, failing: 0 }), cohort(chance, { total: 95, failing: 0 }));
    if (second % 300 !== 0) continue;
    const verdict = trial.verdict(at);
    assert.ok(verdict.kind === 'watching');
    const now = verdict.detectablePercent ?? Infinity;
    assert.ok(now < last, `${now} % after ${second} s`);
    last = now;
  }
  assert.ok(last < 1, `${last} %`);
});

type Day = { readonly failing: (hour: number) => number; readonly latencyMs: (hour: number) => number };

/** A day of looks every ten seconds, in the hours before the release. */
const dayOf = (chance: Chance, day: Day): Diary => {
  const diary = new Diary();
  for (let at = -86_400_000; at < 0; at += 10_000) {
    const hour = Math.floor(-at / 3_600_000);
    diary.note(later(OPENED, durationMs(at)), {
      isFailed: chance.hits(day.failing(hour)),
      latencyMs: day.latencyMs(hour) * (1 + chance.unit()),
    });
  }
  return diary;
};

const calm: Day = { failing: () => 0.001, latencyMs: () => 20 };

type After = { readonly failing: (second: number) => number; readonly latencyMs?: number };

const follow = (seed: number, day: Day | null, after: After): { verdict: ReleaseVerdict; second: number } => {
  const chance = new Chance(seed, 'day');
  const diary = day === null ? new Diary() : dayOf(chance, day);
  const trial = new BesideBefore('v2', OPENED, WINDOW, [{ check: API, diary }]);
  let verdict = trial.verdict(OPENED);
  for (let second = 0; second <= 1_800; second += 5) {
    const at: Instant = later(OPENED, seconds(second));
    const look = {
      isFailed: chance.hits(after.failing(second)),
      latencyMs: (after.latencyMs ?? 20) * (1 + chance.unit()),
    };
    if (diary.note(at, look)) trial.look(at, API, look);
    verdict = trial.verdict(at);
    if (verdict.kind === 'regressed') return { verdict, second };
  }
  return { verdict, second: 1_800 };
};

test('beside the day before: the same passes, and says what it would have seen', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const { verdict } = follow(seed, calm, { failing: calm.failing });
    assert.ok(verdict.kind === 'passed' && verdict.detectablePercent < 50, JSON.stringify(verdict));
  }
});

test('beside the day before: a release that does not work is proven within minutes, and its restart is not its fault', () => {
  const broken = follow(1, calm, { failing: () => 1 });
  assert.ok(broken.verdict.kind === 'regressed' && broken.second <= 240, `after ${broken.second} s`);
  assert.ok(broken.verdict.kind === 'regressed' && broken.verdict.effect.check === API);
  const trial = new BesideBefore('v2', OPENED, WINDOW, [{ check: API, diary: dayOf(new Chance(1, 'day'), calm) }]);
  const counts = (second: number, isFailed: boolean): boolean =>
    trial.look(later(OPENED, seconds(second)), API, { isFailed, latencyMs: 20 });
  assert.deepEqual(
    [counts(0, true), counts(30, true), counts(40, false), counts(45, true)],
    [false, false, true, true],
  );
  assert.ok(trial.verdict(later(OPENED, seconds(45))).kind === 'watching');
  const stuck = new BesideBefore('v2', OPENED, WINDOW, [{ check: API, diary: dayOf(new Chance(1, 'day'), calm) }]);
  const failed = { isFailed: true, latencyMs: 20 };
  assert.equal(stuck.look(later(OPENED, seconds(59)), API, failed), false);
  assert.equal(stuck.look(later(OPENED, seconds(60)), API, failed), true, 'a minute is all that a restart is given');
});

test('what broke only later is dated later', () => {
  const release = (second: number) => ({ total: 5, failing: second < 600 ? 0.005 : 0.5 });
  const { verdict, second } = watch(4, { release, control: steady(95, 0.005) });
  assert.ok(verdict.kind === 'regressed' && second > 600 && second < 660, `after ${second} s`);
  assert.ok(verdict.since > later(OPENED, seconds(500)) && verdict.since <= later(OPENED, seconds(second)));
});

test('beside the day before: a release that is ten times slower is proven by its latency', () => {
  const { verdict } = follow(1, calm, { failing: calm.failing, latencyMs: 200 });
  assert.ok(verdict.kind === 'regressed' && verdict.effect.metric.startsWith('slow'));
});

test('beside the day before: its worst hour widens what is taken for usual', () => {
  const restless: Day = { failing: (hour) => (hour === 5 ? 0.4 : 0.001), latencyMs: () => 20 };
  const bad = { failing: () => 0.25 };
  assert.equal(follow(2, calm, bad).verdict.kind, 'regressed');
  assert.notEqual(follow(2, restless, bad).verdict.kind, 'regressed');
});

test('beside the day before: nothing known of it is not called good', () => {
  const { verdict } = follow(1, null, { failing: () => 0 });
  assert.ok(verdict.kind === 'not-enough-data' && /0 looks are known/.test(verdict.why), JSON.stringify(verdict));
});

test('beside the day before: of 1,000 releases that change nothing, hardly one is called worse', () => {
  // A true rate of 0.1 % shows 6 or more of 1,000 with 0.06 %.
  const chance = new Chance(99, 'day');
  const diary = dayOf(chance, calm);
  let alarms = 0;
  for (let run = 0; run < 1_000; run += 1) {
    const trial = new BesideBefore('v2', OPENED, WINDOW, [{ check: API, diary }]);
    for (let look = 0; look < 60; look += 1) {
      const isFailed = chance.hits(0.001);
      trial.look(later(OPENED, seconds(30 * look)), API, { isFailed, latencyMs: 20 * (1 + chance.unit()) });
    }
    if (trial.verdict(later(OPENED, WINDOW)).kind === 'regressed') alarms += 1;
  }
  assert.ok(alarms <= 5, `${alarms} of 1000`);
});

test('bursts of looks at one trouble count once in each half minute', () => {
  const diary = new Diary();
  const look = { isFailed: true, latencyMs: 5 };
  const counted = Array.from({ length: 60 }, (_, second) => diary.note(later(OPENED, seconds(second)), look));
  assert.equal(counted.filter(Boolean).length, 2);
});
