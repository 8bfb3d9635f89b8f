// Describes a site for `sereno check`: what will be watched, how, in which order it starts, and what is only declared.

import type { Check, Probe } from '#kernel/check.ts';
import { sayProblem, type Problem } from '#kernel/problem.ts';
import { sayInstant } from '#kernel/reason.ts';
import { makeRedact, type Redact } from '#kernel/secret.ts';
import { isOperable, type Service } from '#kernel/service.ts';
import type { Maintenance } from '#kernel/maintenance.ts';
import type { CodexSite, Declared, Site } from '#kernel/site.ts';
import type { BurnRule, Target } from '#kernel/target.ts';
import { sayDuration } from '#kernel/time.ts';
import { unreachable } from '#kernel/unreachable.ts';
import { hideCredentials } from './finding.ts';
import { startOrder } from './startOrder.ts';

export type CheckDescription = {
  readonly id: string;
  readonly kind: string;
  readonly target: string;
  readonly everyMs: number;
  readonly slowestMs: number;
  readonly timeoutMs: number;
  readonly rise: number;
  readonly fall: number;
  /** Why it cannot run; null when it can. */
  readonly cannotRun: string | null;
};

export type TargetDescription = {
  readonly id: string;
  /** `availability`, `latency`, `ratio` or `value`. */
  readonly indicator: string;
  readonly objectivePercent: number;
  readonly said: string;
  /** Declared burn rules; empty: those of the window. */
  readonly burn: readonly BurnRule[];
};

export type ServiceDescription = {
  readonly id: string;
  readonly tier: string;
  readonly needs: readonly string[];
  readonly workload: string;
  /** True when Sereno itself can start and restart it. */
  readonly isOperable: boolean;
  readonly trafficPercent: number;
  readonly restartBudget: { readonly count: number; readonly windowMs: number };
  readonly checks: readonly CheckDescription[];
  readonly targets: readonly TargetDescription[];
};

export type SiteDescription = {
  readonly site: string;
  readonly environment: string;
  readonly timezone: string;
  readonly digest: string;
  /** In the order in which they are started. */
  readonly services: readonly ServiceDescription[];
  readonly policy: {
    readonly autonomy: number;
    readonly allow: readonly string[];
    readonly never: readonly string[];
    readonly trafficLimitPercent: number;
    readonly freeze: readonly string[];
  };
  /** Agreed work, one line each. */
  readonly maintenance: readonly string[];
  /** What is declared of the codex, as names and values; empty when none is. */
  readonly codex: readonly (readonly [name: string, value: string])[];
  readonly routes: Readonly<Record<string, readonly string[]>>;
  readonly declared: readonly Declared[];
  readonly warnings: readonly Problem[];
};

const readableArgv = (argv: readonly string[]): string =>
  argv[0] === '/bin/sh' && argv[1] === '-c' ? argv.slice(2).join(' ') : argv.join(' ');

/** What a probe asks, in a few words: an address, a command, a path. May hold secrets: redact before showing. */
export const sayTarget = (probe: Probe): string => {
  switch (probe.kind) {
    case 'http':
      return probe.method === 'GET' ? probe.url : `${probe.method} ${probe.url}`;
    case 'tcp':
      return `${probe.host}:${probe.port}`;
    case 'redis':
    case 'postgres':
      return probe.url;
    case 'command':
      return readableArgv(probe.argv);
    case 'process': {
      const what = probe.pattern === undefined ? 'the supervised process' : `processes like ${probe.pattern}`;
      return probe.port === undefined ? what : `${what}, listening on ${probe.port}`;
    }
    case 'file':
      return probe.maxAgeMs === undefined ? probe.path : `${probe.path}, at most ${sayDuration(probe.maxAgeMs)} old`;
    case 'golden': {
      const where = probe.target.kind === 'http' ? probe.target.url : readableArgv(probe.target.argv);
      return `${probe.cases.length} cases to ${where}, each within ${sayDuration(probe.budgetMs)}`;
    }
    default:
      return unreachable(probe);
  }
};

const describeCheck = (check: Check, redact: Redact): CheckDescription => ({
  id: check.id,
  kind: check.probe.kind,
  target: hideCredentials(redact(sayTarget(check.probe))),
  everyMs: check.everyMs,
  slowestMs: check.slowestMs,
  timeoutMs: check.timeoutMs,
  rise: check.rise,
  fall: check.fall,
  cannotRun: check.cannotRun ?? null,
});

const describeTarget = (target: Target, redact: Redact): TargetDescription => ({
  id: target.id,
  indicator: target.indicator.kind,
  objectivePercent: target.objectivePercent,
  said: redact(target.said),
  burn: target.burn,
});

const describeService = (service: Service, redact: Redact): ServiceDescription => ({
  id: service.id,
  tier: service.tier,
  needs: service.needs,
  workload: service.workload.kind,
  isOperable: isOperable(service.workload),
  trafficPercent: service.trafficPercent,
  restartBudget: service.restartBudget,
  checks: service.checks.map((check) => describeCheck(check, redact)),
  targets: service.targets.map((target) => describeTarget(target, redact)),
});

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;

const sayWork = ({ services, why, when }: Maintenance): string => {
  const what = services.length === 0 ? 'everything' : services.join(', ');
  if (when.kind === 'once') return `${what}, ${sayInstant(when.from)} to ${sayInstant(when.to)}: ${why}`;
  const days = when.days.length === DAYS.length ? 'every day' : when.days.map((day) => DAYS[day]).join(', ');
  const clock = new Date(when.startsMs).toISOString().slice(11, 16);
  return `${what}, ${days} at ${clock} ${when.timezone} for ${sayDuration(when.lengthMs)}: ${why}`;
};

const describeCodex = (codex: CodexSite | null): SiteDescription['codex'] =>
  codex === null
    ? []
    : [
        ['made from', `${codex.sources} and ${codex.templates}`],
        ['read by production', codex.blessed],
        ['blessed by', codex.blessers.length === 0 ? 'nobody' : `${codex.threshold} of ${codex.blessers.join(', ')}`],
        ...codex.copies.map(({ item, file }) => ['a copy', `${item} at ${file}`] as const),
        ...codex.own.map((kind) => ['blessed as well', `this ${kind} (sereno codex own says whether it is)`] as const),
      ];

/** The JSON form. No secret is in it: addresses lose their passwords, and resolved references become ***. */
export const describeSite = (site: Site, warnings: readonly Problem[]): SiteDescription => {
  const redact = makeRedact(site.secrets);
  return {
    site: site.name,
    environment: site.environment,
    timezone: site.timezone,
    digest: site.digest,
    services: startOrder(site.services).map((service) => describeService(service, redact)),
    policy: {
      autonomy: site.policy.autonomy,
      allow: site.policy.allow,
      never: site.policy.never.map((rule) => redact(rule.text)),
      trafficLimitPercent: site.policy.trafficLimitPercent,
      freeze: site.policy.freeze.map((window) => `${sayInstant(window.from)} to ${sayInstant(window.to)}`),
    },
    maintenance: site.maintenance.map((work) => redact(sayWork(work))),
    codex: describeCodex(site.codex),
    routes: site.routes,
    declared: site.declared.map(({ path, what }) => ({ path, what: redact(what) })),
    warnings,
  };
};

const widest = (texts: readonly string[]): number => texts.reduce((width, text) => Math.max(width, text.length), 0);

/** Two columns, the first padded; wider than this it is not padded, or one long name would push all others away. */
const COLUMN_MAX = 44;

const inColumns = (rows: readonly (readonly [string, string])[]): readonly string[] => {
  const width = Math.min(COLUMN_MAX, widest(rows.map(([left]) => left)));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`.trimEnd());
};

const sayRhythm = (check: CheckDescription): string => {
  const slower = check.slowestMs > check.everyMs ? `, slowing to ${sayDuration(check.slowestMs)}` : '';
  const believed = `${check.fall} fails, ${check.rise} ${check.rise === 1 ? 'pass' : 'passes'}`;
  return `every ${sayDuration(check.everyMs)}${slower}, timeout ${sayDuration(check.timeoutMs)}, ${believed}`;
};

const sayCheck = (check: CheckDescription): readonly string[] => {
  const cannot = check.cannotRun === null ? [] : [`        CANNOT RUN: ${check.cannotRun}; its state stays unknown`];
  return [`     ${check.id}  ${check.target}`, `        ${sayRhythm(check)}`, ...cannot];
};

const sayRule = (rule: BurnRule): string =>
  `        ${rule.severity} at ${rule.factor}x over ${sayDuration(rule.longMs)} and ${sayDuration(rule.shortMs)}`;

const sayPromise = (target: TargetDescription): readonly string[] => [
  `     target ${target.id}: ${target.said}`,
  ...target.burn.map(sayRule),
];

const sayService = (service: ServiceDescription, number: number): readonly string[] => {
  const needs = service.needs.length === 0 ? '' : `, needs ${service.needs.join(', ')}`;
  const run = service.isOperable ? `run by ${service.workload}` : 'watched only';
  const traffic = service.trafficPercent === 0 ? '' : `, ${service.trafficPercent} % of traffic`;
  const budget = `${service.restartBudget.count} restarts in ${sayDuration(service.restartBudget.windowMs)}`;
  const head = `${String(number).padStart(3)}. ${service.id} (${service.tier}, ${run}${needs}${traffic}${service.isOperable ? `, at most ${budget}` : ''})`;
  return [head, ...service.checks.flatMap(sayCheck), ...service.targets.flatMap(sayPromise)];
};

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const sayPolicy = (it: SiteDescription): readonly string[] => [
  'Policy',
  ...inColumns([
    ['autonomy', String(it.policy.autonomy)],
    ['allowed', it.policy.allow.join(', ') || 'nothing'],
    ['a person is asked above', `${it.policy.trafficLimitPercent} % of traffic`],
    ...it.policy.never.map((rule) => ['never', rule] as const),
    ...it.policy.freeze.map((window) => ['freeze', window] as const),
  ]),
];

/** The listing for people; plain text, one screen for a small site. */
export const sayDescription = (it: SiteDescription): string => {
  const checks = it.services.reduce((sum, service) => sum + service.checks.length, 0);
  const routes = Object.entries(it.routes).map(
    ([severity, names]) => [severity, names.join(', ') || 'nobody'] as const,
  );
  const declared =
    it.declared.length === 0
      ? []
      : ['', 'Declared, not yet active', ...inColumns(it.declared.map(({ path, what }) => [path, what] as const))];
  const warnings =
    it.warnings.length === 0 ? [] : ['', counted(it.warnings.length, 'warning'), ...it.warnings.map(sayProblem)];
  return [
    `${it.site}: ${it.environment}, ${it.timezone}, digest ${it.digest.slice(0, 12)}`,
    '',
    `${counted(it.services.length, 'service')} with ${counted(checks, 'check')}, in the order of their start`,
    ...it.services.flatMap((service, index) => sayService(service, index + 1)),
    '',
    ...sayPolicy(it),
    ...(it.maintenance.length === 0 ? [] : ['', 'Agreed work', ...it.maintenance.map((line) => `  ${line}`)]),
    ...(it.codex.length === 0 ? [] : ['', 'Codex', ...inColumns(it.codex)]),
    '',
    'Who is told',
    ...inColumns(routes),
    ...declared,
    ...warnings,
    '',
  ].join('\n');
};
