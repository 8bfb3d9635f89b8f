// A release that took all the traffic at once: there is no control, and it is compared with the day before it.
//
// What is assumed: the minutes after the release would have been no worse than the worst hour of the day before, nor than
// what the whole day leaves possible. Then false alarms are at most 0.1 %: half of it for bounds that are too low, half
// for the bets. What breaks in the same minutes for another reason is not told from the release by anybody who
// has no control; so what a dependency breaks is left out by whoever brings the looks, and the verdict says `before`.

import type { ReleaseVerdict } from '#kernel/release.ts';
import type { CheckId } from '#kernel/id.ts';
import { durationMs, later, seconds, type DurationMs, type Instant } from '#kernel/time.ts';
import { bucketOf, type Before, type Diary, type Look, type Usual } from './before.ts';
import { FALSE_ALARMS, Trial, type StrandTerms } from './trial.ts';

/**
 * A release begins with a restart. Until its first good look, and for this long at most, failures are that restart's and
 * not the release's: what takes longer to come up has a start-up trouble that the watch tells anyway.
 */
export const SETTLE_MS = seconds(60);

/** A bound this high leaves nothing to be seen. */
const BOUND_MOST = 0.9;

export type Subject = { readonly check: CheckId; readonly diary: Diary };

type Row = StrandTerms & { readonly usual: Usual; readonly slowAbove: number | null };

const METRICS = 3;

const rowsOf = (check: CheckId, before: Before, weight: number): readonly Row[] => {
  const errors: Row = { metric: 'errors', check, weight: weight / 2, usual: before.errors, slowAbove: null };
  const slow95: Row | null =
    before.slow95 === null
      ? null
      : { metric: 'slow-p95', check, weight: weight / 4, usual: before.slow95, slowAbove: before.slow95.bucket };
  const slow99: Row | null =
    before.slow99 === null
      ? null
      : { metric: 'slow-p99', check, weight: weight / 4, usual: before.slow99, slowAbove: before.slow99.bucket };
  return [errors, slow95, slow99].filter((row) => row !== null).filter((row) => row.usual.bound <= BOUND_MOST);
};

/** Judges a release by the looks of the service's checks, after it against before it. */
export class BesideBefore {
  readonly #trial: Trial;
  readonly #rows: readonly Row[];
  readonly #subjects: ReadonlyMap<CheckId, Diary>;
  readonly #settledBy: Instant;
  #isSettled = false;
  readonly #looksBefore: number;
  /** Rows whose counts of before were handed over: they stand beside those of after, once. */
  readonly #told = new Set<number>();

  constructor(version: string, openedAt: Instant, windowMs: DurationMs, subjects: readonly Subject[]) {
    const risk = FALSE_ALARMS / 2 / METRICS / Math.max(1, subjects.length);
    const known = subjects.map(({ check, diary }) => ({ check, before: diary.read(openedAt, risk) }));
    this.#rows = known.flatMap(({ check, before }) => rowsOf(check, before, 1 / subjects.length));
    this.#looksBefore = known.reduce((sum, { before }) => sum + before.looks, 0);
    this.#subjects = new Map(subjects.map(({ check, diary }) => [check, diary]));
    this.#settledBy = later(openedAt, Math.min(SETTLE_MS, durationMs(windowMs / 2)));
    const threshold = 2 / FALSE_ALARMS;
    this.#trial = new Trial({ version, openedAt, windowMs, comparedWith: 'before', threshold }, this.#rows);
  }

  /** Takes in one look that counts (see Diary.note). True: it is not part of the restart. */
  look(at: Instant, check: CheckId, look: Look): boolean {
    if (!this.#subjects.has(check)) return false;
    this.#isSettled ||= !look.isFailed || at >= this.#settledBy;
    if (!this.#isSettled) return false;
    this.#rows.forEach((row, index) => {
      if (row.check !== check) return;
      if (row.slowAbove !== null && look.isFailed) return;
      const isBad = row.slowAbove === null ? look.isFailed : bucketOf(look.latencyMs) > row.slowAbove;
      const isFirst = !this.#told.has(index);
      this.#told.add(index);
      this.#trial.add(index, {
        at,
        share: row.usual.bound,
        bad: isBad ? 1 : 0,
        total: 1,
        comparedBad: isFirst ? row.usual.hits : 0,
        comparedTotal: isFirst ? row.usual.looks : 0,
      });
    });
    return true;
  }

  isRegressed(): boolean {
    return this.#trial.isRegressed();
  }

  verdict(now: Instant): ReleaseVerdict {
    const verdict = this.#trial.verdict(now);
    if (verdict.kind !== 'not-enough-data' || this.#rows.some(({ metric }) => metric === 'errors')) return verdict;
    const why = `nothing to compare it with: ${this.#looksBefore} looks are known of the day before it`;
    return { kind: 'not-enough-data', why };
  }

  evidence(): number {
    return this.#trial.evidence();
  }
}
