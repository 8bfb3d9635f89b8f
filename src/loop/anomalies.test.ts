// Anomalies on live series: found once, over once, never of what is excused, not declared or switched off.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Check } from '#kernel/check.ts';
import { checkId, serviceId } from '#kernel/id.ts';
import type { Message } from '#kernel/message.ts';
import type { Site } from '#kernel/site.ts';
import { durationMs, instant, later, minutes, seconds, type Instant } from '#kernel/time.ts';
import { Anomalies, type AnomaliesParts } from './anomalies.ts';

const START = instant(Date.UTC(2026, 10, 21));

const API = serviceId('api');

const CHECK = {
  id: checkId('api/tcp'),
  service: API,
  probe: { kind: 'tcp', host: '127.0.0.1', port: 80 },
  slowestMs: seconds(10),
} as unknown as Check; // decoder: nothing else of a check is read

const siteOf = (anomaly: Site['anomaly'] = { perWeek: 1 }): Site =>
  ({
    services: [{ id: API, needs: [], checks: [CHECK], targets: [] }],
    sources: [{ name: 'otlp', origin: { kind: 'otlp' }, everyMs: seconds(10), labels: {} }],
    anomaly,
  }) as unknown as Site; // decoder: nothing else of a site is read

type Stand = {
  readonly anomalies: Anomalies;
  readonly told: Message[];
  readonly look: (latencyMs: number) => void;
  readonly count: (value: number) => void;
  readonly pass: (ms: number) => void;
};

const stand = (site: Site, more: Partial<AnomaliesParts> = {}): Stand => {
  const told: Message[] = [];
  let now: Instant = START;
  const anomalies = new Anomalies(site, {
    now: () => now,
    isExcused: () => false,
    tell: (message) => told.push(message),
    ...more,
  });
  const [check] = site.services[0]?.checks ?? [];
  const [source] = site.sources;
  assert.ok(check !== undefined && source !== undefined);
  return {
    anomalies,
    told,
    look: (latencyMs) => {
      now = later(now, seconds(10));
      const seen = { check: check.id, at: now, state: 'healthy', symptom: 'none', message: '' } as const;
      anomalies.sawLook(check, { ...seen, latencyMs: durationMs(latencyMs) });
    },
    count: (value) => {
      now = later(now, seconds(10));
      const reading = { metric: 'orders_total', labels: { service: 'api' }, unit: '', kind: 'counter' } as const;
      anomalies.sawReadings(source, [{ ...reading, at: now, value }]);
    },
    pass: (ms) => {
      now = later(now, ms);
      anomalies.tick();
    },
  };
};

/** Ten milliseconds, give or take two; the same in each run. */
const usual = (row: number): number => 10 + ((row * 7_919) % 41) / 10 - 2;

const kinds = (told: readonly Message[]): readonly string[] => told.map((message) => message.kind);

const learn = (it: Stand, rows = 700): void => {
  for (let row = 0; row < rows; row += 1) it.look(usual(row));
};

test('a slow stretch is found once, with the band that it left, and is over once', () => {
  const it = stand(siteOf());
  learn(it);
  for (const latencyMs of [480, 490, 470]) it.look(latencyMs);
  assert.deepEqual(kinds(it.told), ['found']);
  const [open] = it.anomalies.view().anomalies;
  assert.ok(open !== undefined && open.value === 480 && open.band.high < 20 && open.endedAt === null);
  assert.equal(open.service, 'api');
  const [found] = it.told;
  assert.ok(found?.kind === 'found' && found.finding.severityHint === 'SEV3' && found.finding.kind === 'anomaly');
  assert.match(found.finding.title, /^api\/tcp: 480 ms, expected [\d.]+ to [\d.]+ ms; .* usual steps off$/);
  learn(it, 60);
  assert.deepEqual(kinds(it.told), ['found', 'found-over']);
  assert.equal(it.anomalies.view().anomalies[0]?.end, 'returned');
});

test('a counter is watched by its increase per second; a restart of it is no event', () => {
  const it = stand(siteOf());
  let value = 0;
  for (let row = 0; row < 700; row += 1) it.count((value += usual(row)));
  for (let row = 0; row < 50; row += 1) it.count((value = row === 0 ? 9 : value + usual(row)));
  assert.deepEqual(it.told, []);
  it.count((value += 9_000));
  assert.deepEqual(kinds(it.told), ['found']);
  assert.ok(Math.abs((it.anomalies.view().anomalies[0]?.value ?? 0) - 900) < 1e-6);
});

test('a series that falls silent ends its anomaly', () => {
  const it = stand(siteOf());
  learn(it);
  it.look(480);
  it.pass(minutes(2));
  assert.deepEqual(kinds(it.told), ['found', 'found-over']);
  assert.equal(it.anomalies.view().anomalies[0]?.end, 'silent');
});

test('agreed work and blind eyes explain a surprise; it is held back and counted', () => {
  const it = stand(siteOf(), { isExcused: () => true });
  learn(it);
  it.look(480);
  assert.deepEqual(it.told, []);
  assert.equal(it.anomalies.view().heldBack, 1);
});

test('switched off nothing is watched, and what lasted is over', () => {
  const off = stand(siteOf(null));
  learn(off, 30);
  assert.equal(off.anomalies.count(), 0);
  assert.equal(off.anomalies.view().isOn, false);
  const it = stand(siteOf());
  learn(it);
  it.look(480);
  it.anomalies.setSite(siteOf(null));
  assert.deepEqual(kinds(it.told), ['found', 'found-over']);
  assert.equal(it.anomalies.count(), 0);
});

test('a restart goes on: what was learnt is known, what lasts is told again under its key', () => {
  const before = stand(siteOf());
  learn(before);
  before.look(480);
  const after = stand(siteOf());
  after.anomalies.takeUp(before.anomalies.kept());
  const [first, again] = [before.told[0], after.told[0]];
  assert.ok(first?.kind === 'found' && again?.kind === 'found' && again.finding.key === first.finding.key);
  assert.equal(after.anomalies.view().anomalies.length, 1);
});
