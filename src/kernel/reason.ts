// Why Sereno acts, waits or asks. The CLI, the page, the evidence and the tests all print from these values.

import type { CauseClass } from './cause.ts';
import type { ComparedWith, ReleaseEffect, ReleaseMetric } from './deployment.ts';
import type { ServiceId } from './id.ts';
import type { Symptom } from './observation.ts';
import { sayDuration, type DurationMs, type Instant } from './time.ts';

/** Who fails together. */
type Failing = {
  readonly failing: readonly ServiceId[];
  /** So many more fail that are not named here: see `withFewNames`. */
  readonly unnamed?: number;
};

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
  | { readonly kind: 'dependency-back'; readonly dependency: ServiceId; readonly since: Instant }
  | { readonly kind: 'held'; readonly by: string; readonly since: Instant; readonly why: string }
  | { readonly kind: 'canary-failed'; readonly message: string; readonly since: Instant }
  | { readonly kind: 'doubt-over'; readonly since: Instant }
  | ({ readonly kind: 'correlated'; readonly total: number } & Failing)
  | ({ readonly kind: 'path-silent'; readonly path: string } & Failing)
  | ({
      readonly kind: 'shared-cause';
      readonly symptom: Symptom;
      /** What went down before them, or with them: the first suspect; null when nothing that is watched did. */
      readonly suspect: ServiceId | null;
    } & Failing)
  | { readonly kind: 'selection-changed'; readonly before: number; readonly after: number }
  | { readonly kind: 'not-allowed'; readonly action: string }
  | { readonly kind: 'never-rule'; readonly rule: string }
  | { readonly kind: 'autonomy'; readonly tier: number }
  | { readonly kind: 'freeze'; readonly until: Instant }
  | { readonly kind: 'traffic-over-limit'; readonly trafficPercent: number; readonly limitPercent: number }
  | { readonly kind: 'traffic-within-limit'; readonly trafficPercent: number; readonly limitPercent: number }
  | { readonly kind: 'velocity'; readonly inHands: readonly string[]; readonly limit: number }
  | { readonly kind: 'subject-in-hands'; readonly subject: string; readonly until: Instant }
  | { readonly kind: 'safe-mode'; readonly since: Instant }
  | { readonly kind: 'ineffective'; readonly times: number }
  | { readonly kind: 'quarantined'; readonly since: Instant; readonly retryAt: Instant }
  | { readonly kind: 'no-driver'; readonly workload: string }
  | { readonly kind: 'state-unknown'; readonly since: Instant; readonly message: string }
  | { readonly kind: 'person-asked'; readonly by: string; readonly why: string }
  | { readonly kind: 'person-stopped-it'; readonly by: string; readonly since: Instant }
  | { readonly kind: 'port-held'; readonly port: number; readonly holder: string }
  | ({
      readonly kind: 'release-worse';
      readonly version: string;
      readonly comparedWith: ComparedWith;
      readonly evidence: number;
    } & ReleaseEffect)
  | { readonly kind: 'observing'; readonly until: Instant }
  | { readonly kind: 'starting'; readonly until: Instant }
  | { readonly kind: 'nothing-wrong'; readonly since: Instant };

/** An instant as people read it in logs: `2026-11-21 05:03:11Z`. */
export const sayInstant = (at: Instant): string =>
  new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');

/** So many names are read at once; of three thousand a person wants the number. */
const NAMED_MAX = 12;

const countOf = ({ failing, unnamed = 0 }: Failing): number => failing.length + unnamed;

const sayNames = (reason: Failing): string => {
  const named = reason.failing.slice(0, NAMED_MAX);
  const others = countOf(reason) - named.length;
  return others === 0 ? named.join(', ') : `${named.join(', ')} and ${others} more`;
};

/**
 * The same reasons, each with a few names and the number of the others: what is told to everybody who fails must not
 * name everybody who fails. Of three thousand that hung at once this was 11 MB of evidence in four minutes.
 */
export const withFewNames = (reasons: readonly Reason[]): readonly Reason[] =>
  reasons.map((reason) =>
    'failing' in reason && reason.failing.length > NAMED_MAX
      ? { ...reason, failing: reason.failing.slice(0, NAMED_MAX), unnamed: countOf(reason) - NAMED_MAX }
      : reason,
  );

const sayCauseClass: Record<CauseClass, string> = {
  'out-of-memory': 'it ran out of memory',
  'port-taken': 'another program holds its port',
  dependency: 'something it needs is down',
  'bad-deployment': 'it broke right after a change',
  hang: 'it is alive but does not answer',
  busy: 'it computes without a pause and does not answer',
  'half-open': 'it waits on a connection whose other side is gone',
  unfinished: 'it begins its answers and does not end them',
  'wrong-answer': 'it answers, but wrongly',
  overdue: 'its output is overdue',
  zombie: 'a worker of its own has ended and it did not take notice',
  descriptors: 'it has no file descriptor left',
  crash: 'it ended by itself',
  killed: 'it was killed from outside',
  stopped: 'it is frozen (stopped by a signal)',
  unknown: 'the cause is not known',
};

const SAY_METRIC: Record<ReleaseMetric, string> = {
  errors: 'failures',
  'slow-p95': 'answers slower than 95 of 100 were before',
  'slow-p99': 'answers slower than 99 of 100 were before',
};

type Say = { readonly [Kind in Reason['kind']]: (reason: Extract<Reason, { readonly kind: Kind }>) => string };

const SAY: Say = {
  cause: (reason) => {
    const who = reason.culprit === null ? '' : ` (${reason.culprit})`;
    const signs = reason.signs.length === 0 ? '' : `: ${reason.signs.join('; ')}`;
    return `${sayCauseClass[reason.class]}${who}${signs}`;
  },
  'check-failed': (reason) => `check ${reason.check} fails since ${sayInstant(reason.since)}: ${reason.message}`,
  'within-budget': (reason) =>
    `${reason.used} of ${reason.count} restarts used in the last ${sayDuration(reason.windowMs)}`,
  'budget-spent': (reason) =>
    `restart budget spent: ${reason.used} of ${reason.count} in the last ${sayDuration(reason.windowMs)}; the next is free at ${sayInstant(reason.freeAt)}`,
  'dependency-down': (reason) => `waiting on ${reason.dependency}, which is down since ${sayInstant(reason.since)}`,
  'dependency-back': (reason) =>
    `${reason.dependency} is back only since ${sayInstant(reason.since)}; what needs it may mend by itself`,
  held: (reason) => `all acting is held by ${reason.by} since ${sayInstant(reason.since)}: ${reason.why}`,
  'canary-failed': (reason) =>
    `the watchman's own canary fails since ${sayInstant(reason.since)}: ${reason.message}; its eyes cannot be trusted`,
  'doubt-over': (reason) =>
    `the watchman's doubt is over only since ${sayInstant(reason.since)}; what was seen before may be old`,
  correlated: (reason) =>
    `${countOf(reason)} of ${reason.total} services failed at once (${sayNames(reason)}); the watchman suspects itself first`,
  'path-silent': (reason) =>
    `nobody answers over ${reason.path} (${sayNames(reason)}); the way there is in doubt before they are`,
  'shared-cause': (reason) => {
    const names = sayNames(reason);
    const how = reason.symptom === 'timeout' ? 'stopped answering' : 'began to answer wrongly';
    return reason.suspect === null
      ? `something shared is down: ${names} ${how} at once; restarting them would not mend it`
      : `${reason.suspect} is down, and ${names} ${how} at once; restarting them would not mend it`;
  },
  'selection-changed': (reason) =>
    `the number of services went from ${reason.before} to ${reason.after} at once; a person must confirm`,
  'not-allowed': (reason) => `policy does not list ${reason.action} under allow`,
  'never-rule': (reason) => `never-rule: ${reason.rule}`,
  autonomy: (reason) => `autonomy tier ${reason.tier} does not act without a person`,
  freeze: (reason) => `a freeze window is in force until ${sayInstant(reason.until)}`,
  'traffic-over-limit': (reason) =>
    `the action touches ${reason.trafficPercent} % of traffic, over the limit of ${reason.limitPercent} %`,
  'traffic-within-limit': (reason) =>
    `the action touches ${reason.trafficPercent} % of traffic, within the limit of ${reason.limitPercent} %`,
  velocity: (reason) => `${reason.inHands.join(', ')} already in hands; at most ${reason.limit} at once`,
  'subject-in-hands': (reason) =>
    `another action on ${reason.subject} holds the lease until ${sayInstant(reason.until)}`,
  'safe-mode': (reason) => `safe mode since ${sayInstant(reason.since)}, after an unclean stop: one action at a time`,
  ineffective: (reason) => `the remedy did not help ${reason.times} times in a row`,
  quarantined: (reason) =>
    `in quarantine since ${sayInstant(reason.since)}; a careful retry follows at ${sayInstant(reason.retryAt)}`,
  'no-driver': (reason) => `no way to start or restart it is declared (run: ${reason.workload})`,
  'state-unknown': (reason) => `its state is unknown since ${sayInstant(reason.since)}: ${reason.message}`,
  'person-asked': (reason) => `${reason.by} asked for it${reason.why === '' ? '' : `: ${reason.why}`}`,
  'person-stopped-it': (reason) => `${reason.by} stopped it at ${sayInstant(reason.since)}`,
  'port-held': (reason) => `port ${reason.port} is held by ${reason.holder}`,
  'release-worse': (reason) => {
    const where = reason.check === null ? '' : ` of ${reason.check}`;
    const than = reason.comparedWith === 'control' ? 'in the release beside it' : 'in the day before';
    const most = reason.ratioHigh === null ? 'or more' : `to ${reason.ratioHigh} times`;
    const odds = `odds ${reason.ratioLow} times ${most} as high, 95 % sure`;
    return `release ${reason.version}: ${SAY_METRIC[reason.metric]}${where} are ${reason.afterPercent} %, ${reason.comparedPercent} % ${than} (${odds}; e-value ${reason.evidence})`;
  },
  observing: (reason) => `an action was taken; its outcome is being measured until ${sayInstant(reason.until)}`,
  starting: (reason) => `it is starting; first answer expected by ${sayInstant(reason.until)}`,
  'nothing-wrong': (reason) => `nothing is wrong since ${sayInstant(reason.since)}`,
};

/** One reason in one sentence, without the full stop. */
export const sayReason = (reason: Reason): string => {
  // The row of a kind takes the reasons of that kind; the compiler cannot follow the pairing.
  const say = SAY[reason.kind] as (reason: Reason) => string; // decoder
  return say(reason);
};

export const sayReasons = (reasons: readonly Reason[]): string => reasons.map(sayReason).join('; ');

/** The doubt is of those that it names, not of everything. */
export const isNarrowDoubt = (reasons: readonly Reason[]): boolean =>
  reasons.every((reason) => reason.kind === 'path-silent' || reason.kind === 'shared-cause');

/** What a doubt of the watchman holds back, and why: everything, or those that it names. */
export const sayDoubt = (reasons: readonly Reason[]): string =>
  `${isNarrowDoubt(reasons) ? 'not restarted' : 'nothing is touched'}: ${sayReasons(reasons)}`;
