// The nearest name: what a person probably meant when they mistyped one.

/** Names longer than this are not compared: the cost is quadratic, and nobody mistypes that much by one letter. */
const LENGTH_MAX = 64;

/** At most this many names are compared; a site with more services than that gets no suggestion rather than a slow one. */
const NAMES_MAX = 20_000;

/** `prod` begins only one name of three: that is meant. Two letters begin too many. */
const BEGINNING_MIN = 3;

const cheapest = (a: number, b: number, c: number): number => Math.min(a, b, c);

/**
 * Edits between two words: insert, delete, replace, and swap of two neighbours count 1 each.
 * The "optimal string alignment" form of Damerau (1964) and Levenshtein (1966): no substring is edited twice.
 * Beyond `most` it stops counting and returns some number above `most`.
 */
export const editDistance = (a: string, b: string, most = Number.POSITIVE_INFINITY): number => {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current: number[] = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const isSame = a[row - 1] === b[column - 1];
      let cost = cheapest(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (isSame ? 0 : 1),
      );
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (isSwap) cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    // No later row gets below the least of two rows in a row: a swap reaches back one row more than the rest.
    if (Math.min(...current) > most && Math.min(...last) > most) return most + 1;
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
};

/** The name that `found` begins, or the closest one; null when none is close: at most one edit for each three letters, and never under 1. */
export const nearestName = (found: string, names: readonly string[]): string | null => {
  if (found.length > LENGTH_MAX || names.length > NAMES_MAX) return null;
  const begun = found.length < BEGINNING_MIN ? [] : names.filter((name) => name.startsWith(found));
  if (begun.length === 1 && begun[0] !== undefined) return begun[0];
  const limit = Math.max(1, Math.floor(found.length / 3));
  const wanted = found.toLowerCase();
  let best: string | null = null;
  let bestDistance = limit + 1;
  for (const name of names) {
    if (Math.abs(name.length - found.length) >= bestDistance || name === found) continue;
    const distance = editDistance(wanted, name.toLowerCase(), bestDistance);
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
};
