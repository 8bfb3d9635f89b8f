// Decodes targets: what is promised of a service, over which window, and when its burning is told.

import type { Check } from '#kernel/check.ts';
import type { ServiceId } from '#kernel/id.ts';
import { problem, type ProblemCode } from '#kernel/problem.ts';
import {
  targetId,
  type Budgeting,
  type BurnRule,
  type Comparator,
  type Indicator,
  type Target,
  type Window,
} from '#kernel/target.ts';
import { durationMs, minutes, seconds, type DurationMs, type Instant } from '#kernel/time.ts';
import type { Decoding } from './decoding.ts';
import type { Path } from './document.ts';
import { about, didYouMean, sayPath } from './finding.ts';
import { LIMITS, type TargetLongText, type TargetText } from './grammarTarget.ts';
import { isTimezone, readMoment } from './moment.ts';
import { readDuration, readPercent, writeDuration } from './quantity.ts';

/** A limit without an objective may be missed in one look of a hundred: some 100 minutes of 7 days. */
export const OBJECTIVE_DEFAULT = 99;
/** SRE workbook, chapter 5: the short window is 1/12 of the long one. Below half a minute it would hold one look or none. */
const SHORT_SHARE = 12;
const SHORT_MIN = seconds(30);
const SLICE_DEFAULT = minutes(1);
/** Where a query goes unless it says otherwise. */
export const SOURCE_DEFAULT = 'prometheus';
/** A Monday, so that weeks begin on one; and the first of a month, a quarter and a year. */
const FIRST_MONDAY = '1970-01-05';
const FIRST_DAY = '1970-01-01';

const DAY = 86_400_000;
/** The shortest that each can be, days of 23 hours aside. */
const UNIT_MS = { day: DAY, week: 7 * DAY, month: 28 * DAY, quarter: 90 * DAY, year: 365 * DAY } as const;

/** They look at something on this machine; how long that takes says nothing of the service. */
const WITHOUT_LATENCY: readonly string[] = ['process', 'file'];

type Spot = {
  readonly decoding: Decoding;
  readonly path: Path;
  readonly zone: string;
  readonly sources: readonly string[];
  readonly checks: readonly Check[];
};

export type TargetGround = Pick<Spot, 'decoding' | 'zone' | 'sources'>;

const complain = ({ decoding, path }: Spot, below: Path, expected: string, code: ProblemCode = 'config-bad-value') => {
  decoding.problems.push(about(decoding.ground, [...path, ...below], code, expected));
};

const SHORT = /^([\d.]+) ?%(?: under (\S+))? over (\S+)$/;

/** The long form of a short one; the grammar has made sure that it matches. */
const longOf = (text: TargetText): TargetLongText => {
  if (typeof text !== 'string') return text;
  const [, objective = '', under, over = ''] = SHORT.exec(text) ?? [];
  return {
    objective: readPercent(objective),
    over: readDuration(over),
    ...(under === undefined ? {} : { under: readDuration(under) }),
  };
};

const windowOf = (spot: Spot, over: TargetLongText['over']): Window | null => {
  if (typeof over === 'number') return { kind: 'rolling', lengthMs: over };
  const timezone = over.timezone ?? spot.zone;
  if (!isTimezone(timezone)) {
    const { decoding, path } = spot;
    decoding.problems.push({
      ...about(
        decoding.ground,
        [...path, 'over', 'timezone'],
        'config-bad-value',
        'an IANA name such as Europe/Berlin',
      ),
      mend: didYouMean(timezone, [...Intl.supportedValuesOf('timeZone'), 'UTC']),
    });
    return null;
  }
  const from = over.from ?? (over.calendar === 'week' ? FIRST_MONDAY : FIRST_DAY);
  const startsAt: Instant | null = readMoment(from, timezone, false);
  if (startsAt === null) {
    complain(spot, ['over', 'from'], 'a day of the calendar');
    return null;
  }
  return { kind: 'calendar', unit: over.calendar, count: over.count ?? 1, timezone, startsAt };
};

const windowMs = (window: Window): number =>
  window.kind === 'rolling' ? window.lengthMs : UNIT_MS[window.unit] * window.count;

const limitsOf = (long: TargetLongText): readonly (readonly [(typeof LIMITS)[number], number])[] =>
  LIMITS.flatMap((name) => {
    const limit = long[name];
    return limit === undefined ? [] : [[name, limit] as const];
  });

const COMPARATORS: Record<(typeof LIMITS)[number], Comparator> = {
  below: 'below',
  at_most: 'at-most',
  above: 'above',
  at_least: 'at-least',
};

const sourceOf = (spot: Spot, long: TargetLongText): string => {
  const source = long.source ?? SOURCE_DEFAULT;
  if (spot.sources.includes(source)) return source;
  const { decoding, path } = spot;
  const place = decoding.ground.locate([...path, 'source']);
  const message = `${sayPath([...path, 'source'])} names ${JSON.stringify(source)}, which is no source of figures`;
  const more = { place, expected: `one of ${spot.sources.join(', ')}`, mend: didYouMean(source, spot.sources) };
  decoding.problems.push(problem('config-unknown-name', message, more));
  return source;
};

const valueIndicator = (spot: Spot, long: TargetLongText, query: string): Indicator | null => {
  const [first, second] = limitsOf(long);
  if (first === undefined || second !== undefined) {
    complain(spot, second === undefined ? [] : [second[0]], `exactly one limit: ${LIMITS.join(', ')}`);
    return null;
  }
  const [name, limit] = first;
  return { kind: 'value', source: sourceOf(spot, long), query, comparator: COMPARATORS[name], limit };
};

const ratioIndicator = (spot: Spot, long: TargetLongText): Indicator | null => {
  const { good, total } = long;
  if (good === undefined || total === undefined) {
    complain(spot, [good === undefined ? 'good' : 'total'], 'two queries, good and total', 'config-missing-key');
    return null;
  }
  return { kind: 'ratio', source: sourceOf(spot, long), good, total, isCounter: long.counter ?? false };
};

const latencyIndicator = (spot: Spot, thresholdMs: DurationMs): Indicator => {
  const { decoding, path, checks } = spot;
  const measuring = checks.filter((check) => !WITHOUT_LATENCY.includes(check.probe.kind));
  if (checks.length > 0 && measuring.length === 0)
    complain(
      spot,
      [],
      'a check that measures latency (http, tcp, redis, postgres, command, golden); this service has none',
    );
  const isVain = measuring.length > 0 && measuring.every((check) => check.timeoutMs < thresholdMs);
  if (isVain) {
    const longest = writeDuration(Math.max(...measuring.map((check) => check.timeoutMs)));
    const expected = `a time within the timeout of the checks, ${longest}: what is slower than that is not answered at all`;
    decoding.warnings.push(about(decoding.ground, path, 'config-bad-value', expected));
  }
  return { kind: 'latency', thresholdMs };
};

/** Which keys make which indicator; each excludes those of the others. */
const KEYS = {
  availability: [],
  latency: ['under'],
  value: ['indicator', 'source', ...LIMITS],
  ratio: ['good', 'total', 'counter', 'source'],
} as const;
const INDICATOR_KEYS = ['under', 'indicator', ...LIMITS, 'good', 'total', 'counter', 'source'] as const;

const kindOf = (long: TargetLongText): Indicator['kind'] => {
  if (long.indicator !== undefined) return 'value';
  if (long.good !== undefined || long.total !== undefined) return 'ratio';
  return long.under === undefined ? 'availability' : 'latency';
};

const SAID_KIND: Record<Indicator['kind'], string> = {
  availability: 'only beside an indicator, or good and total; this target is about availability',
  latency: 'nothing of a source beside under; this target is about latency',
  value: 'only a limit and a source beside an indicator',
  ratio: 'only counter and source beside good and total',
};

const indicatorOf = (spot: Spot, long: TargetLongText): Indicator | null => {
  const kind = kindOf(long);
  const mine: readonly string[] = KEYS[kind];
  for (const key of INDICATOR_KEYS)
    if (long[key] !== undefined && !mine.includes(key)) complain(spot, [key], SAID_KIND[kind], 'config-unknown-key');
  switch (kind) {
    case 'value':
      return valueIndicator(spot, long, long.indicator ?? '');
    case 'ratio':
      return ratioIndicator(spot, long);
    case 'latency':
      return latencyIndicator(spot, long.under ?? durationMs(0));
    default:
      return { kind: 'availability' };
  }
};

const budgetingOf = (spot: Spot, long: TargetLongText, length: number): Budgeting => {
  const method = long.budgeting ?? 'occurrences';
  const sliceMs = long.slice ?? SLICE_DEFAULT;
  if (method === 'occurrences' && long.slice !== undefined)
    complain(spot, ['slice'], 'only with budgeting: timeslices or ratio-timeslices', 'config-unknown-key');
  if (method !== 'timeslices' && long.slice_objective !== undefined)
    complain(spot, ['slice_objective'], 'only with budgeting: timeslices', 'config-unknown-key');
  if (method === 'occurrences') return { method };
  if (sliceMs * 2 > length) complain(spot, ['slice'], 'a slice of which the window holds at least two');
  if (method === 'ratio-timeslices') return { method, sliceMs };
  const sliceObjectivePercent = long.slice_objective ?? 100;
  if (sliceObjectivePercent === 0) complain(spot, ['slice_objective'], 'more than 0%, or every slice is good');
  return { method, sliceMs, sliceObjectivePercent };
};

const burnOf = (spot: Spot, long: TargetLongText, length: number, objective: number): readonly BurnRule[] =>
  (long.burn ?? []).map((rule, index) => {
    const path = ['burn', index];
    const shortMs = rule.short ?? durationMs(Math.max(SHORT_MIN, Math.round(rule.over / SHORT_SHARE)));
    const fastest = Number((100 / (100 - objective)).toPrecision(6));
    if (rule.over > length) complain(spot, [...path, 'over'], 'no longer than the window of the target');
    if (shortMs >= rule.over) complain(spot, [...path, 'short'], 'a window shorter than over');
    if (rule.rate <= 0) complain(spot, [...path, 'rate'], 'a pace above 0x');
    if (rule.rate > fastest)
      complain(spot, [...path, 'rate'], `at most ${fastest}x: nothing burns faster at ${objective}%`);
    return { severity: rule.severity, longMs: rule.over, shortMs, factor: rule.rate };
  });

const SAID_COMPARATOR: Record<Comparator, string> = {
  below: 'below',
  'at-most': 'at most',
  above: 'above',
  'at-least': 'at least',
};

const sayWindow = (window: Window): string => {
  if (window.kind === 'rolling') return writeDuration(window.lengthMs);
  const length = window.count === 1 ? `a calendar ${window.unit}` : `${window.count} calendar ${window.unit}s`;
  return `${length} in ${window.timezone}`;
};

/** A target in one line, in the words of the configuration. */
export const sayTarget = (it: Pick<Target, 'indicator' | 'objectivePercent' | 'window' | 'budgeting'>): string => {
  const { indicator, objectivePercent, window, budgeting } = it;
  const share = `${objectivePercent}%`;
  const slices =
    budgeting.method === 'occurrences' ? '' : ` in ${budgeting.method} of ${writeDuration(budgeting.sliceMs)}`;
  const over = `over ${sayWindow(window)}${slices}`;
  switch (indicator.kind) {
    case 'availability':
      return `${share} ${over}`;
    case 'latency':
      return `${share} under ${writeDuration(indicator.thresholdMs)} ${over}`;
    case 'ratio':
      return `${share} of ${indicator.total} from ${indicator.source} ${over}`;
    default:
      return `${indicator.query} from ${indicator.source} ${SAID_COMPARATOR[indicator.comparator]} ${indicator.limit} in ${share} ${over}`;
  }
};

const decodeTarget = (spot: Spot, service: ServiceId, name: string, text: TargetText): Target | null => {
  const long = longOf(text);
  const objectivePercent = long.objective ?? OBJECTIVE_DEFAULT;
  const isPromise = objectivePercent > 0 && objectivePercent < 100;
  if (!isPromise)
    complain(
      spot,
      typeof text === 'string' ? [] : ['objective'],
      'an objective above 0% and below 100%: at 100% there is no budget to spend',
    );
  const indicator = indicatorOf(spot, long);
  const window = windowOf(spot, long.over);
  if (indicator === null || window === null || !isPromise) return null;
  const length = windowMs(window);
  const budgeting = budgetingOf(spot, long, length);
  const burn = burnOf(spot, long, length, objectivePercent);
  const said = sayTarget({ indicator, objectivePercent, window, budgeting });
  return { id: targetId(service, name), service, name, indicator, objectivePercent, window, budgeting, burn, said };
};

/** What a service declares, and what its latency can be told from. */
export type Promised = {
  readonly service: ServiceId;
  readonly checks: readonly Check[];
  readonly texts: Readonly<Record<string, TargetText>>;
};

/** The targets of one service. Problems: config-bad-value, config-missing-key, config-unknown-key, config-unknown-name. */
export const decodeTargets = (ground: TargetGround, { service, checks, texts }: Promised): readonly Target[] =>
  Object.entries(texts).flatMap(([name, text]) => {
    const target = decodeTarget(
      { ...ground, path: ['services', service, 'targets', name], checks },
      service,
      name,
      text,
    );
    return target === null ? [] : [target];
  });

/** Sources that are there without being declared: this machine, our own checks, what is pushed, and one Prometheus. */
const BUILT_IN: readonly string[] = ['checks', 'host', 'otlp', SOURCE_DEFAULT];

export const knownSources = (declared: readonly string[]): readonly string[] => [
  ...new Set([...BUILT_IN, ...declared]),
];
