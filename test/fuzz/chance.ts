// Chance: numbers that look random and repeat themselves from a seed.

export type Chance = {
  /** 0 ≤ x < 1. */
  readonly next: () => number;
  /** A whole number, 0 ≤ n < below. */
  readonly whole: (below: number) => number;
  readonly one: <Item>(items: readonly Item[]) => Item;
};

/** mulberry32: small, seeded, and even enough to choose inputs. */
export const makeChance = (seed: number): Chance => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (below: number): number => Math.floor(next() * below);
  const one = <Item>(items: readonly Item[]): Item => {
    const item = items[whole(items.length)];
    if (item === undefined) throw new Error('nothing to choose from');
    return item;
  };
  return { next, whole, one };
};
