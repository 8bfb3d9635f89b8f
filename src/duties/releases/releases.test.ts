// Releases: a window is opened once and always ends, a verdict is given once, a regression is told once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Actor } from '#kernel/actor.ts';
import type { Effect } from '#kernel/effect.ts';
import type { EventBody } from '#kernel/event.ts';
import { effectKey, serviceId } from '#kernel/id.ts';
import type { Notification } from '#kernel/notification.ts';
import type { ReleaseVerdict } from '#kernel/release.ts';
import { ALERTS, RELEASES, watchMachine } from '#kernel/site.ts';
import { instant, later, minutes, seconds, type Instant } from '#kernel/time.ts';
import { Chance } from '#sim/chance.ts';
import { drawTown } from '#sim/town.ts';
import { makeReleases, type Releases } from './releases.ts';

const site = drawTown(new Chance(1, 'town'), 3);
const machine = makeReleases(site);
const T0 = instant(Date.UTC(2026, 0, 1));
const API = site.services[0]?.id ?? serviceId('none');
const CI: Actor = { kind: 'agent', name: 'ci', roles: ['operator'] };
const GUEST: Actor = { kind: 'person', name: 'guest', roles: ['viewer'] };
const KEY = effectKey(RELEASES, 1, 0);

/** A machine with its pending wakes, as the crank would keep them. */
class Bench {
  state: Releases = machine.initial;
  readonly effects: Effect[] = [];
  readonly wakes = new Map<string, Instant>();
  at: Instant = T0;
  #asks = 0;

  put(body: EventBody, afterMs = 1): this {
    this.at = later(this.at, afterMs);
    const { state, effects } = machine.step(this.state, { ...body, at: this.at });
    this.state = state;
    for (const effect of effects) {
      this.effects.push(effect);
      if (effect.kind === 'wake') this.wakes.set(effect.name, effect.at);
      if (effect.kind === 'unwake') this.wakes.delete(effect.name);
    }
    for (const name of machine.expects(this.state))
      assert.ok(this.wakes.has(name), `${name} is waited for, and never comes`);
    return this;
  }

  mark(version: string, by: Actor = CI, service = API): this {
    this.#asks += 1;
    const request = { kind: 'mark-deployment', service, version, trafficPercent: 100, source: 'api', why: '' } as const;
    return this.put({ kind: 'asked', by, request, askKey: `k${this.#asks}` });
  }

  see(version: string, afterMs = 1): this {
    const message = { kind: 'released', service: API, version, what: 'api.mjs' } as const;
    return this.put({ kind: 'told', from: watchMachine(API), message }, afterMs);
  }

  judge(verdict: ReleaseVerdict, release = this.state.releases[0]?.id ?? ''): this {
    return this.put({ kind: 'compared', key: KEY, release, verdict });
  }

  /** Lets everything that is pending ring. */
  ring(): this {
    const [next] = [...this.wakes].toSorted((a, b) => a[1] - b[1]);
    if (next === undefined) return this;
    this.wakes.delete(next[0]);
    return this.put({ kind: 'woke', name: next[0] }, Math.max(0, next[1] - this.at));
  }

  count(kind: Effect['kind']): number {
    return this.effects.filter((effect) => effect.kind === kind).length;
  }

  /** What was to be told to people. */
  news(): readonly Notification[] {
    return this.effects.flatMap((effect) =>
      effect.kind === 'tell' && effect.message.kind === 'say' ? [effect.message.notification] : [],
    );
  }

  records(): readonly string[] {
    return this.effects.flatMap((effect) => (effect.kind === 'record' ? [effect.evidence.type] : []));
  }
}

const worse: ReleaseVerdict = {
  kind: 'regressed',
  since: T0,
  evidence: 5_000,
  effect: { metric: 'errors', check: null, afterPercent: 50, comparedPercent: 0.1, ratioLow: 100, ratioHigh: null },
  reasons: [
    {
      kind: 'release-worse',
      version: 'digest',
      comparedWith: 'before',
      evidence: 5_000,
      metric: 'errors',
      check: null,
      afterPercent: 50,
      comparedPercent: 0.1,
      ratioLow: 100,
      ratioHigh: null,
    },
  ],
};
const passed: ReleaseVerdict = { kind: 'passed', evidence: 0.2, detectablePercent: 3 };

test('a marker opens a window: recorded, compared, told to the watch, with an end', () => {
  const bench = new Bench().mark('v2');
  assert.deepEqual(bench.records(), ['release.opened']);
  assert.deepEqual([bench.count('compare'), bench.count('tell'), bench.wakes.size], [1, 1, 1]);
  assert.equal(bench.state.answers[0]?.status, 'completed');
  assert.equal(bench.state.releases[0]?.verdict, null);
});

test('the same service and version again is the same release', () => {
  const bench = new Bench().mark('v2').mark('v2').judge(passed).mark('v2');
  assert.equal(bench.count('compare'), 1);
  assert.equal(bench.state.releases.length, 1);
  assert.match(bench.state.answers[0]?.detail ?? '', /known since .*: passed/);
});

test('without the role, and for a service that is not there, nothing is opened', () => {
  const bench = new Bench().mark('v2', GUEST).mark('v2', CI, serviceId('ghost'));
  assert.equal(bench.state.releases.length, 0);
  assert.deepEqual(
    bench.state.answers.map(({ status }) => status),
    ['failed', 'denied'],
  );
});

test('a new release takes the place of the one that is watched, which says so', () => {
  const bench = new Bench().mark('v2').mark('v3');
  assert.deepEqual(
    bench.state.releases.map(({ version, verdict }) => [version, verdict?.kind ?? 'open']),
    [
      ['v3', 'open'],
      ['v2', 'not-enough-data'],
    ],
  );
});

test('what Sereno saw and what a pipeline says within ten minutes is one release, with the name of the pipeline', () => {
  const seenFirst = new Bench().see('digest').mark('v2').judge(worse);
  assert.deepEqual(
    seenFirst.state.releases.map(({ version, source }) => [version, source]),
    [['v2', 'api']],
  );
  const [news] = seenFirst.news();
  assert.match(news?.title ?? '', /release v2 of .* is worse/);
  assert.match(news?.body ?? '', /release v2: failures are 50 %, 0.1 % in the day before/);
  const markedFirst = new Bench().mark('v2').see('digest', minutes(9));
  assert.deepEqual(
    markedFirst.state.releases.map(({ version }) => version),
    ['v2'],
  );
  assert.deepEqual(markedFirst.records(), ['release.opened', 'release.seen']);
  assert.equal(new Bench().mark('v2').see('digest', minutes(11)).state.releases.length, 2);
});

test('a regression is told once; later reports and a repeated one change nothing', () => {
  const bench = new Bench().mark('v2').judge(worse).judge(worse).judge(passed);
  assert.equal(bench.news().length, 1);
  assert.equal(bench.state.releases[0]?.verdict?.kind, 'regressed');
});

test('a finding that reached nobody is told again, with pauses that grow, and not for ever', () => {
  const bench = new Bench().mark('v2').judge(worse);
  const id = bench.state.releases[0]?.id ?? '';
  const deliver = (isDelivered: boolean): void => {
    const tells = bench.news().length;
    const notification = `release:${id}${tells === 1 ? '' : `/${tells - 1}`}`;
    const message = { kind: 'said', notification, isDelivered, detail: '' } as const;
    bench.put({ kind: 'told', from: ALERTS, message });
  };
  deliver(false);
  bench.ring();
  assert.equal(bench.news().length, 2);
  deliver(true);
  assert.deepEqual([bench.wakes.size, bench.state.untold], [0, {}]);
  const deaf = new Bench().mark('v2').judge(worse);
  for (let turn = 0; turn < 50; turn += 1) {
    const notification = `release:${deaf.state.releases[0]?.id ?? ''}`;
    deaf.put({ kind: 'notified', key: KEY, notification, isDelivered: false, detail: '' }).ring();
  }
  assert.equal(deaf.news().length, 8);
});

test('a window that ended while Sereno was away is waited for once more: its comparison has only just begun', () => {
  const late = (): Bench => {
    const bench = new Bench().mark('v2');
    const name = [...bench.wakes.keys()][0] ?? '';
    bench.wakes.delete(name);
    return bench.put({ kind: 'woke', name }, minutes(95));
  };
  assert.equal(late().state.releases[0]?.verdict, null);
  const judged = late().judge(worse);
  assert.deepEqual([judged.state.releases[0]?.verdict?.kind, judged.state.late], ['regressed', []]);
  const why = 'its comparison never reported';
  assert.deepEqual(late().ring().state.releases[0]?.verdict, { kind: 'not-enough-data', why });
});

test('a comparison that never reports is given up', () => {
  const bench = new Bench().mark('v2').ring();
  assert.deepEqual(bench.state.releases[0]?.verdict, { kind: 'not-enough-data', why: 'its comparison never reported' });
  assert.equal(bench.wakes.size, 0);
});

const moves = fc.array(
  fc.oneof(
    fc.constantFrom('v1', 'v2', 'v3').map((version) => (bench: Bench) => bench.mark(version)),
    fc.constantFrom('d1', 'd2').map((version) => (bench: Bench) => bench.see(version, minutes(4))),
    fc.constantFrom(worse, passed).map((verdict) => (bench: Bench) => bench.judge(verdict)),
    fc.constant((bench: Bench) => bench.ring()),
    fc.constant((bench: Bench) => bench.put({ kind: 'booted', boot: { isClean: true, uncleanStops: 0, services: 1 } })),
  ),
  { maxLength: 40 },
);

test('in whatever order: at most one window a service is open, each ends, and none is told twice', () => {
  fc.assert(
    fc.property(moves, (steps) => {
      const bench = new Bench();
      for (const move of steps) {
        move(bench);
        assert.ok(bench.state.releases.filter(({ verdict }) => verdict === null).length <= 1);
      }
      const keys = bench.news().map(({ key }) => key);
      assert.equal(new Set(keys).size, keys.length);
      while (bench.wakes.size > 0) bench.ring();
      assert.ok(bench.state.releases.every(({ verdict }) => verdict !== null));
      assert.ok(bench.records().filter((type) => type === 'release.opened').length >= bench.state.releases.length);
      assert.ok(bench.at <= later(T0, minutes(60 * 4) + seconds(60)));
    }),
  );
});
