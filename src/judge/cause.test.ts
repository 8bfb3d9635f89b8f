// The class of a cause from scripted clues with known truth.

import assert from 'node:assert/strict';
import test from 'node:test';
import { emptyBlackBox, type BlackBox, type CauseClass, type Exit } from '#kernel/cause.ts';
import type { Deployment } from '#kernel/deployment.ts';
import { checkId, serviceId } from '#kernel/id.ts';
import type { HealthNews } from '#kernel/message.ts';
import type { Belief, Symptom } from '#kernel/observation.ts';
import { instant, later, minutes } from '#kernel/time.ts';
import { classify, justBack, type Clues } from './cause.ts';

const at = instant(1_800_000_000_000);
const api = serviceId('api');

const box: BlackBox = {
  ...emptyBlackBox(api, at, []),
  pid: 1,
  processState: 'sleeping',
  waitsIn: 'ep_poll',
  cpuPercent: 0,
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
  back: null,
  deployment: null,
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
  check('nothing speaks for anything', { failing: failing('failed') }, 'unknown');
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
  const recentChanges = [{ what: 'api.mjs', at: instant(at - 60_000), isBeforeStart: true }];
  check(
    'crash after a change',
    { exit: exit(1, null), blackBox: { ...box, recentChanges } },
    'bad-deployment',
    'api.mjs',
  );
  check('killed after a change', { exit: exit(null, 'SIGKILL'), blackBox: { ...box, recentChanges } }, 'killed');
  const old = [{ what: 'api.mjs', at: instant(at - 3_600_000), isBeforeStart: true }];
  check('an old change', { exit: exit(1, null), blackBox: { ...box, recentChanges: old } }, 'crash');
});

/** One box that differs from a calm one, one symptom, and what both together mean. */
type Told = readonly [cause: CauseClass, sign: RegExp];

const told = (what: string, over: Partial<BlackBox>, symptom: Symptom, [expected, sign]: Told): void => {
  const cause = classify({ ...calm, failing: failing(symptom), blackBox: { ...box, ...over } });
  assert.equal(cause.class, expected, `${what}: ${JSON.stringify(cause)}`);
  assert.match(`${cause.culprit ?? ''} ${cause.signs.join('; ')}`, sign, what);
};

test('kinds of hang are told apart by what the process is doing', () => {
  const deadPeers = [{ peer: '10.0.0.5:5432', unacknowledgedBytes: 12, retransmits: 3 }];
  const zombies = ['node (pid 9)'];
  told('idle', {}, 'timeout', ['hang', /uses 0 % of a core; it is sleeping in ep_poll/]);
  told('accepts nothing', { acceptQueue: 5 }, 'timeout', ['hang', /5 connections wait to be accepted/]);
  told('computes', { cpuPercent: 100, processState: 'running' }, 'timeout', ['busy', /uses 100 % of a core/]);
  told('frozen', { processState: 'stopped by a signal' }, 'timeout', ['stopped', /is stopped by a signal/]);
  told('frozen, seen by a check alone', {}, 'frozen', ['stopped', /shows frozen/]);
  told('drips', {}, 'unfinished', ['unfinished', /shows unfinished/]);
  told('answers wrongly', {}, 'wrong-answer', ['wrong-answer', /shows wrong-answer/]);
  told('is overdue', {}, 'stale', ['overdue', /shows stale/]);
  told('peer is gone', { deadPeers }, 'timeout', ['half-open', /10\.0\.0\.5:5432 12 bytes/]);
  told('peer is gone, and it still answers', { deadPeers }, 'wrong-answer', ['wrong-answer', /./]);
  told('worker is gone', { zombies }, 'refused', ['zombie', /node \(pid 9\)/]);
  told('a stray zombie explains no wrong answer', { zombies }, 'wrong-answer', ['wrong-answer', /./]);
  told('full', { descriptors: 1024, descriptorsMax: 1024 }, 'wrong-answer', ['descriptors', /1024 of 1024/]);
  told('not full', { descriptors: 900, descriptorsMax: 1024 }, 'timeout', ['hang', /./]);
});

test('a wrong answer after a change is the change only when it was started with it', () => {
  const change = { what: 'api.mjs', at: instant(at - 60_000) };
  const recentChanges = (isBeforeStart: boolean): BlackBox['recentChanges'] => [{ ...change, isBeforeStart }];
  told('started with it', { recentChanges: recentChanges(true) }, 'wrong-answer', ['bad-deployment', /api\.mjs/]);
  told('changed under it', { recentChanges: recentChanges(false) }, 'wrong-answer', ['wrong-answer', /api\.mjs/]);
  told('hung after it', { recentChanges: recentChanges(false) }, 'timeout', ['bad-deployment', /shows timeout/]);
});

test('what needs something that is just back is an echo of it, for a while', () => {
  const back = (agoMs: number, health: HealthNews['health'] = 'healthy'): readonly HealthNews[] => [
    { ...news('db', health), since: instant(at - agoMs) },
  ];
  const found = (needs: readonly HealthNews[], troubledMs: number): string | undefined =>
    justBack(needs, instant(at - troubledMs), at)?.service;
  assert.equal(found(back(1_000), 2_000), 'db');
  assert.equal(found(back(5_000), 2_000), undefined, 'it had its time');
  assert.equal(found(back(1_000), 15_000), undefined, 'one that comes and goes does not excuse for ever');
  assert.equal(found(back(1_000, 'unhealthy'), 2_000), undefined);
  check('an echo', { failing: failing('timeout'), back: back(1_000)[0] ?? null }, 'dependency', 'db');
});

test('a marked release is the suspect for ten minutes, by its name', () => {
  const marked = (ago: number, source: Deployment['source'] = 'api'): Deployment => {
    const markedAt = later(at, minutes(-ago));
    return { service: serviceId('api'), version: 'v2', at: markedAt, source, by: 'ci', trafficPercent: 100 };
  };
  const crash = { exit: exit(1, null) };
  check('just now', { ...crash, deployment: marked(2) }, 'bad-deployment', 'release v2');
  check('long ago', { ...crash, deployment: marked(11) }, 'crash');
  check('hangs', { failing: failing('timeout'), deployment: marked(2) }, 'bad-deployment', 'release v2');
  check('killed from outside', { exit: exit(null, 'SIGKILL'), deployment: marked(2) }, 'killed');
  const changed = { ...box, recentChanges: [{ what: 'api.mjs', at: later(at, minutes(-3)), isBeforeStart: true }] };
  check(
    'seen, with files',
    { ...crash, blackBox: changed, deployment: marked(2, 'process') },
    'bad-deployment',
    'api.mjs',
  );
  check('seen, without', { ...crash, deployment: marked(2, 'process') }, 'bad-deployment', 'release v2');
});
