// The judge of one target: takes samples as they come, and says at any moment how much of the budget is left, how fast it
// burns, whom to tell, and whether another look would help. The same samples in the same order give the same verdict,
// streamed or replayed; all that it knows is one piece of memory of constant size.

import type { BurndownView } from '#kernel/targetView.ts';
import type { BudgetShare, BurnRule, Target, TargetState } from '#kernel/target.ts';
import { instant, later, latest, seconds, type DurationMs, type Instant } from '#kernel/time.ts';
import { Alarm, ALARM_BYTES, type Alert, type Watched } from './alarm.ts';
import { budgetOf, type Budget } from './budget.ts';
import { burndownOf } from './burndown.ts';
import { allowanceOf, isPage } from './burnRules.ts';
import { Episodes, EPISODES_BYTES, type Episode } from './episodes.ts';
import { layoutOf, type Layout, type Place, type PlacedRule } from './layout.ts';
import { Presence, presenceBytes } from './presence.ts';
import { Ring, ringBytes } from './ring.ts';
import { Slices, SLICES_BYTES } from './slices.ts';
import { periodOf } from './span.ts';
import { isExcuse, openWhole, wholeBytes, type Whole } from './whole.ts';

export type Sample = {
  /** When it was seen. It may come late, or out of order: it is counted at its own time. */
  readonly at: Instant;
  readonly good: number;
  readonly bad: number;
  /** Whose fault the bad ones are: only `own` counts; the others are shown beside the budget, and in no total. */
  readonly share: BudgetShare;
  /** A look that was asked for by a wish: it is evidence, and no more. Counting it would weigh the bad moments double. */
  readonly isExtra: boolean;
};

/** `late`: older than anything that is kept. `ahead`: from a clock that is fast; it is not counted. */
export type Taken = 'taken' | 'late' | 'ahead';

export type Terms = {
  readonly target: Target;
  /** A sample is expected this often; after twice of it without one nothing is known. */
  readonly everyMs: DurationMs;
};

/** One burn rule as the workbook has it, without regard to evidence: rates are multiples of the budget's own pace. */
export type Burn = {
  readonly rule: BurnRule;
  readonly longRate: number;
  readonly shortRate: number;
  readonly isHolding: boolean;
};

/** The judge is in doubt, and asks for another look so soon after the last. */
export type Wish = { readonly kind: 'look-again'; readonly afterMs: DurationMs };

export type Verdict = {
  readonly at: Instant;
  readonly state: TargetState;
  readonly budget: Budget;
  readonly burns: readonly Burn[];
  /** What people are told: at most one for each severity. */
  readonly alerts: readonly Alert[];
  readonly wish: Wish | null;
  readonly lastAt: Instant | null;
};

/** Four looks in a minute: three bad ones after the first settle what 99.9 % at one a minute leaves open. */
const LOOK_AGAIN_MS = seconds(15);
/** Clocks of two machines differ by so much without harm, and a clock is set by so much without being set back. */
const CLOCK_TOLERANCE_MS = seconds(60);

const GOOD = 0;
const BAD = 1;

const MARK = 0;
const OPENED_AT = 1;
const NOW = 2;
const LAST_AT = 3;
const WINDOW_FROM = 4;
const HEAD_BYTES = 5 * Float64Array.BYTES_PER_ELEMENT;

/** Judges a target from now on, of which nothing is known yet. */
export const openTarget = (terms: Terms, at: Instant): TargetJudge => {
  const judge = new TargetJudge(terms, new ArrayBuffer(bytesOf(terms.target, terms.everyMs)));
  judge.open(at);
  return judge;
};

/** Goes on from what `snapshot` gave; null when it was made of other terms, or is none. */
export const restoreTarget = (terms: Terms, snapshot: Uint8Array): TargetJudge | null => {
  if (snapshot.length !== bytesOf(terms.target, terms.everyMs)) return null;
  const memory = new ArrayBuffer(snapshot.length);
  new Uint8Array(memory).set(snapshot);
  return new Float64Array(memory)[MARK] === markOf(terms) ? new TargetJudge(terms, memory) : null;
};

/** Bytes that a target takes, whatever happens to it. */
export const bytesOf = (target: Target, everyMs: DurationMs): number => {
  const { fine, coarse, hasCoarse, isWhole } = layoutOf(target);
  return (
    HEAD_BYTES +
    ringBytes(fine) +
    (hasCoarse ? ringBytes(coarse) : 0) +
    wholeBytes(target.window, isWhole) +
    presenceBytes(periodOf(target.window), everyMs) +
    EPISODES_BYTES +
    (target.budgeting.method === 'occurrences' ? 0 : SLICES_BYTES) +
    severitiesOf(layoutOf(target)).length * ALARM_BYTES
  );
};

const severitiesOf = (layout: Layout): readonly BurnRule['severity'][] => [
  ...new Set(layout.rules.map(({ rule }) => rule.severity)),
];

/** The form of the memory. A new number makes old snapshots unreadable, and is needed whenever its meaning changes. */
const VERSION = 2;

/** FNV-1a over all that the memory depends on: a changed target begins anew instead of reading another's numbers. */
const markOf = ({ target, everyMs }: Terms): number => {
  const { objectivePercent, window, budgeting, indicator } = target;
  const rules = layoutOf(target).rules.map(({ rule }) => rule);
  const text = JSON.stringify([VERSION, objectivePercent, window, budgeting, indicator, rules, everyMs]);
  let mark = 0x811c9dc5;
  for (let place = 0; place < text.length; place += 1)
    mark = Math.imul(mark ^ text.charCodeAt(place), 0x01000193) >>> 0;
  return mark + 1; // never 0, which is what empty memory holds
};

export class TargetJudge {
  readonly #terms: Terms;
  readonly #allowance: number;
  readonly #layout: Layout;
  readonly #memory: ArrayBuffer;
  readonly #head: Float64Array;
  readonly #fine: Ring;
  readonly #coarse: Ring | null;
  readonly #whole: Whole;
  readonly #presence: Presence;
  readonly #episodes: Episodes;
  readonly #slices: Slices | null;
  readonly #alarms: readonly Alarm[];
  /** The longest window of the finest ring: what the pace of now is read from. */
  readonly #pace: Place;
  readonly #watched: Watched = {
    isHolding: (placed) => this.#isHolding(placed),
    isBlind: (placed) => this.#totalOf(placed.short) === 0,
  };

  /** For `openTarget` and `restoreTarget`. */
  constructor(terms: Terms, memory: ArrayBuffer) {
    const { target, everyMs } = terms;
    let offset = HEAD_BYTES;
    const next = (bytes: number): number => (offset += bytes) - bytes;
    this.#terms = terms;
    this.#memory = memory;
    this.#allowance = allowanceOf(target);
    this.#layout = layoutOf(target);
    const { fine, coarse, hasCoarse, isWhole } = this.#layout;
    this.#head = new Float64Array(memory, 0, HEAD_BYTES / 8);
    this.#fine = new Ring(fine, memory, next(ringBytes(fine)));
    this.#coarse = hasCoarse ? new Ring(coarse, memory, next(ringBytes(coarse))) : null;
    this.#whole = openWhole(target.window, isWhole, {
      buffer: memory,
      offset: next(wholeBytes(target.window, isWhole)),
    });
    const lengthMs = periodOf(target.window);
    this.#presence = new Presence({ lengthMs, everyMs }, memory, next(presenceBytes(lengthMs, everyMs)));
    this.#episodes = new Episodes(everyMs, memory, next(EPISODES_BYTES));
    const { budgeting } = target;
    this.#slices = budgeting.method === 'occurrences' ? null : new Slices(budgeting, memory, next(SLICES_BYTES));
    this.#alarms = this.#makeAlarms(() => next(ALARM_BYTES));
    this.#pace =
      fine.windows.length > 0
        ? { isFine: true, window: fine.windows.length - 1 }
        : { isFine: false, window: coarse.windows.length - 1 };
  }

  /** The first moment. */
  open(at: Instant): void {
    this.#head.set([markOf(this.#terms), at, 0, 0, 0]);
    for (const alarm of this.#alarms) alarm.evidence.open(at, this.#terms.everyMs);
    this.#advance(at);
  }

  /** All that it knows, to be kept over a restart. */
  snapshot(): Uint8Array {
    return new Uint8Array(this.#memory.slice(0));
  }

  /** Takes a sample that arrived `now`. Counts below 0, or none at all, are nothing. */
  take(sample: Sample, now: Instant): Taken {
    const { at, good, bad, share } = sample;
    if (at > now + CLOCK_TOLERANCE_MS) return 'ahead';
    this.#advance(latest(at, now));
    if (!(good >= 0) || !(bad >= 0) || good + bad === 0) return 'taken';
    this.#head[LAST_AT] = Math.max(at, this.#head[LAST_AT] ?? 0);
    const own = isExcuse(share) ? 0 : bad;
    const taken = sample.isExtra ? 'taken' : this.#count(sample, own);
    if (taken === 'taken' && this.#slices === null && good + own > 0)
      for (const alarm of this.#alarms) alarm.evidence.take(at, good, own);
    this.#weigh();
    return taken;
  }

  /** How it stands now. Time may pass without samples, hence a verdict changes by itself. */
  verdict(now: Instant): Verdict {
    this.#advance(now);
    this.#weigh();
    const at = instant(this.#head[NOW] ?? now);
    const lastAt = (this.#head[LAST_AT] ?? 0) === 0 ? null : instant(this.#head[LAST_AT] ?? 0);
    const budget = this.#budget(at);
    const burns = this.#layout.rules.map((placed) => this.#burn(placed));
    const alerts = this.#alarms.map((alarm) => alarm.told()).filter((alert) => alert !== null);
    return { at, state: this.#state(budget, alerts, lastAt), budget, burns, alerts, wish: this.#wish(), lastAt };
  }

  /** What ate the budget of this window, and what was excused, in order of time. */
  episodes(): readonly Episode[] {
    return this.#episodes.list(this.#from());
  }

  /** How the budget of this window came to what it is: where it changed, oldest first. */
  burndown(now: Instant): Omit<BurndownView, 'target'> {
    const { at, budget } = this.verdict(now);
    const { window } = this.#terms.target;
    const from = instant(Math.max(this.#from(), this.#head[OPENED_AT] ?? at));
    const endsAt = window.kind === 'rolling' ? later(from, window.lengthMs) : instant(this.#whole.to());
    const rings = [this.#fine, this.#coarse, this.#whole.ring()].filter((ring) => ring !== null);
    const steps = burndownOf({ from, at, used: budget.used, rings }, BAD);
    return { from, at, endsAt: latest(at, endsAt), allowed: budget.allowed, steps };
  }

  /** Whether another look would help; cheaper than a verdict, for after each sample. */
  wish(): Wish | null {
    return this.#wish();
  }

  /** What people are told now, as of the last sample or verdict. */
  alerts(): readonly Alert[] {
    return this.#alarms.map((alarm) => alarm.told()).filter((alert) => alert !== null);
  }

  #makeAlarms(next: () => number): readonly Alarm[] {
    const severities = severitiesOf(this.#layout);
    return severities.map((severity) => {
      const rules = this.#layout.rules.filter(({ rule }) => rule.severity === severity);
      const siblings = severities.filter((other) => isPage(other) === isPage(severity)).length;
      return new Alarm({ severity, rules, allowance: this.#allowance, siblings }, this.#memory, next());
    });
  }

  #advance(to: Instant): void {
    const now = this.#head[NOW] ?? 0;
    if (to <= now - CLOCK_TOLERANCE_MS) return this.#rewind(to);
    if (to <= now) return undefined;
    this.#head[NOW] = to;
    this.#slices?.advance(to, (start, worth) => {
      for (const alarm of this.#alarms) alarm.evidence.takePart(start, worth.bad);
    });
    this.#fine.advance(to);
    this.#coarse?.advance(to);
    this.#whole.advance(to);
    this.#presence.advance(to);
    return this.#turnWindow(to);
  }

  /** A calendar window that begins has seen nothing. */
  #turnWindow(at: Instant): void {
    const { window } = this.#terms.target;
    if (window.kind === 'rolling' || this.#whole.from() === this.#head[WINDOW_FROM]) return;
    this.#head[WINDOW_FROM] = this.#whole.from();
    this.#presence.forget();
    this.#presence.advance(at);
  }

  #rewind(to: Instant): void {
    this.#head[NOW] = to;
    this.#head[OPENED_AT] = Math.min(to, this.#head[OPENED_AT] ?? to);
    this.#head[LAST_AT] = Math.min(to, this.#head[LAST_AT] ?? to);
    this.#slices?.rewind(to);
    this.#fine.rewind(to);
    this.#coarse?.rewind(to);
    this.#whole.rewind(to);
    this.#presence.rewind(to);
    this.#episodes.rewind(to);
    for (const alarm of this.#alarms) alarm.rewind(to);
    this.#turnWindow(to);
  }

  /** When the window began; before the judge was opened nothing was promised. */
  #from(): number {
    const { window } = this.#terms.target;
    const now = this.#head[NOW] ?? 0;
    return window.kind === 'rolling' ? now - window.lengthMs : (this.#head[WINDOW_FROM] ?? 0);
  }

  #count(sample: Sample, own: number): Taken {
    const { at, good, bad, share } = sample;
    const worth = this.#slices === null ? { good, bad: own } : this.#slices.add(at, good, own);
    if (worth === null) return 'late';
    const time = this.#slices === null ? at : this.#slices.startOf(at) + 1; // the slot that its slice begins in
    this.#fine.add(time, GOOD, worth.good);
    this.#fine.add(time, BAD, worth.bad);
    this.#coarse?.add(time, GOOD, worth.good);
    this.#coarse?.add(time, BAD, worth.bad);
    if (!this.#whole.add(time, worth.good, worth.bad)) return 'late';
    this.#presence.see(at);
    if (isExcuse(share)) this.#whole.excuse(at, share, bad);
    if (bad > 0) this.#episodes.add({ at, share, bad }, this.#from());
    return 'taken';
  }

  #weigh(): void {
    const at = this.#head[NOW] ?? 0;
    for (const alarm of this.#alarms) alarm.weigh(at, this.#watched);
  }

  #ring(place: Place): Ring {
    return place.isFine || this.#coarse === null ? this.#fine : this.#coarse;
  }

  #totalOf(place: Place): number {
    return this.#ring(place).sum(place.window, GOOD) + this.#ring(place).sum(place.window, BAD);
  }

  /** The share of bad events, 0 to 1; 0 of none. */
  #badPart(place: Place): number {
    const total = this.#totalOf(place);
    return total > 0 ? this.#ring(place).sum(place.window, BAD) / total : 0;
  }

  #isHolding({ rule, long, short }: PlacedRule): boolean {
    const limit = rule.factor * this.#allowance;
    return this.#badPart(long) > limit && this.#badPart(short) > limit;
  }

  #burn(placed: PlacedRule): Burn {
    return {
      rule: placed.rule,
      longRate: this.#badPart(placed.long) / this.#allowance,
      shortRate: this.#badPart(placed.short) / this.#allowance,
      isHolding: this.#isHolding(placed),
    };
  }

  #budget(at: Instant): Budget {
    const { window } = this.#terms.target;
    const openedAt = this.#head[OPENED_AT] ?? at;
    const from = Math.max(this.#from(), openedAt);
    const seenMs = Math.max(at - from, this.#terms.everyMs);
    const endsAt = window.kind === 'rolling' ? from + window.lengthMs : this.#whole.to();
    const placed = this.#layout[this.#pace.isFine ? 'fine' : 'coarse'];
    const paceMs = (placed.windows[this.#pace.window] ?? 0) * placed.widthMs;
    return budgetOf({
      whole: this.#whole,
      allowance: this.#allowance,
      at,
      seenMs,
      aheadMs: Math.max(0, endsAt - Math.max(at, from + seenMs)),
      recent: { bad: this.#ring(this.#pace).sum(this.#pace.window, BAD), overMs: Math.min(paceMs, seenMs) },
      withoutDataMs: this.#presence.withoutMs(from),
    });
  }

  #state(budget: Budget, alerts: readonly Alert[], lastAt: Instant | null): TargetState {
    const now = this.#head[NOW] ?? 0;
    if (lastAt === null || now - lastAt > 2 * this.#terms.everyMs) return 'no-data';
    if (budget.isExhausted) return 'exhausted';
    if (budget.isBreached) return 'breached';
    return alerts.length > 0 ? 'burning' : 'meeting';
  }

  #wish(): Wish | null {
    const isOfUse = this.#slices === null && this.#terms.everyMs > LOOK_AGAIN_MS;
    const isDoubtful = isOfUse && this.#alarms.some((alarm) => alarm.isDoubtful());
    return isDoubtful ? { kind: 'look-again', afterMs: LOOK_AGAIN_MS } : null;
  }
}
