// The codex of a running Sereno: opened once, read on as it grows, opened anew after anything was wrong with it.

import type { CodexSite } from '#kernel/site.ts';
import { ProblemError } from '#kernel/problem.ts';
import type { Instant } from '#kernel/time.ts';
import type { CodexDesk } from './desk.ts';
import { ownDemand } from '#duties/codex/own.ts';
import { judgeOwn, openOwnDesk, type OwnJudgement, type OwnRead } from './own.ts';

export class CodexRoom {
  readonly #stateDirectory: string;
  #desk: CodexDesk | null = null;

  constructor(stateDirectory: string) {
    this.#stateDirectory = stateDirectory;
  }

  /** The codex with all that was added to it; null: there is none. Throws ProblemError. */
  desk(codex: CodexSite | null): CodexDesk | null {
    const known = this.#desk;
    this.#desk = null;
    if (known === null || known.site.memory !== (codex ?? known.site).memory) {
      this.#desk = openOwnDesk(codex, this.#stateDirectory);
      return this.#desk;
    }
    const trouble = known.store.catchUp();
    if (trouble !== null) throw new ProblemError([trouble]);
    this.#desk = known;
    return known;
  }

  /** Judges a configuration. A codex that cannot be read stands in the way only of what must be blessed. */
  judge(read: OwnRead, now: Instant): OwnJudgement {
    try {
      return judgeOwn(this.desk(read.codex), read, now);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      const isBarred = read.isProduction && ownDemand(read.tree).kinds.length > 0;
      const { problems } = error;
      return { views: [], problems: isBarred ? problems : [], warnings: isBarred ? [] : problems };
    }
  }
}
