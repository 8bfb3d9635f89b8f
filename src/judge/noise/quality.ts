// Alert quality: of each rule, how often it called people, how often anything was done about it, and what it cost.
// An alert that calls more than five times in a week and makes nobody act is not an alert but noise: a finding.

import type { Finding } from '#kernel/finding.ts';
import { elapsedMs, hours, type DurationMs, type Instant } from '#kernel/time.ts';

export const QUALITY_WINDOW_MS: DurationMs = hours(24 * 7);
/** More than this within the window, none of them acted on, is noise. */
export const UNACTED_MAX = 5;
/** Calls that are remembered of one rule: a rule that calls more often than this in a week is noise many times over. */
const CALLS_KEPT = 50;

/** One call to people by a rule. */
export type Call = {
  readonly at: Instant;
  /** Messages that it cost. */
  readonly messages: number;
  /** A person or Sereno did something about it before it was over. */
  readonly isActedOn: boolean;
  readonly isOver: boolean;
};

export type Quality = {
  readonly rule: string;
  readonly fired: number;
  readonly actedOn: number;
  /** Over by itself: nobody, neither a person nor Sereno, had done anything. */
  readonly false: number;
  /** Messages to people. */
  readonly messages: number;
};

export const recentCalls = (calls: readonly Call[], at: Instant): readonly Call[] =>
  calls.filter((call) => elapsedMs(call.at, at) < QUALITY_WINDOW_MS);

/** A rule has called people. */
export const called = (calls: readonly Call[], at: Instant): readonly Call[] =>
  [...recentCalls(calls, at), { at, messages: 1, isActedOn: false, isOver: false }].slice(-CALLS_KEPT);

/** Something happened to the newest call, while it is open. */
export const amend = (calls: readonly Call[], amended: (call: Call) => Call): readonly Call[] => {
  const last = calls.at(-1);
  return last === undefined || last.isOver ? calls : [...calls.slice(0, -1), amended(last)];
};

/** The figures of one rule over the last seven days. */
export const qualityOf = (rule: string, calls: readonly Call[], at: Instant): Quality => {
  const recent = recentCalls(calls, at);
  return {
    rule,
    fired: recent.length,
    actedOn: recent.filter((call) => call.isActedOn).length,
    false: recent.filter((call) => call.isOver && !call.isActedOn).length,
    messages: recent.reduce((sum, call) => sum + call.messages, 0),
  };
};

/** The finding that a rule is noise; null while it is not. Calls that are open may still be acted on and do not count. */
export const noiseOf = (rule: string, calls: readonly Call[], at: Instant): Finding | null => {
  const quality = qualityOf(rule, calls, at);
  if (quality.false <= UNACTED_MAX) return null;
  const [first] = recentCalls(calls, at).filter((call) => call.isOver && !call.isActedOn);
  return {
    key: `alert-noise:${rule}`,
    kind: 'alert-noise',
    service: null,
    target: null,
    severityHint: 'SEV4',
    since: first?.at ?? at,
    title: `${rule} called people ${quality.fired} times in seven days, ${quality.false} of them for nothing that anybody acted on`,
    reasons: [],
  };
};
