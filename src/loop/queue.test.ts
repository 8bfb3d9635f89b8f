// After a standstill the newest belief of each check counts, and comes before what was said; wakes come last.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventBody } from '#kernel/event.ts';
import { checkId, machineId } from '#kernel/id.ts';
import { instant } from '#kernel/time.ts';
import type { HealthState } from '#kernel/health.ts';
import type { Waiting } from './draft.ts';
import { afterStandstill } from './queue.ts';

const API = machineId('watch', 'api');
const GATE = machineId('gate', 'site');

const waiting = (body: EventBody, machine = API): Waiting => ({
  machine,
  body,
  settles: null,
  firedWake: body.kind === 'woke' ? body.name : null,
  done: null,
  putAt: 0,
});

const belief = (check: string, state: HealthState): EventBody => ({
  kind: 'checked',
  belief: { check: checkId(`api/${check}`), state, symptom: 'none', since: instant(1), message: state },
});

const say = ({ machine, body }: Waiting): string => {
  if (body.kind === 'checked') return `${machine} ${body.belief.check} ${body.belief.state}`;
  return `${machine} ${body.kind}`;
};

test('what was seen comes first, the wakes last, and of the beliefs about one check only the newest is left', () => {
  const queue = [
    waiting({ kind: 'woke', name: 'stable' }),
    waiting(belief('http', 'unhealthy')),
    waiting(belief('tcp', 'healthy')),
    waiting(belief('http', 'unhealthy'), GATE),
    waiting({ kind: 'shutdown' }),
    waiting(belief('http', 'healthy')),
    waiting(belief('http', 'unhealthy')),
  ];
  assert.deepEqual(afterStandstill(queue).map(say), [
    'watch:api api/tcp healthy',
    'gate:site api/http unhealthy',
    'watch:api api/http unhealthy',
    'watch:api shutdown',
    'watch:api woke',
  ]);
  assert.deepEqual(afterStandstill([]), []);
});

test('what was seen since a start is not taken up before the start, which would wipe it', () => {
  const booted = { kind: 'booted', boot: { isClean: false, uncleanStops: 1, services: 1 } } as const;
  const queue = [waiting(booted), waiting({ kind: 'shutdown' }), waiting(belief('http', 'healthy'))];
  assert.deepEqual(afterStandstill(queue).map(say), [
    'watch:api booted',
    'watch:api api/http healthy',
    'watch:api shutdown',
  ]);
});
