// Chance: the one source of luck in a simulated world, drawn from the seed.
//
// sfc32 (Chris Doty-Humphrey, PractRand): 128 bits of state, passes PractRand to 16 TB, and needs only 32-bit adds,
// xors and shifts, so that one draw costs about 3 ns in V8. Math.random cannot be seeded, and xoshiro128** needs two
// multiplications for the same quality.

/** 2^-32: turns 32 random bits into [0, 1). */
const UNIT = 2.3283064365386963e-10;

/** Draws that are thrown away after seeding, as the author of sfc32 advises, so that near seeds give far streams. */
const WARM_UP_DRAWS = 12;

/** FNV-1a over a label: streams with different names never share their draws. */
const hashLabel = (label: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < label.length; index += 1) {
    hash = Math.imul(hash ^ label.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
};

/** A seeded stream of luck. Two streams with the same seed and label give the same draws for ever. */
export class Chance {
  readonly seed: number;
  #a: number;
  #b: number;
  #c: number;
  #counter: number;

  /** `seed` is any safe integer; `label` names the stream, so that one part of the world never shifts another's luck. */
  constructor(seed: number, label: string) {
    this.seed = seed;
    this.#a = seed | 0;
    this.#b = Math.floor(seed / 4_294_967_296) | 0;
    this.#c = hashLabel(label) | 0;
    this.#counter = 1;
    for (let draw = 0; draw < WARM_UP_DRAWS; draw += 1) this.unit();
  }

  /** Uniform in [0, 1). */
  unit(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return (sum >>> 0) * UNIT;
  }

  /** True with probability `rate` (0..1). A rate of 0 draws nothing, so that an absent fault costs nothing. */
  hits(rate: number): boolean {
    return rate > 0 && this.unit() < rate;
  }

  /** A whole number in 0..count-1. */
  below(count: number): number {
    return Math.floor(this.unit() * count);
  }

  /** A whole number in least..most, both included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** Time to the next of events that come on average every `meanMs`: exponential, at least 1 ms. */
  untilNextMs(meanMs: number): number {
    return Math.max(1, Math.round(-Math.log(1 - this.unit()) * meanMs));
  }

  /** One of the choices, in proportion to its weight; the first when all weights are 0. */
  weighted<Choice extends string>(
    weights: Readonly<Record<Choice, number>>,
    choices: readonly [Choice, ...Choice[]],
  ): Choice {
    let total = 0;
    for (const choice of choices) total += weights[choice];
    let left = this.unit() * total;
    for (const choice of choices) {
      left -= weights[choice];
      if (left < 0) return choice;
    }
    return choices[0];
  }

  /** One of the items; null when there are none. */
  pick<Item>(items: readonly Item[]): Item | null {
    return items[this.below(items.length)] ?? null;
  }
}
