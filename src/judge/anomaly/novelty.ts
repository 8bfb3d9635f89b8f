// Novelty: how new a value of one feature is, in units of its usual step. No training, no distribution assumed.
//
// Two territories take turns: the young one learns, and when it is a generation old it becomes the old one. So what was
// not seen for one to two generations is new again, and nothing has to be forgotten value by value.

import { distanceTo, forget, settle, TERRITORY_SIZE } from './territory.ts';

/** Rows of one generation: four weeks at one value in five minutes, a day at one in ten seconds. */
const GENERATION = 8_000;
/** The usual step is a mean over about so many rows. */
const STEP_MEMORY = 2_000;
/** A series that never moved moves: as surprising as ten of its steps, since it has none to compare with. */
const FIRST_MOVE = 10;

const ROWS = 0;
const STEPS = 1;
const STEP = 2;
const PREVIOUS = 3;
/** 0 or 1: which of the two territories is the young one. */
const YOUNG = 4;
const HEAD = 5;

/** Numbers that one feature takes. */
export const NOVELTY_SIZE = HEAD + 2 * TERRITORY_SIZE;

/** The usual step of the feature; 0 while it never moved. */
export const stepOf = (memory: Float64Array, base: number): number => memory[base + STEP] ?? 0;

/** Where its two territories begin: the young one and the old one, in no order. */
export const territoriesOf = (base: number): readonly [number, number] => [territory(base, 0), territory(base, 1)];

const territory = (base: number, which: number): number => base + HEAD + which * TERRITORY_SIZE;

/** Learns the value and tells how new it was: its distance to everything known, in usual steps; 0 for the first. */
export const noveltyOf = (memory: Float64Array, base: number, value: number): number => {
  growOlder(memory, base);
  const young = territory(base, memory[base + YOUNG] ?? 0);
  const old = territory(base, 1 - (memory[base + YOUNG] ?? 0));
  const distance = nearerOf(memory, young, old, value);
  settle(memory, young, value);
  memory[base + ROWS] = (memory[base + ROWS] ?? 0) + 1;
  const step = usualStep(memory, base, value);
  if (distance === 0) return 0;
  return step > 0 ? distance / step : FIRST_MOVE;
};

const nearerOf = (memory: Float64Array, young: number, old: number, value: number): number => {
  if (memory[old] === 0) return distanceTo(memory, young, value);
  const fromOld = distanceTo(memory, old, value);
  return memory[young] === 0 ? fromOld : Math.min(fromOld, distanceTo(memory, young, value));
};

const growOlder = (memory: Float64Array, base: number): void => {
  if ((memory[base + ROWS] ?? 0) < GENERATION) return;
  memory[base + ROWS] = 0;
  const young = 1 - (memory[base + YOUNG] ?? 0);
  memory[base + YOUNG] = young;
  forget(memory, territory(base, young));
};

const usualStep = (memory: Float64Array, base: number, value: number): number => {
  const before = memory[base + STEPS] ?? 0;
  const previous = memory[base + PREVIOUS] ?? 0;
  memory[base + PREVIOUS] = value;
  memory[base + STEPS] = Math.min(before + 1, STEP_MEMORY);
  if (before === 0) return 0; // the first value has no step
  const mean = memory[base + STEP] ?? 0;
  const step = mean + (Math.abs(value - previous) - mean) / before;
  memory[base + STEP] = step;
  return step;
};
