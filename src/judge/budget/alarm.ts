// The alarm of one severity: silent → firing → silent.
//
// It fires when a burn rule holds and the evidence is enough: the rule says that it matters, the evidence that it is so.
// It is silent again when no rule has held for as long as the shortest short window; without data nothing is over: time in
// which the short window is empty does not count. It must not begin the count anew either: a window of one step is empty for
// a moment whenever its step turns, and a burn would then never end.

import type { Severity } from '#kernel/notification.ts';
import type { BurnRule } from '#kernel/target.ts';
import { instant, type Instant } from '#kernel/time.ts';
import { isPage } from './burnRules.ts';
import { Evidence, EVIDENCE_BYTES } from './evidence.ts';
import type { PlacedRule } from './layout.ts';

export type Alert = { readonly severity: Severity; readonly rule: BurnRule; readonly since: Instant };

/** Pages on a met target in thirty days, and tickets: one page in ten months, one ticket in two. */
const FALSE_PAGES = 0.1;
const FALSE_TICKETS = 0.5;
/** A ticket is for slow burns: trouble of less than twice the allowance needs weeks of evidence. */
const MILDEST_FACTOR = 2;

const SINCE = 0;
const HELD_AT = 1;
const RULE = 2;
const SEEN_AT = 3;
const SIZE = 4;
export const ALARM_BYTES = SIZE * Float64Array.BYTES_PER_ELEMENT + EVIDENCE_BYTES;

/** What an alarm asks of the windows; `isBlind`: the short window has no events at all. */
export type Watched = {
  readonly isHolding: (rule: PlacedRule) => boolean;
  readonly isBlind: (rule: PlacedRule) => boolean;
};

export type AlarmTerms = {
  readonly severity: Severity;
  readonly rules: readonly PlacedRule[];
  readonly allowance: number;
  /** Into how many alarms of its kind the false ones are divided. */
  readonly siblings: number;
};

export class Alarm {
  readonly severity: Severity;
  readonly evidence: Evidence;
  readonly #rules: readonly PlacedRule[];
  readonly #holdMs: number;
  readonly #memory: Float64Array;

  constructor(terms: AlarmTerms, memory: ArrayBuffer, offset: number) {
    const factor = Math.max(MILDEST_FACTOR, Math.min(...terms.rules.map(({ rule }) => rule.factor)));
    const falseAlarms = (isPage(terms.severity) ? FALSE_PAGES : FALSE_TICKETS) / terms.siblings;
    this.severity = terms.severity;
    this.#rules = terms.rules;
    this.#holdMs = Math.min(...terms.rules.map(({ rule }) => rule.shortMs));
    this.#memory = new Float64Array(memory, offset, SIZE);
    const { allowance } = terms;
    const bets = { allowance, mildest: factor * allowance, falseAlarms };
    this.evidence = new Evidence(bets, memory, offset + SIZE * Float64Array.BYTES_PER_ELEMENT);
  }

  get isFiring(): boolean {
    return (this.#memory[SINCE] ?? 0) !== 0;
  }

  weigh(at: number, watched: Watched): void {
    const holding = this.#rules.findIndex((rule) => watched.isHolding(rule));
    if (!this.isFiring) {
      if (holding >= 0 && this.evidence.isEnough()) this.#fire(at, holding);
      return;
    }
    const unseenMs = at - (this.#memory[SEEN_AT] ?? at);
    this.#memory[SEEN_AT] = at;
    if (holding >= 0) this.#memory[HELD_AT] = at;
    else if (this.#rules.some((rule) => watched.isBlind(rule))) this.#memory[HELD_AT] = this.#heldAt + unseenMs;
    else if (at - this.#heldAt >= this.#holdMs) this.#quiet();
  }

  /** Another look soon would tell trouble from chance. */
  isDoubtful(): boolean {
    return isPage(this.severity) && !this.isFiring && this.evidence.isDoubtful();
  }

  told(): Alert | null {
    const placed = this.#rules[this.#memory[RULE] ?? 0];
    if (!this.isFiring || placed === undefined) return null;
    return { severity: this.severity, rule: placed.rule, since: instant(this.#memory[SINCE] ?? 0) };
  }

  /** The clock was set back. */
  rewind(at: number): void {
    this.evidence.rewind(at);
    if (this.isFiring) this.#memory[SINCE] = Math.min(at, this.#memory[SINCE] ?? at);
    this.#memory[HELD_AT] = Math.min(at, this.#heldAt);
    this.#memory[SEEN_AT] = Math.min(at, this.#memory[SEEN_AT] ?? at);
  }

  get #heldAt(): number {
    return this.#memory[HELD_AT] ?? 0;
  }

  #fire(at: number, rule: number): void {
    this.#memory.set([at, at, rule, at]);
  }

  /** Now it is paid for, with all that was won on the trouble that is over: the next one needs evidence of its own. */
  #quiet(): void {
    this.#memory.fill(0);
    this.evidence.spend();
  }
}
