// A release beside its control: both serve in the same minutes, and of every hundred requests a known share is the release's.
//
// Whatever happens to both at once (a dependency that is down, a flood, a bad hour) makes errors on both sides in the
// proportion of their traffic, and is no evidence. The share is that of the requests that really came in each look, so
// that it may be changed while one watches: given all errors of a look, those of the release are drawn without return, and
// such draws never favour a bet more than draws with return do (Hoeffding 1963, theorem 4).

import type { ReleaseVerdict } from '#kernel/release.ts';
import { elapsedMs, minutes, type DurationMs, type Instant } from '#kernel/time.ts';
import { FALSE_ALARMS, Trial, type StrandTerms } from './trial.ts';

/** What one side answered since the look before. */
export type Cohort = {
  readonly total: number;
  readonly errors: number;
  /** Answers slower than 95, and 99, of a hundred were before the release; null: the source does not tell. */
  readonly slow95: number | null;
  readonly slow99: number | null;
};

/** Two thirds for what fails, one third for what is slow; all for what fails where nothing is told of latency. */
const strandsOf = (hasLatency: boolean): readonly StrandTerms[] =>
  hasLatency
    ? [
        { metric: 'errors', check: null, weight: 2 / 3 },
        { metric: 'slow-p95', check: null, weight: 1 / 6 },
        { metric: 'slow-p99', check: null, weight: 1 / 6 },
      ]
    : [{ metric: 'errors', check: null, weight: 1 }];

/**
 * With few requests a look often holds those of one side only, which compares nothing. Looks are joined until both sides
 * have answered, and for this long at most: how long depends on requests alone, never on how they ended.
 */
const JOINED_MOST_MS = minutes(1);

const badOf = (cohort: Cohort, metric: StrandTerms['metric']): number | null => {
  if (metric === 'errors') return cohort.errors;
  return metric === 'slow-p95' ? cohort.slow95 : cohort.slow99;
};

const plus = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a + b);

const join = (a: Cohort | null, b: Cohort | null): Cohort | null => {
  if (a === null || b === null) return a ?? b;
  const [slow95, slow99] = [plus(a.slow95, b.slow95), plus(a.slow99, b.slow99)];
  return { total: a.total + b.total, errors: a.errors + b.errors, slow95, slow99 };
};

export type ControlTerms = {
  readonly version: string;
  readonly openedAt: Instant;
  readonly windowMs: DurationMs;
  /** The source tells how many answers were slow; to be known beforehand, since the evidence is divided by it. */
  readonly hasLatency: boolean;
};

type Sides = { readonly release: Cohort; readonly control: Cohort | null };

/** Judges a release by its requests and those of the release before, look by look. */
export class BesideControl {
  readonly #trial: Trial;
  readonly #strands: readonly StrandTerms[];
  /** What was seen since the last comparison. */
  #joined: Sides | null = null;
  #comparedAt: Instant;

  constructor(terms: ControlTerms) {
    const { version, openedAt, windowMs } = terms;
    const threshold = 1 / FALSE_ALARMS;
    this.#comparedAt = openedAt;
    this.#strands = strandsOf(terms.hasLatency);
    this.#trial = new Trial({ version, openedAt, windowMs, comparedWith: 'control', threshold }, this.#strands);
  }

  /**
   * Takes in what both sides answered since the look before. Null: no word of the control; that look proves nothing.
   * True: by now the release is proven worse.
   */
  look(at: Instant, release: Cohort, control: Cohort | null): boolean {
    const joined: Sides =
      this.#joined === null
        ? { release, control }
        : { release: join(this.#joined.release, release) ?? release, control: join(this.#joined.control, control) };
    const hasBoth = joined.release.total > 0 && (joined.control?.total ?? 0) > 0;
    const isRipe = hasBoth || elapsedMs(this.#comparedAt, at) >= JOINED_MOST_MS;
    this.#joined = isRipe ? null : joined;
    if (isRipe) this.#compare(at, joined);
    return this.#trial.isRegressed();
  }

  verdict(now: Instant): ReleaseVerdict {
    return this.#trial.verdict(now);
  }

  evidence(): number {
    return this.#trial.evidence();
  }

  #compare(at: Instant, { release, control }: Sides): void {
    this.#comparedAt = at;
    this.#strands.forEach(({ metric }, index) => {
      const bad = badOf(release, metric);
      const comparedBad = control === null ? null : badOf(control, metric);
      if (bad === null) return;
      const comparedTotal = comparedBad === null ? 0 : (control?.total ?? 0);
      const all = release.total + comparedTotal;
      const share = all === 0 ? 0 : release.total / all;
      const { total } = release;
      this.#trial.add(index, { at, share, bad, total, comparedBad: comparedBad ?? 0, comparedTotal });
    });
  }
}
