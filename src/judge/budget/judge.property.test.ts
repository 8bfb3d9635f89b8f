// Properties of the judge: whatever the samples, their order and the windows, it says what counting them all anew says.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BUDGET_SHARES, type Budgeting, type BurnRule, type Target } from '#kernel/target.ts';
import { hours, instant, minutes, seconds, type Instant } from '#kernel/time.ts';
import { EVERY, makeTarget, sampleAt, START } from './target.fake.test.ts';
import { openTarget, restoreTarget, type Sample, type TargetJudge } from './judge.ts';

const DAYS_MS = hours(48);
const OBJECTIVE = 95;

type Arrival = { readonly sample: Sample; readonly now: Instant };

/** Samples over two days that come up to an hour late, hence out of order. */
const arrivals = fc
  .array(
    fc.record({
      offset: fc.integer({ min: 1, max: DAYS_MS }),
      good: fc.integer({ min: 0, max: 9 }),
      bad: fc.integer({ min: 0, max: 3 }),
      share: fc.constantFrom(...BUDGET_SHARES),
      delay: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: hours(1) })),
    }),
    { minLength: 1, maxLength: 400 },
  )
  .map((rows): readonly Arrival[] =>
    rows
      .map(({ offset, good, bad, share, delay }) => ({
        sample: sampleAt(START + offset, good, bad, { share }),
        now: instant(START + offset + delay),
      }))
      .toSorted((a, b) => a.now - b.now),
  );

const rule = (severity: BurnRule['severity'], longMs: BurnRule['longMs'], shortMs: BurnRule['shortMs']): BurnRule => ({
  severity,
  longMs,
  shortMs,
  factor: 2,
});

const rules = fc.constantFrom<readonly BurnRule[]>(
  [rule('SEV2', hours(1), minutes(5)), rule('SEV3', hours(24), hours(2))],
  [rule('SEV1', minutes(30), seconds(30)), rule('SEV2', hours(6), minutes(30)), rule('SEV2', hours(12), hours(1))],
);

const budgetings = fc.constantFrom<Budgeting>(
  { method: 'occurrences' },
  { method: 'timeslices', sliceMs: minutes(1), sliceObjectivePercent: 75 },
  { method: 'ratio-timeslices', sliceMs: minutes(5) },
);

type Counted = { readonly at: number; readonly good: number; readonly bad: number };

/** All samples anew, by the method: what counts, and when. */
const countAll = (all: readonly Sample[], budgeting: Budgeting): readonly Counted[] => {
  const own = all.map(({ at, good, bad, share }) => ({ at, good, bad: share === 'own' ? bad : 0 }));
  if (budgeting.method === 'occurrences') return own;
  const slices = Map.groupBy(own, ({ at }) => Math.ceil(at / budgeting.sliceMs) - 1);
  return [...slices].flatMap(([slice, events]) => {
    const good = events.reduce((sum, event) => sum + event.good, 0);
    const total = good + events.reduce((sum, event) => sum + event.bad, 0);
    if (total === 0) return [];
    const at = slice * budgeting.sliceMs + 1;
    if (budgeting.method === 'ratio-timeslices') return [{ at, good: good / total, bad: 1 - good / total }];
    const isGood = (100 * good) / total >= budgeting.sliceObjectivePercent;
    return [{ at, good: Number(isGood), bad: Number(!isGood) }];
  });
};

const within = (counted: readonly Counted[], after: number, to: number): { good: number; bad: number } => {
  const inside = counted.filter(({ at }) => at > after && at <= to);
  return {
    good: inside.reduce((sum, { good }) => sum + good, 0),
    bad: inside.reduce((sum, { bad }) => sum + bad, 0),
  };
};

const rate = ({ good, bad }: { good: number; bad: number }): number =>
  good + bad === 0 ? 0 : bad / (good + bad) / ((100 - OBJECTIVE) / 100);

const isNear = (actual: number, expected: number, what: string): void =>
  assert.ok(
    Math.abs(actual - expected) <= 1e-4 * Math.max(1, Math.abs(expected)),
    `${what}: ${actual}, not ${expected}`,
  );

const feed = (judge: TargetJudge, all: readonly Arrival[]): void => {
  for (const { sample, now } of all) judge.take(sample, now);
};

test('budgets and burn are what counting all samples anew says', () => {
  fc.assert(
    fc.property(arrivals, rules, budgetings, fc.integer({ min: 4, max: 96 }), (all, burn, budgeting, halfHours) => {
      const lengthMs = minutes(30 * halfHours);
      const target = makeTarget({
        burn,
        budgeting,
        objectivePercent: OBJECTIVE,
        window: { kind: 'rolling', lengthMs },
      });
      const judge = openTarget({ target, everyMs: EVERY }, START);
      feed(judge, all);
      const at = instant(START + hours(49));
      const verdict = judge.verdict(at);
      const samples = all.map(({ sample }) => sample);
      const counted = countAll(samples, budgeting);
      const whole = within(counted, at - lengthMs, at);
      isNear(verdict.budget.used, whole.bad, 'used');
      isNear(verdict.budget.allowed, (whole.good + whole.bad) * 0.05, 'allowed');
      isNear(verdict.budget.remaining, (whole.good + whole.bad) * 0.05 - whole.bad, 'remaining');
      for (const [index, { longMs, shortMs }] of burn.entries()) {
        isNear(verdict.burns[index]?.longRate ?? -1, rate(within(counted, at - longMs, at)), `long of ${longMs}`);
        isNear(verdict.burns[index]?.shortRate ?? -1, rate(within(counted, at - shortMs, at)), `short of ${shortMs}`);
      }
    }),
    { numRuns: 300 },
  );
});

test('at every step of the way, not only at the end', () => {
  const burn = [rule('SEV2', hours(1), minutes(5))];
  const target = makeTarget({ burn, objectivePercent: OBJECTIVE, window: { kind: 'rolling', lengthMs: hours(6) } });
  fc.assert(
    fc.property(arrivals, (all) => {
      const judge = openTarget({ target, everyMs: EVERY }, START);
      let place = 0;
      for (let at = START + minutes(30); at <= START + hours(50); at += minutes(30)) {
        for (; (all[place]?.now ?? Infinity) <= at; place += 1) feed(judge, all.slice(place, place + 1));
        const verdict = judge.verdict(instant(at));
        const seen = countAll(
          all.slice(0, place).map(({ sample }) => sample),
          target.budgeting,
        );
        isNear(verdict.budget.used, within(seen, at - hours(6), at).bad, 'used');
        isNear(verdict.burns[0]?.longRate ?? -1, rate(within(seen, at - hours(1), at)), 'long');
      }
    }),
    { numRuns: 60 },
  );
});

test('of others only the share is told', () => {
  fc.assert(
    fc.property(arrivals, (all) => {
      const judge = openTarget({ target: makeTarget(), everyMs: EVERY }, START);
      feed(judge, all);
      const { excused, used } = judge.verdict(instant(START + hours(50))).budget;
      const told = { ...excused, own: used };
      for (const share of BUDGET_SHARES) {
        const expected = all.filter(({ sample }) => sample.share === share).reduce((sum, it) => sum + it.sample.bad, 0);
        assert.equal(told[share], expected, share);
      }
    }),
    { numRuns: 100 },
  );
});

const ZONES = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC'] as const;

test('calendar windows begin at midnight of the zone, also when its clocks are changed', () => {
  const moments = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 11, 31) });
  const units = fc.constantFrom<'day' | 'month' | 'year'>('day', 'month', 'year');
  fc.assert(
    fc.property(
      fc.array(moments, { maxLength: 60 }),
      moments,
      fc.constantFrom(...ZONES),
      units,
      (times, at, zone, unit) => {
        const startsAt = instant(Date.UTC(2025, 0, 1, 12));
        const target = makeTarget({ window: { kind: 'calendar', unit, count: 1, timezone: zone, startsAt } });
        const judge = openTarget({ target, everyMs: EVERY }, instant(Date.UTC(2026, 0, 1)));
        const before = times.filter((time) => time <= at).toSorted((a, b) => a - b);
        for (const time of before) judge.take(sampleAt(time, 0, 1), instant(time));
        const length = { day: 10, month: 7, year: 4 }[unit];
        const day = new Intl.DateTimeFormat('en-CA', {
          timeZone: zone,
          year: 'numeric',
          month: '2-digit',
          day: '2-digit',
        });
        const name = (time: number): string => day.format(time).slice(0, length);
        const expected = before.filter((time) => name(time) === name(at)).length;
        assert.equal(judge.verdict(instant(at)).budget.used, expected);
      },
    ),
    { numRuns: 300 },
  );
});

test('a judge that was stopped and restored anywhere goes on as if it had not', () => {
  fc.assert(
    fc.property(arrivals, budgetings, fc.nat(), (all, budgeting, cut) => {
      const target: Target = makeTarget({ budgeting, objectivePercent: OBJECTIVE });
      const terms = { target, everyMs: EVERY };
      const straight = openTarget(terms, START);
      feed(straight, all);
      const first = openTarget(terms, START);
      const place = cut % (all.length + 1);
      feed(first, all.slice(0, place));
      const second = restoreTarget(terms, first.snapshot());
      assert.ok(second !== null);
      feed(second, all.slice(place));
      const at = instant(START + hours(50));
      assert.deepEqual(second.verdict(at), straight.verdict(at));
      assert.deepEqual(second.episodes(), straight.episodes());
      assert.deepEqual(second.snapshot(), straight.snapshot());
    }),
    { numRuns: 100 },
  );
});
