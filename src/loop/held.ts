// What is held: a bad event of which it is not known yet whose it is, and whatever came after it, in its order.
//
//   seen bad ──a need fails, agreed work, our own blindness──▶ excused, at once
//      └──held──each need was looked at after it, or one pace of the slowest is over──▶ upstream, or own
//           └──too many are held, or nobody can wait──▶ as far as is known

import type { CheckId, ServiceId } from '#kernel/id.ts';
import type { BudgetShare } from '#kernel/target.ts';
import type { Instant } from '#kernel/time.ts';

/** What happened to one target at one moment. */
export type TargetEvent = {
  readonly at: Instant;
  readonly good: number;
  readonly bad: number;
  /** Whose the bad ones are; null: that is known when the needs of the service were looked at. */
  readonly share: BudgetShare | null;
  readonly isExtra: boolean;
  /** The check that was looked at; null: a source brought it. */
  readonly check: CheckId | null;
};

/**
 * So many are held for a target: half a minute of the looks at a service that fails, one a second, and 4 KB. Beyond that the
 * oldest is counted as far as is known.
 */
export const HELD_MAX = 32;

/** Who waits for a look at whom. */
export class Waiters {
  readonly #byNeed = new Map<ServiceId, Set<ServiceId>>();
  readonly #needs = new Map<ServiceId, readonly ServiceId[]>();

  /** A service waits for looks at these. */
  wait(service: ServiceId, needs: readonly ServiceId[]): void {
    if (this.#needs.has(service)) return;
    this.#needs.set(service, needs);
    for (const need of needs) this.#byNeed.set(need, (this.#byNeed.get(need) ?? new Set()).add(service));
  }

  /** It waits no more. */
  done(service: ServiceId): void {
    for (const need of this.#needs.get(service) ?? []) {
      const waiting = this.#byNeed.get(need);
      waiting?.delete(service);
      if (waiting?.size === 0) this.#byNeed.delete(need);
    }
    this.#needs.delete(service);
  }

  /** Those who wait for a look at this one. */
  on(need: ServiceId): readonly ServiceId[] {
    const waiting = this.#byNeed.get(need);
    return waiting === undefined ? NOBODY : [...waiting];
  }

  clear(): void {
    this.#byNeed.clear();
    this.#needs.clear();
  }
}

const NOBODY: readonly ServiceId[] = [];
