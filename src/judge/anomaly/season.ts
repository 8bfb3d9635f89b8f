// Season: what is usual at this time of day. A quarter of an hour is one slot; each new day counts for a third.
//
// The day is the day in UTC: one hour of shift twice a year is learnt within days, and no time zone has to be known.

const DAY_MS = 86_400_000;
const SLOTS = 96;
const SLOT_MS = DAY_MS / SLOTS;
/** The weight of the newest day in what is usual. */
const NEWEST = 0.3;

/** The slot that is being filled, plus one; 0 before the first value. */
const CURRENT = 0;
const SUM = 1;
const COUNT = 2;
const HEAD = 3;

/** Numbers that one season takes. Slots that no day has filled are not a number. */
export const SEASON_SIZE = HEAD + SLOTS;

export const openSeason = (memory: Float64Array, base: number): void => {
  memory.fill(Number.NaN, base + HEAD, base + SEASON_SIZE);
};

/** What is usual at this time of day, from the days before; not a number while no day has shown it. `at` in ms. */
export const usualAt = (memory: Float64Array, base: number, at: number): number => {
  const slot = Math.floor((at % DAY_MS) / SLOT_MS);
  if (memory[base + CURRENT] !== slot + 1) {
    closeSlot(memory, base);
    memory[base + CURRENT] = slot + 1;
  }
  return memory[base + HEAD + slot] ?? Number.NaN;
};

/** The same without a change: for who only wants to know. */
export const knownAt = (memory: Float64Array, base: number, at: number): number =>
  memory[base + HEAD + Math.floor((at % DAY_MS) / SLOT_MS)] ?? Number.NaN;

/** The value counts in the slot of the last `usualAt`, and is usual from the next day on. */
export const learnNow = (memory: Float64Array, base: number, value: number): void => {
  memory[base + SUM] = (memory[base + SUM] ?? 0) + value;
  memory[base + COUNT] = (memory[base + COUNT] ?? 0) + 1;
};

const closeSlot = (memory: Float64Array, base: number): void => {
  const count = memory[base + COUNT] ?? 0;
  if (count === 0) return;
  const place = base + HEAD + (memory[base + CURRENT] ?? 1) - 1;
  const mean = (memory[base + SUM] ?? 0) / count;
  const usual = memory[place] ?? Number.NaN;
  memory[place] = Number.isNaN(usual) ? mean : usual + NEWEST * (mean - usual);
  memory[base + SUM] = 0;
  memory[base + COUNT] = 0;
};
