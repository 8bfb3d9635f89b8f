// The room of the codex: the one copy of its log that a running Sereno holds, and whether that may be believed.
//
// The evidence, those who ask over HTTP, the watch over deployed copies and the judge of Sereno's own configuration all read
// it here. The log is read once, and then only what is new. In trouble (damaged, unreadable, cut off, written by a newer
// Sereno) nothing is given to anybody: what cannot be read might be a revocation.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { problem, ProblemError, type Problem } from '#kernel/problem.ts';
import type { CodexSite } from '#kernel/site.ts';
import type { Instant } from '#kernel/time.ts';
import { ownDemand } from '#duties/codex/own.ts';
import { codexDirectory, makeCodexDesk, openCodexDesk, type CodexDesk } from './desk.ts';
import { judgeOwn, UNDECLARED, type OwnJudgement, type OwnRead } from './own.ts';

export type Opened =
  { readonly kind: 'open'; readonly desk: CodexDesk } | { readonly kind: 'trouble'; readonly problem: Problem };

export class CodexRoom {
  readonly #stateDirectory: string;
  #desk: CodexDesk;
  #isDeclared = false;
  #trouble: Problem | null = null;
  /** The signed end of the log was compared with what this place has believed. */
  #isCompared = false;
  /** The entry at which the signed end was looked at last. */
  #lookedAtSeq = 0;
  /** Half of an entry was taken (a root that is not believed): nothing more can be read before all is read anew. */
  #isSpoilt = false;

  constructor(stateDirectory: string) {
    this.#stateDirectory = stateDirectory;
    this.#desk = makeCodexDesk(UNDECLARED, stateDirectory);
  }

  get directory(): string {
    return codexDirectory(this.#stateDirectory);
  }

  /** There is a codex on the disk. */
  isThere(): boolean {
    return existsSync(join(this.directory, 'format'));
  }

  /** The codex as it is declared now. Only another memory makes it another one; null: it stays what it was. */
  setSite(site: CodexSite | null): void {
    this.#isDeclared = true;
    if (site === null) return;
    const isSame = site.memory === this.#desk.site.memory;
    this.#desk = isSame ? { ...this.#desk, site } : makeCodexDesk(site, this.#stateDirectory);
    if (!isSame) this.#begin();
  }

  /** Forgets what was read; what is known to be wrong stays so until the whole log was read. */
  anew(): void {
    this.#desk = makeCodexDesk(this.#desk.site, this.#stateDirectory);
    const trouble = this.#trouble;
    this.#begin();
    this.#trouble = trouble;
  }

  #begin(): void {
    this.#trouble = null;
    this.#isCompared = false;
    this.#isSpoilt = false;
    this.#lookedAtSeq = 0;
  }

  /** The codex as far as it was read. */
  now(): Opened {
    return this.#trouble === null ? { kind: 'open', desk: this.#desk } : { kind: 'trouble', problem: this.#trouble };
  }

  /** Number of the last entry that was read, and version of the signed head that is believed. */
  end(): { readonly seq: number; readonly head: number } {
    return { seq: this.#desk.store.head().seq, head: this.#desk.heads.head()?.version ?? 0 };
  }

  /** The codex with every entry that is on the disk now. Throws ProblemError: what is wrong with it. */
  desk(): CodexDesk {
    if (this.#trouble === null) this.read(Number.POSITIVE_INFINITY);
    if (this.#trouble !== null) throw new ProblemError([this.#trouble]);
    return this.#desk;
  }

  /**
   * Reads on, at most so many entries; true: there may be more. `isHeadDue`: somebody may have signed a head over a log that
   * did not grow. Never throws: what is wrong is the trouble, and what could be mended is tried again by the next call.
   */
  read(entriesMax: number, isHeadDue = false): boolean {
    if (this.#isSpoilt) return false;
    const before = this.#desk.store.head().seq;
    const trouble = this.#guarded(() => this.#readLog(entriesMax));
    if (trouble === null && this.#desk.store.head().seq - before >= entriesMax) return true;
    this.#isSpoilt = trouble?.isSpoilt ?? false;
    const wrong = trouble ?? this.#guarded(() => this.#lookAtHead(isHeadDue));
    this.#trouble = wrong?.problem ?? null;
    return false;
  }

  #readLog(entriesMax: number): Problem | null {
    const { heads, store } = this.#desk;
    if (store.head().seq === 0) heads.recall();
    return store.catchUp(entriesMax);
  }

  /** A log that ends before what was believed here, or whose signed end is not believed, gives nothing to anybody. */
  #lookAtHead(isDue: boolean): Problem | null {
    const { heads, store } = this.#desk;
    const { seq } = store.head();
    if (this.#isCompared && !isDue && this.#trouble === null && this.#lookedAtSeq === seq) return null;
    if (this.#isCompared) {
      this.#lookedAtSeq = seq;
      return heads.refresh();
    }
    heads.compare();
    this.#isCompared = true;
    this.#lookedAtSeq = seq;
    return null;
  }

  #guarded(work: () => Problem | null): { readonly problem: Problem; readonly isSpoilt: boolean } | null {
    try {
      const found = work();
      return found === null ? null : { problem: found, isSpoilt: false };
    } catch (error) {
      const [first] = error instanceof ProblemError ? error.problems : [];
      const detail = error instanceof Error ? error.message : String(error);
      const bug = (): Problem => problem('internal-fault', `reading the codex met a bug in Sereno: ${detail}`);
      return { problem: first ?? bug(), isSpoilt: true };
    }
  }

  /** Judges a configuration. A codex that cannot be read stands in the way only of what must be blessed. */
  judge(read: OwnRead, now: Instant): OwnJudgement {
    try {
      return judgeOwn(this.#deskFor(read.codex), read, now);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      const isBarred = read.isProduction && ownDemand(read.tree).kinds.length > 0;
      const { problems } = error;
      return { views: [], problems: isBarred ? problems : [], warnings: isBarred ? [] : problems };
    }
  }

  /** A configuration that is not in force yet may name another memory: it is judged by that one, and nobody else is. */
  #deskFor(codex: CodexSite | null): CodexDesk | null {
    if (!this.isThere()) return null;
    if (!this.#isDeclared) this.setSite(codex);
    const isOther = codex !== null && codex.memory !== this.#desk.site.memory;
    return isOther ? openCodexDesk(codex, this.#stateDirectory) : this.desk();
  }
}

/** What is wrong with it; null: nothing is. */
export const troubleOf = (room: Pick<CodexRoom, 'now'>): Problem | null => {
  const now = room.now();
  return now.kind === 'trouble' ? now.problem : null;
};
