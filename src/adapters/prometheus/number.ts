// Numbers as Prometheus writes them: those of Go's ParseFloat, without hexadecimal and underscores.

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;

/** The number; NaN and ±Infinity where they are written; null for what is no number, or too big for one. */
export const readNumber = (text: string): number | null => {
  if (DECIMAL.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : null;
  }
  const infinite = INFINITE.exec(text);
  if (infinite !== null) return infinite[1] === '-' ? -Infinity : Infinity;
  return /^nan$/i.test(text) ? NaN : null;
};
