// The real Alertmanager: our ledger says what it says, on the same random traces; and it takes our alerts.

import assert from 'node:assert/strict';
import test from 'node:test';
import { hours, instant, seconds, type Instant } from '#kernel/time.ts';
import { fingerprintOf } from '#judge/noise/alert.ts';
import { Ledger } from '#judge/noise/ledger.ts';
import { postTo, startAlertmanager, startReceiver, type Taken } from './stand/alertmanager.ts';
import { until } from './stand/sereno.ts';

/**
 * Whatever happens happens on a whole second, whatever is told is told on a half one: half a second of tolerance on each
 * side. All of it lies within the first thirty seconds of an Alertmanager, before it puts empty groups away.
 */
const WAIT_MS = 1_500;
const INTERVAL_MS = 2_000;
const REPEAT_MS = 7_000;
const STEPS = 14;
const TRACES = 40;
const LATE_MS = 450;

const config = (receiver: string): string => `
route:
  receiver: us
  group_by: [trace, severity]
  group_wait: ${WAIT_MS}ms
  group_interval: ${INTERVAL_MS}ms
  repeat_interval: ${REPEAT_MS}ms
inhibit_rules:
  - source_matchers: [severity="critical"]
    target_matchers: [severity="warning"]
    equal: [trace, name]
receivers:
  - name: us
    webhook_configs: [{url: "${receiver}", send_resolved: true}]
`;

/** A random number generator of 32 bits (mulberry32): the traces are the same each time. */
const makeRandom = (seed: number) => {
  let state = seed;
  return (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

type Happening = { readonly step: number; readonly labels: Record<string, string>; readonly isFiring: boolean };

/** Alerts that begin, are said again, and end, by chance. */
const trace = (number: number): readonly Happening[] => {
  const random = makeRandom(number);
  const happenings: Happening[] = [];
  const open = new Set<string>();
  for (let step = 0; step < STEPS; step += 1) {
    for (const name of ['a', 'b', 'c']) {
      for (const severity of ['critical', 'warning']) {
        const key = `${name} ${severity}`;
        if (random() > 0.25) continue;
        const isFiring = !open.has(key) || random() < 0.3;
        if (isFiring) open.add(key);
        else open.delete(key);
        happenings.push({ step, labels: { trace: String(number), name, severity }, isFiring });
      }
    }
  }
  return happenings;
};

/** One notification in words that both sides can say. */
type Said = { readonly group: string; readonly at: number; readonly words: string };

const inWords = (firing: readonly string[], resolved: readonly string[]): string =>
  `firing ${JSON.stringify(firing)} resolved ${JSON.stringify(resolved)}`;

const saidBy = (taken: Taken): Said => {
  const those = (status: string): readonly string[] =>
    taken.alerts.filter((it) => it.status === status).map((it) => fingerprintOf(it.labels));
  const { trace: number = '', severity = '' } = taken.groupLabels;
  return {
    group: `trace=${number},severity=${severity}`,
    at: taken.at,
    words: inWords(those('firing'), those('resolved')),
  };
};

test('our ledger tells what the real Alertmanager tells: groups, members, order, repeats, ends', async () => {
  const receiver = await startReceiver();
  const stand = await startAlertmanager(config(receiver.url));
  const startedAt = Date.now();
  const happenings = Array.from({ length: TRACES }, (_, index) => trace(index + 1)).flat();
  const from = startedAt + 1_000;
  const at = (step: number): Instant => instant(from + step * 1_000);
  const ledger = new Ledger({
    groupBy: ['trace', 'severity'],
    groupWaitMs: seconds(WAIT_MS / 1_000),
    groupIntervalMs: seconds(INTERVAL_MS / 1_000),
    repeatIntervalMs: seconds(REPEAT_MS / 1_000),
    resolveTimeoutMs: seconds(300),
    inhibit: [
      {
        source: [{ label: 'severity', operator: '=', value: 'critical' }],
        target: [{ label: 'severity', operator: '=', value: 'warning' }],
        equal: ['trace', 'name'],
      },
    ],
    needsOf: null,
    isDamped: false,
    startedAt: instant(startedAt),
  });
  const silence = { startsAt: instant(startedAt - 1_000), endsAt: at(9), by: 'ana', why: 'work' };
  const matchers = [
    { label: 'name', operator: '=' as const, value: 'c' },
    { label: 'trace', operator: '=~' as const, value: '1.*' },
  ];
  ledger.setSilences([{ ...silence, id: 'S-1', matchers }]);
  await postTo(stand, 'silences', {
    matchers: matchers.map((it) => ({ name: it.label, value: it.value, isRegex: it.operator === '=~', isEqual: true })),
    startsAt: new Date().toISOString(),
    endsAt: new Date(silence.endsAt).toISOString(),
    createdBy: 'ana',
    comment: 'work',
  });
  for (let step = 0; step < STEPS; step += 1) {
    const now = happenings.filter((it) => it.step === step);
    const events = now.map((it) => ({
      labels: it.labels,
      startsAt: it.isFiring ? at(step) : instant(at(step) - 1),
      endsAt: it.isFiring ? instant(at(step) + hours(1)) : at(step),
    }));
    await until(`second ${step}`, () => Date.now() >= at(step));
    await postTo(
      stand,
      'alerts',
      events.map((it) => ({
        labels: it.labels,
        startsAt: new Date(it.startsAt).toISOString(),
        endsAt: new Date(it.endsAt).toISOString(),
      })),
    );
    assert.ok(
      Date.now() - at(step) < LATE_MS,
      `this machine stalled: second ${step} came ${Date.now() - at(step)} ms late`,
    );
    for (const event of events) ledger.take(event, at(step));
  }
  const end = at(STEPS + 10);
  ledger.advance(end);
  const ours: readonly Said[] = ledger
    .drain()
    .map((it) => ({ group: it.group, at: it.at, words: inWords(it.firing, it.resolved) }));
  await until('the end of the trace', () => Date.now() >= end);
  await stand.stop();
  await receiver.close();
  const theirs = receiver.taken.map(saidBy).filter((it) => it.at <= end);
  const groups = [...new Set([...ours, ...theirs].map((it) => it.group))].toSorted();
  assert.ok(groups.length >= TRACES, `${groups.length} groups`);
  for (const group of groups) {
    const left = ours.filter((it) => it.group === group);
    const right = theirs.filter((it) => it.group === group);
    assert.deepEqual(
      left.map((it) => it.words),
      right.map((it) => it.words),
      `${group} is told otherwise`,
    );
    for (const [index, it] of left.entries()) {
      const lateMs = (right[index]?.at ?? 0) - it.at;
      assert.ok(lateMs > -100 && lateMs < 1_000, `${group}: number ${index} came ${lateMs} ms late`);
    }
  }
});
