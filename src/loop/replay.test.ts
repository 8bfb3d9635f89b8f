// Replay: what is judged again from the record is what was judged live, and another declaration gives another answer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RealIncident } from '#judge/backtest.ts';
import { lookCode, lookLatencyMs } from '#kernel/bucket.ts';
import type { Check } from '#kernel/check.ts';
import type { HealthState } from '#kernel/health.ts';
import { checkId, serviceId, type CheckId } from '#kernel/id.ts';
import type { Maintenance } from '#kernel/maintenance.ts';
import type { Observation } from '#kernel/observation.ts';
import { seriesKey, type Point, type Series, type SeriesKey } from '#kernel/series.ts';
import type { Service } from '#kernel/service.ts';
import type { Site } from '#kernel/site.ts';
import type { MetricSource } from '#kernel/source.ts';
import { targetId, type Indicator, type Target } from '#kernel/target.ts';
import { durationMs, hours, instant, later, minutes, seconds, type Instant } from '#kernel/time.ts';
import type { Level, Range, RecordedMetrics, Sample, SeriesStatus, Span } from '#ports/metrics.ts';
import { Steps, usableStep } from '#ports/steps.ts';
import { Judging } from './judging.ts';
import { replay, type Replayed, type ReplayRequest } from './replay.ts';

const START = instant(Date.UTC(2026, 10, 21));
const TO = later(START, hours(48));
const AVAILABILITY: Indicator = { kind: 'availability' };
const LATENCY: Indicator = { kind: 'latency', thresholdMs: durationMs(300) };

const checkOf = (service: string): Check => ({
  id: checkId(`${service}/http`),
  service: serviceId(service),
  probe: { kind: 'http', url: 'http://127.0.0.1/', method: 'GET', headers: {}, expect: { status: [200] } },
  everyMs: seconds(10),
  slowestMs: seconds(30),
  timeoutMs: seconds(1),
  rise: 2,
  fall: 3,
  retries: 0,
});

const targetOf = (service: string, name: string, indicator: Indicator, more: Partial<Target> = {}): Target => ({
  id: targetId(serviceId(service), name),
  service: serviceId(service),
  name,
  indicator,
  objectivePercent: 99,
  window: { kind: 'rolling', lengthMs: hours(24 * 7) },
  budgeting: { method: 'occurrences' },
  burn: [],
  said: '99% over 7d',
  ...more,
});

const serviceOf = (id: string, needs: readonly string[], targets: readonly Target[]): Service => ({
  id: serviceId(id),
  tier: 'app',
  owner: null,
  needs: needs.map(serviceId),
  mustRun: false,
  trafficPercent: 0,
  replicas: 1,
  workload: { kind: 'none' },
  checks: [checkOf(id)],
  targets,
  restartBudget: { count: 3, windowMs: hours(1) },
  stableAfterMs: seconds(10),
  startTimeoutMs: seconds(30),
});

/** A small site: only what judging reads of it. */
const siteOf = (services: readonly Service[], more: Partial<Site> = {}): Site =>
  ({ services, maintenance: [], sources: [], anomaly: null, ...more }) as unknown as Site; // decoder: the rest of a site is of no concern here

const town = (targets: readonly Target[], more: Partial<Site> = {}): Site =>
  siteOf([serviceOf('db', [], []), serviceOf('api', ['db'], targets)], more);

const both = [targetOf('api', 'availability', AVAILABILITY), targetOf('api', 'latency', LATENCY)];

/** A record in memory: what a store would give back. */
class Memory implements RecordedMetrics {
  readonly samples = new Map<CheckId, Sample[]>();
  readonly lines = new Map<SeriesKey, { readonly series: Series; readonly points: Point[] }>();
  readonly whole: Record<Level, Instant> = { detail: instant(0), minutes: instant(0), hours: instant(0) };

  keep({ check, at, state, latencyMs }: Observation): void {
    const kept = { at, state, latencyMs: lookLatencyMs(lookCode(state, latencyMs)) };
    const samples = this.samples.get(check) ?? [];
    samples.push(kept);
    this.samples.set(check, samples);
  }

  keepPoint(series: Series, point: Point): void {
    const key = seriesKey(series.metric, series.labels);
    const line = this.lines.get(key) ?? { series, points: [] };
    line.points.push(point);
    this.lines.set(key, line);
  }

  wholeFrom(level: Level): Instant {
    return this.whole[level];
  }

  list(): readonly SeriesStatus[] {
    return [...this.lines].map(([key, { series }]) => ({ key, series, lastAt: null, lastValue: null }));
  }

  eachSample(check: CheckId, { from, to }: Span, visit: (sample: Sample) => void): void {
    for (const sample of this.samples.get(check) ?? []) if (sample.at >= from && sample.at < to) visit(sample);
  }

  points(key: SeriesKey, { from, to }: Span): readonly Point[] {
    return (this.lines.get(key)?.points ?? []).filter(({ at }) => at >= from && at < to);
  }

  range(key: SeriesKey, span: Span, wantedMs: number): Range {
    const stepMs = usableStep(span, wantedMs);
    const check = [...this.samples.keys()].find((id) => key.includes(`"${id}"`));
    const steps = new Steps(check === undefined ? (this.lines.get(key)?.series.kind ?? 'gauge') : 'check', stepMs);
    if (check === undefined) for (const { at, value } of this.points(key, span)) steps.take(at, value, null);
    else this.eachSample(check, span, ({ at, state, latencyMs }) => steps.take(at, lookCode(state, latencyMs), null));
    return steps.answer(span.from);
  }
}

const observationOf = (service: string, at: number, state: HealthState, latencyMs = 20): Observation => ({
  check: checkId(`${service}/http`),
  at: instant(at),
  state,
  symptom: 'none',
  latencyMs: durationMs(latencyMs),
  message: '',
});

const again = (memory: Memory, sites: readonly Site[], to: Instant, more: Partial<ReplayRequest> = {}): Replayed =>
  replay({
    history: memory,
    span: { from: later(START, -hours(24)), to },
    sites,
    incidents: [],
    canary: null,
    hasAnomalies: false,
    ...more,
  });

/** What a Sereno says that judges these looks as they come. */
const live = (site: Site, looks: readonly Observation[], to: Instant) => {
  let now = looks[0]?.at ?? START;
  const seen = new Map<CheckId, Observation>();
  const alarms = new Map<string, Instant[]>();
  const judging = new Judging(site, {
    now: () => now,
    lastLook: (check) => seen.get(check) ?? null,
    canSee: () => true,
    lookAgain: () => true,
    tell: (_service, message) => {
      if (message.kind !== 'burn-began') return;
      const { target } = message.alert;
      alarms.set(target, [...(alarms.get(target) ?? []), now]);
    },
  });
  const checks = new Map(site.services.flatMap((service) => service.checks.map((check) => [check.id, check])));
  for (const look of looks) {
    now = look.at;
    seen.set(look.check, look);
    const check = checks.get(look.check);
    if (check !== undefined) judging.saw(check, look);
  }
  now = to;
  judging.settle();
  return { views: judging.views(), alarms };
};

type Stretch = {
  readonly state: HealthState;
  readonly count: number;
  readonly pauseMs: number;
  readonly latencyMs: number;
};

/** Looks at both services in stretches of one state each, in uneven pauses; no two at the same time. */
const looksOf = (stretches: readonly Stretch[], service: string, offset: number): readonly Observation[] => {
  const looks: Observation[] = [];
  let at = START + offset;
  for (const { state, count, pauseMs, latencyMs } of stretches)
    for (let turn = 0; turn < count; turn += 1) {
      at += pauseMs * 2;
      looks.push(observationOf(service, at, state, latencyMs + turn / 7));
    }
  return looks;
};

const stretches = fc.array(
  fc.record({
    state: fc.constantFrom<HealthState>('healthy', 'healthy', 'degraded', 'unhealthy', 'unknown'),
    count: fc.integer({ min: 1, max: 150 }),
    pauseMs: fc.integer({ min: 1_000, max: 40_000 }),
    latencyMs: fc.integer({ min: 1, max: 600 }),
  }),
  { minLength: 1, maxLength: 12 },
);

test('what was judged live is judged the same from the record: budgets to the last digit, and alarms to the millisecond', () => {
  fc.assert(
    fc.property(stretches, stretches, fc.integer({ min: 0, max: 600 }), (ofApi, ofDb, workAt) => {
      const work: Maintenance = {
        services: [],
        why: 'new disks',
        when: { kind: 'once', from: later(START, minutes(workAt)), to: later(START, minutes(workAt + 60)) },
      };
      const site = town(both, { maintenance: [work] });
      const looks = [...looksOf(ofApi, 'api', 0), ...looksOf(ofDb, 'db', 1)].toSorted((a, b) => a.at - b.at);
      const memory = new Memory();
      for (const look of looks) memory.keep(look);
      const to = later(looks.at(-1)?.at ?? START, minutes(1));
      const expected = live(site, looks, to);
      const [side] = again(memory, [site], to).sides;
      assert.ok(side !== undefined);
      for (const { target, budget, score } of side.targets) {
        assert.deepEqual(budget, expected.views.find(({ id }) => id === target.id)?.budget, target.id);
        assert.deepEqual(
          score.alarms.map(({ from }) => from),
          expected.alarms.get(target.id) ?? [],
        );
      }
    }),
    { numRuns: 60 },
  );
});

/** A look each half minute for two days; the minutes of the day in `down` are bad. */
const twoDays = (down: readonly [number, number], latencyMs = 20): readonly Observation[] =>
  Array.from({ length: 2 * 2_880 }, (_, index) => {
    const minute = index / 2;
    const isDown = minute >= down[0] && minute < down[1];
    return observationOf(
      'api',
      START + index * 30_000 + 5_000,
      isDown ? 'unhealthy' : 'healthy',
      isDown ? 20 : latencyMs,
    );
  });

const kept = (looks: readonly Observation[]): Memory => {
  const memory = new Memory();
  for (const look of looks) memory.keep(look);
  return memory;
};

test('from minutes and hours the budget is the same, and an alarm is known to the minute or the hour', () => {
  const looks = twoDays([600, 630], 200);
  const expected = live(town(both), looks, TO);
  const begins = (level: Level | null): readonly number[] => {
    const memory = kept(looks);
    if (level !== null) memory.whole.detail = TO;
    if (level === 'hours') memory.whole.minutes = TO;
    const replayed = again(memory, [town(both)], TO);
    assert.deepEqual(
      replayed.stretches.map((stretch) => stretch.level),
      [level ?? 'detail'],
    );
    for (const { target, budget } of replayed.sides[0]?.targets ?? []) {
      const counted = expected.views.find(({ id }) => id === target.id)?.budget;
      assert.equal(budget?.used, counted?.used, `${target.id} from ${level ?? 'detail'}`);
    }
    return (replayed.sides[0]?.targets[0]?.score.alarms ?? []).map(({ from }) => (from - START) / 60_000);
  };
  const [fine] = begins(null);
  const [minute] = begins('minutes');
  const [hour] = begins('hours');
  assert.ok(fine !== undefined && minute !== undefined && hour !== undefined);
  assert.ok(fine >= 600 && fine < 603, `look by look it begins at ${fine}`);
  assert.ok(minute >= fine - 1 && minute <= fine + 1, `from minutes at ${minute}`);
  assert.ok(hour >= 630 && hour <= 660, `from hours at ${hour}`);
});

test('the finest level that is whole is read, each time once', () => {
  const memory = kept(twoDays([600, 630]));
  memory.whole.minutes = later(START, hours(10));
  memory.whole.detail = later(START, hours(20) + minutes(20));
  const { stretches: read, sides } = again(memory, [town(both)], TO);
  assert.deepEqual(
    read.map(({ level, from, to }) => [level, from, to]),
    [
      ['hours', START, later(START, hours(10))],
      ['minutes', later(START, hours(10)), later(START, hours(21))],
      ['detail', later(START, hours(21)), TO],
    ],
  );
  const { allowed = 0, used = 0 } = sides[0]?.targets[0]?.budget ?? {};
  assert.equal(used, 60);
  // 5,760 looks in two days, of the seven days that the window has.
  assert.ok(Math.abs(allowed - 0.01 * 5_760 * (168 / 48)) < 0.1, String(allowed));
});

test('a changed rule, and a changed objective, page otherwise; the incident is found by the one and missed by the other', () => {
  const lax = targetOf('api', 'availability', AVAILABILITY, {
    burn: [{ severity: 'SEV2', longMs: hours(6), shortMs: minutes(30), factor: 50 }],
  });
  const incident: RealIncident = {
    number: 'INC-1',
    subject: 'api',
    severity: 'SEV2',
    title: 'api is down',
    openedAt: later(START, minutes(602)),
    resolvedAt: later(START, minutes(630)),
  };
  const { sides } = again(kept(twoDays([600, 630])), [town(both), town([lax])], TO, { incidents: [incident] });
  const [strict, other] = sides.map((side) => side.targets[0]?.score);
  const [found] = strict?.incidents ?? [];
  assert.ok(found?.fate.kind === 'paged', JSON.stringify(found));
  assert.ok(found.fate.tookMs >= seconds(30) && found.fate.tookMs <= minutes(3), String(found.fate.tookMs));
  assert.deepEqual(other?.incidents, [{ number: 'INC-1', fate: { kind: 'missed', why: 'not-burning', bad: 60 } }]);
  assert.deepEqual([strict?.pages, other?.pages], [1, 0]);
  assert.deepEqual(sides[0]?.targets[0]?.budget?.used, sides[1]?.targets[0]?.budget?.used);
});

test('while the canary failed, what failed is the fault of the watchman', () => {
  const memory = kept(twoDays([600, 630]));
  const canary: Check = { ...checkOf('watchman'), fall: 2 };
  for (let minute = 595; minute < 640; minute += 1)
    memory.keep(
      observationOf('watchman', START + minute * 60_000, minute < 598 || minute > 632 ? 'healthy' : 'unhealthy'),
    );
  const { sides } = again(memory, [town(both)], TO, { canary });
  assert.deepEqual([sides[0]?.targets[0]?.budget?.used, sides[0]?.targets[0]?.budget?.shares.watchman], [0, 60]);
});

const source = (name: string, origin: MetricSource['origin']): MetricSource => ({
  name,
  origin,
  everyMs: seconds(15),
  timeoutMs: seconds(5),
  labels: {},
  seriesMax: 1_000,
  cannotLook: null,
});

const counter = (metric: string, code: string | null, from: string): Series => ({
  metric,
  labels: code === null ? {} : { code },
  kind: 'counter',
  unit: '',
  source: from,
  everyMs: seconds(15),
});

test('targets on sources: selected counters of a page, and answers of Prometheus, from the detail and from minutes', () => {
  const page = source('page', { kind: 'scrape', url: 'http://127.0.0.1/metrics', headers: {} });
  const server = source('prometheus', { kind: 'prometheus', url: 'http://127.0.0.1/', headers: {}, queries: [] });
  const ratio = (from: string, good: string, total: string): Indicator => ({
    kind: 'ratio',
    source: from,
    good,
    total,
    isCounter: from === 'prometheus',
  });
  const many: Indicator = { kind: 'value', source: 'page', query: 'requests_total', comparator: 'at-most', limit: 0 };
  const targets = [
    targetOf('api', 'many', many),
    targetOf('api', 'errors', ratio('page', 'requests_total{code="200"}', 'requests_total')),
    targetOf('api', 'asked', ratio('prometheus', 'sum(good)', 'sum(all)')),
  ];
  const memory = new Memory();
  let [fine, failed] = [0, 0];
  for (let turn = 0; turn < 2_400; turn += 1) {
    fine += 9;
    failed += turn >= 1_000 && turn < 1_100 ? 1 : 0;
    const at = later(START, turn * 15_000 + 2_000);
    memory.keepPoint(counter('requests_total', '200', 'page'), { at, value: fine });
    memory.keepPoint(counter('requests_total', '500', 'page'), { at: later(at, 40), value: failed });
    memory.keepPoint({ ...counter('api.asked:good', null, 'prometheus'), kind: 'gauge' }, { at, value: fine });
    memory.keepPoint(
      { ...counter('api.asked:total', null, 'prometheus'), kind: 'gauge' },
      { at, value: fine + failed },
    );
  }
  const to = later(START, hours(10));
  const site = town(targets, { sources: [page, server] });
  const usedOf = (): readonly (number | undefined)[] =>
    (again(memory, [site], to).sides[0]?.targets ?? []).map(({ budget }) => budget?.used);
  assert.deepEqual(usedOf(), [2_400, 100, 100]);
  memory.whole.detail = to;
  assert.deepEqual(usedOf(), [600, 100, 100], 'from minutes');
});

test('anomalies: another declared rate is another number of notices', () => {
  const noise = (index: number): number => ((index * 7_919) % 97) / 10;
  const looks = Array.from({ length: 4_000 }, (_, index) => {
    const isJump = index >= 1_000 && index % 500 < 5;
    return observationOf('api', START + index * 30_000, 'healthy', (isJump ? 400 + index / 10 : 50) + noise(index));
  });
  const to = later(START, hours(34));
  const sites = [1, 1_000].map((perWeek) => town(both, { anomaly: { perWeek } }));
  const { sides } = again(kept(looks), [...sites, town(both)], to, { hasAnomalies: true });
  const [few = 0, many = 0] = sides.map((side) => side.anomalies?.told.length);
  assert.ok(many > few, `${few} at one a week, ${many} at a thousand`);
  assert.equal(sides[2]?.anomalies, null, 'off');
  assert.equal(sides[0]?.anomalies?.seriesWatched, 1);
  assert.equal(again(new Memory(), sites, to).from, null, 'nothing was recorded');
});
