// From the class of a cause to what is to be tried: act, wait or ask. The gate still has the last word.

import type { Cause } from '#kernel/cause.ts';
import type { Decision } from '#kernel/decision.ts';
import type { ServiceId } from '#kernel/id.ts';
import type { Reason } from '#kernel/reason.ts';
import { isOperable, type Workload } from '#kernel/service.ts';
import { hours, later, minutes, seconds, type DurationMs, type Instant } from '#kernel/time.ts';

/** A remedy that did not help twice is not tried a third time without a pause and a person. */
export const INEFFECTIVE_MAX = 2;
/** After the first remedy that did not help: a breath, so that a crash loop is not fed. */
const SECOND_TRY_PAUSE_MS = seconds(1);
/** A dependency tells its news by itself, in the transaction in which they become true; this is the net below that. */
const WAITING_MS = minutes(5);
/** What only a person can mend is looked at again this often. */
const PERSON_PAUSE_MS = minutes(1);

/** Careful retries in quarantine: 1, 5, 15 minutes, then every hour. They heal without a person when the cause is gone. */
const PROBATION: readonly DurationMs[] = [minutes(1), minutes(5), minutes(15)];
const PROBATION_AFTER = hours(1);

export const probationPause = (attempt: number): DurationMs => PROBATION[attempt] ?? PROBATION_AFTER;

export type Trouble = {
  readonly at: Instant;
  readonly workload: Workload;
  readonly cause: Cause;
  /** It answers in time, and only the answers are wrong. */
  readonly isOnlyWrong: boolean;
  /** Remedies in a row whose outcome was measured as ineffective. */
  readonly ineffective: number;
  /** When the last remedy turned out ineffective; null: none did. */
  readonly lastFailedAt: Instant | null;
  /** The root dependency that is down, and since when. */
  readonly waitOn: { readonly dependency: ServiceId; readonly since: Instant } | null;
  /** One that it needs is back only since then; until then it may mend by itself. Null: nothing to wait for. */
  readonly mending: { readonly dependency: ServiceId; readonly since: Instant; readonly until: Instant } | null;
  /** This is a careful retry out of quarantine: earlier failures no longer forbid one try. */
  readonly isProbation: boolean;
};

const causeReason = (cause: Cause): Reason => ({
  kind: 'cause',
  class: cause.class,
  culprit: cause.culprit,
  signs: cause.signs,
});

/** Chooses the remedy. Total: every class of cause has its line here. */
export const chooseRemedy = (trouble: Trouble): Decision => {
  const { at, cause } = trouble;
  const because = causeReason(cause);
  if (trouble.waitOn !== null) {
    return {
      kind: 'wait',
      reasons: [{ kind: 'dependency-down', ...trouble.waitOn }],
      lookAgainAt: later(at, WAITING_MS),
    };
  }
  if (trouble.mending !== null && trouble.mending.until > at) {
    const { until, ...back } = trouble.mending;
    return { kind: 'wait', reasons: [{ kind: 'dependency-back', ...back }, because], lookAgainAt: until };
  }
  if (!isOperable(trouble.workload)) {
    const reasons: readonly Reason[] = [{ kind: 'no-driver', workload: trouble.workload.kind }, because];
    return { kind: 'ask', reasons, lookAgainAt: later(at, PERSON_PAUSE_MS) };
  }
  // A restart cannot win a port from another program; naming the holder can.
  if (cause.class === 'port-taken') return { kind: 'ask', reasons: [because], lookAgainAt: later(at, PERSON_PAUSE_MS) };
  // What was started with the change answers, wrongly: another start would start the same. It is to be taken back.
  if (cause.class === 'bad-deployment' && trouble.isOnlyWrong) {
    return { kind: 'ask', reasons: [because], lookAgainAt: later(at, PERSON_PAUSE_MS) };
  }
  if (trouble.ineffective >= INEFFECTIVE_MAX && !trouble.isProbation) {
    const reasons: readonly Reason[] = [{ kind: 'ineffective', times: trouble.ineffective }, because];
    return { kind: 'ask', reasons, lookAgainAt: later(at, probationPause(0)) };
  }
  const earliestAt = trouble.lastFailedAt === null ? at : later(trouble.lastFailedAt, SECOND_TRY_PAUSE_MS);
  if (earliestAt > at && !trouble.isProbation) {
    return {
      kind: 'wait',
      reasons: [{ kind: 'ineffective', times: trouble.ineffective }, because],
      lookAgainAt: earliestAt,
    };
  }
  return { kind: 'act', action: 'restart', reasons: [because] };
};
