// Exact fractions: a number of JSON is the decimal that is written, so that 0.3 is three times 0.1.

/** `over` is more than 0. Not always in lowest terms. */
export type Ratio = { readonly of: bigint; readonly over: bigint };

/** The decimal by which ECMAScript writes the number. */
export const ratio = (value: number): Ratio => {
  const [, sign = '', whole = '0', part = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/.exec(String(value)) ?? [];
  const digits = BigInt(`${sign}${whole}${part}`);
  const power = Number(exponent) - part.length;
  return power >= 0 ? { of: digits * 10n ** BigInt(power), over: 1n } : { of: digits, over: 10n ** BigInt(-power) };
};

export const isLess = (a: Ratio, b: Ratio): boolean => a.of * b.over < b.of * a.over;
export const isSame = (a: Ratio, b: Ratio): boolean => a.of * b.over === b.of * a.over;

/** Whether `value` is a whole number of times `step`. */
export const isMultiple = (value: Ratio, step: Ratio): boolean =>
  (value.of * step.over) % (value.over * step.of) === 0n;

const greatest = (a: bigint, b: bigint): bigint => {
  let [big, small] = [a, b];
  while (small !== 0n) [big, small] = [small, big % small];
  return big;
};

/** The least number above 0 that is a multiple of both. */
export const leastMultiple = (a: Ratio, b: Ratio): Ratio => {
  const [left, right] = [a.of * b.over, b.of * a.over];
  const of = (left / greatest(left, right)) * right;
  const over = a.over * b.over;
  const part = greatest(of, over);
  return { of: of / part, over: over / part };
};

export const times = (count: bigint, step: Ratio): Ratio => ({ of: count * step.of, over: step.over });

/** How often `step` goes into `value`: rounded down. */
export const floorOf = (value: Ratio, step: Ratio): bigint => {
  const [of, over] = [value.of * step.over, value.over * step.of];
  const quotient = of / over;
  return of % over < 0n ? quotient - 1n : quotient;
};

/** The number that is written as this decimal; null when none is. */
export const numberOf = (value: Ratio): number | null => {
  const near = Number(value.of) / Number(value.over);
  return Number.isFinite(near) && isSame(ratio(near), value) ? near : null;
};
