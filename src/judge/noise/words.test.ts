// The small parts of noise: matchers, silences, quality.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hours, instant, later, minutes } from '#kernel/time.ts';
import { isMatch, matchAll, parseMatcher } from './matcher.ts';
import { amend, called, noiseOf, qualityOf, type Call } from './quality.ts';
import { silenceTroubles } from './silence.ts';

const START = instant(1_800_000_000_000);

const MATCHES: readonly (readonly [string, string, boolean])[] = [
  ['service=api', 'api', true],
  ['service="api"', 'api', true],
  ['service=api', 'api-2', false],
  ['service!=api', 'web', true],
  ['service=~"api-.*"', 'api-2', true],
  ['service=~"api"', 'my-api', false],
  ['service!~"api|web"', 'web', false],
  ['service!~"api|web"', 'mail', true],
  ['service=""', '', true],
];

for (const [text, value, expected] of MATCHES) {
  test(`${text} ${expected ? 'matches' : 'does not match'} ${JSON.stringify(value)}`, () => {
    const parsed = parseMatcher(text);
    assert.ok(parsed.kind === 'matcher');
    assert.equal(isMatch(parsed.matcher, value === '' ? {} : { service: value }), expected);
  });
}

for (const text of ['', 'service', 'a b=c', 'service=~"("', 'service=~"(a+)+b"', `service=${'x'.repeat(300)}`]) {
  test(`${JSON.stringify(text.slice(0, 30))} is refused`, () => {
    assert.equal(parseMatcher(text).kind, 'wrong');
  });
}

test('no matcher at all silences nothing', () => {
  assert.equal(matchAll([], { service: 'api' }), false);
});

test('a silence needs a person, a reason, something to hold back, and an end that is near', () => {
  const wish = {
    matchers: [{ label: 'service', operator: '=', value: 'api' }],
    startsAt: START,
    endsAt: later(START, hours(1)),
    by: 'ana',
    why: 'moving the disk',
  } as const;
  assert.deepEqual(silenceTroubles(wish, START), []);
  const bad = { ...wish, matchers: [], by: ' ', why: '', endsAt: instant(Number.NaN) };
  assert.equal(silenceTroubles(bad, START).length, 4);
  assert.deepEqual(silenceTroubles({ ...wish, endsAt: START }, START), ['its end is past', 'it ends before it begins']);
  assert.equal(silenceTroubles({ ...wish, endsAt: later(START, hours(24 * 40)) }, START).length, 1);
});

const calls = (count: number, acted: number): readonly Call[] => {
  let made: readonly Call[] = [];
  for (let turn = 0; turn < count; turn += 1) {
    made = called(made, later(START, turn * hours(12)));
    made = amend(made, (call) => ({ ...call, isActedOn: turn < acted, isOver: true }));
  }
  return made;
};

test('five calls a week that nobody acted on are borne; six are a finding; those that were acted on do not count', () => {
  const at = later(START, hours(72));
  assert.equal(noiseOf('api/http', calls(5, 0), at), null);
  assert.equal(noiseOf('api/http', calls(6, 0), at)?.key, 'alert-noise:api/http');
  assert.equal(noiseOf('api/http', calls(6, 1), at), null);
  assert.equal(noiseOf('api/http', calls(6, 0), later(at, hours(24 * 7))), null);
  const quality = { rule: 'api/http', fired: 6, actedOn: 2, false: 4, messages: 6 };
  assert.deepEqual(qualityOf('api/http', calls(6, 2), at), quality);
});

test('an open call may still be acted on', () => {
  const open = called(calls(5, 0), later(START, minutes(1)));
  assert.equal(noiseOf('api/http', open, later(START, hours(72))), null);
});
