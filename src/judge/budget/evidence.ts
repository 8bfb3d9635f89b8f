// Evidence: may this target be met after all? A bet against it that cannot win often while it is.
//
// While the target is met every event is bad with probability at most b, whatever came before. Then for any q > b the
// factor q/b for a bad event and (1-q)/(1-b) for a good one has a mean of at most 1: a fair game, or worse. We put in a
// stake of α for each 30 days of time, spread evenly, and let all of it ride on every event. Wealth plus alarms minus stakes
// is then a supermartingale (Ville 1939; e-detectors: Shin, Ramdas and Rinaldo, arXiv 2203.03532), and an alarm costs 1:
//
//   mean number of alarms in any time T  ≤  α · T / 30 d
//
// for any traffic, any order, any number of looks, and extra looks that are made because the last ones were bad: stakes
// follow the clock, and each is put in before the event that it rides on. Four values of q are played at once.

import { durationMs, hours, minutes } from '#kernel/time.ts';

/** How many values of q are played. More would be nearer to the truth, each with less of the stake. */
const BETS = 4;
const LAST_AT = BETS;
const LAST_BAD_AT = BETS + 1;
const SIZE = BETS + 2;
export const EVIDENCE_BYTES = SIZE * Float64Array.BYTES_PER_ELEMENT;

export type EvidenceTerms = {
  /** b: the share of events that may be bad, 0 to 1. */
  readonly allowance: number;
  /** The mildest trouble that is looked for: a share above the allowance. */
  readonly mildest: number;
  /** α: alarms in 30 days that a met target may cost. */
  readonly falseAlarms: number;
};

const PERIOD_MS = hours(30 * 24);
/** A hard outage lets nothing pass; 0.95 leaves room for one good answer in twenty. */
const HARDEST = 0.95;
/** Wealth above what an alarm costs is of use only while the burn rule waits; ten times are forgotten after two good events. */
const WEALTH_MAX = 10;
/** In doubt while so many bad events more would be an alarm: one look after another settles it, either way. */
const DOUBTED = 2;
/** Without a bad one for so long there is no doubt: at 99.99 % two would be enough at any time, and looking would never end. */
const DOUBT_MS = minutes(5);

/** The shares of bad events that are played, from the mildest to the hardest in equal ratios. */
const sharesOf = ({ allowance, mildest }: EvidenceTerms): readonly number[] => {
  const hardest = Math.max(HARDEST, (1 + allowance) / 2);
  const from = Math.min(Math.max(mildest, allowance * 1.5), hardest);
  return Array.from({ length: BETS }, (_, bet) => from * (hardest / from) ** (bet / (BETS - 1)));
};

export class Evidence {
  readonly #wealth: Float64Array;
  /** Logarithms of the factors. */
  readonly #bad: readonly number[];
  readonly #good: readonly number[];
  readonly #stakePerMs: number;

  constructor(terms: EvidenceTerms, memory: ArrayBuffer, offset: number) {
    const { allowance } = terms;
    this.#wealth = new Float64Array(memory, offset, SIZE);
    this.#bad = sharesOf(terms).map((share) => Math.log(share / allowance));
    this.#good = sharesOf(terms).map((share) => Math.log((1 - share) / (1 - allowance)));
    this.#stakePerMs = terms.falseAlarms / BETS / PERIOD_MS;
  }

  /** The stakes begin; one of `everyMs` lies there for the first event. */
  open(at: number, everyMs: number): void {
    this.#wealth.fill(this.#stakePerMs * everyMs, 0, BETS);
    this.#wealth[LAST_AT] = at;
  }

  /** Takes events, at once and in no order, and puts in the stake of the time since the last. */
  take(at: number, good: number, bad: number): void {
    for (let bet = 0; bet < BETS; bet += 1)
      this.#bet(bet, Math.exp(good * (this.#good[bet] ?? 0) + bad * (this.#bad[bet] ?? 0)));
    if (bad > 0) this.#wealth[LAST_BAD_AT] = Math.max(at, this.#wealth[LAST_BAD_AT] ?? 0);
    this.#putIn(at);
  }

  /** Takes one event that was bad in part: a mixture of the two factors is as fair as they are. */
  takePart(at: number, badPart: number): void {
    for (let bet = 0; bet < BETS; bet += 1)
      this.#bet(bet, (1 - badPart) * Math.exp(this.#good[bet] ?? 0) + badPart * Math.exp(this.#bad[bet] ?? 0));
    this.#putIn(at);
  }

  /** All wealth; 1 buys an alarm. */
  worth(): number {
    let sum = 0;
    for (let bet = 0; bet < BETS; bet += 1) sum += this.#wealth[bet] ?? 0;
    return sum;
  }

  isEnough(): boolean {
    return this.worth() >= 1;
  }

  isDoubtful(): boolean {
    if ((this.#wealth[LAST_AT] ?? 0) - (this.#wealth[LAST_BAD_AT] ?? 0) > DOUBT_MS) return false;
    let sum = 0;
    for (let bet = 0; bet < BETS; bet += 1) sum += (this.#wealth[bet] ?? 0) * Math.exp(DOUBTED * (this.#bad[bet] ?? 0));
    return sum >= 1;
  }

  /** An alarm was bought: all of it is gone. */
  spend(): void {
    this.#wealth.fill(0, 0, BETS);
  }

  /** The clock was set back. */
  rewind(at: number): void {
    this.#wealth[LAST_AT] = Math.min(at, this.#wealth[LAST_AT] ?? at);
    this.#wealth[LAST_BAD_AT] = Math.min(at, this.#wealth[LAST_BAD_AT] ?? 0);
  }

  #bet(bet: number, factor: number): void {
    this.#wealth[bet] = Math.min((this.#wealth[bet] ?? 0) * factor, WEALTH_MAX);
  }

  #putIn(at: number): void {
    const sinceMs = durationMs(Math.max(0, at - (this.#wealth[LAST_AT] ?? at)));
    for (let bet = 0; bet < BETS; bet += 1) this.#wealth[bet] = (this.#wealth[bet] ?? 0) + this.#stakePerMs * sinceMs;
    this.#wealth[LAST_AT] = Math.max(at, this.#wealth[LAST_AT] ?? at);
  }
}
