// The budget: how much of what may go wrong is left, and when it will be gone at the pace of now.

import { durationMs, instant, type DurationMs, type Instant } from '#kernel/time.ts';
import { EXCUSES, type Excuse, type Whole } from './whole.ts';

export type Exhaustion = {
  /** At the pace of now; null when at this pace it is not gone before the window is over. */
  readonly at: Instant | null;
  /** 19 times in 20 not before and not after, if events were bad independently; null: not in this window. */
  readonly earliest: Instant | null;
  readonly latest: Instant | null;
};

export type Budget = {
  /** Bad events, or slices, that the whole window allows; of a window that is not full yet, at the traffic so far. */
  readonly allowed: number;
  readonly used: number;
  /** Below 0 when more is gone than there was. */
  readonly remaining: number;
  readonly remainingPercent: number;
  /** How long everything could fail from now on. */
  readonly remainingMs: DurationMs;
  /** Bad events that are not the service's own fault; they are in no total. */
  readonly excused: Readonly<Record<Excuse, number>>;
  readonly withoutDataMs: DurationMs;
  readonly exhaustion: Exhaustion;
  /** The objective is missed over what was seen, and chance does not explain it. */
  readonly isBreached: boolean;
  /** The budget of the whole window is gone. */
  readonly isExhausted: boolean;
};

export type Account = {
  readonly whole: Whole;
  /** The share of events that may be bad, 0 to 1. */
  readonly allowance: number;
  readonly at: Instant;
  /** The part of the window that was seen, and the part that is still to come. */
  readonly seenMs: number;
  readonly aheadMs: number;
  /** Bad events of the last while, from which the pace is read. */
  readonly recent: { readonly bad: number; readonly overMs: number };
  readonly withoutDataMs: number;
};

export const budgetOf = (account: Account): Budget => {
  const { whole, allowance, seenMs, aheadMs } = account;
  const [good, used] = [whole.good(), whole.bad()];
  const soFar = (good + used) * allowance;
  const allowed = soFar * (1 + aheadMs / seenMs);
  const remaining = allowed - used;
  const part = allowed > 0 ? remaining / allowed : 1;
  return {
    allowed,
    used,
    remaining,
    remainingPercent: 100 * part,
    remainingMs: durationMs(Math.max(0, part) * allowance * (seenMs + aheadMs)),
    excused: Object.fromEntries(EXCUSES.map((by) => [by, whole.excused(by)])) as Record<Excuse, number>, // decoder: one for each
    withoutDataMs: durationMs(account.withoutDataMs),
    exhaustion: exhaustionOf(account, remaining, allowed),
    isBreached: isMissed(used, soFar),
    isExhausted: used > 0 && !isOver(allowed, used),
  };
};

/** One bad event is never proof; and with an objective that is met, so many would be seen in one of a hundred such spans. */
const PROOF_LEAST = 2;
const PROOF_CHANCE = 0.01;

/**
 * More bad events than the objective allows so far, beyond chance: Chernoff's bound of the upper tail of a Poisson count,
 * P(X >= b) <= exp(b - m - b ln(b/m)). Without it a young target is missed by its first bad look, and met again an hour later.
 */
const isMissed = (used: number, soFar: number): boolean => {
  if (used < PROOF_LEAST || !isOver(used, soFar)) return false;
  return soFar === 0 || used - soFar - used * Math.log(used / soFar) <= Math.log(PROOF_CHANCE);
};

/** Sums of products: 0.1 % of 3,000 is 3, and not 3.0000000000000004. */
const isOver = (a: number, b: number): boolean => a - b > 1e-9 * Math.max(1, b);

/**
 * Bad events come as a Poisson process at the rate of the last while; the interval for the rate is Garwood's, by Byar's
 * approximation (Breslow and Day, 1987, vol. II, 2.10). In a rolling window what was eaten comes back when it leaves: a pace that the
 * window allows never exhausts it, and nothing is projected beyond one window.
 */
const exhaustionOf = (account: Account, remaining: number, allowed: number): Exhaustion => {
  const { recent, at, seenMs, aheadMs } = account;
  const isRolling = aheadMs === 0;
  const horizonMs = isRolling ? seenMs : aheadMs;
  const when = (events: number): Instant | null => {
    if (events <= 0 || recent.overMs <= 0 || remaining <= 0) return null;
    const perMs = events / recent.overMs;
    if (isRolling && perMs * seenMs <= allowed) return null;
    const inMs = remaining / perMs;
    return inMs <= horizonMs ? instant(Math.round(at + inMs)) : null;
  };
  const { low, high } = byar(recent.bad);
  return { at: when(recent.bad), earliest: when(high), latest: when(low) };
};

/** The 97.5 % point of the normal distribution. */
const Z = 1.959964;

/** 95 % limits for the mean of a Poisson count. */
const byar = (count: number): { readonly low: number; readonly high: number } => {
  const above = count + 1;
  const high = above * (1 - 1 / (9 * above) + Z / (3 * Math.sqrt(above))) ** 3;
  const low = count > 0 ? count * Math.max(0, 1 - 1 / (9 * count) - Z / (3 * Math.sqrt(count))) ** 3 : 0;
  return { low, high };
};
