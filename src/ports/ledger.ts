// Ledger: what an actuator remembers of one subject's operations, so that a repeated key touches nothing and an old epoch is refused.
//
// The rules live here once, for every driver and for the simulator; a driver brings only the file. A line is appended
// before anything is touched (intent) and after it (outcome). A line needs to survive the death of Sereno, not a power
// cut: after one all workloads are gone too, and a repeated start finds nothing and starts. So nobody waits for fsync.

import type { Operation, OperationOutcome } from '#kernel/action.ts';
import type { EffectKey } from '#kernel/id.ts';

/** Where the lines are kept. Each method says null when all went well, else why it did not. */
export interface LedgerFile {
  /** All lines, oldest first, none when there is no file yet; null when there is one that cannot be read. */
  read(): readonly string[] | null;
  append(line: string): string | null;
  /** Replaces all lines at once, or none. */
  replace(lines: readonly string[]): string | null;
}

export type Admission =
  /** Never seen: the intent is written, go on. */
  | { readonly kind: 'fresh' }
  /** Begun by an earlier run that did not live to see its end: finish it, looking first at what is there. */
  | { readonly kind: 'unfinished' }
  /** Carried out before: report this, touch nothing. */
  | { readonly kind: 'ended'; readonly outcome: OperationOutcome }
  /** Nothing may be touched: the epoch is old, or the intent could not be written. */
  | { readonly kind: 'barred'; readonly outcome: OperationOutcome };

export interface Ledger {
  /** Asks leave to begin. Writes the intent when leave is given. */
  admit(key: EffectKey, operation: Operation): Admission;
  /** True when a newer epoch was admitted since. Asked again when a queued operation's turn comes. */
  isStale(epoch: number): boolean;
  /** Writes how it ended. A line that cannot be written is remembered for this run only. */
  settle(key: EffectKey, outcome: OperationOutcome): void;
}

/** Keys remembered for each subject. The outbox repeats only what has not been settled: a handful, not hundreds. */
const KEYS_MAX = 128;
/** The file is rewritten beyond this many lines: two a key, and the same again so that it is not done each time. */
const LINES_MAX = KEYS_MAX * 4;
/** Longer details are cut: a ledger line is read back at every start. */
const DETAIL_LENGTH_MAX = 1_000;

type Line =
  | { readonly kind: 'epoch'; readonly epoch: number }
  | { readonly kind: 'intent'; readonly key: EffectKey; readonly epoch: number }
  | { readonly kind: 'outcome'; readonly key: EffectKey; readonly outcome: OperationOutcome };

const OUTCOMES: ReadonlySet<unknown> = new Set(['applied', 'failed', 'refused']);

/** Epochs are counted; an infinite one (1e999) would bar every operation for ever. */
const isEpoch = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;

const isOutcome = (outcome: OperationOutcome): boolean =>
  OUTCOMES.has(outcome.kind) &&
  typeof outcome.detail === 'string' &&
  (outcome.kind !== 'applied' || outcome.pid === null || Number.isSafeInteger(outcome.pid));

/** One line, or null when it is torn by a crash or foreign: what is not understood was never promised. */
const decodeLine = (text: string): Line | null => {
  try {
    const line = JSON.parse(text) as Line; // decoder
    if (line.kind === 'epoch' && isEpoch(line.epoch)) return line;
    if (line.kind === 'intent' && typeof line.key === 'string' && isEpoch(line.epoch)) return line;
    if (line.kind === 'outcome' && typeof line.key === 'string' && isOutcome(line.outcome)) return line;
    return null;
  } catch {
    return null;
  }
};

const barred = (kind: 'refused' | 'failed', detail: string): Admission => ({
  kind: 'barred',
  outcome: { kind, detail },
});

class KeptLedger implements Ledger {
  readonly #file: LedgerFile;
  readonly #isReadable: boolean;
  /** Null for a key that was begun and has not ended. */
  readonly #outcomes = new Map<EffectKey, OperationOutcome | null>();
  #highestEpoch = 0;
  #lineCount = 0;
  /** The last line is not whole: one behind it would be torn too. */
  #isTorn = false;

  constructor(file: LedgerFile) {
    this.#file = file;
    const lines = file.read();
    this.#isReadable = lines !== null;
    for (const text of lines ?? []) this.#take(decodeLine(text));
  }

  admit(key: EffectKey, operation: Operation): Admission {
    if (!this.#isReadable) return barred('failed', 'the ledger of operations cannot be read; nothing was touched');
    const known = this.#outcomes.get(key);
    if (known === null) return { kind: 'unfinished' };
    if (known !== undefined) return { kind: 'ended', outcome: known };
    if (this.isStale(operation.epoch)) {
      return barred('refused', `epoch ${operation.epoch} is older than ${this.#highestEpoch}; nothing was touched`);
    }
    const trouble = this.#write({ kind: 'intent', key, epoch: operation.epoch });
    if (trouble !== null) return barred('failed', `the intent cannot be written (${trouble}); nothing was touched`);
    this.#highestEpoch = operation.epoch;
    this.#outcomes.set(key, null);
    return { kind: 'fresh' };
  }

  isStale(epoch: number): boolean {
    return epoch < this.#highestEpoch;
  }

  settle(key: EffectKey, outcome: OperationOutcome): void {
    const short = { ...outcome, detail: outcome.detail.slice(0, DETAIL_LENGTH_MAX) };
    this.#outcomes.set(key, short);
    this.#write({ kind: 'outcome', key, outcome: short });
  }

  #take(line: Line | null): void {
    this.#lineCount += 1;
    this.#isTorn = line === null;
    if (line === null) return;
    if (line.kind !== 'outcome') this.#highestEpoch = Math.max(this.#highestEpoch, line.epoch);
    if (line.kind === 'intent' && !this.#outcomes.has(line.key)) this.#outcomes.set(line.key, null);
    if (line.kind === 'outcome') this.#outcomes.set(line.key, line.outcome);
  }

  #write(line: Line): string | null {
    const trouble = this.#isTorn || this.#lineCount >= LINES_MAX ? this.#shrink() : null;
    if (trouble !== null) return trouble;
    this.#lineCount += 1;
    return this.#file.append(JSON.stringify(line));
  }

  /** Rewrites the file with the newest keys. A key that has not ended is never forgotten before one that has. */
  #shrink(): string | null {
    for (const [key, outcome] of this.#outcomes) {
      if (this.#outcomes.size <= KEYS_MAX) break;
      if (outcome !== null) this.#outcomes.delete(key);
    }
    const kept: Line[] = [{ kind: 'epoch', epoch: this.#highestEpoch }];
    for (const [key, outcome] of this.#outcomes) {
      kept.push(outcome === null ? { kind: 'intent', key, epoch: 0 } : { kind: 'outcome', key, outcome });
    }
    const trouble = this.#file.replace(kept.map((line) => JSON.stringify(line)));
    if (trouble !== null) return trouble;
    this.#lineCount = kept.length;
    this.#isTorn = false;
    return null;
  }
}

/**
 * Opens the ledger of one subject: reads it, and from then on keeps it. One reader and writer at a time: whoever
 * holds the state directory.
 */
export const openLedger = (file: LedgerFile): Ledger => new KeptLedger(file);
