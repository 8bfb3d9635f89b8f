// What runs: the configuration in force, how its own part stands to the codex, and one that was refused and may be blessed yet.

import type { SiteReading } from '#config/readSite.ts';
import type { OwnView } from '#kernel/own.ts';
import type { Problem } from '#kernel/problem.ts';
import type { Site } from '#kernel/site.ts';
import type { Instant } from '#kernel/time.ts';
import type { OwnJudgement, OwnRead } from './own.ts';
import type { CodexRoom } from './room.ts';

export type OwnStanding = { readonly views: readonly OwnView[]; readonly isStrict: boolean };

type Reading = Pick<SiteReading, 'tree'> & { readonly site: Site };

export class Running {
  readonly room: CodexRoom;
  readonly #file: string;
  #read: OwnRead | null = null;
  #standing: OwnStanding = { views: [], isStrict: false };
  #hasRefused = false;

  constructor(room: CodexRoom, file: string) {
    this.room = room;
    this.#file = file;
  }

  /** How what runs stands now. */
  standing(): OwnStanding {
    return this.#standing;
  }

  /** A configuration waits to be blessed. */
  hasRefused(): boolean {
    return this.#hasRefused;
  }

  /** Whether a configuration that was refused may come into force by now. */
  wouldTake({ site, tree }: Reading, now: Instant): boolean {
    return this.room.judge(this.#asRead({ site, tree }), now).problems.length === 0;
  }

  #asRead({ site, tree }: Reading): OwnRead {
    return { file: this.#file, tree, isProduction: site.environment === 'production', codex: site.codex };
  }

  /** Takes a configuration into force, unless it must be blessed and is not: then all stays as it was. */
  take({ site, tree }: Reading, now: Instant): Pick<OwnJudgement, 'problems' | 'warnings'> {
    const read = this.#asRead({ site, tree });
    const judged = this.room.judge(read, now);
    this.#hasRefused = judged.problems.length > 0;
    if (this.#hasRefused) return judged;
    this.#read = read;
    this.#standing = { views: judged.views, isStrict: read.isProduction };
    return judged;
  }

  /** Looks again at what runs: it is never stopped for that. True when it stands otherwise than before. */
  lookAgain(now: Instant): boolean {
    if (this.#read === null) return false;
    const { views } = this.room.judge(this.#read, now);
    const isSame = JSON.stringify(views) === JSON.stringify(this.#standing.views);
    this.#standing = { ...this.#standing, views };
    return !isSame;
  }
}

/** As lines for whoever started it. */
export const sayWarnings = (warnings: readonly Problem[], say: (it: Problem) => string): readonly string[] =>
  warnings.map((it) => `warning: ${say(it)}`);
