// The lookout: looks make what is usual, a release is compared with it, and the verdict is reported once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkId, effectKey, serviceId } from '#kernel/id.ts';
import type { ReleaseVerdict } from '#kernel/release.ts';
import { RELEASES } from '#kernel/site.ts';
import { durationMs, instant, later, minutes, type Instant } from '#kernel/time.ts';
import { Lookout, type Comparison } from './lookout.ts';

const API = serviceId('api');
const HTTP = checkId('api/http');
const OPENED = instant(Date.UTC(2026, 0, 1, 12));
const KEY = effectKey(RELEASES, 1, 1);

const comparison: Comparison = {
  kind: 'compare',
  release: 'api@1',
  service: API,
  version: 'v2',
  since: OPENED,
  until: later(OPENED, minutes(30)),
};

/** A lookout with a clock that rings when it is told to, and a day of good looks behind it. */
const makeTown = () => {
  let now: Instant = OPENED;
  let isExcused = false;
  const alarms: { readonly at: Instant; readonly ring: () => void }[] = [];
  const verdicts: ReleaseVerdict[] = [];
  const lookout = new Lookout({
    clock: {
      now: () => now,
      chance: () => 0.5,
      at: (at, ring) => {
        const alarm = { at, ring };
        alarms.push(alarm);
        return () => {
          if (alarms.includes(alarm)) alarms.splice(alarms.indexOf(alarm), 1);
        };
      },
    },
    checksOf: () => [HTTP],
    isExcused: () => isExcused,
  });
  const see = (at: Instant, state: 'healthy' | 'unhealthy' | 'unknown'): void => {
    now = at;
    lookout.see(API, { check: HTTP, at, state, symptom: 'none', latencyMs: durationMs(20), message: '' });
  };
  for (let at = -86_400_000; at < 0; at += 10_000) see(later(OPENED, durationMs(at)), 'healthy');
  const compare = (key = KEY): void => lookout.compare(key, comparison, (verdict) => verdicts.push(verdict));
  const after = (minute: number, state: 'healthy' | 'unhealthy' | 'unknown'): void => {
    for (let at = 0; at < minute * 60_000; at += 5_000) see(later(OPENED, durationMs(at)), state);
  };
  const excuse = (): void => {
    isExcused = true;
  };
  return { lookout, verdicts, alarms, compare, after, excuse };
};

test('a release that fails is reported within minutes, once, and its timer is gone', () => {
  const { verdicts, alarms, compare, after } = makeTown();
  compare();
  assert.equal(alarms.length, 1);
  after(30, 'unhealthy');
  assert.deepEqual(
    verdicts.map(({ kind }) => kind),
    ['regressed'],
  );
  assert.equal(alarms.length, 0);
});

test('a good one passes at the end of its window; by then it can be asked', () => {
  const { lookout, verdicts, alarms, compare, after } = makeTown();
  compare();
  after(30, 'healthy');
  assert.equal(lookout.verdictOf(API, 'api@1')?.kind, 'watching');
  assert.equal(lookout.verdictOf(API, 'api@0'), null);
  alarms[0]?.ring();
  assert.deepEqual(
    verdicts.map(({ kind }) => kind),
    ['passed'],
  );
  assert.equal(lookout.verdictOf(API, 'api@1'), null);
});

test('what a need broke, and what nobody could see, is not the release’s; nothing seen is not good', () => {
  for (const state of ['unhealthy', 'unknown'] as const) {
    const { verdicts, alarms, compare, after, excuse } = makeTown();
    compare();
    if (state === 'unhealthy') excuse();
    after(30, state);
    assert.deepEqual(verdicts, []);
    alarms[0]?.ring();
    assert.deepEqual(
      verdicts.map(({ kind }) => kind),
      ['not-enough-data'],
    );
  }
});

test('the same comparison handed over again goes on; another one of the service takes its place', () => {
  const { verdicts, alarms, compare, after } = makeTown();
  compare();
  after(1, 'unhealthy');
  compare();
  assert.equal(alarms.length, 1);
  after(30, 'unhealthy');
  assert.equal(verdicts.length, 1);
  compare();
  compare(effectKey(RELEASES, 2, 1));
  assert.equal(alarms.length, 1);
});
