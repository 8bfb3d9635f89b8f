// The layout: which rings a target needs, how fine they are, and where each of its burn windows is found.

import { BUDGET_SHARES, type BurnRule, type Target } from '#kernel/target.ts';
import { hours, minutes, type DurationMs } from '#kernel/time.ts';
import { burnRulesOf, STEP_MS } from './burnRules.ts';
import type { RingPlan } from './ring.ts';

/** Widths that a slot may have: each divides the day, so that slots meet the hours. */
const WIDTHS = [
  STEP_MS,
  ...[1, 2, 5, 10, 15, 30].map((count) => minutes(count)),
  ...[1, 2, 3, 6, 12, 24].map((count) => hours(count)),
];
/** A burn window leaves off in steps of at most 1/720 of it: 30 s of six hours, ten minutes of three days. */
const SLOTS_MAX = 720;
/** The window of the promise, of 1/360: two hours of thirty days. */
const WHOLE_SLOTS_MAX = 360;
/** What was not the service's own fault is only shown: there, a sixtieth of the window is fine enough. */
const EXCUSE_SLOTS_MAX = 60;
/** The longest window that the finest ring can hold: six hours. */
const FINE_MS = STEP_MS * SLOTS_MAX;

/** Where the sums of a window are: the window's place in one of the rings. */
export type Place = { readonly isFine: boolean; readonly window: number };
export type PlacedRule = { readonly rule: BurnRule; readonly long: Place; readonly short: Place };

export type Layout = {
  readonly rules: readonly PlacedRule[];
  readonly fine: RingPlan;
  readonly coarse: RingPlan;
  readonly hasCoarse: boolean;
  /** Nothing but whole numbers is counted: they take half of the room. */
  readonly isWhole: boolean;
};

const widthFor = (lengthMs: number, slotsMax: number): number =>
  WIDTHS.find((width) => lengthMs / width <= slotsMax) ?? Math.ceil(lengthMs / slotsMax);

/** Good and bad over one length, and by whom the rest was excused; for a window that rolls. */
export const wholePlan = (
  lengthMs: number,
  isWhole: boolean,
): { readonly own: RingPlan; readonly excused: RingPlan } => {
  const plan = (slotsMax: number, lanes: number): RingPlan => {
    const widthMs = widthFor(lengthMs, slotsMax);
    return { widthMs, windows: [Math.ceil(lengthMs / widthMs)], lanes, isWhole };
  };
  return { own: plan(WHOLE_SLOTS_MAX, 2), excused: plan(EXCUSE_SLOTS_MAX, BUDGET_SHARES.length - 1) };
};

const isWholeOf = ({ indicator, budgeting }: Target): boolean =>
  indicator.kind !== 'ratio' && budgeting.method !== 'ratio-timeslices';

/** Targets of one site are much alike: thousands share a layout, which is larger than some of their rings. */
const layouts = new Map<string, Layout>();
/** More kinds of targets than any site has; beyond, they are made anew. */
const LAYOUTS_MAX = 1_000;

export const layoutOf = (target: Target): Layout => {
  const key = JSON.stringify([target.window, target.burn, isWholeOf(target)]);
  const known = layouts.get(key);
  if (known !== undefined) return known;
  const made = makeLayout(target);
  if (layouts.size < LAYOUTS_MAX) layouts.set(key, made);
  return made;
};

const makeLayout = (target: Target): Layout => {
  const rules = burnRulesOf(target);
  const isWhole = isWholeOf(target);
  const lengths = [...new Set(rules.flatMap((rule) => [rule.longMs, rule.shortMs]))].toSorted((a, b) => a - b);
  const plan = (own: readonly number[], widthMs: number): RingPlan => ({
    widthMs,
    windows: own.map((length) => Math.ceil(length / widthMs)),
    lanes: 2,
    isWhole,
  });
  const fine = lengths.filter((length) => length <= FINE_MS);
  const coarse = lengths.filter((length) => length > FINE_MS);
  const place = (length: DurationMs): Place =>
    length <= FINE_MS
      ? { isFine: true, window: fine.indexOf(length) }
      : { isFine: false, window: coarse.indexOf(length) };
  return {
    rules: rules.map((rule) => ({ rule, long: place(rule.longMs), short: place(rule.shortMs) })),
    fine: plan(fine, STEP_MS),
    coarse: plan(coarse, widthFor(coarse.at(-1) ?? FINE_MS, SLOTS_MAX)),
    hasCoarse: coarse.length > 0,
    isWhole,
  };
};
