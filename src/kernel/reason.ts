// Why Sereno acts, waits or asks. The CLI, the page, the evidence and the tests all print from these values.

import type { CauseClass } from './cause.ts';
import type { ServiceId } from './id.ts';
import { sayDuration, type DurationMs, type Instant } from './time.ts';
import { unreachable } from './unreachable.ts';

export type Reason =
  | {
      readonly kind: 'cause';
      readonly class: CauseClass;
      readonly culprit: string | null;
      readonly signs: readonly string[];
    }
  | { readonly kind: 'check-failed'; readonly check: string; readonly message: string; readonly since: Instant }
  | { readonly kind: 'within-budget'; readonly used: number; readonly count: number; readonly windowMs: DurationMs }
  | {
      readonly kind: 'budget-spent';
      readonly used: number;
      readonly count: number;
      readonly windowMs: DurationMs;
      readonly freeAt: Instant;
    }
  | { readonly kind: 'dependency-down'; readonly dependency: ServiceId; readonly since: Instant }
  | { readonly kind: 'held'; readonly by: string; readonly since: Instant; readonly why: string }
  | { readonly kind: 'canary-failed'; readonly message: string; readonly since: Instant }
  | { readonly kind: 'correlated'; readonly failing: readonly ServiceId[]; readonly total: number }
  | { readonly kind: 'selection-changed'; readonly before: number; readonly after: number }
  | { readonly kind: 'not-allowed'; readonly action: string }
  | { readonly kind: 'never-rule'; readonly rule: string }
  | { readonly kind: 'autonomy'; readonly tier: number }
  | { readonly kind: 'freeze'; readonly until: Instant }
  | { readonly kind: 'traffic-over-limit'; readonly trafficPercent: number; readonly limitPercent: number }
  | { readonly kind: 'traffic-within-limit'; readonly trafficPercent: number; readonly limitPercent: number }
  | { readonly kind: 'velocity'; readonly inHands: readonly ServiceId[]; readonly limit: number }
  | { readonly kind: 'subject-in-hands'; readonly subject: ServiceId; readonly until: Instant }
  | { readonly kind: 'safe-mode'; readonly since: Instant }
  | { readonly kind: 'ineffective'; readonly times: number }
  | { readonly kind: 'quarantined'; readonly since: Instant; readonly retryAt: Instant }
  | { readonly kind: 'no-driver'; readonly workload: string }
  | { readonly kind: 'state-unknown'; readonly since: Instant; readonly message: string }
  | { readonly kind: 'person-asked'; readonly by: string; readonly why: string }
  | { readonly kind: 'person-stopped-it'; readonly by: string; readonly since: Instant }
  | { readonly kind: 'port-held'; readonly port: number; readonly holder: string }
  | { readonly kind: 'observing'; readonly until: Instant }
  | { readonly kind: 'starting'; readonly until: Instant }
  | { readonly kind: 'nothing-wrong'; readonly since: Instant };

/** An instant as people read it in logs: `2026-11-21 05:03:11Z`. */
export const sayInstant = (at: Instant): string =>
  new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');

const sayCauseClass: Record<CauseClass, string> = {
  'out-of-memory': 'it ran out of memory',
  'port-taken': 'another program holds its port',
  dependency: 'something it needs is down',
  'bad-deployment': 'it broke right after a change',
  hang: 'it is alive but does not answer',
  crash: 'it ended by itself',
  killed: 'it was killed from outside',
  stopped: 'it is frozen (stopped by a signal)',
  unknown: 'the cause is not known',
};

/** One reason in one sentence, without the full stop. */
export const sayReason = (reason: Reason): string => {
  switch (reason.kind) {
    case 'cause': {
      const who = reason.culprit === null ? '' : ` (${reason.culprit})`;
      const signs = reason.signs.length === 0 ? '' : `: ${reason.signs.join('; ')}`;
      return `${sayCauseClass[reason.class]}${who}${signs}`;
    }
    case 'check-failed':
      return `check ${reason.check} fails since ${sayInstant(reason.since)}: ${reason.message}`;
    case 'within-budget':
      return `${reason.used} of ${reason.count} restarts used in the last ${sayDuration(reason.windowMs)}`;
    case 'budget-spent':
      return `restart budget spent: ${reason.used} of ${reason.count} in the last ${sayDuration(reason.windowMs)}; the next is free at ${sayInstant(reason.freeAt)}`;
    case 'dependency-down':
      return `waiting on ${reason.dependency}, which is down since ${sayInstant(reason.since)}`;
    case 'held':
      return `all acting is held by ${reason.by} since ${sayInstant(reason.since)}: ${reason.why}`;
    case 'canary-failed':
      return `the watchman's own canary fails since ${sayInstant(reason.since)}: ${reason.message}; its eyes cannot be trusted`;
    case 'correlated':
      return `${reason.failing.length} of ${reason.total} services failed at once (${reason.failing.join(', ')}); the watchman suspects itself first`;
    case 'selection-changed':
      return `the number of services went from ${reason.before} to ${reason.after} at once; a person must confirm`;
    case 'not-allowed':
      return `policy does not list ${reason.action} under allow`;
    case 'never-rule':
      return `never-rule: ${reason.rule}`;
    case 'autonomy':
      return `autonomy tier ${reason.tier} does not act without a person`;
    case 'freeze':
      return `a freeze window is in force until ${sayInstant(reason.until)}`;
    case 'traffic-over-limit':
      return `the action touches ${reason.trafficPercent} % of traffic, over the limit of ${reason.limitPercent} %`;
    case 'traffic-within-limit':
      return `the action touches ${reason.trafficPercent} % of traffic, within the limit of ${reason.limitPercent} %`;
    case 'velocity':
      return `${reason.inHands.join(', ')} already in hands; at most ${reason.limit} at once`;
    case 'subject-in-hands':
      return `another action on ${reason.subject} holds the lease until ${sayInstant(reason.until)}`;
    case 'safe-mode':
      return `safe mode since ${sayInstant(reason.since)}, after an unclean stop: one action at a time`;
    case 'ineffective':
      return `the remedy did not help ${reason.times} times in a row`;
    case 'quarantined':
      return `in quarantine since ${sayInstant(reason.since)}; a careful retry follows at ${sayInstant(reason.retryAt)}`;
    case 'no-driver':
      return `no way to start or restart it is declared (run: ${reason.workload})`;
    case 'state-unknown':
      return `its state is unknown since ${sayInstant(reason.since)}: ${reason.message}`;
    case 'person-asked':
      return `${reason.by} asked for it: ${reason.why}`;
    case 'person-stopped-it':
      return `${reason.by} stopped it at ${sayInstant(reason.since)}`;
    case 'port-held':
      return `port ${reason.port} is held by ${reason.holder}`;
    case 'observing':
      return `an action was taken; its outcome is being measured until ${sayInstant(reason.until)}`;
    case 'starting':
      return `it is starting; first answer expected by ${sayInstant(reason.until)}`;
    case 'nothing-wrong':
      return `nothing is wrong since ${sayInstant(reason.since)}`;
    default:
      return unreachable(reason);
  }
};

export const sayReasons = (reasons: readonly Reason[]): string => reasons.map(sayReason).join('; ');
