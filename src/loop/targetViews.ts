// Views of targets: the verdict of a judge, in the words that people are shown.

import type { TargetJudge, Verdict } from '#judge/budget/judge.ts';
import type { Reason } from '#kernel/reason.ts';
import type { Target } from '#kernel/target.ts';
import { latest, type DurationMs, type Instant } from '#kernel/time.ts';
import type { BudgetView, TargetView } from '#kernel/targetView.ts';
import type { TargetEvent } from './held.ts';

/** Counted in this run; they only grow. */
export type Events = { good: number; bad: number; excused: number };

/** One target under judgement. */
export type Docket = {
  readonly target: Target;
  readonly judge: TargetJudge;
  readonly everyMs: DurationMs;
  readonly openedAt: Instant;
  readonly events: Events;
  /** Not counted yet: the first of them is in doubt. */
  readonly held: TargetEvent[];
};

const budgetView = ({ budget }: Verdict): BudgetView => ({
  allowed: budget.allowed,
  used: budget.used,
  remainingPercent: budget.remainingPercent,
  remainingMs: budget.remainingMs,
  shares: { own: budget.used, ...budget.excused },
  withoutDataMs: budget.withoutDataMs,
  exhaustedAt: budget.exhaustion.at,
  exhaustedEarliest: budget.exhaustion.earliest,
  exhaustedLatest: budget.exhaustion.latest,
});

const reasonsOf = (verdict: Verdict, since: Instant): readonly Reason[] => {
  if (verdict.state !== 'no-data') return [];
  const message = verdict.lastAt === null ? 'nothing judged yet' : 'nothing fresh to judge by';
  return [{ kind: 'state-unknown', since, message }];
};

/** How a target stands at this moment. */
export const targetView = (docket: Docket, now: Instant): TargetView => {
  const { target, judge, openedAt, events } = docket;
  const verdict = judge.verdict(now);
  const since = latest(openedAt, verdict.lastAt ?? openedAt);
  const isJudged = verdict.lastAt !== null;
  return {
    id: target.id,
    service: target.service,
    name: target.name,
    said: target.said,
    indicator: target.indicator.kind,
    objectivePercent: target.objectivePercent,
    state: verdict.state,
    budget: isJudged ? budgetView(verdict) : null,
    burns: verdict.burns.map(({ rule, longRate, shortRate, isHolding }) => ({
      severity: rule.severity,
      longMs: rule.longMs,
      shortMs: rule.shortMs,
      factor: rule.factor,
      longRate,
      shortRate,
      isHolding,
    })),
    episodes: isJudged ? judge.episodes() : [],
    reasons: reasonsOf(verdict, since),
    events: { ...events },
    lastAt: verdict.lastAt,
    staleSince: verdict.state === 'no-data' ? since : null,
  };
};
