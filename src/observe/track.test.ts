// Tracks as data: what is observed, and what is believed after each observation.

import assert from 'node:assert/strict';
import test from 'node:test';
import type { Check } from '#kernel/check.ts';
import type { HealthState } from '#kernel/health.ts';
import type { Symptom } from '#kernel/observation.ts';
import { checkId, serviceId } from '#kernel/id.ts';
import { durationMs, instant } from '#kernel/time.ts';
import { firstTrack, looksWanted, receive } from './track.ts';

const check: Check = {
  id: checkId('api/http'),
  service: serviceId('api'),
  probe: { kind: 'tcp', host: '127.0.0.1', port: 1 },
  everyMs: durationMs(2_000),
  slowestMs: durationMs(10_000),
  timeoutMs: durationMs(500),
  rise: 2,
  fall: 3,
  retries: 0,
};

const LETTERS: Readonly<Record<string, HealthState>> = { h: 'healthy', d: 'degraded', u: 'unhealthy', '?': 'unknown' };
/** A look while Sereno was held up. */
const VOID = 'v';

/** Feeds one letter an observation; expects one letter of belief after each. */
const believes = (seen: string, expected: string): void => {
  let track = firstTrack(check, instant(0));
  const believed: string[] = [];
  [...seen].forEach((letter, index) => {
    const state = LETTERS[letter] ?? 'unknown';
    const symptom = state === 'unhealthy' ? 'refused' : state === 'unknown' ? 'cannot-run' : 'none';
    const at = instant(1_000 * (index + 1));
    track = receive(
      check,
      track,
      {
        check: check.id,
        at,
        state,
        symptom,
        latencyMs: durationMs(1),
        message: '',
        ...(letter === VOID ? { isVoid: true } : {}),
      },
      0.5,
    ).track;
    believed.push(track.belief.state === 'unknown' ? '?' : track.belief.state.charAt(0));
  });
  assert.equal(believed.map((letter, index) => (track && seen[index] ? letter : '')).join(''), expected, seen);
};

test('three failures are needed, two passes bring it back', () => {
  believes('hhuuuhh', 'hhhhuuh');
});
test('a single failure between passes changes nothing', () => {
  believes('huhuhuuh', 'hhhhhhhh');
});
test('unknown never counts as a pass and ends health after fall', () => {
  believes('h???', 'hhh?');
  believes('uuuh?h?hh', '??uuuuuuh');
});
test('a look while Sereno was held up proves nothing: it is passed over, and what was believed lasts two intervals more', () => {
  believes('hvvvvhh', 'hhhhhhh');
  believes('hvvvvvvv', 'hhhhhhh?');
  believes('huuvu', 'hhhhu');
  believes('uuuvhh', '??uuuh');
  believes('vh', '?h');
});
test('from never looked at, the first pass is believed, a failure is confirmed', () => {
  believes('uuu', '??u');
  believes('h', 'h');
});
test('recovery from unknown after trouble still needs rise', () => {
  believes('hhuuu???hh', 'hhhhuuu??h');
});

test('disagreement starts a burst, agreement slows down to the slowest interval', () => {
  let track = firstTrack(check, instant(0));
  const see = (state: HealthState): number => {
    const seen = {
      check: check.id,
      at: instant(1),
      state,
      symptom: 'none',
      latencyMs: durationMs(1),
      message: '',
    } as const;
    const received = receive(check, track, seen, 0.5);
    track = received.track;
    return received.nextInMs;
  };
  see('healthy');
  const pauses = Array.from({ length: 8 }, () => see('healthy'));
  assert.equal(Math.round(pauses.at(-1) ?? 0), 9_750, 'at half of the jitter, and never later than declared');
  const burst = see('unhealthy');
  assert.ok(burst >= 100 && burst <= 250, `burst pause ${burst}`);
});

test('the steady pause is never longer than declared: the period is a promise', () => {
  for (const chance of [0, 0.3, 0.999]) {
    const first = {
      check: check.id,
      at: instant(1),
      state: 'healthy',
      symptom: 'none',
      latencyMs: durationMs(1),
      message: '',
    } as const;
    const fixed: Check = { ...check, slowestMs: check.everyMs };
    const { nextInMs } = receive(fixed, firstTrack(fixed, instant(0)), first, chance);
    assert.ok(nextInMs <= fixed.everyMs && nextInMs >= fixed.everyMs * 0.95, `${nextInMs} at ${chance}`);
  }
});

test('a burst wants as many looks as are still needed, a steady check one', () => {
  let track = firstTrack(check, instant(0));
  const wanted = 'huuuhh'.split('').map((letter) => {
    const state = LETTERS[letter] ?? 'unknown';
    const seen = {
      check: check.id,
      at: instant(1),
      state,
      symptom: 'none',
      latencyMs: durationMs(1),
      message: '',
    } as const;
    track = receive(check, track, seen, 0.5).track;
    return looksWanted(check, track);
  });
  assert.deepEqual(wanted, [1, 2, 1, 1, 1, 1]);
});

test('a failure of another kind is believed after as many looks as the failure itself, and not when it comes in turns', () => {
  const believed = (symptoms: readonly Symptom[]): readonly Symptom[] => {
    let track = firstTrack(check, instant(0));
    const changes: Symptom[] = [];
    for (const symptom of symptoms) {
      const seen = {
        check: check.id,
        at: instant(1),
        state: 'unhealthy',
        latencyMs: durationMs(1),
        message: '',
      } as const;
      const received = receive(check, track, { ...seen, symptom }, 0.5);
      track = received.track;
      if (received.change !== null) changes.push(received.change.symptom);
    }
    return changes;
  };
  const [no, late, bad] = ['refused', 'timeout', 'wrong-answer'] as const;
  assert.deepEqual(believed([no, no, no, bad, bad]), [no]);
  assert.deepEqual(believed([no, no, no, bad, bad, bad, bad]), [no, bad]);
  assert.deepEqual(believed([no, no, no, bad, late, bad, late, bad, no, bad, bad]), [no]);
});
