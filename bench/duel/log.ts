// Log: an append-only record of actions, as D10 attacks it. Three kinds of them stand in log….ts files beside this one.

/** What somebody does to a log who may write its files; `at` is the record it is done to. */
export const ATTACKS = {
  flip: 'one byte of a record changed',
  delete: 'a record taken out',
  insert: 'a record put in',
  reorder: 'two records swapped',
  'cut off': 'the end cut off',
  'rolled back': 'the whole file replaced by its own older copy',
  'hashed anew': 'a record changed, it and all after it hashed anew with the rights of the owner',
} as const;

export type Attack = keyof typeof ATTACKS;

export const ATTACK_NAMES: readonly Attack[] = [
  'flip',
  'delete',
  'insert',
  'reorder',
  'cut off',
  'rolled back',
  'hashed anew',
];

export type Found = {
  readonly isIntact: boolean;
  /** The record that is named; null when none is. */
  readonly badSeq: number | null;
};

/** The record `index` of every log, 0 for the first: the same text for all of them. */
export const textOf = (index: number): string =>
  `service-${index % 100}: check http failed 3 times → restart service-${index % 100} → healthy after ${200 + (index % 97)} ms`;

export type Log = {
  readonly contender: string;
  readonly version: string;
  readonly settings: string;
  /** Writes so many records, keeping a copy at nine tenths for the roll-back. */
  readonly write: (count: number) => void;
  /** Attacks a copy of it; gives the lowest record that is bad then. */
  readonly attack: (attack: Attack, at: number) => number;
  /** Verifies what was attacked last, or the log itself before the first attack. */
  readonly verify: () => Found;
  /** Bytes that prove one record to somebody without the log; null: only the log proves it. */
  readonly proofBytes: number | null;
  /** What one more durable record adds, in ms: the 99th percentile of `count` of them. */
  readonly addedP99Ms: (count: number) => number;
};
