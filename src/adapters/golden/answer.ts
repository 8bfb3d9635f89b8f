// Is an answer the right one? Deep equality; an object may hold more than was expected; numbers may be near.

/** `{ "$near": 3.14, "within": 0.01 }` in the place of a number. */
const nearOf = (expected: object): { readonly near: number; readonly within: number } | null => {
  if (!('$near' in expected) || !('within' in expected)) return null;
  const { $near: near, within } = expected;
  return typeof near === 'number' && typeof within === 'number' ? { near, within } : null;
};

/** Deeper answers than this are not compared; no unit that is worth checking answers so. */
const DEPTH_MAX = 100;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const brief = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
};

/** Null when `found` is right; otherwise one phrase that says where and how it differs. */
export const differs = (found: unknown, expected: unknown, path = '$', depth = 0): string | null => {
  if (depth > DEPTH_MAX) return `${path} is deeper than ${DEPTH_MAX} levels`;
  if (Array.isArray(expected)) {
    if (!Array.isArray(found)) return `${path} is ${brief(found)}, expected a list`;
    if (found.length !== expected.length) return `${path} has ${found.length} items, expected ${expected.length}`;
    return firstOf(expected.map((item, index) => () => differs(found[index], item, `${path}[${index}]`, depth + 1)));
  }
  if (isRecord(expected)) {
    const near = nearOf(expected);
    if (near !== null) {
      const isNear = typeof found === 'number' && Math.abs(found - near.near) <= near.within;
      return isNear ? null : `${path} is ${brief(found)}, expected ${near.near} ± ${near.within}`;
    }
    if (!isRecord(found)) return `${path} is ${brief(found)}, expected an object`;
    return firstOf(
      Object.entries(expected).map(
        ([key, value]) =>
          () =>
            differs(Object.hasOwn(found, key) ? found[key] : undefined, value, `${path}.${key}`, depth + 1),
      ),
    );
  }
  return Object.is(found, expected) ? null : `${path} is ${brief(found)}, expected ${brief(expected)}`;
};

const firstOf = (looks: readonly (() => string | null)[]): string | null => {
  for (const look of looks) {
    const difference = look();
    if (difference !== null) return difference;
  }
  return null;
};
