// The herald: tells the alert desk when a target begins to burn, when its budget is gone, and when either is over.

import type { Alert } from '#judge/budget/alarm.ts';
import type { TargetJudge, Verdict } from '#judge/budget/judge.ts';
import type { BurnAlert } from '#kernel/alert.ts';
import type { ServiceId } from '#kernel/id.ts';
import type { Message } from '#kernel/message.ts';
import { sayInstant } from '#kernel/reason.ts';
import type { Target, TargetId } from '#kernel/target.ts';
import { durationMs, elapsedMs, minutes, sayDuration, type DurationMs, type Instant } from '#kernel/time.ts';

export type HeraldParts = {
  readonly now: () => Instant;
  readonly tell: (service: ServiceId, message: Message) => void;
};

/** A breach is over when this much of the budget is back: around nothing it would begin and end with every look. */
const BACK_PERCENT = 1;
/** A breach says nothing that cannot wait for working hours. */
const BREACH_SEVERITY = 'SEV3';

type Watched = { readonly target: Target; readonly judge: TargetJudge };

const burnKey = (id: TargetId, severity: string): string => `target-burn:${id}:${severity}`;
const breachKey = (id: TargetId): string => `target-breach:${id}`;

export class Herald {
  readonly #parts: HeraldParts;
  readonly #startedAt: Instant;
  /** What was said in this run and is not over. */
  readonly #open = new Map<TargetId, ReadonlyMap<string, BurnAlert>>();
  /** What an earlier run said, until it is seen again, or seen to be over. */
  readonly #earlier = new Map<string, BurnAlert>();

  constructor(parts: HeraldParts) {
    this.#parts = parts;
    this.#startedAt = parts.now();
  }

  /** Takes up what the alert desk knows from an earlier run. */
  takeUp(alerts: readonly BurnAlert[], isJudged: (id: TargetId) => boolean): void {
    for (const alert of alerts) {
      if (isJudged(alert.target)) this.#earlier.set(alert.key, alert);
      else this.#over(alert, 'it was taken out of the configuration', 'unwatched');
    }
  }

  /** A target is not judged any more, or begins anew under other terms. */
  drop(id: TargetId): void {
    for (const alert of this.#open.get(id)?.values() ?? []) this.#over(alert, 'it was declared anew', 'unwatched');
    this.#open.delete(id);
  }

  /** After each sample: says what has changed. `isBad`: the budget may be gone only now. */
  look({ target, judge }: Watched, isBad: boolean): void {
    const alerts = judge.alerts();
    const open = this.#open.get(target.id);
    if (alerts.length === 0 && open === undefined && !isBad && this.#earlier.size === 0) return;
    const hasBreach = this.#isOpen(target.id, breachKey(target.id));
    const verdict = isBad || hasBreach || alerts.length > 0 ? judge.verdict(this.#parts.now()) : null;
    const isGone =
      verdict !== null && (hasBreach ? verdict.budget.remainingPercent < BACK_PERCENT : verdict.budget.isExhausted);
    const wanted = new Set(alerts.map(({ severity }) => burnKey(target.id, severity)));
    if (isGone) wanted.add(breachKey(target.id));
    this.#end(target, wanted);
    if (verdict === null) return;
    for (const alert of alerts)
      this.#begin(burnKey(target.id, alert.severity), target, () => burnOf(target, alert, verdict));
    if (isGone) this.#begin(breachKey(target.id), target, () => breachOf(target, verdict));
  }

  #isOpen(id: TargetId, key: string): boolean {
    return this.#open.get(id)?.has(key) === true || this.#earlier.has(key);
  }

  #begin(key: string, target: Target, make: () => BurnAlert): void {
    const open = this.#open.get(target.id) ?? new Map<string, BurnAlert>();
    if (open.has(key)) return;
    const alert = make();
    this.#earlier.delete(key);
    this.#open.set(target.id, new Map([...open, [key, alert]]));
    this.#parts.tell(target.service, { kind: 'burn-began', alert });
  }

  #end(target: Target, wanted: ReadonlySet<string>): void {
    const open = this.#open.get(target.id);
    const over = [...(open?.values() ?? [])].filter(({ key }) => !wanted.has(key));
    for (const alert of over) this.#over(alert, proofOf(alert), 'measured');
    if (open !== undefined && over.length > 0) {
      const rest = [...open].filter(([key]) => wanted.has(key));
      if (rest.length === 0) this.#open.delete(target.id);
      else this.#open.set(target.id, new Map(rest));
    }
    if (this.#earlier.size > 0) this.#endEarlier(target, wanted);
  }

  /** Its memory may be a minute older than what was said: it is over when it had the time to burn again and did not. */
  #endEarlier(target: Target, wanted: ReadonlySet<string>): void {
    const runsMs = elapsedMs(this.#startedAt, this.#parts.now());
    for (const [key, alert] of this.#earlier) {
      if (alert.target !== target.id || wanted.has(key) || runsMs < alert.lingersMs) continue;
      this.#earlier.delete(key);
      this.#over(alert, proofOf(alert), 'measured');
    }
  }

  #over({ key, subject, service }: BurnAlert, proof: string, how: 'measured' | 'unwatched'): void {
    this.#parts.tell(service, { kind: 'burn-over', key, service, subject, proof, how });
  }
}

const proofOf = (alert: BurnAlert): string =>
  alert.kind === 'target-breach'
    ? `${BACK_PERCENT} % of the budget is back`
    : 'the budget has not burned faster than its rules allow for as long as their short window';

const times = (rate: number): string => (rate < 10 ? rate.toFixed(1) : rate.toFixed(0));

const percent = (value: number): string => `${Number(value.toFixed(1))} %`;

const leftOf = ({ budget }: Verdict): string => {
  const { remainingPercent, exhaustion } = budget;
  if (budget.isExhausted) return 'Nothing is left of the budget.';
  const end = exhaustion.at === null ? '' : `; at this pace it is gone at ${sayInstant(exhaustion.at)}`;
  return `${percent(remainingPercent)} of the budget is left${end}.`;
};

const lookAt = (target: Target): string => `Look: sereno target show ${target.id}`;

const burnOf = (target: Target, alert: Alert, verdict: Verdict): BurnAlert => {
  const { severity, rule } = alert;
  const burn = verdict.burns.find((each) => each.rule === rule);
  const windows = `in ${sayDuration(rule.longMs)} and in ${sayDuration(rule.shortMs)}`;
  const rates = burn === undefined ? '' : `; it is ${times(burn.longRate)} and ${times(burn.shortRate)} times now`;
  return {
    key: burnKey(target.id, severity),
    subject: target.id,
    service: target.service,
    severity,
    title: `${target.id} burns its error budget (${target.said})`,
    kind: 'target-burn',
    target: target.id,
    steps: [
      `The rule: more than ${times(rule.factor)} times as fast as it may ${windows}${rates}.`,
      leftOf(verdict),
      lookAt(target),
    ],
    lingersMs: lingersMs(verdict, severity),
  };
};

/** Where looks are rarer than the short window is long, an alert is kept while the window is blind: an hour is enough. */
const LINGERS_LEAST_MS = minutes(60);

/** The longest short window of the severity, and the shortest, for which all of them must have been silent. */
const lingersMs = (verdict: Verdict, severity: string): DurationMs => {
  const shorts = verdict.burns.filter(({ rule }) => rule.severity === severity).map(({ rule }) => rule.shortMs);
  return durationMs(Math.max(LINGERS_LEAST_MS, Math.max(0, ...shorts) + Math.min(minutes(60), ...shorts)));
};

const breachOf = (target: Target, verdict: Verdict): BurnAlert => ({
  key: breachKey(target.id),
  subject: `${target.id}/budget`,
  service: target.service,
  severity: BREACH_SEVERITY,
  title: `${target.id} has no error budget left (${target.said})`,
  kind: 'target-breach',
  target: target.id,
  steps: [
    `${Number(verdict.budget.used.toFixed(1))} bad events were counted, ${Number(verdict.budget.allowed.toFixed(1))} are allowed.`,
    lookAt(target),
  ],
  // What ate it stays in the window: waiting would only say later what is so.
  lingersMs: minutes(5),
});
