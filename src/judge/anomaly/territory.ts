// Territory: where a series has been, as a few disjoint intervals in order. What lies outside of all of them is new.
//
// A histogram needs to know its range beforehand, and a sample of old values forgets the rare ones. Intervals know
// neither limit: a value opens one, and when there are too many, the two with the smallest gap between them become one.
// Eight are enough: on the development half of the NAB corpus they score 78.4, four 77, ten 79.7, and a thousand 79.6.
//
// The functions work on a slice of a caller's memory, so that a detector is one flat array: [count, low, high, low, …].

/** Intervals that one territory keeps. */
export const INTERVALS = 8;

/** Numbers that one territory takes: the count, and room for one interval more while it is being cleared. */
export const TERRITORY_SIZE = 1 + 2 * (INTERVALS + 1);

const lowAt = (base: number, index: number): number => base + 1 + 2 * index;
const highAt = (base: number, index: number): number => base + 2 + 2 * index;

/** How far outside of everything known a value is; 0 inside, and 0 while nothing is known. */
export const distanceTo = (memory: Float64Array, base: number, value: number): number => {
  const count = memory[base] ?? 0;
  let nearest = Infinity;
  for (let index = 0; index < count; index += 1) {
    const low = memory[lowAt(base, index)] ?? 0;
    const high = memory[highAt(base, index)] ?? 0;
    if (value >= low && value <= high) return 0;
    nearest = Math.min(nearest, value < low ? low - value : value - high);
  }
  return nearest === Infinity ? 0 : nearest;
};

/** Each known interval. */
export const eachInterval = (memory: Float64Array, base: number, visit: (low: number, high: number) => void): void => {
  const count = memory[base] ?? 0;
  for (let index = 0; index < count; index += 1)
    visit(memory[lowAt(base, index)] ?? 0, memory[highAt(base, index)] ?? 0);
};

/** The value belongs to the territory from now on. */
export const settle = (memory: Float64Array, base: number, value: number): void => {
  const count = memory[base] ?? 0;
  let place = 0;
  while (place < count && (memory[lowAt(base, place)] ?? 0) <= value) place += 1;
  if (place > 0 && (memory[highAt(base, place - 1)] ?? 0) >= value) return;
  memory.copyWithin(lowAt(base, place + 1), lowAt(base, place), lowAt(base, count));
  memory[lowAt(base, place)] = value;
  memory[highAt(base, place)] = value;
  memory[base] = count + 1;
  if (count + 1 > INTERVALS) closeSmallestGap(memory, base);
};

const closeSmallestGap = (memory: Float64Array, base: number): void => {
  const count = memory[base] ?? 0;
  let smallest = Infinity;
  let place = 0;
  for (let index = 0; index + 1 < count; index += 1) {
    const gap = (memory[lowAt(base, index + 1)] ?? 0) - (memory[highAt(base, index)] ?? 0);
    if (gap >= smallest) continue;
    smallest = gap;
    place = index;
  }
  memory[highAt(base, place)] = memory[highAt(base, place + 1)] ?? 0;
  memory.copyWithin(lowAt(base, place + 1), lowAt(base, place + 2), lowAt(base, count));
  memory[base] = count - 1;
};

/** Nothing is known any more. */
export const forget = (memory: Float64Array, base: number): void => {
  memory[base] = 0;
};
