// The grammar of targets: short forms for what the checks measure, one long form for everything, and agreed work.

import * as z from 'zod';
import { DURATION_PATTERN, PERCENT_PATTERN, readDuration, readPercent } from './quantity.ts';
import { oneOrMany, section } from './section.ts';
import {
  amount,
  availability,
  duration,
  flag,
  latency,
  multiple,
  name,
  oneOf,
  patterned,
  percent,
  text,
  whole,
} from './word.ts';

/** A day, or a time of a day, in the time zone of the site unless it says otherwise. */
export const MOMENT_PATTERN = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})?)?$/;
export const moment = () => patterned(MOMENT_PATTERN, 'a date such as 2026-12-24, or 2026-12-24T18:00');

const SEVERITIES = ['SEV1', 'SEV2', 'SEV3', 'SEV4'] as const;
const CALENDAR_UNITS = ['day', 'week', 'month', 'quarter', 'year'] as const;
const BUDGETING = ['occurrences', 'timeslices', 'ratio-timeslices'] as const;

/**
 * A limit for any number. Sources count as Prometheus does, in base units: a percentage is a ratio (0.1% is 0.001), a
 * duration is in seconds (300ms is 0.3), a bare number is itself.
 */
const limitValue = () =>
  z.union(
    [
      patterned(PERCENT_PATTERN, 'a percentage').transform((written) =>
        Number((readPercent(written) / 100).toPrecision(12)),
      ),
      patterned(DURATION_PATTERN, 'a duration').transform((written) => readDuration(written) / 1_000),
      amount(-1e15, 1e15),
    ],
    { error: 'a limit: a number, a percentage such as 0.1%, or a duration such as 300ms' },
  );

const CALENDAR = section({
  calendar: oneOf(CALENDAR_UNITS),
  count: whole(1, 1_000).optional(),
  timezone: text('a time zone such as Europe/Berlin').optional(),
  from: patterned(/^\d{4}-\d{2}-\d{2}$/, 'a day such as 2026-01-01').optional(),
});

const BURN = section({
  rate: multiple(),
  over: duration('1m', '365d'),
  short: duration('30s', '365d').optional(),
  severity: oneOf(SEVERITIES),
});

export const LIMITS = ['below', 'at_most', 'above', 'at_least'] as const;

/** The long form of any target. Which of its keys belong together is told when it is decoded. */
const TARGET_LONG = section({
  objective: percent().optional(),
  over: z.union([duration('1m', '3650d'), CALENDAR], {
    error: 'a window: 30d, or { calendar: month, timezone: Europe/Berlin }',
  }),
  under: duration('1ms', '1h').optional(),
  indicator: text('a query').optional(),
  below: limitValue().optional(),
  at_most: limitValue().optional(),
  above: limitValue().optional(),
  at_least: limitValue().optional(),
  good: text('a query').optional(),
  total: text('a query').optional(),
  counter: flag().optional(),
  source: name().optional(),
  budgeting: oneOf(BUDGETING).optional(),
  slice: duration('10s', '1d').optional(),
  slice_objective: percent().optional(),
  burn: z.array(BURN, { error: 'a list of burn rules' }).max(10).optional(),
}).check((context) => {
  const { objective, indicator } = context.value;
  if (objective !== undefined || indicator !== undefined) return;
  const message = 'an objective (99.9%), or an indicator with a limit (below, at_most, above, at_least)';
  context.issues.push({ code: 'custom', input: context.value, path: [], message });
});
export type TargetLongText = z.output<typeof TARGET_LONG>;

export const TARGET = z.union([availability(), latency(), TARGET_LONG], {
  error: 'a target such as 99.9% over 30d, or 95% under 300ms over 7d',
});
export type TargetText = z.output<typeof TARGET>;

export const TARGETS = z
  .record(name(), TARGET, { error: 'targets by name, such as availability: 99.9% over 30d' })
  .describe('What is promised: by name, such as availability, latency, errors.');

export const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;

/** Agreed work: once, or each week. */
const WORK = section({
  from: moment().optional(),
  to: moment().optional(),
  every: oneOrMany(oneOf([...WEEKDAYS, 'day']), 7).optional(),
  at: patterned(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'a time of day such as "02:00", in quotes').optional(),
  for: duration('1m', '1d').optional(),
  services: oneOrMany(name(), 1_000).optional(),
  why: text('what is done and why'),
}).check((context) => {
  const { from, to, every, at, for: length } = context.value;
  const isOnce = from !== undefined && to !== undefined;
  const isWeekly = every !== undefined && at !== undefined && length !== undefined;
  const given = [from, to, every, at, length].filter((part) => part !== undefined).length;
  if ((isOnce && given === 2) || (isWeekly && given === 3)) return;
  const message = 'work with either from and to, or every, at and for';
  context.issues.push({ code: 'custom', input: context.value, path: [], message });
});
export type WorkText = z.output<typeof WORK>;
export const MAINTENANCE = z.array(WORK, { error: 'a list of agreed work' }).max(1_000);
