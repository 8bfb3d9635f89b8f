// The roll: who was last heard to be up. A set of names that is replaced, not changed, in shelves, so that a new one costs
// a copy of one shelf: with ten thousand names in one object it was 1 ms for each news.

import type { ServiceId } from '#kernel/id.ts';

export type Roll = readonly (readonly ServiceId[])[];

/** Ten thousand names are eighty on each. */
const SHELVES = 128;

export const NOBODY: Roll = Array.from({ length: SHELVES }, () => []);

const shelfOf = (name: ServiceId): number => {
  let sum = 0;
  for (let index = 0; index < name.length; index += 1) sum = (sum * 31 + name.charCodeAt(index)) % 65_521;
  return sum % SHELVES;
};

export const isOn = (roll: Roll, name: ServiceId): boolean => roll[shelfOf(name)]?.includes(name) ?? false;

/** The same roll when the name stands there already. */
export const enter = (roll: Roll, name: ServiceId): Roll =>
  isOn(roll, name) ? roll : roll.with(shelfOf(name), [...(roll[shelfOf(name)] ?? []), name]);

/** The same roll when the name does not stand there. */
export const strike = (roll: Roll, name: ServiceId): Roll =>
  isOn(roll, name)
    ? roll.with(
        shelfOf(name),
        (roll[shelfOf(name)] ?? []).filter((other) => other !== name),
      )
    : roll;
