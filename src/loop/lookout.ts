// The lookout: sees every look at every check, keeps what is usual, and compares each new release with it.
//
// A look is a sample and not an event, ten thousand of them a minute; so the sums live here in hot memory, and only the
// verdict is told. What a need of the service breaks, or a person by stopping it, is nobody's release and is left out.

import { BesideBefore } from '#judge/release/besideBefore.ts';
import { Diary } from '#judge/release/before.ts';
import type { CheckId, EffectKey, ServiceId } from '#kernel/id.ts';
import type { Observation } from '#kernel/observation.ts';
import type { ReleaseVerdict } from '#kernel/release.ts';
import { durationMs, elapsedMs, type Instant } from '#kernel/time.ts';
import type { Effect } from '#kernel/effect.ts';
import type { Cancel, Clock } from '#ports/clock.ts';

export type Comparison = Effect & { readonly kind: 'compare' };

export type LookoutParts = {
  readonly clock: Clock;
  readonly checksOf: (service: ServiceId) => readonly CheckId[];
  /** Something else explains what is seen of it now: a need that is down, or a person who stopped it. */
  readonly isExcused: (service: ServiceId) => boolean;
};

type Open = {
  readonly key: EffectKey;
  readonly comparison: Comparison;
  readonly trial: BesideBefore;
  report: (verdict: ReleaseVerdict) => void;
  cancel: Cancel;
};

/** Compares releases; at most one of each service at a time. */
export class Lookout {
  readonly #parts: LookoutParts;
  readonly #diaries = new Map<CheckId, Diary>();
  readonly #open = new Map<ServiceId, Open>();

  constructor(parts: LookoutParts) {
    this.#parts = parts;
  }

  /** One look at a check. Unknown is neither good nor bad, and does not count. */
  see(service: ServiceId, seen: Observation): void {
    if (seen.state === 'unknown' || this.#parts.isExcused(service)) return;
    const look = { isFailed: seen.state === 'unhealthy', latencyMs: seen.latencyMs };
    if (!this.#diaryOf(seen.check).note(seen.at, look)) return;
    const open = this.#open.get(service);
    if (open === undefined || seen.at < open.comparison.since) return;
    open.trial.look(seen.at, seen.check, look);
    if (open.trial.isRegressed()) this.#end(open);
  }

  /** Compares until it is proven worse, or the window is over. The same key again is the same comparison. */
  compare(key: EffectKey, comparison: Comparison, report: Open['report']): void {
    const known = this.#open.get(comparison.service);
    if (known?.key === key) {
      known.report = report;
      return;
    }
    known?.cancel();
    const { service, version, since, until } = comparison;
    const subjects = this.#parts.checksOf(service).map((check) => ({ check, diary: this.#diaryOf(check) }));
    const trial = new BesideBefore(version, since, durationMs(elapsedMs(since, until)), subjects);
    const open: Open = { key, comparison, trial, report, cancel: () => {} };
    this.#open.set(service, open);
    open.cancel = this.#parts.clock.at(until, () => this.#end(open));
  }

  /** What is known by now of a release whose window is open; null when it is not compared in this run. */
  verdictOf(service: ServiceId, release: string): ReleaseVerdict | null {
    const open = this.#open.get(service);
    return open?.comparison.release === release ? open.trial.verdict(this.#parts.clock.now()) : null;
  }

  /** Forgets the checks that are not declared any more. */
  keepOnly(checks: ReadonlySet<CheckId>): void {
    for (const check of this.#diaries.keys()) if (!checks.has(check)) this.#diaries.delete(check);
  }

  stop(): void {
    for (const { cancel } of this.#open.values()) cancel();
    this.#open.clear();
  }

  #diaryOf(check: CheckId): Diary {
    const known = this.#diaries.get(check);
    if (known !== undefined) return known;
    const diary = new Diary();
    this.#diaries.set(check, diary);
    return diary;
  }

  #end(open: Open): void {
    open.cancel();
    if (this.#open.get(open.comparison.service) === open) this.#open.delete(open.comparison.service);
    // At the end of the window nothing is watched any more, however early the timer rang.
    const at: Instant = open.comparison.until;
    open.report(open.trial.verdict(at));
  }
}
