// The class of a cause from scripted clues with known truth.

import assert from 'node:assert/strict';
import test from 'node:test';
import type { BlackBox, CauseClass, Exit } from '#kernel/cause.ts';
import { checkId, serviceId } from '#kernel/id.ts';
import type { HealthNews } from '#kernel/message.ts';
import type { Belief, Symptom } from '#kernel/observation.ts';
import { instant } from '#kernel/time.ts';
import { classify, type Clues } from './cause.ts';

const at = instant(1_800_000_000_000);
const api = serviceId('api');

const box: BlackBox = {
  service: api,
  at,
  exit: null,
  pid: 1,
  processState: 'sleeping',
  memoryBytes: 1,
  descriptors: 1,
  threads: 1,
  ports: [],
  stolenPorts: [],
  logTail: [],
  recentChanges: [],
  gaps: [],
};

const exit = (code: number | null, signal: string | null): Exit => ({
  pid: 1,
  code,
  signal,
  at,
  ranMs: 5_000,
  isOutOfMemory: false,
});

const failing = (symptom: Symptom): readonly Belief[] => [
  { check: checkId('api/http'), state: 'unhealthy', symptom, since: at, message: `it shows ${symptom}` },
];

const news = (service: string, health: HealthNews['health'], impairedBy: string | null = null): HealthNews => ({
  service: serviceId(service),
  health,
  since: at,
  impairedBy: impairedBy === null ? null : serviceId(impairedBy),
  isFirstHand: true,
  symptom: 'none',
  isStopped: false,
});

const calm: Clues = {
  exit: null,
  blackBox: box,
  failing: [],
  needs: [],
  ports: { declared: [], likely: [3500] },
  since: at,
};

const check = (what: string, clues: Partial<Clues>, expected: CauseClass, culprit: string | null = null): void => {
  const cause = classify({ ...calm, ...clues });
  assert.equal(cause.class, expected, `${what}: ${JSON.stringify(cause)}`);
  if (culprit !== null) assert.ok(cause.culprit?.includes(culprit), `${what}: ${cause.culprit ?? 'nobody'}`);
};

test('who is to blame', () => {
  check('killed', { exit: exit(null, 'SIGKILL') }, 'killed');
  check('killed, seen by a shell', { exit: exit(137, null) }, 'killed');
  check('crashed', { exit: exit(1, null) }, 'crash');
  check('segmentation fault', { exit: exit(null, 'SIGSEGV') }, 'crash');
  check('adopted, so the code is not known', { exit: exit(null, null) }, 'crash');
  check('out of memory by the kernel', { exit: { ...exit(null, 'SIGKILL'), isOutOfMemory: true } }, 'out-of-memory');
  check(
    'out of memory by its log',
    { exit: exit(134, null), blackBox: { ...box, logTail: ['FATAL ERROR: Reached heap limit'] } },
    'out-of-memory',
  );
  check(
    'frozen',
    { failing: failing('timeout'), blackBox: { ...box, processState: 'stopped by a signal' } },
    'stopped',
  );
  check('hangs', { failing: failing('timeout') }, 'hang');
  check('a wrong answer has no class of its own', { failing: failing('wrong-answer') }, 'unknown');
});

test('another program holds the port: named with its pid', () => {
  const stolenPorts = [{ port: 3500, pid: 77, command: 'nc -l 3500' }];
  check('stolen', { exit: exit(1, null), blackBox: { ...box, stolenPorts } }, 'port-taken', 'nc -l 3500 (pid 77)');
  check(
    'the thief is gone',
    { exit: exit(1, null), blackBox: { ...box, logTail: ['Error: listen EADDRINUSE :3500'] } },
    'crash',
  );
});

test('a port that a check looks at is not always the service’s own', () => {
  const stolenPorts = [{ port: 5432, pid: 78, command: 'postgres' }];
  const nobodys = { declared: [], likely: [] };
  const log = ['Error: listen EADDRINUSE: address already in use 127.0.0.1:5432'];
  check('a neighbour’s port', { exit: exit(1, null), ports: nobodys, blackBox: { ...box, stolenPorts } }, 'crash');
  check(
    'named by its own log',
    { exit: exit(1, null), ports: nobodys, blackBox: { ...box, stolenPorts, logTail: log } },
    'port-taken',
    'pid 78',
  );
  const likely = { declared: [], likely: [5432] };
  check(
    'killed, and only likely',
    { exit: exit(null, 'SIGKILL'), ports: likely, blackBox: { ...box, stolenPorts } },
    'killed',
  );
  const declared = { declared: [5432], likely: [] };
  check(
    'killed, and declared',
    { exit: exit(null, 'SIGKILL'), ports: declared, blackBox: { ...box, stolenPorts } },
    'port-taken',
    'pid 78',
  );
});

test('a dependency that is down comes first, named at its root', () => {
  check('direct', { exit: exit(1, null), needs: [news('redis', 'unhealthy')] }, 'dependency', 'redis');
  check(
    'through another',
    { needs: [news('db', 'unhealthy', 'disk')], failing: failing('timeout') },
    'dependency',
    'disk',
  );
  check('unknown is not blamed', { exit: exit(1, null), needs: [news('redis', 'unknown')] }, 'crash');
});

test('right after a change it is the change, unless it was killed', () => {
  const recentChanges = [{ what: 'api.mjs', at: instant(at - 60_000) }];
  check(
    'crash after a change',
    { exit: exit(1, null), blackBox: { ...box, recentChanges } },
    'bad-deployment',
    'api.mjs',
  );
  check('killed after a change', { exit: exit(null, 'SIGKILL'), blackBox: { ...box, recentChanges } }, 'killed');
  const old = [{ what: 'api.mjs', at: instant(at - 3_600_000) }];
  check('an old change', { exit: exit(1, null), blackBox: { ...box, recentChanges: old } }, 'crash');
});
