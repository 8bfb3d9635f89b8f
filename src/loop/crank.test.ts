// The crank over a store in memory: one transaction a turn, one report an effect, one machine's fault its own.

import assert from 'node:assert/strict';
import test from 'node:test';
import type { KeyedEffect } from '#kernel/effect.ts';
import type { Event, EventBody } from '#kernel/event.ts';
import { machineId, serviceId, type MachineId } from '#kernel/id.ts';
import { GATE } from '#kernel/site.ts';
import type { AnyMachine } from '#kernel/step.ts';
import { durationMs, instant, seconds } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import type { Batch, CommitOutcome, Store } from '#ports/store.ts';
import { Crank } from './crank.ts';

const A = machineId('test', 'a');
const B = machineId('test', 'b');

/** A clock whose tasks are run by hand, in order of time. */
const makeHandClock = () => {
  const tasks: { at: number; task: () => void }[] = [];
  let now = 1_000;
  const clock: Clock = {
    now: () => instant(now),
    at: (when, task) => {
      const entry = { at: when, task };
      tasks.push(entry);
      return () => {
        const index = tasks.indexOf(entry);
        if (index >= 0) tasks.splice(index, 1);
      };
    },
    chance: () => 0.5,
  };
  const runUntil = (until: number): void => {
    for (;;) {
      const next = tasks.toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > until) break;
      tasks.splice(tasks.indexOf(next), 1);
      now = Math.max(now, next.at);
      next.task();
    }
    now = Math.max(now, until);
  };
  return { clock, runUntil };
};

type Heard = {
  readonly events: Event[];
  readonly dispatched: KeyedEffect[];
  readonly batches: Batch[];
  readonly troubles: string[];
};

const makeBench = (machines: readonly AnyMachine[], outcomes: CommitOutcome[] = [], stopwatch = () => 0) => {
  const { clock, runUntil } = makeHandClock();
  const heard: Heard = { events: [], dispatched: [], batches: [], troubles: [] };
  const reports: ((body: EventBody) => void)[] = [];
  const store: Store = {
    load: () => ({ snapshots: [], outbox: [], wakes: [], fences: [], lastSeq: 0 }),
    commit: (batch, done) => {
      const outcome = outcomes.shift() ?? { kind: 'committed', records: [] };
      if (outcome.kind === 'committed') heard.batches.push(batch);
      done(outcome);
    },
    evidence: () => [],
    checkpoints: () => [],
  };
  const crank = new Crank({
    store,
    clock,
    machineFor: (id) => machines.find((machine) => machine.id === id) ?? null,
    dispatch: (keyed, report) => {
      heard.dispatched.push(keyed);
      reports.push(report);
    },
    patience: () => seconds(1),
    onCommitted: () => {},
    onStoreTrouble: (detail) => heard.troubles.push(detail ?? 'well'),
    stopwatch,
  });
  crank.start(store.load());
  return { crank, heard, reports, runUntil };
};

/** A machine that counts its events and does as it is told. */
const counting = (id: MachineId, effects: (event: Event) => ReturnType<AnyMachine['step']>['effects']): AnyMachine => ({
  id,
  initial: 0,
  step: (state, event) => ({ state: Number(state) + 1, effects: effects(event) }),
  expects: () => [],
});

const examine = { kind: 'examine', service: serviceId('api') } as const;

test('events that wait together are one transaction, with evidence for each change', () => {
  const { crank, heard, runUntil } = makeBench([counting(A, () => []), counting(B, () => [])]);
  crank.put(A, { kind: 'shutdown' });
  crank.put(B, { kind: 'shutdown' });
  crank.put(A, { kind: 'shutdown' });
  runUntil(1_001);
  assert.equal(heard.batches.length, 1);
  assert.equal(heard.batches[0]?.evidence.length, 3);
  assert.deepEqual(
    heard.batches[0]?.snapshots.map((it) => [it.machine, it.version, it.expectedVersion, it.state]),
    [
      [A, 2, 0, 2],
      [B, 1, 0, 1],
    ],
  );
});

test('nothing is dispatched or shown before the commit', () => {
  const { crank, heard, runUntil } = makeBench([counting(A, () => [examine])], [{ kind: 'busy', detail: '' }]);
  crank.put(A, { kind: 'shutdown' });
  runUntil(1_001);
  assert.equal(heard.dispatched.length, 0);
  assert.equal(crank.stateOf(A), null);
  runUntil(1_100);
  assert.equal(heard.dispatched.length, 1);
  assert.equal(crank.stateOf(A), 1);
});

test('a report is taken up once, however often it comes, and settles its row', () => {
  const machine = counting(A, (event) => (event.kind === 'shutdown' ? [examine] : []));
  const { crank, heard, reports, runUntil } = makeBench([machine]);
  crank.put(A, { kind: 'shutdown' });
  runUntil(1_001);
  const [report] = reports;
  const key = heard.dispatched[0]?.key;
  assert.ok(report !== undefined && key !== undefined);
  const body: EventBody = { kind: 'notified', key, notification: '', isDelivered: true, detail: '' };
  report(body);
  report(body);
  runUntil(1_002);
  report(body);
  runUntil(1_003);
  assert.equal(crank.stateOf(A), 2);
  assert.deepEqual(heard.batches.at(-1)?.settled, [key]);
});

test('an effect whose report is overdue is dispatched again with the same key', () => {
  const { heard, crank, runUntil } = makeBench([counting(A, () => [examine])]);
  crank.put(A, { kind: 'shutdown' });
  runUntil(20_000);
  assert.ok(heard.dispatched.length >= 2);
  assert.equal(new Set(heard.dispatched.map((it) => it.key)).size, 1);
});

test('a machine that throws is set aside, its fault is told, the others go on', () => {
  const told: string[] = [];
  const bad: AnyMachine = {
    id: A,
    initial: 0,
    step: () => {
      throw new Error('a bug');
    },
    expects: () => [],
  };
  const gate = counting(GATE, (event) => {
    if (event.kind === 'machine-broken') told.push(`${event.broken}: ${event.detail}`);
    return [];
  });
  const { crank, heard, runUntil } = makeBench([bad, counting(B, () => []), gate]);
  crank.put(A, { kind: 'shutdown' });
  crank.put(B, { kind: 'shutdown' });
  crank.put(A, { kind: 'shutdown' });
  runUntil(1_010);
  assert.deepEqual(crank.brokenMachines(), [A]);
  assert.equal(crank.stateOf(B), 1);
  assert.deepEqual(told, ['test:a: a bug']);
  assert.ok(heard.batches[0]?.evidence.some((it) => it.type === 'machine.broken'));
});

test('a machine whose wake has rung is not asleep while the store is written, only when it did not ask for another', () => {
  const ringing = (name: string): AnyMachine => ({
    ...counting(A, () => [{ kind: 'wake', name, at: instant(2_000) }]),
    expects: () => ['look'],
  });
  const [well, asleep] = [makeBench([ringing('look')], []), makeBench([ringing('other')], [])];
  for (const { crank, runUntil } of [well, asleep]) {
    crank.put(A, { kind: 'shutdown' });
    runUntil(1_500);
  }
  assert.deepEqual([well.crank.sleepers().length, asleep.crank.sleepers().length], [0, 1]);
  const busy = makeBench(
    [ringing('look')],
    [
      { kind: 'committed', records: [] },
      { kind: 'busy', detail: 'locked' },
    ],
  );
  busy.crank.put(A, { kind: 'shutdown' });
  busy.runUntil(2_000);
  assert.equal(busy.heard.batches.length, 1, 'the second commit waits');
  assert.deepEqual(busy.crank.sleepers(), []);
});

test('what takes long to decide is committed in parts, so that looks come in between', () => {
  let ms = 0;
  const slow = counting(A, () => {
    ms += 4;
    return [];
  });
  const { crank, heard, runUntil } = makeBench([slow], [], () => ms);
  for (let event = 0; event < 12; event += 1) crank.put(A, { kind: 'shutdown' });
  runUntil(1_010);
  assert.equal(crank.stateOf(A), 12);
  assert.deepEqual(
    heard.batches.map((batch) => batch.evidence.length),
    [3, 3, 3, 3],
  );
});

test('a fenced operation is refused without touching the port', () => {
  const operation = { action: 'restart', subject: serviceId('api'), epoch: 1, timeoutMs: durationMs(1) } as const;
  const outcomes: string[] = [];
  const machine = counting(A, (event) => {
    if (event.kind === 'operated') outcomes.push(event.outcome.kind);
    return event.kind === 'shutdown'
      ? [
          { kind: 'fence', subject: '*', epoch: 2 },
          { kind: 'operate', operation },
        ]
      : [];
  });
  const { crank, heard, runUntil } = makeBench([machine]);
  crank.put(A, { kind: 'shutdown' });
  runUntil(1_010);
  assert.equal(heard.dispatched.length, 0);
  assert.deepEqual(outcomes, ['refused']);
});

test('an operation that was handed over before a fence rose is not called untouched: what became of it is not known', () => {
  const operation = { action: 'start', subject: serviceId('api'), epoch: 1, timeoutMs: durationMs(1) } as const;
  const outcomes: string[] = [];
  const machine = counting(A, (event) => {
    if (event.kind === 'operated') outcomes.push(`${event.outcome.kind}: ${event.outcome.detail}`);
    if (event.kind === 'shutdown') return [{ kind: 'operate', operation }];
    return event.kind === 'woke' ? [{ kind: 'fence', subject: '*', epoch: 2 }] : [];
  });
  const { crank, heard, runUntil } = makeBench([machine]);
  crank.put(A, { kind: 'shutdown' });
  runUntil(1_010);
  crank.put(A, { kind: 'woke', name: 'hold' });
  runUntil(30_000);
  assert.equal(heard.dispatched.length, 1);
  assert.deepEqual(outcomes, [
    'failed: what became of it is not known, and its lease is over: a newer epoch or a hold is in force',
  ]);
});

test('a store that another process moved on stops this crank; a full one is waited for', () => {
  const full: CommitOutcome = { kind: 'failed', detail: 'disk full' };
  const waiting = makeBench([counting(A, () => [])], [full, full]);
  waiting.crank.put(A, { kind: 'shutdown' });
  waiting.runUntil(5_000);
  assert.deepEqual(waiting.heard.troubles, ['disk full', 'well']);
  assert.equal(waiting.crank.stateOf(A), 1);
  const lost = makeBench([counting(A, () => [])], [{ kind: 'conflict', detail: 'version 2' }]);
  lost.crank.put(A, { kind: 'shutdown' });
  lost.crank.put(A, { kind: 'shutdown' });
  lost.runUntil(5_000);
  assert.equal(lost.heard.batches.length, 0);
  assert.deepEqual(lost.heard.troubles, ['version 2']);
});

test('a stored state that cannot be read is not guessed: the machine begins anew at its version, and people are told', () => {
  const told: string[] = [];
  const gate = counting(GATE, (event) => {
    if (event.kind === 'machine-broken') told.push(event.detail);
    return [];
  });
  const { crank, heard, runUntil } = makeBench([counting(A, () => []), gate]);
  crank.start({
    snapshots: [],
    outbox: [],
    wakes: [],
    fences: [],
    lastSeq: 0,
    damaged: [{ machine: A, version: 7, detail: 'not JSON' }],
  });
  crank.put(A, { kind: 'shutdown' });
  runUntil(1_010);
  assert.equal(crank.stateOf(A), 1);
  assert.equal(heard.batches[0]?.snapshots.find((it) => it.machine === A)?.expectedVersion, 7);
  assert.match(told[0] ?? '', /not JSON/);
});
