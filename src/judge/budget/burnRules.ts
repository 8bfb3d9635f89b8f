// Burn rules: how fast may a budget go before people are told (Site Reliability Workbook, ch. 5, table 5-8).
//
// A rule holds while more than `factor` times the budget's own pace is burned in the long window, and in the short one,
// so that it ends soon after the trouble. factor = part of the budget × period / long window.

import type { Severity } from '#kernel/notification.ts';
import type { BurnRule, Target } from '#kernel/target.ts';
import { durationMs, hours, minutes, type DurationMs } from '#kernel/time.ts';
import { periodOf } from './span.ts';

type Row = {
  readonly severity: Severity;
  /** Of the whole budget, 0 to 1: what is gone when the rule begins to hold. */
  readonly part: number;
  readonly longMs: DurationMs;
  readonly shortMs: DurationMs;
};

/** One target: a person is told (SEV2). A slow burn is looked into by day (SEV3). */
const WORKBOOK: readonly Row[] = [
  { severity: 'SEV2', part: 0.02, longMs: hours(1), shortMs: minutes(5) },
  { severity: 'SEV2', part: 0.05, longMs: hours(6), shortMs: minutes(30) },
  { severity: 'SEV3', part: 0.1, longMs: hours(24), shortMs: hours(2) },
  { severity: 'SEV3', part: 0.1, longMs: hours(72), shortMs: hours(6) },
];

/** The period that the table was written for. */
const TABLE_MS = hours(30 * 24);
/** Four weeks are the shortest period over which a slow burn of three days still means something. */
const DERIVED_FROM_MS = hours(28 * 24);
/** Windows are whole slots of the finest ring. */
export const STEP_MS = 30_000;

const wholeSteps = (ms: number): DurationMs => durationMs(Math.max(1, Math.ceil(ms / STEP_MS)) * STEP_MS);

/** 10 digits say all that a person writes, and take away what 100 - 99.9 leaves behind. */
const tidy = (value: number): number => Number(value.toPrecision(10));

/**
 * The rules of the owner; without any those of the workbook. From four weeks on its windows stay and the factors follow
 * the period: 14.4 is 13.44 over 28 days. Below, factors would fall under 1, which no met target is: they stay, and the
 * windows shrink with the period.
 */
export const burnRulesOf = (target: Pick<Target, 'burn' | 'window'>): readonly BurnRule[] => {
  if (target.burn.length > 0) return target.burn;
  const period = periodOf(target.window);
  return WORKBOOK.map(({ severity, part, longMs, shortMs }) =>
    period >= DERIVED_FROM_MS
      ? { severity, longMs, shortMs, factor: tidy((part * period) / longMs) }
      : {
          severity,
          longMs: wholeSteps((longMs * period) / TABLE_MS),
          shortMs: wholeSteps((shortMs * period) / TABLE_MS),
          factor: tidy((part * TABLE_MS) / longMs),
        },
  );
};

/** The share of events that may be bad, 0 to 1, both left out. */
export const allowanceOf = (target: Pick<Target, 'objectivePercent'>): number =>
  tidy((100 - target.objectivePercent) / 100);

/** Who is woken by it; the other severities are looked into by day. */
export const isPage = (severity: Severity): boolean => severity === 'SEV1' || severity === 'SEV2';
