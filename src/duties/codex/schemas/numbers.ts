// A number that keeps within bounds, is a multiple of some numbers and not of others, and is none of a few.

import type { Atom } from './demands.ts';
import { floorOf, isLess, isMultiple, isSame, leastMultiple, numberOf, ratio, times, type Ratio } from './ratio.ts';

export type NumberFound = { readonly kind: 'found'; readonly value: number } | { readonly kind: 'none' | 'unsure' };

type Edge = { readonly limit: number; readonly at: Ratio; readonly isStrict: boolean };
type Demand = {
  readonly low: Edge | null;
  readonly high: Edge | null;
  readonly steps: readonly Ratio[];
  readonly notSteps: readonly Ratio[];
  readonly others: readonly Ratio[];
};

/** Multiples that are tried one after the other. */
const TRIES_MAX = 2_000n;

/** `none` is a proof. */
export const findNumber = (atoms: readonly Atom[]): NumberFound => {
  const demand = read(atoms);
  const [first, ...more] = demand.steps;
  if (first !== undefined) return findMultiple(demand, more.reduce(leastMultiple, first));
  return findAnywhere(demand);
};

const read = (atoms: readonly Atom[]): Demand => {
  const edges = (side: 'low' | 'high'): Edge | null =>
    atoms
      .flatMap((atom) =>
        atom.kind === 'bound' && atom.side === side
          ? [{ limit: atom.limit, at: ratio(atom.limit), isStrict: atom.isStrict }]
          : [],
      )
      .reduce<Edge | null>((tight, edge) => (tight === null ? edge : tighter(tight, edge, side)), null);
  const steps = (isWanted: boolean): readonly Ratio[] =>
    atoms.flatMap((atom) => (atom.kind === 'multiple' && atom.isWanted === isWanted ? [ratio(atom.step)] : []));
  const others = atoms.flatMap((atom) => (atom.kind === 'other' ? [ratio(atom.number)] : []));
  return { low: edges('low'), high: edges('high'), steps: steps(true), notSteps: steps(false), others };
};

const tighter = (a: Edge, b: Edge, side: 'low' | 'high'): Edge => {
  if (isSame(a.at, b.at)) return a.isStrict ? a : b;
  return isLess(a.at, b.at) === (side === 'low') ? b : a;
};

const isAbove = (edge: Edge | null, value: Ratio): boolean =>
  edge === null || isLess(edge.at, value) || (!edge.isStrict && isSame(edge.at, value));
const isBelow = (edge: Edge | null, value: Ratio): boolean =>
  edge === null || isLess(value, edge.at) || (!edge.isStrict && isSame(edge.at, value));

const isGood = (demand: Demand, value: Ratio): boolean =>
  isAbove(demand.low, value) &&
  isBelow(demand.high, value) &&
  demand.steps.every((step) => isMultiple(value, step)) &&
  demand.notSteps.every((step) => !isMultiple(value, step)) &&
  demand.others.every((other) => !isSame(value, other));

/** Whether a multiple of the unwanted steps is one repeats itself, so that one period, and as much again for each single number that is left out, is all. */
const findMultiple = (demand: Demand, step: Ratio): NumberFound => {
  if (demand.notSteps.some((bad) => isMultiple(step, bad))) return { kind: 'none' };
  const period = floorOf(demand.notSteps.reduce(leastMultiple, step), step);
  const all = period * BigInt(demand.others.length + 1) + 2n;
  const { low, high } = demand;
  const start = low !== null ? floorOf(low.at, step) : high === null ? 0n : floorOf(high.at, step);
  const way = low === null && high !== null ? -1n : 1n;
  const tries = all < TRIES_MAX ? all : TRIES_MAX;
  let isWritten = true; // false: there is one, but no number of ECMAScript is written so
  for (let count = 0n; count < tries; count += 1n) {
    const value = times(start + way * count, step);
    if (way > 0n && !isBelow(high, value)) return { kind: isWritten ? 'none' : 'unsure' };
    const number = isGood(demand, value) ? numberOf(value) : null;
    if (number !== null) return { kind: 'found', value: number };
    if (isGood(demand, value)) isWritten = false;
  }
  return { kind: isWritten && all <= TRIES_MAX ? 'none' : 'unsure' };
};

const isPast = ({ low, high }: Demand): boolean =>
  low !== null &&
  high !== null &&
  (isLess(high.at, low.at) || (isSame(low.at, high.at) && (low.isStrict || high.isStrict)));

/** Between two different bounds lie more numbers than could be left out: whole ones first, then broken ones. */
const findAnywhere = (demand: Demand): NumberFound => {
  if (isPast(demand)) return { kind: 'none' };
  const good = candidates(demand).find((value) => Number.isFinite(value) && isGood(demand, ratio(value)));
  if (good !== undefined) return { kind: 'found', value: good };
  const isPoint = demand.low !== null && demand.high !== null && isSame(demand.low.at, demand.high.at);
  return { kind: isPoint ? 'none' : 'unsure' };
};

const candidates = ({ low, high, others }: Demand): readonly number[] => {
  const count = others.length + 5;
  const bottom = low?.limit ?? null;
  const top = high?.limit ?? null;
  const from = bottom ?? (top === null ? 0 : top - count);
  const width = (top ?? from + 2 * count) - from;
  const rows = Array.from({ length: count }, (_, index) => index);
  const whole = rows.map((index) => Math.ceil(from) + index);
  const half = rows.map((index) => Math.floor(from) + index + 0.5);
  const wide = rows.map((index) => (Math.abs(from) + 1) * 2 ** index * (bottom === null && top !== null ? -1 : 1));
  const broken = rows.map((index) => from + (width * (index + 1)) / (count + 1));
  const odd = rows.map((index) => from + (width * (index + 0.6180339887)) / count);
  return [0, ...whole, ...half, from, top ?? from + width, ...broken, ...odd, ...wide];
};
