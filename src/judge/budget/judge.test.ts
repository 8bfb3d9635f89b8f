// The judge in its named situations: detection and reset times of the workbook, states, clocks, late and missing samples.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Severity } from '#kernel/notification.ts';
import type { Target } from '#kernel/target.ts';
import { hours, instant, minutes, seconds } from '#kernel/time.ts';
import { increaseOf } from './counter.ts';
import { openTarget, restoreTarget, bytesOf, type TargetJudge, type Verdict } from './judge.ts';
import { EVERY, makeTarget, ms, sampleAt, START } from './target.fake.test.ts';

const open = (part: Partial<Target> = {}, everyMs = EVERY): TargetJudge =>
  openTarget({ target: makeTarget(part), everyMs }, START);

/** One sample each `everyMs` in (from, to], of 1,000 events of which a part is bad. */
const stream = (judge: TargetJudge, from: number, to: number, badPart: number): void => {
  for (let at = from + seconds(10); at <= to; at += seconds(10))
    judge.take(sampleAt(at, 1_000 * (1 - badPart), 1_000 * badPart), instant(at));
};

type Times = { readonly detectedMs: number; readonly resetMs: number };

/** When a rule begins and ceases to hold, by verdicts every 30 s, for a trouble of `lengthMs` after `calmMs` without any. */
const timesOf = (rule: number, badPart: number, lengthMs: number): Times => {
  const judge = open();
  const began = START + hours(80);
  stream(judge, START, began, 0);
  let [detectedMs, resetMs] = [Infinity, Infinity];
  for (let at = began; at < began + lengthMs + hours(8); at += seconds(30)) {
    stream(judge, at, at + seconds(30), at < began + lengthMs ? badPart : 0);
    const isHolding = judge.verdict(instant(at + seconds(30))).burns[rule]?.isHolding ?? false;
    const sinceMs = at + seconds(30) - began;
    if (isHolding) detectedMs = Math.min(detectedMs, sinceMs);
    if (!isHolding && detectedMs < Infinity) resetMs = Math.min(resetMs, sinceMs - lengthMs);
  }
  return { detectedMs, resetMs };
};

suite('plain rules begin and cease to hold when the workbook says', () => {
  const cases = [
    { rule: 0, badPart: 1, lengthMs: minutes(30) },
    { rule: 0, badPart: 0.1, lengthMs: minutes(30) },
    { rule: 1, badPart: 0.1, lengthMs: hours(3) },
    { rule: 2, badPart: 0.1, lengthMs: hours(3) },
    { rule: 3, badPart: 0.05, lengthMs: hours(3) },
  ] as const;
  const table = [
    [14.4, 60, 5],
    [6, 360, 30],
    [3, 1_440, 120],
    [1, 4_320, 360],
  ] as const;
  for (const { rule, badPart, lengthMs } of cases)
    test(`rule ${rule + 1}, ${100 * badPart} % bad`, () => {
      const [factor, long, short] = table[rule];
      const { detectedMs, resetMs } = timesOf(rule, badPart, lengthMs);
      const limit = factor * 0.001;
      // Detection: the long window fills up. Reset: the short one, full of trouble, runs empty.
      const expected = {
        detectedMs: (limit / badPart) * minutes(long),
        resetMs: (1 - limit / badPart) * minutes(short),
      };
      const stepMs = rule < 2 ? seconds(30) : minutes(10); // the windows of days leave off in steps of ten minutes
      assert.ok(
        Math.abs(detectedMs - expected.detectedMs) <= stepMs,
        `detected ${detectedMs}, not ${expected.detectedMs}`,
      );
      assert.ok(Math.abs(resetMs - expected.resetMs) <= stepMs, `reset ${resetMs}, not ${expected.resetMs}`);
    });
});

const pages = (verdict: Pick<Verdict, 'alerts'>): readonly Severity[] =>
  verdict.alerts.map((alert) => alert.severity).filter((severity) => severity === 'SEV2');

/** A prober: one look a minute, and another 15 s after a look that left a doubt; gives seconds to the page. */
const probe = (judge: TargetJudge, from: number, isBad: (at: number) => boolean, lengthMs: number): number => {
  let [regular, extra] = [from, Infinity];
  for (let at = from; at <= from + lengthMs;) {
    at = Math.min(regular, extra);
    const isExtra = at !== regular;
    judge.take(sampleAt(at, Number(!isBad(at)), Number(isBad(at)), { isExtra }), instant(at));
    if (!isExtra) regular += EVERY;
    const wish = judge.wish();
    extra = wish === null ? Infinity : at + wish.afterMs;
    if (judge.alerts().some((alert) => alert.severity === 'SEV2')) return (at - from) / 1_000;
  }
  return Infinity;
};

test('at one look a minute a single bad look pages the plain rules and not us; an outage is paged within 60 s of it', () => {
  const judge = open();
  probe(judge, START, () => false, hours(8));
  const at = START + hours(8) + EVERY;
  judge.take(sampleAt(at, 0, 1), instant(at));
  const verdict = judge.verdict(instant(at));
  assert.ok(verdict.burns[0]?.isHolding, 'the plain rule pages');
  assert.deepEqual(pages(verdict), []);
  assert.deepEqual(verdict.wish, { kind: 'look-again', afterMs: seconds(15) });
  assert.equal(
    probe(judge, at + EVERY, () => false, hours(2)),
    Infinity,
  );
  assert.equal(judge.wish(), null, 'good looks take the doubt away');
  assert.ok(probe(judge, at + hours(3), () => true, hours(1)) <= 60);
});

test('where two bad looks would be enough at any time, doubt still ends five minutes after the last', () => {
  const judge = open({ objectivePercent: 99.99 });
  probe(judge, START, () => false, hours(24));
  assert.equal(judge.wish(), null);
  const at = START + hours(24) + EVERY;
  judge.take(sampleAt(at, 0, 1), instant(at));
  assert.notEqual(judge.wish(), null);
  probe(judge, at + EVERY, () => false, minutes(6));
  assert.equal(judge.wish(), null);
});

test('extra looks are evidence, and eat no budget', () => {
  const judge = open();
  probe(judge, START, () => false, hours(8));
  const before = judge.verdict(instant(START + hours(8))).budget;
  for (let look = 1; look <= 4; look += 1) {
    const at = START + hours(8) + look * seconds(15);
    judge.take(sampleAt(at, 0, 1, { isExtra: true }), instant(at));
  }
  assert.equal(judge.verdict(instant(START + hours(8) + seconds(60))).budget.used, before.used);
  const at = START + hours(8) + seconds(65);
  judge.take(sampleAt(at, 0, 1), instant(at));
  assert.deepEqual(pages(judge.verdict(instant(at))), ['SEV2']);
});

test('a service that flaps for hours is one page', () => {
  const judge = open();
  probe(judge, START, () => false, hours(8));
  let [times, wasPaging] = [0, false];
  for (let at = START + hours(9); at < START + hours(15); at += EVERY) {
    const isBad = Math.floor(at / minutes(4)) % 9 === 0;
    judge.take(sampleAt(at, Number(!isBad), Number(isBad)), instant(at));
    const isPaging = pages(judge.verdict(instant(at))).length > 0;
    if (isPaging && !wasPaging) times += 1;
    wasPaging = isPaging;
  }
  assert.equal(times, 1);
  stream(judge, START + hours(15), START + hours(18), 0);
  assert.deepEqual(pages(judge.verdict(instant(START + hours(18)))), [], 'and it ends');
});

test('after an alert the next one needs evidence of its own', () => {
  const judge = open();
  probe(judge, START, () => false, hours(8));
  const began = START + hours(9);
  for (let at = began; at < began + minutes(45); at += EVERY) {
    const isBad = at < began + minutes(5);
    judge.take(sampleAt(at, Number(!isBad), Number(isBad)), instant(at));
  }
  const over = judge.verdict(instant(began + minutes(45)));
  assert.deepEqual(pages(over), []);
  judge.take(sampleAt(began + minutes(45), 0, 1), instant(began + minutes(45)));
  assert.deepEqual(pages(judge.verdict(instant(began + minutes(45)))), []);
});

test('states: no data, meeting, burning, breached, exhausted', () => {
  const judge = open({ objectivePercent: 99 });
  assert.equal(judge.verdict(START).state, 'no-data');
  stream(judge, START, START + hours(24 * 10), 0);
  assert.equal(judge.verdict(instant(START + hours(240))).state, 'meeting');
  stream(judge, START + hours(240), START + hours(242), 1);
  assert.equal(judge.verdict(instant(START + hours(242))).state, 'burning');
  stream(judge, START + hours(242), START + hours(243.5), 1);
  const breached = judge.verdict(instant(START + hours(243.5)));
  assert.equal(breached.state, 'breached', '1 % of ten days is gone, of thirty not');
  assert.ok(breached.budget.remaining > 0 && (breached.budget.exhaustion.at ?? 0) > breached.at);
  stream(judge, START + hours(243.5), START + hours(248), 1);
  assert.equal(judge.verdict(instant(START + hours(248))).state, 'exhausted');
  const silent = START + hours(248);
  assert.equal(judge.verdict(instant(silent + 2 * EVERY)).state, 'exhausted');
  assert.equal(judge.verdict(instant(silent + 2 * EVERY + 1)).state, 'no-data', 'two intervals without a sample');
});

test('one bad look is no proof that a young target is missed; a second one is, and many need more', () => {
  const young = open({ objectivePercent: 99.95 });
  young.take(sampleAt(START + seconds(10), 0, 1), instant(START + seconds(10)));
  young.take(sampleAt(START + seconds(20), 1, 0), instant(START + seconds(20)));
  assert.equal(young.verdict(instant(START + seconds(20))).budget.isBreached, false);
  young.take(sampleAt(START + seconds(30), 0, 1), instant(START + seconds(30)));
  assert.equal(young.verdict(instant(START + seconds(30))).budget.isBreached, true);
  const breachedBy = (bad: number): boolean => {
    const judge = open({ objectivePercent: 99 });
    judge.take(sampleAt(START + seconds(10), 10_000 - bad, bad), instant(START + seconds(10)));
    return judge.verdict(instant(START + seconds(10))).budget.isBreached;
  };
  // A hundred are allowed; 125 happen in a met target about once in 200 such spans, 110 in one of six.
  assert.deepEqual([90, 110, 140].map(breachedBy), [false, false, true]);
});

test('a page does not end because nothing is heard any more', () => {
  const judge = open();
  probe(judge, START, () => false, hours(8));
  assert.ok(probe(judge, START + hours(9), () => true, hours(1)) < 120);
  const verdict = judge.verdict(instant(START + hours(20)));
  assert.equal(verdict.state, 'no-data');
  assert.deepEqual(pages(verdict), ['SEV2']);
  assert.ok(
    verdict.budget.withoutDataMs >= hours(10.8) && verdict.budget.withoutDataMs <= hours(12),
    `${verdict.budget.withoutDataMs}`,
  );
});

test('a page ends though its short window is empty whenever its only step turns, as somebody looks', () => {
  const rule = { factor: 2, longMs: minutes(1), shortMs: seconds(30), severity: 'SEV2' } as const;
  const judge = open({ burn: [rule] }, seconds(5));
  const hear = (from: number, lengthMs: number, badPart: number): readonly string[] => {
    for (let at = from; at < from + lengthMs; at += seconds(1)) {
      if (at % seconds(5) === 2_000) judge.take(sampleAt(at, 10 * (1 - badPart), 10 * badPart), instant(at));
      judge.verdict(instant(at));
    }
    return judge.alerts().map(({ severity }) => severity);
  };
  assert.deepEqual(hear(START, minutes(2), 1), ['SEV2']);
  assert.deepEqual(hear(START + minutes(2), minutes(3), 0), []);
});

test('what is upstream, our own blindness or agreed work does not burn', () => {
  const judge = open();
  for (let at = START + EVERY; at < START + hours(10); at += EVERY)
    judge.take(sampleAt(at, 0, 1, { share: at < START + hours(5) ? 'upstream' : 'maintenance' }), instant(at));
  const verdict = judge.verdict(instant(START + hours(10)));
  assert.deepEqual([verdict.state, verdict.budget.used], ['meeting', 0]);
  assert.equal(verdict.budget.excused.upstream, 299);
  assert.equal(verdict.budget.excused.maintenance, 300);
  assert.deepEqual(verdict.alerts, []);
  assert.deepEqual(
    judge.episodes().map(({ share, bad }) => ({ share, bad })),
    [
      { share: 'upstream', bad: 299 },
      { share: 'maintenance', bad: 300 },
    ],
  );
});

test('an event that comes late joins the episodes on both sides', () => {
  const judge = open();
  const [first, second, between] = [minutes(10), minutes(18), minutes(14)].map((offset) => START + offset);
  for (const at of [first, second, between]) judge.take(sampleAt(at ?? 0, 0, 2), instant(START + minutes(30)));
  assert.deepEqual(judge.episodes(), [{ from: first, to: second, share: 'own', bad: 6 }]);
});

test('a clock that is set back takes nothing of the future along, and goes on at once', () => {
  const [jumped, straight] = [open(), open()];
  for (const judge of [jumped, straight]) stream(judge, START, START + hours(10), 0.001);
  jumped.verdict(instant(START + hours(40)));
  jumped.take(sampleAt(START + hours(40), 0, 50), instant(START + hours(40)));
  for (const judge of [jumped, straight]) stream(judge, START + hours(10), START + hours(20), 0.25);
  const [a, b] = [jumped, straight].map((judge) => judge.verdict(instant(START + hours(20))));
  assert.deepEqual(a?.budget.used, b?.budget.used);
  assert.deepEqual(
    a?.burns.map(({ isHolding, shortRate }) => ({ isHolding, shortRate })),
    b?.burns.map(({ isHolding, shortRate }) => ({ isHolding, shortRate })),
  );
  assert.deepEqual(
    a?.alerts.map(({ severity }) => severity),
    b?.alerts.map(({ severity }) => severity),
  );
});

test('a sample of a clock that is fast is refused, one that is too old is told', () => {
  const judge = open();
  stream(judge, START, START + hours(24 * 31), 0);
  const now = instant(START + hours(24 * 31));
  assert.equal(judge.take(sampleAt(now + minutes(10), 0, 1), now), 'ahead');
  assert.equal(judge.take(sampleAt(START + hours(1), 0, 1), now), 'late');
  assert.equal(judge.take(sampleAt(START + hours(48), 0, 1), now), 'taken');
  assert.equal(judge.verdict(now).budget.used, 1);
});

test('at midnight of the zone a calendar window begins with nothing used', () => {
  const startsAt = instant(Date.UTC(2025, 0, 1));
  const judge = open({ window: { kind: 'calendar', unit: 'day', count: 1, timezone: 'Europe/Berlin', startsAt } });
  const midnight = Date.UTC(2026, 2, 1, 23);
  judge.take(sampleAt(midnight - 1, 0, 7), instant(midnight - 1));
  assert.equal(judge.verdict(instant(midnight - 1)).budget.used, 7);
  assert.equal(judge.verdict(instant(midnight)).budget.used, 0);
});

test('a snapshot of other terms is refused', () => {
  const terms = { target: makeTarget(), everyMs: EVERY };
  const snapshot = openTarget(terms, START).snapshot();
  assert.ok(restoreTarget(terms, snapshot) !== null);
  assert.equal(restoreTarget({ ...terms, target: makeTarget({ objectivePercent: 99 }) }, snapshot), null);
  assert.equal(restoreTarget(terms, snapshot.slice(1)), null);
  assert.equal(restoreTarget(terms, new Uint8Array(snapshot.length)), null);
});

test('a target of thirty days takes less than 20 KB', () => {
  assert.ok(bytesOf(makeTarget(), EVERY) < 20_000, `${bytesOf(makeTarget(), EVERY)}`);
});

test('amounts of a source need not be whole', () => {
  const indicator = { kind: 'ratio', source: 'prometheus', good: 'a', total: 'b', isCounter: false } as const;
  const judge = open({ indicator, objectivePercent: 50 });
  for (let at = START + EVERY; at <= START + hours(1); at += EVERY) judge.take(sampleAt(at, 0.75, 0.25), instant(at));
  assert.equal(judge.verdict(instant(START + hours(1))).budget.used, 15);
});

test('counters: the increase counts, and a fall is a new beginning', () => {
  const seen = [null, 5, 9, 2, 2, Number.NaN].map((now, index, all) => increaseOf(all[index - 1] ?? null, now ?? 0));
  assert.deepEqual(seen, [null, null, 4, 2, 0, null]);
});

test('exhaustion is foretold with an interval that holds the truth', () => {
  const judge = open({ objectivePercent: 99 });
  stream(judge, START, START + hours(480), 0);
  stream(judge, START + hours(480), START + hours(486), 0.5);
  const { exhaustion, remaining } = judge.verdict(instant(START + hours(486))).budget;
  const inMs = (remaining / (0.5 * 100)) * ms(1_000); // 100 events a second, half of them bad
  const at = START + hours(486) + inMs;
  assert.ok(Math.abs((exhaustion.at ?? 0) - at) < minutes(1), `${exhaustion.at} is not ${at}`);
  assert.ok((exhaustion.earliest ?? Infinity) < at && at < (exhaustion.latest ?? 0));
});
