// OpenSLO: what is written is read as the same targets, the examples of the specification are understood, and what
// Sereno would judge otherwise is refused, all together.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sayProblem } from '#kernel/problem.ts';
import type { Target } from '#kernel/target.ts';
import { instant } from '#kernel/time.ts';
import { memoryFiles } from '../files.ts';
import { readSite } from '../readSite.ts';
import { exportOpenSlo } from './export.ts';
import { importOpenSlo } from './import.ts';

const read = (yaml: string) => importOpenSlo('slo.yaml', { kind: 'read', bytes: new TextEncoder().encode(yaml) });

/** Targets by the way of the configuration itself. */
const declared = (services: object): readonly Target[] => {
  const text = JSON.stringify({
    sereno: 1,
    site: 'town',
    people: { ana: {} },
    services: Object.fromEntries(
      Object.entries(services).map(([name, targets]) => [name, { owner: 'ana', checks: [{ tcp: 80 }], targets }]),
    ),
  });
  const { site, problems } = readSite({
    file: 's.yaml',
    env: {},
    now: instant(0),
    files: memoryFiles({ 's.yaml': text }),
  });
  assert.deepEqual(problems.map(sayProblem), []);
  return site?.services.flatMap((service) => service.targets) ?? [];
};

const minutesOf = (least: number, most: number) => fc.integer({ min: least, max: most }).map((count) => `${count}m`);
const percent = fc.integer({ min: 1, max: 999_999 }).map((part) => part / 10_000);
const query = fc.stringMatching(/^[a-z_]{1,10}\{code=~"[0-9.]{1,3}"\}$/);
const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,8}$/);

const indicator = fc.oneof(
  fc.constant({}),
  fc.integer({ min: 1, max: 900 }).map((ms) => ({ under: `${ms}ms` })),
  fc
    .tuple(query, fc.constantFrom('below', 'at_most', 'above', 'at_least'), fc.integer({ min: -1_000, max: 1_000 }))
    .map(([text, side, limit]) => ({ indicator: text, [side]: limit / 8 })),
  fc
    .tuple(query, query, fc.boolean(), fc.constantFrom('prometheus', 'otlp', 'host'))
    .map(([good, total, counter, source]) => ({ good, total, counter, source })),
);
const over = fc.oneof(
  minutesOf(10_000, 600_000),
  fc.record({
    calendar: fc.constantFrom('week', 'month', 'quarter', 'year'),
    count: fc.integer({ min: 1, max: 5 }),
    timezone: fc.constantFrom('UTC', 'Europe/Berlin', 'Pacific/Apia', 'America/St_Johns'),
    from: fc.constantFrom('2020-01-21', '1999-12-31', '2026-03-29'),
  }),
);
const budgeting = fc.oneof(
  fc.constant({}),
  fc.record({ budgeting: fc.constant('ratio-timeslices'), slice: minutesOf(1, 1_440) }),
  fc.record({ budgeting: fc.constant('timeslices'), slice: minutesOf(1, 1_440), slice_objective: percent }),
);
const rule = fc.record({
  rate: fc.integer({ min: 1, max: 100 }).map((part) => `${part / 100}x`),
  over: minutesOf(60, 6_000),
  short: fc.integer({ min: 30, max: 3_000 }).map((count) => `${count}s`),
  severity: fc.constantFrom('SEV1', 'SEV2', 'SEV3', 'SEV4'),
});
const target = fc
  .tuple(indicator, percent, over, budgeting, fc.array(rule, { maxLength: 3 }))
  .map(([what, objective, window, slices, burn]) => ({ ...what, objective, over: window, ...slices, burn }));
const services = fc.dictionary(
  name.filter((each) => each !== 'gate' && each !== 'site'),
  fc.dictionary(name, target, { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
  { minKeys: 1, maxKeys: 3, noNullPrototype: true },
);

const byId = (targets: readonly Target[]) => targets.toSorted((a, b) => (a.id < b.id ? -1 : 1));

test('what was exported is imported as the same', () => {
  fc.assert(
    fc.property(services, (texts) => {
      const targets = declared(texts);
      const exported = exportOpenSlo(targets);
      assert.deepEqual(exported.problems.map(sayProblem), []);
      const imported = read(exported.yaml);
      assert.deepEqual(imported.problems.map(sayProblem), []);
      assert.deepEqual(byId(imported.targets), byId(targets));
    }),
    { numRuns: 60 },
  );
});

test('the printed lines are the targets that were imported', () => {
  const exported = exportOpenSlo(
    declared({ api: { a: '99.9% over 30d', b: '95% under 300ms over 7d' }, db: { c: '99% over 7d' } }),
  );
  const imported = read(exported.yaml);
  const lines = imported.yaml.replace(/^ {2}(api|db):$/gm, '  $1:\n    owner: ana\n    checks: [ { tcp: 80 } ]');
  const files = memoryFiles({ 's.yaml': `sereno: 1\nsite: town\npeople: { ana: {} }\n${lines}` });
  const { site, problems } = readSite({ file: 's.yaml', env: {}, now: instant(0), files });
  assert.deepEqual(problems.map(sayProblem), []);
  assert.deepEqual(
    site?.services.flatMap((service) => service.targets),
    imported.targets,
  );
});

const SLO = (spec: string, more = ''): string =>
  `apiVersion: openslo/v1\nkind: SLO\nmetadata: { name: foo }\nspec:\n  service: shop\n${spec}\n${more}`;
const metric = (text: string, more = '') => `{ metricSource: { type: Prometheus, ${more}spec: { query: '${text}' } } }`;
const ROLLING = '  timeWindow: [ { duration: 4w, isRolling: true } ]\n';
const OCCURRENCES = `${ROLLING}  budgetingMethod: Occurrences\n`;

const indicatorOf = (sli: string, objective = '{ target: 0.98 }') => {
  const yaml = SLO(`  indicator: { spec: ${sli} }\n${OCCURRENCES}  objectives: [ ${objective} ]`);
  const { targets, problems } = read(yaml);
  assert.deepEqual(problems.map(sayProblem), [], yaml);
  return targets[0]?.indicator;
};

test('every kind of metric', () => {
  const ratio = { kind: 'ratio', source: 'prometheus', isCounter: false };
  assert.deepEqual(indicatorOf(`{ ratioMetric: { counter: true, good: ${metric('g')}, total: ${metric('t')} } }`), {
    ...ratio,
    good: 'g',
    total: 't',
    isCounter: true,
  });
  assert.deepEqual(indicatorOf(`{ ratioMetric: { bad: ${metric('b')}, total: ${metric('t')} } }`), {
    ...ratio,
    good: '(t) - ((b) or 0 * (t))',
    total: 't',
  });
  assert.deepEqual(indicatorOf(`{ ratioMetric: { rawType: failure, raw: ${metric('r')} } }`), {
    ...ratio,
    good: '1 - (r)',
    total: 'vector(1)',
  });
  assert.deepEqual(indicatorOf(`{ thresholdMetric: ${metric('q')} }`, '{ op: lte, value: 200, target: 0.98 }'), {
    kind: 'value',
    source: 'prometheus',
    query: 'q',
    comparator: 'at-most',
    limit: 200,
  });
});

test('references, calendars, several objectives, alert policies', () => {
  const yaml = `${SLO(
    `  indicatorRef: errors
  timeWindow: [ { duration: 1M, calendar: { startTime: 2020-01-01 00:00:00, timeZone: America/New_York } } ]
  budgetingMethod: Timeslices
  objectives:
    - { target: 0.98, timeSliceTarget: 0.95, timeSliceWindow: 5 }
    - { targetPercent: 99.9, timeSliceTarget: 1, timeSliceWindow: 1h }
  alertPolicies: [ { alertPolicyRef: fast } ]`,
  )}
---
{ apiVersion: openslo/v1, kind: SLI, metadata: { name: errors }, spec: { ratioMetric: { good: ${metric('g', 'metricSourceRef: main, ')}, total: ${metric('t', 'metricSourceRef: main, ')} } } }
---
{ apiVersion: openslo/v1, kind: DataSource, metadata: { name: main }, spec: { type: Prometheus, connectionDetails: { url: x } } }
---
{ apiVersion: openslo/v1, kind: AlertPolicy, metadata: { name: fast }, spec: { alertWhenBreaching: true, conditions: [ { conditionRef: burn } ], notificationTargets: [ { targetRef: mail } ] } }
---
{ apiVersion: openslo/v1, kind: AlertCondition, metadata: { name: burn }, spec: { severity: page, condition: { kind: burnrate, op: gte, threshold: 2, lookbackWindow: 1h } } }
---
{ apiVersion: openslo/v1, kind: Service, metadata: { name: shop }, spec: { description: A shop } }
`;
  const { targets, problems, notes, yaml: lines } = read(yaml);
  assert.deepEqual(problems.map(sayProblem), []);
  assert.deepEqual(
    targets.map((each) => [each.id, each.objectivePercent, each.budgeting]),
    [
      ['shop.foo-1', 98, { method: 'timeslices', sliceMs: 300_000, sliceObjectivePercent: 95 }],
      ['shop.foo-2', 99.9, { method: 'timeslices', sliceMs: 3_600_000, sliceObjectivePercent: 100 }],
    ],
  );
  const startsAt = Date.UTC(2020, 0, 1, 5);
  assert.deepEqual(targets[0]?.window, {
    kind: 'calendar',
    unit: 'month',
    count: 1,
    timezone: 'America/New_York',
    startsAt,
  });
  assert.deepEqual(targets[0]?.burn, [{ severity: 'SEV2', longMs: 3_600_000, shortMs: 300_000, factor: 2 }]);
  assert.match(lines, /description: A shop/);
  const said = notes.map((note) => note.message).join('\n');
  assert.match(said, /the source main must be declared/);
  assert.match(said, /how a source is reached is not imported/);
});

test('what Sereno would judge otherwise is refused, all of it at once, with line and path', () => {
  const { problems, targets, yaml } = read(`apiVersion: openslo/v1
kind: SLO
metadata: { name: foo }
spec:
  service: shop
  indicatorRef: nowhere
  timeWindow: [ { duration: 1M, isRolling: true } ]
  budgetingMethod: Occurrences
  objectives: [ { target: 0.98, targetPercent: 98, timeSliceWindow: 1m } ]
  alertPolicies:
    - spec:
        alertWhenNoData: true
        conditions:
          - spec: { severity: loud, condition: { op: lte, threshold: 2, lookbackWindow: 1h, alertAfter: 5m } }
---
{ apiVersion: openslo/v1, kind: SLI, metadata: { name: a, colour: red }, spec: { thresholdMetric: { metricSource: { type: Datadog, spec: { query: q } } } } }
---
{ apiVersion: openslo/v1alpha, kind: SLO }
---
{ apiVersion: openslo/v1, kind: Objective }
`);
  assert.deepEqual([targets, yaml], [[], '']);
  assert.deepEqual(
    problems.map((each) => `${each.place?.line ?? 0} ${each.message}`),
    [
      '6 spec.indicatorRef names "nowhere", which is not declared',
      '7 spec.timeWindow[0].duration is "1M"',
      '12 spec.alertPolicies[0].spec.alertWhenNoData is true',
      '14 spec.alertPolicies[0].spec.conditions[0].spec.severity is "loud"',
      '14 spec.alertPolicies[0].spec.conditions[0].spec.condition.op is "lte"',
      '14 spec.alertPolicies[0].spec.conditions[0].spec.condition.alertAfter is "5m"',
      '16 unknown key "colour" in metadata',
      '18 apiVersion is "openslo/v1alpha"',
      '20 kind is "Objective"',
    ],
  );
});

const refused = (sli: string, objective: string, expected: RegExp): void => {
  const yaml = SLO(`  indicator: { spec: ${sli} }\n${OCCURRENCES}  objectives: [ ${objective} ]`);
  const { problems } = read(yaml);
  assert.match(problems.map(sayProblem).join('\n'), expected, yaml);
};

test('single mistakes', () => {
  const good = `{ ratioMetric: { good: ${metric('g')}, total: ${metric('t')} } }`;
  refused(good, '{ target: 1 }', /above 0% and below 100%/);
  refused(good, '{ target: 0.9, targetPercent: 90 }', /either target or targetPercent/);
  refused(good, '{ target: 0.9, op: lt }', /op only beside a thresholdMetric/);
  refused(good, '{ target: 0.9, compositeWeight: 2 }', /a budget of its own/);
  refused(good, '{ target: 0.9, timeSliceWindow: 1m }', /with Timeslices and RatioTimeslices, and only there/);
  refused('{ }', '{ target: 0.9 }', /either thresholdMetric or ratioMetric/);
  refused(`{ ratioMetric: { good: ${metric('g')} } }`, '{ target: 0.9 }', /total with either good or bad/);
  refused(`{ thresholdMetric: ${metric('q')} }`, '{ target: 0.9 }', /lte, gte, lt or gt/);
  refused(good.replace('Prometheus', 'Datadog'), '{ target: 0.9 }', /no other kind of source/);
  refused(good.replace("query: 'g'", "query: 'g', region: eu"), '{ target: 0.9 }', /query and nothing else/);
});

test('what OpenSLO has no words for is told and not written', () => {
  const exported = exportOpenSlo(declared({ api: { a: '99% over 90s' } }));
  assert.match(exported.problems.map(sayProblem).join(), /api\.a: OpenSLO cannot say 1m30s/);
  assert.equal(exported.yaml, '');
});
