// What the file keeps for how long, and how big it gets.

import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { checkId } from '#kernel/id.ts';
import { seriesKey, type Series } from '#kernel/series.ts';
import { durationMs, hours, instant, later, minutes, seconds } from '#kernel/time.ts';
import { roomFindings } from '#ports/room.ts';
import { CHECK, CHECK_KEY, look, looksIn, makeGround, START, turnAll, upTo } from './ground.ts';

const DAY_MS = 86_400_000;

const gauge = (metric: string): Series => ({
  metric,
  labels: {},
  kind: 'gauge',
  unit: '',
  source: 'test',
  everyMs: seconds(10),
});

test('detail goes after 48 hours, minutes after 30 days, hours stay; a range takes the finest there is', () => {
  const ground = makeGround();
  const { clock } = ground;
  const store = ground.open();
  const writer = store.writer(gauge('room'));
  const LENGTH = 40 * DAY_MS;
  for (let ms = 0; ms < LENGTH; ms += 300_000) {
    clock.now = later(START, ms);
    writer?.append(clock.now, ms / 300_000);
    if (ms % 3_000_000 === 0) turnAll(store);
  }
  store.settle();
  for (let round = 0; round < 50; round += 1) turnAll(store);
  const key = seriesKey('room', {});
  const { detail, minutes: minute, hours: hour } = store.room().keptFrom;
  const ages = [detail, minute, hour].map((from) => Math.round((clock.now - (from ?? 0)) / DAY_MS));
  assert.deepEqual(ages, [2, 30, 40]);
  const end = later(clock.now, 1);
  const whole = store.range(key, { from: START, to: end }, hours(24));
  assert.equal(whole.steps.length, 40);
  assert.ok(
    whole.steps.every(({ count }) => count === 288),
    'no point is counted twice where two levels meet',
  );
  const fine = store.range(key, { from: START, to: end }, minutes(10)).steps;
  assert.equal(
    fine.reduce((sum, { count }) => sum + count, 0),
    40 * 288,
  );
  // Hours only, then ten minutes each.
  assert.deepEqual([fine[0]?.count, fine.at(-1)?.count], [12, 2]);
  assert.equal(store.points(key, { from: START, to: end })[0]?.at, detail);
  store.close();
  ground.clear();
});

test('at the cap the oldest goes, new points never wait, and a person is told', () => {
  const ground = makeGround();
  const { clock } = ground;
  const capBytes = 8 * 1_024 ** 2;
  const store = ground.open({ capBytes });
  const checks = Array.from({ length: 150 }, (_, index) => checkId(`service-${index}/http`));
  let largest = 0;
  let told = 0;
  for (let index = 0; index < 4_000; index += 1) {
    clock.now = later(START, index * 10_000);
    for (const [number, check] of checks.entries())
      store.sample(check, clock.now, 'healthy', (index * 37 + number * 11) % 977);
    turnAll(store);
    if (told === 0 && roomFindings(store.room(), clock.now).length > 0) told = index;
    largest = Math.max(largest, statSync(join(ground.directory, 'metrics.db')).size);
  }
  assert.ok(largest <= capBytes, `${largest} bytes`);
  assert.ok(told > 0);
  const [finding] = roomFindings(store.room(), clock.now);
  assert.equal(finding?.key, 'room:metrics');
  assert.match(
    finding?.title ?? '',
    /^metrics take 3\.\d MiB of 8 MiB: the oldest detail goes first, detail reaches back to 2026-/,
  );
  assert.equal(store.recent(checks[7] ?? CHECK, 60).length, 60);
  const { steps } = store.range(
    seriesKey('sereno_check_duration_milliseconds', { check: checks[7] ?? '' }),
    { from: later(clock.now, -600_000), to: later(clock.now, 1) },
    minutes(1),
  );
  assert.deepEqual(
    steps.slice(0, 10).map(({ count }) => count),
    Array.from({ length: 10 }, () => 6),
  );
  assert.ok((store.room().keptFrom.detail ?? 0) > START);
  store.close();
  ground.clear();
});

test('a series over the limit is not kept, and is told; one that was silent for 48 h gives its place up', () => {
  const ground = makeGround();
  const { clock } = ground;
  const store = ground.open({ seriesMax: 2 });
  store.writer(gauge('a'))?.append(clock.now, 1);
  store.writer(gauge('b'))?.append(clock.now, 1);
  assert.equal(store.writer(gauge('c')), null);
  assert.match(roomFindings(store.room(), clock.now)[0]?.title ?? '', /2 series, 2 are allowed/);
  store.settle();
  clock.now = later(clock.now, hours(49));
  const b = store.writer(gauge('b'));
  b?.append(clock.now, 2);
  turnAll(store);
  store.writer(gauge('c'))?.append(clock.now, 3);
  assert.deepEqual(
    store.list().map(({ key }) => key),
    ['b', 'c'],
  );
  turnAll(store);
  store.close();
  const again = ground.open({ seriesMax: 2 });
  assert.deepEqual(
    again.list().map(({ key, lastValue }) => [key, lastValue]),
    [
      ['b', 2],
      ['c', 3],
    ],
  );
  again.close();
  ground.clear();
});

test('an orderly end keeps what no turn has written, and the strip is whole after a long stop', () => {
  const ground = makeGround();
  const store = ground.open();
  look(store, ground.clock, [0, 77]);
  store.close();
  ground.clock.now = later(ground.clock.now, hours(10));
  const again = ground.open();
  assert.deepEqual(looksIn(again), upTo(77));
  assert.deepEqual(
    again.recent(CHECK, 60).map(({ latencyMs }) => Math.round(latencyMs * 10)),
    upTo(77).slice(-60),
  );
  again.expect([{ id: CHECK, everyMs: seconds(10) }]);
  assert.equal(again.status(CHECK_KEY)?.series.everyMs, 10_000);
  again.close();
  ground.clear();
});

test('a file of a newer Sereno is left alone', () => {
  const ground = makeGround();
  ground.open().close();
  const store = ground.open();
  store.writer(gauge('a'))?.append(ground.clock.now, 1);
  store.close();
  const path = join(ground.directory, 'metrics.db');
  raiseVersion(path);
  const again = ground.open();
  assert.match(ground.notices[0] ?? '', /in memory only.*newer Sereno/);
  assert.deepEqual(again.range(seriesKey('a', {}), { from: START, to: instant(START + 1) }, durationMs(1)).steps, []);
  again.close();
  ground.clear();
});

const raiseVersion = (path: string): void => {
  const db = new DatabaseSync(path);
  db.exec('PRAGMA user_version = 99');
  db.close();
};
