// Following: when the log of the codex is read. Other programs write it; what they add is read here, entry by entry, as it
// comes, for all that need it in a running Sereno.
//
//   reading ─▶ whole ◀─▶ in trouble
//
// A notice of the file system brings it within milliseconds, and a look every half second when a notice was lost. In trouble
// each look tries to go on where it stopped; now and then all is read from the beginning, because a person may have put
// another log there and signed that it is the right one.

import { watchLog, type LogWatch } from '#adapters/codex/watch.ts';
import type { Problem } from '#kernel/problem.ts';
import { later, seconds, type Instant } from '#kernel/time.ts';
import type { Cancel, Clock } from '#ports/clock.ts';
import { every } from '../every.ts';
import { inTurns } from '../inTurns.ts';
import { troubleOf, type CodexRoom, type Opened } from './room.ts';

/** The net below the notices; a client is promised a new version within a second. */
const LOOK_MS = seconds(0.5);
/** A head may be signed over a log that does not grow. */
const HEAD_MS = seconds(2);
/** Some milliseconds of work, signatures of blessings included; then the watch goes on. */
const ENTRIES_A_SLICE = 50;
/** A log of 100,000 entries is read from its beginning in a second. */
const ANEW_MS = seconds(15);

export type FollowingParts = {
  readonly room: CodexRoom;
  readonly clock: Clock;
  /** Told when the codex cannot be read any more, and (null) when it can again. */
  readonly onTrouble: (trouble: Problem | null) => void;
};

export class CodexFollower {
  readonly #parts: FollowingParts;
  readonly #listeners = new Set<() => void>();
  readonly #watch: LogWatch;
  readonly #cancel: Cancel;
  #told: { readonly seq: number; readonly head: number; readonly trouble: Problem | null };
  #headAt: Instant;
  #anewAt: Instant;
  #run: Promise<void> | null = null;
  #isWanted = false;
  #isStopped = false;

  /** Begins to read at once. What was wrong before that was told by whoever read it. */
  constructor(parts: FollowingParts) {
    const { room, clock } = parts;
    this.#parts = parts;
    this.#told = { ...room.end(), trouble: troubleOf(room) };
    this.#headAt = clock.now();
    this.#anewAt = later(clock.now(), ANEW_MS);
    this.#watch = watchLog(room.directory, () => void this.look());
    this.#cancel = every(clock, LOOK_MS, () => void this.look());
    void this.look();
  }

  /** The codex with every entry that is on the disk now. */
  async opened(): Promise<Opened> {
    await this.look();
    return this.now();
  }

  /** The codex as far as it was read. */
  now(): Opened {
    return this.#parts.room.now();
  }

  /** Reads what was added until this moment. Never rejects. */
  look(): Promise<void> {
    this.#isWanted = true;
    this.#run ??= this.#read();
    return this.#run;
  }

  /** Told when there are new entries, when another head was signed, and when trouble begins or ends. */
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
    const { room, clock } = this.#parts;
    while (this.#isWanted && !this.#isStopped) {
      this.#isWanted = false;
      if (troubleOf(room) !== null && clock.now() >= this.#anewAt) {
        this.#anewAt = later(clock.now(), ANEW_MS);
        room.anew();
      }
      await inTurns(this.#slices());
      if (!this.#isStopped) this.#tell();
    }
    // Nothing is awaited since the last look at what is wanted: whoever asks from here on begins a new run.
    this.#run = null;
  }

  *#slices(): Generator<undefined, void> {
    const { room, clock } = this.#parts;
    const isHeadDue = clock.now() >= this.#headAt;
    if (isHeadDue) this.#headAt = later(clock.now(), HEAD_MS);
    while (!this.#isStopped && room.read(ENTRIES_A_SLICE, isHeadDue)) yield;
  }

  #tell(): void {
    const { room, clock, onTrouble } = this.#parts;
    const before = this.#told;
    this.#told = { ...room.end(), trouble: troubleOf(room) };
    const { seq, head, trouble } = this.#told;
    this.#watch.aim(seq);
    const isOther = trouble?.message !== before.trouble?.message;
    if (isOther && before.trouble === null) this.#anewAt = later(clock.now(), ANEW_MS);
    if (isOther) onTrouble(trouble);
    if (isOther || seq !== before.seq || head !== before.head) for (const listener of this.#listeners) listener();
  }
}
