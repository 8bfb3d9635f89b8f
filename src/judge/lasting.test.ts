// What lasts is told once, what is over is told once, and a blink is told to nobody.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding, FindingKind } from '#kernel/finding.ts';
import { serviceId } from '#kernel/id.ts';
import { instant } from '#kernel/time.ts';
import { Lasting, scopeOf } from './lasting.ts';

const AT = Date.UTC(2026, 0, 15);
const minute = (count: number) => instant(AT + count * 60_000);

const finding = (what: string, since: number, kind: FindingKind = 'reality-gap'): Finding => ({
  key: `${kind}:api/${what}`,
  kind,
  service: serviceId('api'),
  target: null,
  severityHint: 'SEV4',
  since: minute(since),
  title: what,
  reasons: [],
});

/** Turns minute by minute; `found` says what is there. Gives what was said, as `minute + key` and `minute - key`. */
const check = (
  earlier: readonly string[],
  found: (minute: number) => readonly Finding[],
  expected: readonly string[],
) => {
  const lasting = new Lasting(earlier);
  const said: string[] = [];
  for (let at = 0; at <= 40; at += 1) {
    const { begun, over } = lasting.turn('api', found(at), minute(at));
    said.push(
      ...begun.map(({ key, since }) => `${at} + ${key} of ${(since - AT) / 60_000}`),
      ...over.map((key) => `${at} - ${key}`),
    );
  }
  assert.deepEqual(said, expected);
};

test('a difference is told when it has lasted a quarter of an hour, once, and its end once', () =>
  check([], (at) => (at >= 3 && at < 30 ? [finding('running', 3)] : []), [
    '18 + reality-gap:api/running of 3',
    '30 - reality-gap:api/running',
  ]));

test('a finding without a time of its own began when it was seen first', () =>
  check([], (at) => (at >= 3 && at < 30 ? [finding('replicas', at)] : []), [
    '18 + reality-gap:api/replicas of 3',
    '30 - reality-gap:api/replicas',
  ]));

test('what is over before its grace is told to nobody; a source has five minutes', () => {
  check([], (at) => (at % 14 === 0 ? [] : [finding('running', at - (at % 14))]), []);
  check([], (at) => (at < 6 ? [finding('metrics', 0, 'stale-source')] : []), [
    '5 + stale-source:api/metrics of 0',
    '6 - stale-source:api/metrics',
  ]);
});

test('what an earlier run told is handed over at once, and its end is told', () => {
  const key = 'reality-gap:api/running';
  check([key], (at) => (at < 20 ? [finding('running', -60)] : []), [`0 + ${key} of -60`, `20 - ${key}`]);
  check([key, 'reality-gap:web/running'], () => [], [`0 - ${key}`]);
});

test('the scope is the service; what is left of an earlier run is to be turned too', () => {
  assert.equal(scopeOf('reality-gap:api/schedule api/http'), 'api');
  assert.deepEqual([...new Lasting(['stale-source:site/metrics']).scopes()], ['site']);
});
