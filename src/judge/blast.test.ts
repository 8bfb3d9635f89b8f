// The blast radius: the rule in words, and ten thousand random graphs against an oracle that tries every path.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { serviceId } from '#kernel/id.ts';
import { blastRadius, type Town } from './blast.ts';

type Given = {
  readonly traffic: Readonly<Record<string, number>>;
  readonly needs: Readonly<Record<string, readonly string[]>>;
};

const townOf = ({ traffic, needs }: Given): Town => ({
  find: (id) => ({ trafficPercent: traffic[id] ?? 0 }),
  dependantsOf: (id) =>
    Object.keys(needs)
      .filter((who) => needs[who]?.includes(id))
      .map((who) => ({ id: serviceId(who) })),
});

const ONE = { instances: 1, replicas: 1 };

const check = (
  given: Given,
  subject: string,
  expected: readonly [percent: number, services: string],
  part = ONE,
): void => {
  const radius = blastRadius(townOf(given), serviceId(subject), part);
  assert.deepEqual([radius.trafficPercent, [...radius.services].sort().join(' ')], expected);
};

test('a service alone hurts its own traffic', () => check({ traffic: { web: 25 }, needs: {} }, 'web', [25, '']));

test('what is needed hurts all that enters above it', () =>
  check({ traffic: { web: 30, shop: 20 }, needs: { web: ['api'], shop: ['api'], api: ['redis'] } }, 'redis', [
    50,
    'api shop web',
  ]));

test('a request that crosses two counts once', () =>
  check({ traffic: { web: 40, api: 40 }, needs: { web: ['api'] } }, 'api', [40, 'web']));

test('a share that is only declared deep down still counts', () =>
  check({ traffic: { api: 26 }, needs: { web: ['api'] } }, 'api', [26, 'web']));

test('one of four replicas hurts a quarter', () =>
  check({ traffic: { web: 100 }, needs: { web: ['api'] } }, 'api', [25, 'web'], { instances: 1, replicas: 4 }));

test('ten of 2.5 are 25 and not a hair more', () => {
  const names = Array.from({ length: 10 }, (_, index) => `e${index}`);
  const traffic = Object.fromEntries(names.map((name) => [name, 2.5]));
  check({ traffic, needs: Object.fromEntries(names.map((name) => [name, ['db']])) }, 'db', [
    25,
    names.sort().join(' '),
  ]);
  const tenths = Object.fromEntries(names.map((name, index) => [name, index < 3 ? 0.1 : 0]));
  check({ traffic: tenths, needs: Object.fromEntries(names.map((name) => [name, ['db']])) }, 'db', [
    0.3,
    names.sort().join(' '),
  ]);
});

test('it is never more than all', () =>
  check({ traffic: { a: 80, b: 70 }, needs: { a: ['db'], b: ['db'] } }, 'db', [100, 'a b']));

/** Tries every way through the graph, without remembering where it has been but on the way itself. */
const oracle = (given: Given, subject: string): readonly [number, string] => {
  const above = new Set<string>();
  const climb = (id: string, way: readonly string[]): void => {
    for (const who of Object.keys(given.needs)) {
      if (given.needs[who]?.includes(id) !== true || way.includes(who)) continue;
      above.add(who);
      climb(who, [...way, who]);
    }
  };
  climb(subject, [subject]);
  const all = [...new Set([subject, ...above])];
  const isEntry = (id: string): boolean =>
    !Object.keys(given.needs).some((who) => who !== id && given.needs[who]?.includes(id) === true);
  const entering = all.filter(isEntry).reduce((sum, id) => sum + (given.traffic[id] ?? 0), 0);
  const largest = Math.max(...all.map((id) => given.traffic[id] ?? 0));
  return [
    Math.min(100, Math.max(entering, largest)),
    [...above]
      .filter((id) => id !== subject)
      .sort()
      .join(' '),
  ];
};

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

test('equal to an oracle on ten thousand random graphs, circles included', () => {
  const given = fc.record({
    traffic: fc.dictionary(fc.constantFrom(...NAMES), fc.integer({ min: 0, max: 60 })),
    needs: fc.dictionary(fc.constantFrom(...NAMES), fc.subarray(NAMES, { maxLength: 3 })),
  });
  fc.assert(
    fc.property(given, fc.constantFrom(...NAMES), (it, subject) => check(it, subject, oracle(it, subject))),
    { numRuns: 10_000 },
  );
});
