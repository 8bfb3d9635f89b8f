// Shelves: a record by name that is replaced, not changed, where a change costs a copy of one shelf. With ten thousand
// names in one object each change was 1 ms. Compare roll.ts, which keeps names alone.

export type Shelves<Value> = readonly Readonly<Record<string, Value>>[];

/** Ten thousand names are eighty on each. */
const COUNT = 128;

const EMPTY: Readonly<Record<string, never>> = {};

export const noShelves = <Value>(): Shelves<Value> => Array.from({ length: COUNT }, () => EMPTY);

const shelfOf = (name: string): number => {
  let sum = 0;
  for (let index = 0; index < name.length; index += 1) sum = (sum * 31 + name.charCodeAt(index)) % 65_521;
  return sum % COUNT;
};

export const onShelf = <Value>(shelves: Shelves<Value>, name: string): Value | null =>
  shelves[shelfOf(name)]?.[name] ?? null;

export const shelve = <Value>(shelves: Shelves<Value>, name: string, value: Value): Shelves<Value> =>
  shelves.with(shelfOf(name), { ...shelves[shelfOf(name)], [name]: value });

/** The same shelves when the name does not stand there. */
export const unshelve = <Value>(shelves: Shelves<Value>, name: string): Shelves<Value> => {
  const shelf = shelves[shelfOf(name)] ?? EMPTY;
  if (shelf[name] === undefined) return shelves;
  const { [name]: _gone, ...others } = shelf;
  return shelves.with(shelfOf(name), others);
};

export const allShelved = <Value>(shelves: Shelves<Value>): readonly Value[] =>
  shelves.flatMap((shelf) => Object.values(shelf));
