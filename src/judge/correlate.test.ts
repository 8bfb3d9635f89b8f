// What fails together: the way to it, something shared, or the eyes; and what only looks so.

import assert from 'node:assert/strict';
import test from 'node:test';
import type { Check } from '#kernel/check.ts';
import { checkId, serviceId, type ServiceId } from '#kernel/id.ts';
import type { HealthNews } from '#kernel/message.ts';
import type { Symptom } from '#kernel/observation.ts';
import type { Reason } from '#kernel/reason.ts';
import type { Service } from '#kernel/service.ts';
import { hours, instant, later, minutes, seconds } from '#kernel/time.ts';
import { concerns, suspect, type Scene } from './correlate.ts';
import { pathsOf, type Path } from './paths.ts';

const at = instant(1_800_000_000_000);

const news = (name: string, change: Partial<HealthNews> = {}): HealthNews => ({
  service: serviceId(name),
  health: 'unhealthy',
  since: later(at, -seconds(2)),
  impairedBy: null,
  isFirstHand: false,
  symptom: 'timeout',
  isStopped: false,
  ...change,
});

const well = (name: string): HealthNews => news(name, { health: 'healthy', symptom: 'none' });

type Town = { readonly needs?: Readonly<Record<string, string>>; readonly paths?: readonly Path[] };

const sceneOf = (heard: readonly HealthNews[], town: Town = {}, open: readonly Reason[] = []): Scene => ({
  news: Object.fromEntries(heard.map((it) => [it.service, it])),
  isUp: () => false,
  needsOf: (id): readonly ServiceId[] => {
    const need = town.needs?.[id];
    return need === undefined ? [] : [serviceId(need)];
  },
  total: heard.length,
  paths: town.paths ?? [],
  canary: null,
  open,
  atOnceMs: seconds(30),
  at,
});

const check = (what: string, scene: Scene, expected: readonly string[]): void => {
  const said = suspect(scene).map((reason) => {
    const failing = 'failing' in reason ? ` ${reason.failing.join(' ')}` : '';
    const first = reason.kind === 'shared-cause' && reason.suspect !== null ? ` by ${reason.suspect}` : '';
    return `${reason.kind}${failing}${first}`;
  });
  assert.deepEqual(said, expected, what);
};

const many = (count: number, symptom: Symptom): readonly HealthNews[] =>
  Array.from({ length: count }, (_, index) => news(`s${index}`, { symptom }));
const others = (count: number): readonly HealthNews[] => Array.from({ length: count }, (_, index) => well(`w${index}`));

const link = (...names: readonly string[]): Path => ({
  name: '10.0.0.7',
  isProxy: false,
  services: names.map(serviceId),
});
const proxy = (...names: readonly string[]): Path => ({ ...link(...names), name: '127.0.0.1:80', isProxy: true });

test('something shared: three that begin to fail in one manner', () => {
  const wrong = many(3, 'wrong-answer');
  check('two may have two reasons', sceneOf([...wrong.slice(0, 2), ...others(9)]), []);
  check('three share one', sceneOf([...wrong, ...others(9)]), ['shared-cause s0 s1 s2']);
  check('not in one manner', sceneOf([...wrong.slice(1), news('s0'), ...others(9)]), []);
  check('nobody listens: they ended', sceneOf([...many(3, 'refused'), ...others(9)]), []);
  check('in a large town three are chance', sceneOf([...wrong, ...others(497)]), []);
  check(
    'one of them long ago',
    sceneOf([news('s0', { symptom: 'wrong-answer', since: instant(1) }), ...wrong.slice(1), ...others(9)]),
    [],
  );
  check(
    'what they need is down',
    sceneOf([...wrong, news('db'), ...others(9)], { needs: { s0: 'db', s1: 'db', s2: 'db' } }),
    [],
  );
});

test('something shared: what is watched and went down first is named', () => {
  const wrong = many(3, 'wrong-answer');
  const early = later(at, -seconds(5));
  check('it ended', sceneOf([...wrong, news('db', { isFirstHand: true, since: early }), ...others(9)]), [
    'shared-cause s0 s1 s2 by db',
  ]);
  check('it is silent', sceneOf([...wrong, news('db', { since: early }), ...others(9)]), [
    'shared-cause s0 s1 s2 by db',
  ]);
  check('it fell after them', sceneOf([...wrong, news('db', { since: at }), ...others(9)]), ['shared-cause s0 s1 s2']);
  check('a person stopped it', sceneOf([...wrong, news('db', { isStopped: true, isFirstHand: true }), ...others(9)]), [
    'shared-cause s0 s1 s2',
  ]);
});

test('something shared lasts while three of them fail, however long ago they fell', () => {
  const old = many(4, 'wrong-answer').map((it) => ({ ...it, since: later(at, -minutes(20)) }));
  const scene = sceneOf([...old, ...others(9)]);
  const open: Reason = {
    kind: 'shared-cause',
    failing: old.map((it) => it.service),
    symptom: 'wrong-answer',
    suspect: null,
  };
  check('news of long ago open nothing', scene, []);
  check('what is open stays', { ...scene, open: [open] }, ['shared-cause s0 s1 s2 s3']);
  const two = sceneOf([...old.slice(0, 2), ...others(11)], {}, [open]);
  check('two are left: each has its own trouble now', two, []);
});

test('the way to them: nobody answers over it', () => {
  const [a, b, c] = [news('a'), news('b'), news('c')];
  const paths = [link('a', 'b', 'c')];
  check('two, and a third that answers', sceneOf([a, b, well('c'), ...others(3)], { paths }), []);
  check('two roots', sceneOf([a, b, ...others(3)], { paths: [link('a', 'b')] }), ['path-silent a b']);
  check('one that needs the other', sceneOf([a, b, ...others(3)], { paths: [link('a', 'b')], needs: { b: 'a' } }), []);
  check('three, whoever needs whom', sceneOf([a, b, c, ...others(3)], { paths, needs: { b: 'a', c: 'a' } }), [
    'path-silent a b c',
  ]);
  check(
    'a wrong answer is an answer',
    sceneOf([a, b, news('c', { symptom: 'wrong-answer' }), ...others(3)], { paths }),
    [],
  );
  check(
    'not through one proxy',
    sceneOf([a, b, news('c', { symptom: 'wrong-answer' }), ...others(3)], { paths: [proxy('a', 'b', 'c')] }),
    ['path-silent a b c'],
  );
  check('one that ended says nothing', sceneOf([a, b, news('c', { isFirstHand: true }), ...others(3)], { paths }), [
    'path-silent a b',
  ]);
  check('one is up, and has no news', { ...sceneOf([a, b, ...others(3)], { paths }), isUp: (id) => id === 'c' }, []);
  check('one has been silent for long', sceneOf([a, b, news('c', { since: instant(1) }), ...others(3)], { paths }), []);
});

test('the eyes: more than half at once', () => {
  check('three of five', sceneOf([...many(3, 'refused'), ...others(2)]), ['correlated s0 s1 s2']);
  check('half', sceneOf([...many(3, 'refused'), ...others(3)]), []);
});

test('self-doubt concerns all, the rest those that are named', () => {
  const shared = suspect(sceneOf([...many(3, 'wrong-answer'), ...others(9)]))[0];
  assert.ok(shared);
  assert.equal(concerns(shared, serviceId('s0')), true);
  assert.equal(concerns(shared, serviceId('w0')), false);
  assert.equal(concerns({ kind: 'correlated', failing: [], total: 9 }, serviceId('w0')), true);
});

const serviceAt = (name: string, ...urls: readonly string[]): Service => ({
  id: serviceId(name),
  tier: 'app',
  owner: null,
  needs: [],
  mustRun: false,
  trafficPercent: 0,
  replicas: 1,
  workload: { kind: 'none' },
  checks: urls.map((url, index): Check => ({
    id: checkId(`${name}/${index}`),
    service: serviceId(name),
    probe: url.startsWith('http')
      ? { kind: 'http', url, method: 'GET', headers: {}, expect: { status: [200] } }
      : { kind: 'redis', url },
    everyMs: seconds(5),
    slowestMs: seconds(30),
    timeoutMs: seconds(1),
    rise: 2,
    fall: 3,
    retries: 0,
  })),
  targets: [],
  restartBudget: { count: 3, windowMs: hours(1) },
  stableAfterMs: seconds(10),
  startTimeoutMs: seconds(30),
});

test('paths: one far host, or one listener that is asked for different things', () => {
  const names = (...services: readonly Service[]): readonly string[] =>
    pathsOf(services).map((path) => `${path.name} ${path.services.join(' ')}`);
  const [a, b] = [serviceAt('a', 'http://10.0.0.7:1/x'), serviceAt('b', 'http://10.0.0.7:2/')];
  assert.deepEqual(names(a, b), ['10.0.0.7 a b']);
  assert.deepEqual(names(a), []);
  assert.deepEqual(names(serviceAt('a', 'http://127.0.0.1:1/'), serviceAt('b', 'http://127.0.0.1:2/')), []);
  assert.deepEqual(names(serviceAt('a', 'http://127.0.0.1:1/a'), serviceAt('b', 'http://127.0.0.1:1/b')), [
    '127.0.0.1:1 a b',
  ]);
  assert.deepEqual(names(serviceAt('a', 'http://127.0.0.1:1/'), serviceAt('b', 'http://127.0.0.1:1/')), []);
  assert.deepEqual(names(serviceAt('redis', 'redis://127.0.0.1:6379'), serviceAt('api', 'redis://127.0.0.1:6379')), []);
});
