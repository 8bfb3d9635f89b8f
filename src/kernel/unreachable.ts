// The end of every switch on kind: a new kind that nobody handles does not compile.

/** Call it in the default branch; it throws only when the types were lied to. */
export const unreachable = (value: never): never => {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
};
