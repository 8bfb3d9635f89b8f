// The lookout: looks make what is usual, a release is compared with it, the verdict is reported once, and a restart in
// between changes nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkId, effectKey, serviceId, type CheckId } from '#kernel/id.ts';
import type { ReleaseVerdict } from '#kernel/release.ts';
import { RELEASES } from '#kernel/site.ts';
import { durationMs, hours, instant, later, minutes, seconds, type Instant } from '#kernel/time.ts';
import { FakeHistory } from '#sim/history.ts';
import { Lookout, type Comparison, type Excuse } from './lookout.ts';

const API = serviceId('api');
const HTTP = checkId('api/http');
const PORT = checkId('api/port');
const OPENED = instant(Date.UTC(2026, 0, 1, 12, 0, 17));
const KEY = effectKey(RELEASES, 1, 1);
const DAY = hours(24);

const comparison: Comparison = {
  kind: 'compare',
  release: 'api@1',
  service: API,
  version: 'v2',
  since: OPENED,
  until: later(OPENED, minutes(30)),
};

type State = 'healthy' | 'unhealthy' | 'unknown';
type Look = { readonly check?: CheckId; readonly state: State; readonly latencyMs?: number };

/** One town over any number of runs of the watchman: what outlives them is the history. */
class Town {
  readonly history = new FakeHistory();
  readonly verdicts: ReleaseVerdict[] = [];
  excuse: Excuse | null = null;
  now: Instant = OPENED;
  alarms: { readonly at: Instant; readonly ring: () => void }[] = [];
  lookout = this.#begin();

  #begin(): Lookout {
    return new Lookout({
      clock: {
        now: () => this.now,
        chance: () => 0.5,
        at: (at, ring) => {
          const alarm = { at, ring };
          this.alarms.push(alarm);
          return () => (this.alarms = this.alarms.filter((it) => it !== alarm));
        },
      },
      history: this.history,
      checksOf: () => [HTTP, PORT],
      excuseOf: () => this.excuse,
    });
  }

  /** Sereno dies, and another run of it begins. */
  die(): void {
    this.alarms = [];
    this.lookout = this.#begin();
  }

  look(at: Instant, { check = HTTP, state, latencyMs = 20 }: Look): void {
    this.goOn(at);
    const seen = { check, at, state, symptom: 'none', latencyMs: durationMs(latencyMs), message: '' } as const;
    this.lookout.see(API, seen);
    this.history.keep(seen);
  }

  /** A day of good looks before the release. */
  usual(): void {
    for (let ms = -DAY; ms < 0; ms += 10_000) this.look(later(OPENED, durationMs(ms)), { state: 'healthy' });
    this.goOn(OPENED);
  }

  compare(key = KEY): void {
    this.lookout.compare(key, comparison, (verdict) => this.verdicts.push(verdict));
  }

  /** The looks of so many minutes after the release. */
  after(minute: number, state: State): void {
    for (let ms = 0; ms < minute * 60_000; ms += 5_000) this.look(later(OPENED, durationMs(ms)), { state });
  }

  /** What is due rings, and what that makes due as well. */
  goOn(to: Instant): void {
    for (;;) {
      const [next] = this.alarms.filter(({ at }) => at <= to).toSorted((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.alarms = this.alarms.filter((it) => it !== next);
      this.now = next.at > this.now ? next.at : this.now;
      next.ring();
    }
    this.now = to > this.now ? to : this.now;
  }

  kinds(): readonly string[] {
    return this.verdicts.map(({ kind }) => kind);
  }
}

const usualTown = (): Town => {
  const town = new Town();
  town.usual();
  return town;
};

test('a release that fails is reported within minutes, once, and its timer is gone', () => {
  const town = usualTown();
  town.compare();
  town.after(30, 'unhealthy');
  assert.deepEqual(town.kinds(), ['regressed']);
  assert.equal(town.alarms.length, 0);
});

test('a good one passes at the end of its window; by then it can be asked', () => {
  const town = usualTown();
  town.compare();
  assert.equal(town.lookout.verdictOf(API, 'api@1'), null);
  town.after(29, 'healthy');
  assert.equal(town.lookout.verdictOf(API, 'api@1')?.kind, 'watching');
  assert.equal(town.lookout.verdictOf(API, 'api@0'), null);
  town.goOn(comparison.until);
  assert.deepEqual(town.kinds(), ['passed']);
  assert.equal(town.lookout.verdictOf(API, 'api@1'), null);
});

test('what a need broke, and what nobody could see, is not the release’s; nothing seen is not good', () => {
  for (const state of ['unhealthy', 'unknown'] as const) {
    const town = usualTown();
    town.compare();
    if (state === 'unhealthy') town.excuse = 'explained';
    town.after(29, state);
    assert.deepEqual(town.kinds(), []);
    town.goOn(comparison.until);
    assert.deepEqual(town.kinds(), ['not-enough-data']);
  }
});

test('what start-up has just started gets a minute, and no more', () => {
  const town = usualTown();
  town.compare();
  town.look(later(OPENED, seconds(1)), { state: 'healthy' });
  town.excuse = 'starting';
  const failing = (second: number): void => town.look(later(OPENED, seconds(second)), { state: 'unhealthy' });
  for (let second = 100; second < 160; second += 5) failing(second);
  const evidence = (): number => {
    const verdict = town.lookout.verdictOf(API, 'api@1');
    return verdict?.kind === 'watching' ? verdict.evidence : Infinity;
  };
  assert.ok(evidence() <= 1, `${evidence()}`);
  for (let second = 160; second < 300; second += 5) failing(second);
  assert.deepEqual(town.kinds(), ['regressed']);
});

test('the same comparison handed over again goes on; another one of the service takes its place', () => {
  const town = usualTown();
  town.compare();
  town.after(1, 'unhealthy');
  town.compare();
  assert.equal(town.alarms.length, 1);
  town.after(30, 'unhealthy');
  assert.equal(town.verdicts.length, 1);
  town.compare();
  town.compare(effectKey(RELEASES, 2, 1));
  assert.equal(town.alarms.length, 1);
});

test('reading back a day lets others have their turn, and looks that come meanwhile count', () => {
  const town = usualTown();
  town.compare();
  let turns = 0;
  while (town.lookout.verdictOf(API, 'api@1') === null && turns < 1_000) {
    const [next] = town.alarms.splice(0, 1);
    town.lookout.see(API, {
      check: HTTP,
      at: later(OPENED, seconds(turns * 10)),
      state: 'unhealthy',
      symptom: 'refused',
      latencyMs: durationMs(1),
      message: '',
    });
    next?.ring();
    turns += 1;
    if (town.verdicts.length > 0) break;
  }
  assert.ok(turns > 140, `${turns} turns for two checks`);
  assert.deepEqual(town.kinds(), ['regressed']);
});

test('a window that ended while Sereno was away is judged by what was seen until then', () => {
  for (const [state, verdict] of [
    ['unhealthy', 'regressed'],
    ['healthy', 'passed'],
  ] as const) {
    const town = usualTown();
    // It died before it could compare: only the history knows.
    town.after(20, state);
    town.die();
    town.goOn(later(OPENED, hours(2)));
    town.compare();
    town.goOn(town.now);
    assert.deepEqual(town.kinds(), [verdict]);
  }
});

test('looks after the release are not what is usual: a restart in its window compares with the day before it', () => {
  const town = new Town();
  town.after(20, 'unhealthy');
  town.die();
  town.compare();
  town.goOn(comparison.until);
  const [verdict] = town.verdicts;
  assert.ok(verdict?.kind === 'not-enough-data' && verdict.why.includes('0 looks are known'), JSON.stringify(verdict));
});

type Told = {
  readonly pauseMs: number;
  readonly isOfPort: boolean;
  readonly state: State;
  readonly latencyMs: number;
  readonly isExcused: boolean;
};

/** What is left of a release after all of these looks, with deaths of Sereno after the ones that are named. */
const play = (looks: readonly Told[], deaths: readonly number[]): readonly ReleaseVerdict[] => {
  const town = new Town();
  for (let ms = -DAY; ms < 0; ms += 40_000) {
    town.look(later(OPENED, durationMs(ms)), { check: ms % 80_000 === 0 ? PORT : HTTP, state: 'healthy' });
  }
  town.goOn(OPENED);
  town.compare();
  looks.reduce((before, { pauseMs, isOfPort, state, latencyMs, isExcused }, index) => {
    const at = later(before, durationMs(pauseMs));
    town.excuse = isExcused ? 'explained' : null;
    town.look(at, { check: isOfPort ? PORT : HTTP, state, latencyMs });
    if (deaths.includes(index) && town.verdicts.length === 0) {
      town.die();
      town.compare();
    }
    return at;
  }, OPENED);
  town.goOn(later(comparison.until, hours(1)));
  return town.verdicts;
};

test('a restart changes nothing: with any looks, and any number of them, the verdict is the same', () => {
  /** Of a release of which so many in ten fail. */
  const looks = (failing: number): fc.Arbitrary<readonly Told[]> =>
    fc.array(
      fc.record({
        pauseMs: fc.integer({ min: 1, max: 40_000 }),
        isOfPort: fc.boolean(),
        state: fc.nat(10).map((dice) => (dice === 10 ? 'unknown' : dice < failing ? 'unhealthy' : 'healthy')),
        latencyMs: fc.double({ min: 0, max: 60, noNaN: true }),
        isExcused: fc.nat(5).map((dice) => dice === 0),
      }),
      { minLength: 20, maxLength: 120 },
    );
  const kinds = new Set<string>();
  fc.assert(
    fc.property(
      fc.constantFrom(0, 0, 1, 3, 10).chain(looks),
      fc.array(fc.nat(119), { minLength: 1, maxLength: 4 }),
      (told, deaths) => {
        const undisturbed = play(told, []);
        for (const { kind } of undisturbed) kinds.add(kind);
        assert.equal(undisturbed.length, 1);
        assert.deepEqual(play(told, deaths), undisturbed);
      },
    ),
    { numRuns: 60 },
  );
  assert.ok(kinds.has('regressed') && kinds.size >= 2, [...kinds].join(' '));
});
