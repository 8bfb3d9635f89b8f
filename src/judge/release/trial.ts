// The trial of one release: a few strands of evidence, weighed together, and a verdict that is given once.
//
// Evidence of several strands is added with weights that sum to 1: a mean of e-values is an e-value, however much the
// strands depend on each other, so that errors and latency together raise no more false alarms than one of them alone.

import type { ComparedWith, ReleaseEffect, ReleaseMetric } from '#kernel/deployment.ts';
import type { CheckId } from '#kernel/id.ts';
import type { ReleaseVerdict } from '#kernel/release.ts';
import { elapsedMs, later, type DurationMs, type Instant } from '#kernel/time.ts';
import { Bets, evidenceAtOnce } from './bets.ts';
import { oddsOf, rateInterval } from './rate.ts';

/** Of so many releases that are no worse, one is called worse: 0.1 %, over all looks and all metrics. */
export const FALSE_ALARMS = 0.001;
/** The interval of the effect is for people: 95 %, at every look. */
const INTERVAL_RISK = 0.05;
/** Nine of ten releases with the rate that is called detectable are above their mean less 1.28 deviations. */
const NINE_OF_TEN = 1.28;
/** Who would not have seen every second answer fail has seen nothing. */
const PASSED_DETECTS_PERCENT = 50;
const HALVINGS = 30;

export type TrialTerms = {
  readonly version: string;
  readonly openedAt: Instant;
  readonly windowMs: DurationMs;
  readonly comparedWith: ComparedWith;
  /** Evidence from which on the release is called worse. */
  readonly threshold: number;
};

export type StrandTerms = {
  readonly metric: ReleaseMetric;
  readonly check: CheckId | null;
  readonly weight: number;
};

/** What one look adds to a strand: amounts since the look before. */
export type Addition = {
  readonly at: Instant;
  /** The largest share of hits that is no news; known before the counts are. */
  readonly share: number;
  /** Bad ones of the release, of all that it answered. */
  readonly bad: number;
  readonly total: number;
  /** The same of those it is compared with; with a control only. */
  readonly comparedBad: number;
  readonly comparedTotal: number;
};

type Strand = StrandTerms & {
  readonly bets: Bets;
  lastAt: Instant;
  evidence: number;
  /** The last look at which nothing spoke against the release: what is wrong began after it. */
  quietAt: Instant;
  bad: number;
  total: number;
  comparedBad: number;
  comparedTotal: number;
  share: number;
};

/** Judges one release, in constant memory. */
export class Trial {
  readonly #terms: TrialTerms;
  readonly #strands: readonly Strand[];
  #regressed: Extract<ReleaseVerdict, { readonly kind: 'regressed' }> | null = null;

  /** The weights must not sum to more than 1; what is missing stays evidence of nothing. */
  constructor(terms: TrialTerms, strands: readonly StrandTerms[]) {
    this.#terms = terms;
    const first = { evidence: 1, bad: 0, total: 0, comparedBad: 0, comparedTotal: 0, share: 0 };
    const at = terms.openedAt;
    this.#strands = strands.map((strand) => ({ ...strand, ...first, bets: new Bets(), lastAt: at, quietAt: at }));
  }

  /** Takes one look into the strand with this number. After the verdict nothing changes it. */
  add(index: number, addition: Addition): void {
    const strand = this.#strands[index];
    if (strand === undefined || this.#regressed !== null) return;
    const { at, share, bad, total } = addition;
    const isBefore = this.#terms.comparedWith === 'before';
    const windowPart = Math.max(0, elapsedMs(strand.lastAt, at)) / this.#terms.windowMs;
    strand.lastAt = at;
    strand.bad += bad;
    strand.total += total;
    strand.comparedBad += addition.comparedBad;
    strand.comparedTotal += addition.comparedTotal;
    strand.share = share;
    const misses = isBefore ? total - bad : addition.comparedBad;
    strand.evidence = strand.bets.look({ windowPart, share, hits: bad, misses });
    if (strand.evidence <= 1) strand.quietAt = at;
    if (this.evidence() >= this.#terms.threshold) this.#regressed = this.#convict();
  }

  /** The e-value of the whole trial. */
  evidence(): number {
    const spare = 1 - this.#strands.reduce((sum, { weight }) => sum + weight, 0);
    return this.#strands.reduce((sum, { weight, evidence }) => sum + weight * evidence, Math.max(0, spare));
  }

  isRegressed(): boolean {
    return this.#regressed !== null;
  }

  /** Costs a hundred times as much as a look, for what could have been detected: to be asked when somebody wants to know. */
  verdict(now: Instant): ReleaseVerdict {
    if (this.#regressed !== null) return this.#regressed;
    const { openedAt, windowMs } = this.#terms;
    const evidence = this.evidence();
    const detectablePercent = this.#detectable();
    if (now < later(openedAt, windowMs)) return { kind: 'watching', evidence, detectablePercent };
    return detectablePercent === null || detectablePercent > PASSED_DETECTS_PERCENT
      ? { kind: 'not-enough-data', why: this.#sayWhy(detectablePercent) }
      : { kind: 'passed', evidence, detectablePercent };
  }

  #convict(): Extract<ReleaseVerdict, { readonly kind: 'regressed' }> {
    const { version, comparedWith } = this.#terms;
    const evidence = this.evidence();
    const [worst] = this.#strands.toSorted((a, b) => b.weight * b.evidence - a.weight * a.evidence);
    if (worst === undefined) throw new Error('a trial without a strand has no evidence');
    const effect = effectOf(worst, comparedWith);
    const since = worst.quietAt;
    const reasons = [
      { kind: 'release-worse', version, comparedWith, evidence: Math.round(evidence), ...effect } as const,
    ];
    return { kind: 'regressed', since, evidence, effect, reasons };
  }

  /** The least rate of errors, of all strands at once, that would be proven by what was counted so far. */
  #detectable(): number | null {
    const { threshold, comparedWith } = this.#terms;
    const strands = this.#strands.filter(({ metric, total }) => metric === 'errors' && total > 0);
    const rest = 1 - strands.reduce((sum, { weight }) => sum + weight, 0);
    const isSeen = (rate: number): boolean => {
      const evidence = strands.map((strand) => strand.weight * supposed(strand, comparedWith, rate));
      return evidence.reduce((sum, part) => sum + part, Math.max(0, rest)) >= threshold;
    };
    if (!isSeen(1)) return null;
    let low = 0;
    let high = 1;
    for (let step = 0; step < HALVINGS; step += 1) {
      const middle = (low + high) / 2;
      if (isSeen(middle)) high = middle;
      else low = middle;
    }
    return percentOf(high);
  }

  #sayWhy(detectablePercent: number | null): string {
    const errors = this.#strands.filter(({ metric }) => metric === 'errors');
    const total = errors.reduce((sum, strand) => sum + strand.total, 0);
    if (total === 0) return 'nothing of it was seen in its window';
    const hasControl = errors.some(({ comparedTotal }) => comparedTotal > 0);
    if (this.#terms.comparedWith === 'control' && !hasControl)
      return `${total} answers of it were seen, and none of a release to compare it with`;
    const least =
      detectablePercent === null
        ? 'not even a total outage would have been proven'
        : `only a failure of ${detectablePercent} % or more would have been proven`;
    return `${total} answers of it were seen: ${least}`;
  }
}

/** The evidence that a strand would hold by now, had the release failed at this rate; low, as one time in ten. */
const supposed = (strand: Strand, comparedWith: ComparedWith, rate: number): number => {
  const mean = rate * strand.total;
  const hits = Math.max(0, Math.floor(mean - NINE_OF_TEN * Math.sqrt(mean * (1 - rate))));
  const isBefore = comparedWith === 'before';
  const all = strand.total + strand.comparedTotal;
  const share = isBefore ? strand.share : strand.total / all;
  if (share <= 0 || share >= 1) return 1;
  return evidenceAtOnce({ share, hits, misses: isBefore ? strand.total - hits : strand.comparedBad });
};

const percentOf = (rate: number): number => Number((100 * rate).toPrecision(3));
const ratioOf = (over: number, under: number): number => Number((over / under).toPrecision(3));

const effectOf = (strand: Strand, comparedWith: ComparedWith): ReleaseEffect => {
  const { metric, check, bad, total, comparedBad, comparedTotal, share } = strand;
  const shown = {
    metric,
    check,
    afterPercent: percentOf(total === 0 ? 0 : bad / total),
    comparedPercent: percentOf(comparedTotal === 0 ? 0 : comparedBad / comparedTotal),
  };
  if (comparedWith === 'control') {
    const { low, high } = rateInterval(bad, comparedBad, INTERVAL_RISK);
    const even = oddsOf(total / (total + comparedTotal));
    return {
      ...shown,
      ratioLow: ratioOf(oddsOf(low), even),
      ratioHigh: high >= 1 ? null : ratioOf(oddsOf(high), even),
    };
  }
  const after = rateInterval(bad, total - bad, INTERVAL_RISK);
  const before = rateInterval(comparedBad, comparedTotal - comparedBad, INTERVAL_RISK);
  const isOpen = after.high >= 1 || before.low <= 0;
  return {
    ...shown,
    ratioLow: ratioOf(oddsOf(after.low), oddsOf(share)),
    ratioHigh: isOpen ? null : ratioOf(oddsOf(after.high), oddsOf(before.low)),
  };
};
