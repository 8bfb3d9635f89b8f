// The real Alertmanager: our ledger says what it says, on the same random traces; and it takes our alerts.

import assert from 'node:assert/strict';
import test from 'node:test';
import { durationMs, hours, instant, seconds, type Instant } from '#kernel/time.ts';
import { fingerprintOf } from '#judge/noise/alert.ts';
import { Ledger } from '#judge/noise/ledger.ts';
import { postTo, startAlertmanager, startReceiver, type Taken } from './stand/alertmanager.ts';
import { until } from './stand/sereno.ts';
import type { Stand } from './stand/server.ts';

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

const KINDS = ['a', 'b', 'c'].flatMap((name) => ['critical', 'warning'].map((severity) => [name, severity] as const));

/** Alerts that begin, are said again, and end, by chance. */
const trace = (number: number): readonly Happening[] => {
  const random = makeRandom(number);
  const happenings: Happening[] = [];
  const open = new Set<string>();
  for (let draw = 0; draw < STEPS * KINDS.length; draw += 1) {
    const step = Math.floor(draw / KINDS.length);
    const [name = '', severity = ''] = KINDS[draw % KINDS.length] ?? [];
    const key = `${name} ${severity}`;
    if (random() > 0.25) continue;
    const isFiring = !open.has(key) || random() < 0.3;
    if (isFiring) open.add(key);
    else open.delete(key);
    happenings.push({ step, labels: { trace: String(number), name, severity }, isFiring });
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

const QUIET = [
  { label: 'name', operator: '=', value: 'c' },
  { label: 'trace', operator: '=~', value: '1.*' },
] as const;

/** Both sides get the same rules and the same silence. */
const makeLedger = (startedAt: number, quietUntil: Instant): Ledger => {
  const ledger = new Ledger({
    groupBy: ['trace', 'severity'],
    groupWaitMs: durationMs(WAIT_MS),
    groupIntervalMs: durationMs(INTERVAL_MS),
    repeatIntervalMs: durationMs(REPEAT_MS),
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
  const startsAt = instant(startedAt - 1_000);
  ledger.setSilences([{ id: 'S-1', matchers: QUIET, startsAt, endsAt: quietUntil, by: 'ana', why: 'work' }]);
  return ledger;
};

const silenceThere = (stand: Stand, quietUntil: Instant): Promise<void> =>
  postTo(stand, 'silences', {
    matchers: QUIET.map((it) => ({ name: it.label, value: it.value, isRegex: it.operator === '=~', isEqual: true })),
    startsAt: new Date().toISOString(),
    endsAt: new Date(quietUntil).toISOString(),
    createdBy: 'ana',
    comment: 'work',
  });

const asAlert = ({ labels, isFiring }: Happening, at: Instant) => ({
  labels,
  startsAt: isFiring ? at : instant(at - 1),
  endsAt: isFiring ? instant(at + hours(1)) : at,
});

const onTheWire = ({ labels, startsAt, endsAt }: ReturnType<typeof asAlert>) => ({
  labels,
  startsAt: new Date(startsAt).toISOString(),
  endsAt: new Date(endsAt).toISOString(),
});

const compare = (ours: readonly Said[], theirs: readonly Said[]): void => {
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
};

test('our ledger tells what the real Alertmanager tells: groups, members, order, repeats, ends', async () => {
  const receiver = await startReceiver();
  const stand = await startAlertmanager(config(receiver.url));
  const startedAt = Date.now();
  const happenings = Array.from({ length: TRACES }, (_, index) => trace(index + 1)).flat();
  const at = (step: number): Instant => instant(startedAt + (step + 1) * 1_000);
  const ledger = makeLedger(startedAt, at(9));
  await silenceThere(stand, at(9));
  for (let step = 0; step < STEPS; step += 1) {
    const now = happenings.filter((it) => it.step === step).map((it) => asAlert(it, at(step)));
    await until(`second ${step}`, () => Date.now() >= at(step));
    await postTo(stand, 'alerts', now.map(onTheWire));
    const lateMs = Date.now() - at(step);
    assert.ok(lateMs < LATE_MS, `this machine stalled: second ${step} came ${lateMs} ms late`);
    for (const event of now) ledger.take(event, at(step));
  }
  const end = at(STEPS + 10);
  ledger.advance(end);
  const ours = ledger.drain().map((it) => ({ group: it.group, at: it.at, words: inWords(it.firing, it.resolved) }));
  await until('the end of the trace', () => Date.now() >= end);
  await stand.stop();
  await receiver.close();
  compare(
    ours,
    receiver.taken.map(saidBy).filter((it) => it.at <= end),
  );
});
