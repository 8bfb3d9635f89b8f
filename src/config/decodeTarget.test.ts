// Targets as data: what people write, and what is promised by it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sayProblem } from '#kernel/problem.ts';
import type { Target } from '#kernel/target.ts';
import { durationMs, instant, minutes } from '#kernel/time.ts';
import { memoryFiles } from './files.ts';
import { readSite } from './readSite.ts';

const read = (text: string) =>
  readSite({ file: 's.yaml', env: {}, now: instant(0), files: memoryFiles({ 's.yaml': text }) });

const targetOf = (text: string): Target => {
  const { site, problems } = read(
    `sereno: 1\nsite: t\ntimezone: Europe/Berlin\nservices: { api: { owner: ana, checks: [ { tcp: 80 } ], targets: { it: ${text} } } }\npeople: { ana: {} }`,
  );
  const [target] = site?.services[0]?.targets ?? [];
  assert.ok(target !== undefined, problems.map(sayProblem).join('\n'));
  return target;
};

const check = (text: string, expected: Partial<Target>): void => {
  const target = targetOf(text);
  assert.deepEqual({ ...target, ...expected }, target, text);
};

const DAY = 86_400_000;
const window = (days: number): Target['window'] => ({ kind: 'rolling', lengthMs: durationMs(days * DAY) });

test('short forms', () => {
  check('99.9% over 30d', { indicator: { kind: 'availability' }, objectivePercent: 99.9, window: window(30) });
  check('95 % under 1s500ms over 1w', { objectivePercent: 95, window: window(7), said: '95% under 1s500ms over 7d' });
  assert.deepEqual(targetOf('95% under 300ms over 7d').indicator, { kind: 'latency', thresholdMs: 300 });
});

test('long forms are equal to the short ones', () => {
  assert.deepEqual(targetOf('{ objective: 99.9%, over: 30d }'), targetOf('99.9% over 30d'));
  assert.deepEqual(targetOf('{ objective: 95, under: 300ms, over: 1w }'), targetOf('95% under 300ms over 7d'));
});

test('limits are in base units, and a limit alone promises 99 of 100 looks', () => {
  const value = (limit: string) => targetOf(`{ indicator: up, ${limit}, over: 7d }`).indicator;
  const source = { kind: 'value', source: 'prometheus', query: 'up' };
  assert.deepEqual(value('below: 0.1%'), { ...source, comparator: 'below', limit: 0.001 });
  assert.deepEqual(value('at_most: 300ms'), { ...source, comparator: 'at-most', limit: 0.3 });
  assert.deepEqual(value('above: 4'), { ...source, comparator: 'above', limit: 4 });
  assert.deepEqual(value('at_least: -1'), { ...source, comparator: 'at-least', limit: -1 });
  check('{ indicator: up, above: 0, over: 7d }', {
    objectivePercent: 99,
    said: 'up from prometheus above 0 in 99% over 7d',
  });
});

test('counted events', () => {
  const text = '{ good: sum(ok), total: sum(all), counter: true, source: otlp, objective: 99%, over: 7d }';
  const expected = { kind: 'ratio', source: 'otlp', good: 'sum(ok)', total: 'sum(all)', isCounter: true };
  assert.deepEqual(targetOf(text).indicator, expected);
});

test('calendar windows begin at midnight of their zone, weeks on Monday', () => {
  const over = (text: string) => targetOf(`{ objective: 99%, over: ${text} }`).window;
  const berlin = { kind: 'calendar', count: 1, timezone: 'Europe/Berlin' };
  assert.deepEqual(over('{ calendar: month }'), { ...berlin, unit: 'month', startsAt: -3_600_000 });
  assert.deepEqual(over('{ calendar: week, timezone: UTC }'), {
    ...berlin,
    unit: 'week',
    timezone: 'UTC',
    startsAt: 4 * DAY,
  });
  assert.deepEqual(over('{ calendar: quarter, count: 2, from: 2026-07-01 }'), {
    ...berlin,
    unit: 'quarter',
    count: 2,
    startsAt: Date.UTC(2026, 5, 30, 22),
  });
});

test('budgeting and burn rules', () => {
  const slices = '{ objective: 99%, over: 7d, budgeting: timeslices, slice: 5m, slice_objective: 95% }';
  check(slices, { budgeting: { method: 'timeslices', sliceMs: minutes(5), sliceObjectivePercent: 95 } });
  const { burn } = targetOf('{ objective: 99%, over: 7d, burn: [ { rate: 14.4x, over: 1h, severity: SEV1 } ] }');
  assert.deepEqual(burn, [{ severity: 'SEV1', longMs: 3_600_000, shortMs: 300_000, factor: 14.4 }]);
});

test('the contract loads, and every promise in it is a target', () => {
  const { site, problems } = read(readFileSync(join(import.meta.dirname, '../../examples/sereno.yaml'), 'utf8'));
  assert.deepEqual(problems.map(sayProblem), []);
  const said = site?.services.flatMap((service) => service.targets.map((target) => `${target.id}: ${target.said}`));
  assert.deepEqual(said?.slice(0, 4), [
    'redis.availability: 99.9% over 30d',
    'db.availability: 99.95% over 30d',
    'api.availability: 99.9% over 30d',
    'api.latency: 95% under 300ms over 7d',
  ]);
  assert.match(said?.[4] ?? '', /^api.errors: .* from prometheus below 0.001 in 99% over 7d$/);
});

test('agreed work, once and each week', () => {
  const { site } = read(
    'sereno: 1\nsite: t\ntimezone: Europe/Berlin\nmaintenance: [ { from: 2026-12-24, to: 2026-12-24, why: rest }, { every: [sunday, monday], at: "02:30", for: 2h, why: backups } ]',
  );
  assert.deepEqual(site?.maintenance, [
    {
      services: [],
      why: 'rest',
      when: { kind: 'once', from: Date.UTC(2026, 11, 23, 23), to: Date.UTC(2026, 11, 24, 23) },
    },
    {
      services: [],
      why: 'backups',
      when: { kind: 'weekly', days: [0, 1], startsMs: 9_000_000, lengthMs: 7_200_000, timezone: 'Europe/Berlin' },
    },
  ]);
});
