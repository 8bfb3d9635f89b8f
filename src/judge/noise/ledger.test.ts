// The ledger: every event has one fate with a reason, few words reach people, and flapping is damped, never silenced.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hours, instant, later, minutes, seconds, type Instant } from '#kernel/time.ts';
import type { AlertEvent } from './alert.ts';
import { fingerprintOf } from './alert.ts';
import type { Fate } from './fate.ts';
import { Ledger, type LedgerNotification, type LedgerRules } from './ledger.ts';
import type { Silence } from './silence.ts';

const START = instant(1_800_000_000_000);

const RULES: LedgerRules = {
  groupBy: ['group'],
  groupWaitMs: seconds(30),
  groupIntervalMs: minutes(5),
  repeatIntervalMs: hours(4),
  resolveTimeoutMs: minutes(5),
  inhibit: [],
  needsOf: null,
  isDamped: false,
  startedAt: START,
};

const firing = (labels: Record<string, string>, at: Instant): AlertEvent => ({
  labels,
  startsAt: at,
  endsAt: later(at, hours(24 * 30)),
});
const over = (labels: Record<string, string>, from: Instant, at: Instant): AlertEvent => ({
  labels,
  startsAt: from,
  endsAt: at,
});

const kinds = (ledger: Ledger, events: readonly number[]): readonly (Fate['kind'] | undefined)[] =>
  events.map((event) => ledger.fateOf(event)?.kind);

test('a group waits, is told once, and names who was grouped into what', () => {
  const ledger = new Ledger(RULES);
  const a = ledger.take(firing({ group: 'g', name: 'a' }, START), START);
  const b = ledger.take(firing({ group: 'g', name: 'b' }, START), later(START, seconds(1)));
  const again = ledger.take(firing({ group: 'g', name: 'a' }, START), later(START, seconds(2)));
  ledger.advance(later(START, seconds(29)));
  assert.deepEqual(kinds(ledger, [a, b, again]), ['waiting', 'waiting', 'grouped']);
  ledger.advance(later(START, seconds(30)));
  assert.equal(ledger.drain().length, 1);
  assert.deepEqual(ledger.fateOf(a), { kind: 'notified', notification: 1 });
  assert.deepEqual(ledger.fateOf(b), { kind: 'grouped', into: 'notification 1', why: 'same-notification' });
});

test('one cause with 500 dependants down is one notification, and each symptom names the cause', () => {
  const needsOf = (service: string): readonly string[] => (service === 'root' ? [] : ['root']);
  const ledger = new Ledger({ ...RULES, groupBy: ['service'], needsOf });
  const symptoms = Array.from({ length: 500 }, (_, index) =>
    ledger.take(firing({ service: `app-${index}` }, START), later(START, index)),
  );
  ledger.take(firing({ service: 'root' }, START), later(START, seconds(5)));
  ledger.advance(later(START, hours(1)));
  const told = ledger.drain();
  assert.equal(told.length, 1);
  assert.deepEqual(told[0]?.firing, [fingerprintOf({ service: 'root' })]);
  for (const event of symptoms) assert.deepEqual(ledger.fateOf(event), { kind: 'inhibited', by: 'root' });
});

/** Something that fails and comes back, `times` times, `everyMs` apart. */
const flap = (ledger: Ledger, times: number, everyMs: number): readonly LedgerNotification[] => {
  const labels = { group: 'flapper' };
  for (let turn = 0; turn < times; turn += 1) {
    const at = later(START, turn * everyMs);
    ledger.take(firing(labels, at), at);
    const end = later(at, everyMs / 2);
    ledger.take(over(labels, at, end), end);
  }
  ledger.advance(later(START, times * everyMs + hours(3)));
  return ledger.drain();
};

const mostInAnHour = (times: readonly number[]): number =>
  Math.max(0, ...times.map((time) => times.filter((it) => it >= time && it < time + hours(1)).length));

test('a flapping thing is told of at most three times an hour, at least once, and its end is told', () => {
  fc.assert(
    fc.property(fc.integer({ min: 5, max: 100 }), fc.integer({ min: 60_000, max: 1_200_000 }), (times, everyMs) => {
      const rules = { ...RULES, groupWaitMs: seconds(1), groupIntervalMs: seconds(10), isDamped: true };
      const ledger = new Ledger(rules);
      const told = flap(ledger, times, everyMs);
      const at = told.map((it) => it.at);
      assert.ok(mostInAnHour(at) <= 3, `${mostInAnHour(at)} in an hour`);
      for (let from = 0; from + hours(2) < times * everyMs; from += hours(1)) {
        assert.ok(
          at.some((it) => it >= START + from && it < START + from + hours(2)),
          'silent for two hours',
        );
      }
      assert.deepEqual(told.at(-1)?.firing, [], 'people are left believing that it fires');
    }),
    { seed: 4, numRuns: 100 },
  );
});

test('without damping the same thing is told of each time', () => {
  const rules = { ...RULES, groupWaitMs: seconds(1), groupIntervalMs: seconds(10) };
  assert.equal(flap(new Ledger(rules), 10, 120_000).length, 20);
});

const silence = (value: string, from: number, until: number): Silence => ({
  id: `S-${value}`,
  matchers: [{ label: 'name', operator: '=', value }],
  startsAt: later(START, from),
  endsAt: later(START, until),
  by: 'ana',
  why: 'work on it',
});

const EVENTS = fc.array(
  fc.record({
    group: fc.constantFrom('g', 'h'),
    name: fc.constantFrom('a', 'b', 'c', 'root'),
    isFiring: fc.boolean(),
    afterMs: fc.integer({ min: 0, max: 400_000 }),
  }),
  { minLength: 1, maxLength: 60 },
);

test('every raw event ends in exactly one fate, and what is held back names who or what holds it', () => {
  fc.assert(
    fc.property(EVENTS, fc.boolean(), (steps, isDamped) => {
      const inhibit = [
        {
          source: [{ label: 'name', operator: '=', value: 'root' } as const],
          target: [{ label: 'name', operator: '=~', value: 'a|b' } as const],
          equal: ['group'],
        },
      ];
      const ledger = new Ledger({ ...RULES, inhibit, isDamped });
      ledger.setSilences([silence('c', 0, 600_000)]);
      const started = new Map<string, Instant>();
      let at = START;
      const events = steps.map(({ group, name, isFiring, afterMs }) => {
        at = later(at, afterMs);
        const key = `${group}/${name}`;
        const from = started.get(key) ?? at;
        started.set(key, isFiring ? from : at);
        if (!isFiring) started.delete(key);
        return ledger.take(isFiring ? firing({ group, name }, from) : over({ group, name }, from, at), at);
      });
      // Beyond the longest wait of all: an hour for a place among the three of a flapping group.
      ledger.advance(later(at, hours(30)));
      const numbers = new Set(ledger.drain().map((it) => it.number));
      for (const [index, event] of events.entries()) {
        const fate = ledger.fateOf(event);
        const name = steps[index]?.name;
        if (fate?.kind === 'silenced') assert.ok(name === 'c' && fate.by === 'S-c');
        else if (fate?.kind === 'inhibited') assert.ok(name === 'a' || name === 'b');
        else if (fate?.kind === 'notified') assert.ok(numbers.has(fate.notification));
        else assert.equal(fate?.kind, 'grouped');
      }
    }),
    { seed: 4, numRuns: 300 },
  );
});

test('a silence ends by itself: what still fires is told then', () => {
  const ledger = new Ledger(RULES);
  ledger.setSilences([silence('a', 0, 600_000)]);
  const event = ledger.take(firing({ group: 'g', name: 'a' }, START), START);
  ledger.advance(later(START, minutes(9)));
  assert.deepEqual(ledger.fateOf(event), { kind: 'silenced', by: 'S-a' });
  assert.equal(ledger.drain().length, 0);
  ledger.advance(later(START, minutes(16)));
  assert.equal(ledger.drain().length, 1);
  assert.equal(ledger.fateOf(event)?.kind, 'notified');
});
