// Following: the codex of a Sereno that runs. Other programs write it; what they add is read here, entry by entry, as it comes.
//
//   reading ─▶ whole ◀─▶ in trouble
//
// A notice of the file system brings it within milliseconds, and a look every half second when a notice was lost. In trouble
// (damaged, unreadable, written by a newer Sereno) nothing is given to anybody: what cannot be read might be a revocation.

import { watchLog, type LogWatch } from '#adapters/codex/watch.ts';
import { problem, ProblemError, type Problem } from '#kernel/problem.ts';
import type { CodexSite } from '#kernel/site.ts';
import { later, type Instant } from '#kernel/time.ts';
import type { Cancel, Clock } from '#ports/clock.ts';
import { every } from '../every.ts';
import { inTurns } from '../inTurns.ts';
import { makeCodexDesk, type CodexDesk } from './desk.ts';

/** The net below the notices; a client is promised a new version within a second. */
const LOOK_MS = 500;
/** Some milliseconds of work, signatures of blessings included; then the watch goes on. */
const ENTRIES_A_SLICE = 50;
/** After an entry that the fold could not take, everything is read anew, which may be long. */
const ANEW_AFTER_MS = 5_000;

export type FollowingParts = {
  readonly site: CodexSite;
  readonly stateDirectory: string;
  readonly clock: Clock;
  /** Told when the codex cannot be read any more, and (null) when it can again. */
  readonly onTrouble: (trouble: Problem | null) => void;
};

export type Opened =
  { readonly kind: 'open'; readonly desk: CodexDesk } | { readonly kind: 'trouble'; readonly problem: Problem };

export class CodexFollower {
  readonly #parts: FollowingParts;
  readonly #listeners = new Set<() => void>();
  readonly #watch: LogWatch;
  readonly #cancel: Cancel;
  #desk: CodexDesk;
  /** The signed end of the log was compared with what this place has believed. */
  #isCompared = false;
  #trouble: Problem | null = null;
  #notBefore: Instant;
  #run: Promise<void> | null = null;
  #isWanted = false;
  #isStopped = false;

  /** Begins to read at once. */
  constructor(parts: FollowingParts) {
    this.#parts = parts;
    this.#notBefore = parts.clock.now();
    this.#desk = makeCodexDesk(parts.site, parts.stateDirectory);
    this.#watch = watchLog(this.#desk.directory, () => void this.look());
    this.#cancel = every(parts.clock, LOOK_MS, () => void this.look());
    void this.look();
  }

  /** The codex with every entry that is on the disk now. */
  async opened(): Promise<Opened> {
    await this.look();
    return this.now();
  }

  /** The codex as far as it was read. */
  now(): Opened {
    return this.#trouble === null ? { kind: 'open', desk: this.#desk } : { kind: 'trouble', problem: this.#trouble };
  }

  /** Reads what was added until this moment. Never rejects. */
  look(): Promise<void> {
    this.#isWanted = true;
    this.#run ??= this.#read();
    return this.#run;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
    this.#watch.stop();
    this.#listeners.clear();
  }

  async #read(): Promise<void> {
    while (this.#isWanted && !this.#isStopped) {
      const [seq, trouble] = [this.#desk.store.head().seq, this.#trouble];
      this.#isWanted = false;
      try {
        await inTurns(this.#slices());
      } catch (error) {
        const detail = error instanceof Error ? error.message : String(error);
        this.#trouble = problem('internal-fault', `reading the codex met a bug in Sereno: ${detail}`);
      }
      if (!this.#isStopped) this.#tell(seq, trouble);
    }
    // Nothing is awaited since the last look at what is wanted: whoever asks from here on begins a new run.
    this.#run = null;
  }

  #tell(seq: number, trouble: Problem | null): void {
    const head = this.#desk.store.head().seq;
    this.#watch.aim(head);
    const isOther = this.#trouble?.message !== trouble?.message;
    if (isOther) this.#parts.onTrouble(this.#trouble);
    if (isOther || head !== seq) for (const listener of this.#listeners) listener();
  }

  *#slices(): Generator<undefined, void> {
    if (this.#parts.clock.now() < this.#notBefore) return;
    for (;;) {
      const before = this.#desk.store.head().seq;
      const trouble = this.#slice();
      const isWhole = this.#desk.store.head().seq - before < ENTRIES_A_SLICE;
      // What is known to be wrong stays so until the whole log was read.
      if (trouble !== null || isWhole) this.#trouble = trouble ?? this.#headTrouble(before);
      if (trouble !== null || isWhole || this.#isStopped) return;
      yield;
    }
  }

  /** A log that ends before what was believed here, or whose signed end is not believed, gives nothing to anybody. */
  #headTrouble(before: number): Problem | null {
    const { heads, store } = this.#desk;
    if (this.#isCompared && this.#trouble === null && store.head().seq === before) return null;
    try {
      if (this.#isCompared) return heads.refresh();
      heads.compare();
      this.#isCompared = true;
      return null;
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      return error.problems[0] ?? null;
    }
  }

  #slice(): Problem | null {
    try {
      if (this.#desk.store.head().seq === 0) this.#desk.heads.recall();
      return this.#desk.store.catchUp(ENTRIES_A_SLICE);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      // Half of the entry was taken (a root that is not believed): what follows from the log is made anew.
      const { site, stateDirectory, clock } = this.#parts;
      this.#desk = makeCodexDesk(site, stateDirectory);
      this.#isCompared = false;
      this.#notBefore = later(clock.now(), ANEW_AFTER_MS);
      return error.problems[0] ?? null;
    }
  }
}
