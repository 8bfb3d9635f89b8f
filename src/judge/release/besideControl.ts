// A release beside its control: both serve in the same minutes, and of every hundred requests a known share is the release's.
//
// Whatever happens to both at once (a dependency that is down, a flood, a bad hour) makes errors on both sides in the
// proportion of their traffic, and is no evidence. The share is that of the requests that really came in each look, so
// that it may be changed while one watches: given all errors of a look, those of the release are drawn without return, and
// such draws never favour a bet more than draws with return do (Hoeffding 1963, theorem 4).

import type { ReleaseVerdict } from '#kernel/release.ts';
import type { DurationMs, Instant } from '#kernel/time.ts';
import { FALSE_ALARMS, Trial, type StrandTerms } from './trial.ts';

/** What one side answered since the look before. */
export type Cohort = {
  readonly total: number;
  readonly errors: number;
  /** Answers slower than 95, and 99, of a hundred were before the release; null: the source does not tell. */
  readonly slow95: number | null;
  readonly slow99: number | null;
};

/** One half for what fails, one half for what is slow. */
const STRANDS: readonly StrandTerms[] = [
  { metric: 'errors', check: null, weight: 0.5 },
  { metric: 'slow-p95', check: null, weight: 0.25 },
  { metric: 'slow-p99', check: null, weight: 0.25 },
];

const badOf = (cohort: Cohort, metric: StrandTerms['metric']): number | null => {
  if (metric === 'errors') return cohort.errors;
  return metric === 'slow-p95' ? cohort.slow95 : cohort.slow99;
};

/** Judges a release by its requests and those of the release before, look by look. */
export class BesideControl {
  readonly #trial: Trial;

  constructor(version: string, openedAt: Instant, windowMs: DurationMs) {
    const threshold = 1 / FALSE_ALARMS;
    this.#trial = new Trial({ version, openedAt, windowMs, comparedWith: 'control', threshold }, STRANDS);
  }

  /** Takes in what both sides answered since the look before. Null: no word of the control; that look proves nothing. */
  look(at: Instant, release: Cohort, control: Cohort | null): ReleaseVerdict {
    STRANDS.forEach(({ metric }, index) => {
      const bad = badOf(release, metric);
      const comparedBad = control === null ? null : badOf(control, metric);
      if (bad === null) return;
      const comparedTotal = comparedBad === null ? 0 : (control?.total ?? 0);
      const all = release.total + comparedTotal;
      const share = all === 0 ? 0 : release.total / all;
      const { total } = release;
      this.#trial.add(index, { at, share, bad, total, comparedBad: comparedBad ?? 0, comparedTotal });
    });
    return this.verdict(at);
  }

  verdict(now: Instant): ReleaseVerdict {
    return this.#trial.verdict(now);
  }

  evidence(): number {
    return this.#trial.evidence();
  }
}
