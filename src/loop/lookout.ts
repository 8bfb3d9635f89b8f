// The lookout: sees every look at every check, and compares each new release with the day before it.
//
// A look is a sample and not an event, ten thousand of them a minute; so the sums of a comparison live here in hot memory,
// and only the verdict is told. The day before, and what was seen since the release began, are read back from the
// metrics: a restart of Sereno loses nothing of a window that is open. What a need of the service breaks, or a person by
// stopping it, is nobody's release and is left out.

import { BesideBefore, SETTLE_MS } from '#judge/release/besideBefore.ts';
import { Diary, type Look } from '#judge/release/before.ts';
import type { CheckId, EffectKey, ServiceId } from '#kernel/id.ts';
import type { Observation } from '#kernel/observation.ts';
import type { ReleaseVerdict } from '#kernel/release.ts';
import { durationMs, elapsedMs, hours, instant, later, type Instant } from '#kernel/time.ts';
import type { Effect } from '#kernel/effect.ts';
import type { Cancel, Clock } from '#ports/clock.ts';
import { keptLatencyMs, type LookHistory } from '#ports/metrics.ts';
import { Excuses } from './excuses.ts';
import { lookBack } from './lookBack.ts';

export type Comparison = Effect & { readonly kind: 'compare' };

/** What a release is compared with. */
const BEFORE_MS = hours(24);

/**
 * Why what is seen of a service is not its own doing. `explained`: a need that is down, a person who stopped it, nobody
 * started it yet. `starting`: start-up has just started it, and it was not seen well since; that lasts a minute at most.
 */
export type Excuse = 'explained' | 'starting';

export type LookoutParts = {
  readonly clock: Clock;
  readonly history: LookHistory;
  readonly checksOf: (service: ServiceId) => readonly CheckId[];
  readonly excuseOf: (service: ServiceId) => Excuse | null;
};

type Seen = { readonly at: Instant; readonly check: CheckId; readonly look: Look };

type Open = {
  readonly key: EffectKey;
  readonly comparison: Comparison;
  readonly diaries: ReadonlyMap<CheckId, Diary>;
  /** Null while what was seen before this run, or before the release, is read back. */
  trial: BesideBefore | null;
  /** Looks that came meanwhile. */
  readonly waiting: Seen[];
  report: (verdict: ReleaseVerdict) => void;
  cancel: Cancel;
};

/** Compares releases; at most one of each service at a time. */
export class Lookout {
  readonly #parts: LookoutParts;
  readonly #excuses: Excuses;
  readonly #open = new Map<ServiceId, Open>();
  /** When start-up had started a service, in this run. */
  readonly #startedAt = new Map<ServiceId, Instant>();

  constructor(parts: LookoutParts) {
    this.#parts = parts;
    this.#excuses = new Excuses(parts.history);
  }

  /** One look at a check, as the metrics keep it. Unknown is neither good nor bad, and does not count. */
  see(service: ServiceId, seen: Observation): void {
    if (seen.state === 'unknown') return;
    const at = instant(Math.round(seen.at));
    const isExcused = this.#isExcused(service, at);
    this.#excuses.note(service, at, isExcused);
    const open = this.#open.get(service);
    if (isExcused || open === undefined) return;
    const look = { isFailed: seen.state === 'unhealthy', latencyMs: keptLatencyMs(seen.latencyMs) };
    this.#take(open, { at, check: seen.check, look });
  }

  /** Compares until it is proven worse, or the window is over. The same key again is the same comparison. */
  compare(key: EffectKey, comparison: Comparison, report: Open['report']): void {
    const known = this.#open.get(comparison.service);
    if (known?.key === key) {
      known.report = report;
      return;
    }
    known?.cancel();
    const checks = this.#parts.checksOf(comparison.service);
    const diaries = new Map(checks.map((check) => [check, new Diary()]));
    const open: Open = { key, comparison, diaries, trial: null, waiting: [], report, cancel: () => {} };
    this.#open.set(comparison.service, open);
    this.#turn(open, this.#begin(open));
  }

  /** What is known by now of a release whose window is open; null when it is not compared, or not yet in this run. */
  verdictOf(service: ServiceId, release: string): ReleaseVerdict | null {
    const open = this.#open.get(service);
    return open?.comparison.release === release ? (open.trial?.verdict(this.#parts.clock.now()) ?? null) : null;
  }

  /** Forgets the services that are not declared any more. */
  keepOnly(services: ReadonlySet<ServiceId>): void {
    this.#excuses.keepOnly(services);
    for (const service of this.#startedAt.keys()) if (!services.has(service)) this.#startedAt.delete(service);
  }

  stop(): void {
    for (const { cancel } of this.#open.values()) cancel();
    this.#open.clear();
  }

  #isExcused(service: ServiceId, at: Instant): boolean {
    const excuse = this.#parts.excuseOf(service);
    if (excuse !== 'starting') return excuse !== null;
    const since = this.#startedAt.get(service) ?? at;
    this.#startedAt.set(service, since);
    return elapsedMs(since, at) < SETTLE_MS;
  }

  #take(open: Open, seen: Seen): void {
    const { since, until } = open.comparison;
    if (seen.at < since || seen.at >= until) return;
    if (open.trial === null) open.waiting.push(seen);
    else if (open.diaries.get(seen.check)?.note(seen.at, seen.look) === true) this.#weigh(open, open.trial, seen);
  }

  #weigh(open: Open, trial: BesideBefore, { at, check, look }: Seen): void {
    trial.look(at, check, look);
    if (trial.isRegressed()) this.#end(open, trial);
  }

  /** One slice in each turn: whatever else is due has its turn in between. */
  #turn(open: Open, work: Generator<undefined, void>): void {
    if (work.next().done === true) return;
    open.cancel = this.#parts.clock.at(this.#parts.clock.now(), () => this.#turn(open, work));
  }

  *#begin(open: Open): Generator<undefined, void> {
    const { clock, history } = this.#parts;
    const { service, version, since, until } = open.comparison;
    const day = { from: later(since, -BEFORE_MS), to: since };
    for (const [check, diary] of open.diaries) {
      yield* lookBack(history, { service, check }, day, (at, look) => diary.note(at, look));
    }
    const subjects = [...open.diaries].map(([check, diary]) => ({ check, diary }));
    const trial = new BesideBefore(version, since, durationMs(elapsedMs(since, until)), subjects);
    const seen: Seen[] = [];
    const sofar = { from: since, to: instant(Math.min(until, clock.now() + 1)) };
    for (const [check, diary] of open.diaries) {
      yield* lookBack(history, { service, check }, sofar, (at, look) => {
        if (diary.note(at, look)) seen.push({ at, check, look });
      });
    }
    this.#watch(open, trial, seen);
  }

  /** All that was seen before is known: it is weighed in its order, and from now on each look as it comes. */
  #watch(open: Open, trial: BesideBefore, seen: readonly Seen[]): void {
    const { service, until } = open.comparison;
    open.trial = trial;
    open.cancel = this.#parts.clock.at(until, () => this.#end(open, trial));
    const isOpen = (): boolean => this.#open.get(service) === open;
    for (const each of seen.toSorted((a, b) => a.at - b.at)) if (isOpen()) this.#weigh(open, trial, each);
    for (const each of open.waiting.splice(0)) if (isOpen()) this.#take(open, each);
  }

  #end(open: Open, trial: BesideBefore): void {
    open.cancel();
    if (this.#open.get(open.comparison.service) === open) this.#open.delete(open.comparison.service);
    // At the end of the window nothing is watched any more, however early the timer rang.
    open.report(trial.verdict(open.comparison.until));
  }
}
