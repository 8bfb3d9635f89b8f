// The ranking of causes: its rules one by one, and what must hold of any scene.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { serviceId, type ServiceId } from '#kernel/id.ts';
import { durationMs, instant } from '#kernel/time.ts';
import { rankCauses } from './rank.ts';
import type { CauseScene, Change, Trouble } from './scene.ts';

const AT = Date.UTC(2026, 0, 15);

type Told = {
  readonly needs: Readonly<Record<string, readonly string[]>>;
  readonly down: readonly (readonly [who: string, afterMs: number, more?: Partial<Trouble>])[];
  readonly changes?: readonly Change[];
  readonly blind?: boolean;
};

const sceneOf = ({ needs, down, changes = [], blind = false }: Told): CauseScene => ({
  troubles: down.map(([who, afterMs, more]) => ({
    service: serviceId(who),
    since: instant(AT + afterMs),
    symptom: 'timeout',
    isFirstHand: false,
    causeClass: null,
    ...more,
  })),
  changes,
  needsOf: (id) => (needs[id] ?? []).map(serviceId),
  dependantsOf: (id) =>
    Object.keys(needs)
      .filter((who) => needs[who]?.includes(id))
      .map(serviceId),
  healthOf: (id) => (down.some(([who]) => who === id) ? 'unhealthy' : 'healthy'),
  silentPaths: [],
  blindSince: blind ? instant(AT) : null,
  atOnceMs: durationMs(60_000),
});

const deployed = (who: string, minutesBefore: number, more: Partial<Change> = {}): Change => ({
  kind: 'deployment',
  subject: serviceId(who),
  what: `a new ${who}`,
  at: instant(AT - minutesBefore * 60_000),
  perDay: null,
  ...more,
});

const NEEDS = { web: ['api'], api: ['redis'] };

/** The first suspect of each group, as `kind subject: services`. */
const check = (told: Told, expected: readonly string[]): void => {
  const said = rankCauses(sceneOf(told)).map(({ services, suspects: [first] }) => {
    const names = [...services].sort().join(' ');
    return `${first?.kind ?? 'nothing'} ${first?.subject ?? '*'}: ${names}`;
  });
  assert.deepEqual(said, expected);
};

test('nothing in trouble has no cause', () => check({ needs: NEEDS, down: [] }, []));

test('what all others need is the cause, and there is one incident', () =>
  check(
    {
      needs: NEEDS,
      down: [
        ['web', 9],
        ['api', 4],
        ['redis', 0],
      ],
    },
    ['fault redis: api redis web'],
  ));

test('a change a minute before outweighs the bare fault', () =>
  check(
    {
      needs: NEEDS,
      down: [
        ['api', 0],
        ['web', 9],
      ],
      changes: [deployed('api', 1)],
    },
    ['deployment api: api web'],
  ));

test('a change ten hours before does not', () =>
  check(
    {
      needs: NEEDS,
      down: [
        ['api', 0],
        ['web', 9],
      ],
      changes: [deployed('api', 600)],
    },
    ['fault api: api web'],
  ));

test('a change after the first sign is not its cause', () =>
  check({ needs: NEEDS, down: [['api', 0]], changes: [deployed('api', -5)] }, ['fault api: api']));

test('what happens all day long is no clue', () =>
  check({ needs: NEEDS, down: [['api', 0]], changes: [deployed('api', 5, { perDay: 2_000 })] }, ['fault api: api']));

test('a change of something that nobody in trouble needs explains nothing', () =>
  check({ needs: NEEDS, down: [['api', 0]], changes: [deployed('blog', 1)] }, ['fault api: api']));

test('what a person stopped outweighs a release of those that need it', () => {
  const stopped: Change = { ...deployed('api', 1), kind: 'operation', what: 'stop of api by ana' };
  const scene = sceneOf({ needs: NEEDS, down: [['web', 0]], changes: [deployed('web', 1), stopped] });
  const rank = (health: 'healthy' | 'unhealthy'): string | undefined =>
    rankCauses({ ...scene, healthOf: (id) => (id === serviceId('api') ? health : 'unhealthy') })[0]?.suspects[0]?.kind;
  assert.equal(rank('unhealthy'), 'operation');
  assert.equal(rank('healthy'), 'deployment');
});

/** Redis was stopped before the api failed; the program of the api is 18 minutes old; web failed long before for itself. */
const stoppedRedis = (more: { readonly stops?: number; readonly secondsBefore?: number; readonly web?: number }) => {
  const { stops = 1, secondsBefore = 12, web = null } = more;
  const stop: Change = {
    kind: 'operation',
    subject: serviceId('redis'),
    what: 'stop of redis by ana',
    at: instant(AT - secondsBefore * 1_000),
    perDay: stops === 1 ? null : stops,
  };
  const failing: Partial<Trouble> = { symptom: 'wrong-answer', causeClass: 'dependency' };
  const down: Told['down'] = [['api', 0, failing], ...(web === null ? [] : [['web', web, failing] as const])];
  const scene = sceneOf({ needs: NEEDS, down, changes: [stop, deployed('api', 18), deployed('redis', 18)] });
  const healthOf: CauseScene['healthOf'] = (id) => (id === serviceId('redis') ? 'unhealthy' : scene.healthOf(id));
  const of = rankCauses({ ...scene, healthOf }).find(({ services }) => services.includes(serviceId('api')));
  return of?.suspects[0];
};

test('what a person stopped 12 s before is the cause, and not a program that ran well for 18 minutes', () => {
  const first = stoppedRedis({});
  assert.deepEqual([first?.kind, first?.subject], ['operation', 'redis']);
  assert.ok((first?.probability ?? 0) > 0.9, `${first?.probability}`);
});

test('that somebody stops it often is no excuse for a stop that holds', () => {
  for (const stops of [2, 20, 200]) assert.equal(stoppedRedis({ stops })?.kind, 'operation', `${stops} a day`);
});

test('that something above failed before it, for another reason, is none either', () => {
  for (const web of [-90_000, -600_000, -5_000_000])
    assert.equal(stoppedRedis({ web })?.kind, 'operation', `web since ${web}`);
});

test('a stop that was got by with for a day is no suspect beside a release of a moment ago', () =>
  assert.equal(stoppedRedis({ secondsBefore: 86_000 })?.kind, 'deployment'));

test('of several operations only the last one holds', () => {
  const operated = (what: string, minutes: number): Change => ({
    ...deployed('api', minutes),
    kind: 'operation',
    what,
  });
  const changes = [operated('restart of api', 3), operated('stop of api', 2)];
  const scene = sceneOf({ needs: NEEDS, down: [['web', 0]], changes });
  const suspects = rankCauses({ ...scene, healthOf: () => 'unhealthy' })[0]?.suspects ?? [];
  const holding = suspects.filter(({ clues }) => clues.some(({ says }) => says.includes('wanted so')));
  assert.deepEqual(
    holding.map(({ what }) => what),
    ['stop of api'],
  );
});

test('what failed before a change is not its doing, and does not stand in the way of what it did', () =>
  check(
    {
      needs: { ...NEEDS, shop: ['api'] },
      down: [
        ['shop', -3_600_000],
        ['api', 0],
        ['web', 9],
      ],
      changes: [deployed('api', 1)],
    },
    ['deployment api: api web', 'fault shop: shop'],
  ));

test('two causes are two incidents', () =>
  check(
    {
      needs: { web: ['api'], shop: ['store'] },
      down: [
        ['web', 0],
        ['api', 1],
        ['store', 2],
        ['shop', 3],
      ],
    },
    ['fault api: api web', 'fault store: shop store'],
  ));

test('when the own eyes fail, what the parent saw is not explained by them', () =>
  check(
    {
      needs: {},
      blind: true,
      down: [
        ['a', 1],
        ['b', 2],
        ['c', 3, { isFirstHand: true, symptom: 'refused' }],
      ],
    },
    ['watchman *: a b', 'fault c: c'],
  ));

test('every clue has a ratio above zero and says something', () => {
  const [group] = rankCauses(sceneOf({ needs: NEEDS, down: [['api', 0]], changes: [deployed('api', 1)] }));
  for (const { clues } of group?.suspects ?? []) {
    for (const { ratio, says } of clues) assert.ok(Number.isFinite(ratio) && ratio > 0 && says !== '');
  }
  assert.ok((group?.suspects.length ?? 0) >= 2);
});

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const someNames = fc.subarray(NAMES);

test('of any scene, circles included: each trouble in exactly one group, probabilities that are ones, any order', () => {
  const told = fc.record({
    needs: fc.dictionary(fc.constantFrom(...NAMES), someNames),
    down: fc.uniqueArray(fc.tuple(fc.constantFrom(...NAMES), fc.integer({ min: 0, max: 200_000 })), {
      selector: ([who]) => who,
    }),
    changes: fc.array(
      fc.tuple(fc.constantFrom(...NAMES), fc.integer({ min: -10, max: 600 })).map(([who, ago]) => deployed(who, ago)),
      { maxLength: 4 },
    ),
    blind: fc.boolean(),
  });
  fc.assert(
    fc.property(told, (it) => {
      const groups = rankCauses(sceneOf(it));
      const named = groups.flatMap((group): readonly ServiceId[] => group.services);
      assert.deepEqual([...named].sort(), it.down.map(([who]) => who).sort());
      for (const { suspects } of groups) {
        const sum = suspects.reduce((total, { probability }) => total + probability, 0);
        assert.ok(sum > 0 && sum <= 1 + 1e-9, `probabilities sum to ${sum}`);
      }
      const turned = rankCauses(sceneOf({ ...it, down: it.down.toReversed() }));
      assert.deepEqual(
        turned.map((group) => [...group.services].sort()),
        groups.map((group) => [...group.services].sort()),
      );
    }),
    { numRuns: 500 },
  );
});

test('clues are said as people say them', () => {
  const saidOf = (perDay: number | null): string =>
    rankCauses(
      sceneOf({ needs: NEEDS, down: [['api', 0]], changes: [deployed('api', 5, { kind: 'operation', perDay })] }),
    )
      .flatMap(({ suspects }) => suspects.flatMap(({ clues }) => clues.map(({ says }) => says)))
      .join('\n');
  assert.match(saidOf(null), /such happens once a day/);
  assert.match(saidOf(3), /such happens 3 times a day/);
  assert.match(saidOf(3), /how often it is an operation/);
  assert.match(saidOf(3), /how often it is a fault/);
});
