// The room of the metrics at the alert desk: told when it begins and when it ends, also over a restart.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventBody } from '#kernel/event.ts';
import type { MachineId } from '#kernel/id.ts';
import { instant, later, seconds, type Instant } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import type { Room } from '#ports/metrics.ts';
import { startRoomWatch } from './roomWatch.ts';

const START = instant(Date.UTC(2026, 10, 21));
const EMPTY: Room = {
  usedBytes: 1,
  capBytes: 100,
  keptFrom: { detail: null, minutes: null, hours: null },
  trouble: null,
  since: null,
  series: 1,
  seriesMax: 10,
  left: { byTime: 0, byTrouble: 0, bySeries: 0 },
};

test('a file near its cap is found once and over once; what an earlier run told of is ended', () => {
  let now: Instant = START;
  let due: () => void = () => assert.fail('nothing is due');
  let room: Room = EMPTY;
  const told: string[] = [];
  const clock: Clock = {
    now: () => now,
    chance: () => 0,
    at: (_at, task) => {
      due = task;
      return () => {};
    },
  };
  const put = (_machine: MachineId, body: EventBody): void => {
    if (body.kind !== 'told') return;
    const { message } = body;
    if (message.kind === 'found') told.push(`found ${message.finding.key}`);
    if (message.kind === 'found-over') told.push(`over ${message.key}`);
  };
  const turn = (next: Room): readonly string[] => {
    told.length = 0;
    room = next;
    now = later(now, seconds(30));
    due();
    return [...told];
  };
  startRoomWatch({ engine: { crank: { put } as never }, metrics: { room: () => room }, clock }); // decoder: the crank is asked for nothing else
  assert.deepEqual(told, ['over room:metrics', 'over room:metrics-disk', 'over room:metrics-series']);
  const full = { ...EMPTY, usedBytes: 95, since: now };
  assert.deepEqual(turn(full), ['found room:metrics']);
  assert.deepEqual(turn(full), []);
  assert.deepEqual(turn({ ...full, series: 10 }), ['found room:metrics-series']);
  assert.deepEqual(turn(EMPTY), ['over room:metrics', 'over room:metrics-series']);
});
