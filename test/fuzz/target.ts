// Target: one place where something from outside comes in, and what must hold whatever comes.

export type Opened = {
  /** Null when everything held; else one sentence. A throw is a crash. */
  readonly attempt: (input: Buffer) => Promise<string | null> | string | null;
  readonly close: () => Promise<void>;
};

export type Target = {
  readonly name: string;
  /** Its share of all inputs, in parts of a thousand: what costs microseconds gets more than what opens a socket. */
  readonly share: number;
  /** Valid inputs that mutation begins with. */
  readonly seeds: () => readonly Buffer[];
  /** Words of its language, put in at random places. */
  readonly words: readonly string[];
  readonly open: () => Promise<Opened>;
};

/** Control characters and the marks that reorder text: what must never reach a terminal. */
export const DRAWS = /[\p{Cc}\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/u;
