// The tally: what a source counted, as events of the targets that ask it. A ratio needs two answers of the same moment, the
// good ones and all of them; a value is one event, good while it is on the right side of its limit.

import type { Taken } from '#judge/budget/judge.ts';
import { increaseOf } from '#judge/budget/counter.ts';
import type { Site } from '#kernel/site.ts';
import { targetMetric } from '#kernel/source.ts';
import { isWithin, type Indicator, type Target } from '#kernel/target.ts';
import type { Instant } from '#kernel/time.ts';
import type { Reading } from '#ports/source.ts';
import type { Judging } from './judging.ts';

type Ratio = Extract<Indicator, { readonly kind: 'ratio' }>;
type Pair = { readonly at: Instant; readonly good: number; readonly total: number };
type Half = { readonly at: Instant; readonly value: number };

type Spot = {
  readonly target: Target;
  readonly part: 'good' | 'total' | 'value';
};

/** Answers to a query are kept under its target's name, in the source that was asked. */
const spotsOf = (target: Target): readonly (readonly [string, Spot])[] => {
  const { indicator, id } = target;
  if (indicator.kind !== 'ratio' && indicator.kind !== 'value') return [];
  const parts = indicator.kind === 'value' ? (['value'] as const) : (['good', 'total'] as const);
  return parts.map((part) => [`${indicator.source} ${targetMetric(id, part)}`, { target, part }]);
};

export class Tally {
  readonly #judging: Pick<Judging, 'sawEvents'>;
  readonly #spots = new Map<string, Spot>();
  readonly #halves = new Map<string, Half>();
  readonly #last = new Map<string, Pair>();

  constructor(site: Site, judging: Pick<Judging, 'sawEvents'>) {
    this.#judging = judging;
    this.setSite(site);
  }

  setSite(site: Site): void {
    this.#spots.clear();
    for (const target of site.services.flatMap((service) => service.targets)) {
      for (const [name, spot] of spotsOf(target)) this.#spots.set(name, spot);
    }
    for (const name of this.#halves.keys()) if (!this.#spots.has(name)) this.#halves.delete(name);
    const known = new Set<string>([...this.#spots.values()].map((spot) => spot.target.id));
    for (const id of this.#last.keys()) if (!known.has(id)) this.#last.delete(id);
  }

  /** What one look at a source has seen. Readings that no target asks for are left alone. */
  feed(source: string, readings: readonly Reading[]): void {
    for (const reading of readings) {
      const name = `${source} ${reading.metric}`;
      const spot = this.#spots.get(name);
      if (spot === undefined || reading.kind === 'histogram') continue;
      const { indicator, id } = spot.target;
      const { at, value } = reading;
      if (indicator.kind === 'value') {
        const isGood = isWithin(indicator.comparator, value, indicator.limit);
        this.#judging.sawEvents(id, at, isGood ? { good: 1, bad: 0 } : { good: 0, bad: 1 });
      }
      if (indicator.kind !== 'ratio') continue;
      this.#halves.set(name, { at, value });
      this.#pair(source, spot.target, indicator);
    }
  }

  /** Both answers of one moment: they are an amount, or what two counters have grown by. */
  #pair(source: string, { id }: Target, { isCounter }: Ratio): void {
    const good = this.#halves.get(`${source} ${targetMetric(id, 'good')}`);
    const total = this.#halves.get(`${source} ${targetMetric(id, 'total')}`);
    if (good === undefined || total === undefined || good.at !== total.at) return;
    const now: Pair = { at: total.at, good: good.value, total: total.value };
    if (isCounter) this.#grow(id, now);
    else this.#count(id, now.at, now.good, now.total);
  }

  /** What two counters have grown by. From a clock that is fast nothing is taken, and it is counted with the next. */
  #grow(id: Target['id'], now: Pair): void {
    const before = this.#last.get(id);
    if (before === undefined) {
      this.#last.set(id, now);
      return;
    }
    // It was counted with the one that overtook it. One that has grown all the same comes from a clock that was set back.
    if (now.at <= before.at && now.total <= before.total) return;
    // Whoever counts begins both anew: one of them may have grown past its old value already.
    const isAnew = now.good < before.good || now.total < before.total;
    const grown = (from: number, to: number): number => increaseOf(isAnew ? 0 : from, to) ?? 0;
    const taken = this.#count(id, now.at, grown(before.good, now.good), grown(before.total, now.total));
    if (taken !== 'ahead') this.#last.set(id, now);
  }

  #count(id: Target['id'], at: Instant, good: number, total: number): Taken | null {
    const least = Math.max(0, Math.min(good, total));
    return this.#judging.sawEvents(id, at, { good: least, bad: Math.max(0, total - least) });
  }
}
