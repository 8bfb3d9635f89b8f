// Outcomes as a table: how health went after an action, and what that is worth.

import assert from 'node:assert/strict';
import test from 'node:test';
import type { HealthState } from '#kernel/health.ts';
import { durationMs, instant } from '#kernel/time.ts';
import { measure, type Trial } from './outcome.ts';

/** Feeds [second, health] moments into a trial that must be healthy by 30 s and then for 10 s. */
const check = (moments: readonly (readonly [number, HealthState])[], expected: string): void => {
  let trial: Trial = {
    since: instant(0),
    healthySince: null,
    healthyBy: instant(30_000),
    stableMs: durationMs(10_000),
  };
  let said = 'open';
  for (const [second, health] of moments) {
    const outcome = measure(trial, health, instant(second * 1_000));
    said = outcome.kind;
    if (outcome.kind !== 'open') break;
    trial = outcome.trial;
  }
  assert.equal(said, expected, JSON.stringify(moments));
};

test('well, and for long enough, is effective', () => {
  check(
    [
      [2, 'healthy'],
      [12, 'healthy'],
    ],
    'effective',
  );
  check(
    [
      [2, 'degraded'],
      [12, 'degraded'],
    ],
    'effective',
  );
});
test('well for too short is not decided yet', () => {
  check(
    [
      [2, 'healthy'],
      [11, 'healthy'],
    ],
    'open',
  );
});
test('well and then unhealthy again has not helped', () => {
  check(
    [
      [2, 'healthy'],
      [5, 'unhealthy'],
    ],
    'ineffective',
  );
});
test('never well in time has not helped, and unknown is no proof', () => {
  check(
    [
      [10, 'unhealthy'],
      [30, 'unhealthy'],
    ],
    'ineffective',
  );
  check(
    [
      [10, 'unknown'],
      [30, 'unknown'],
    ],
    'ineffective',
  );
  check([[29, 'unknown']], 'open');
});
test('unknown in between takes the proof back', () => {
  check(
    [
      [2, 'healthy'],
      [5, 'unknown'],
      [12, 'healthy'],
      [21, 'healthy'],
    ],
    'open',
  );
});
