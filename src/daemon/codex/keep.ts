// Keeping: the codex looked at byte by byte, and what nobody names taken away.

import { collectGarbage, planCollection } from '#adapters/codex/gc.ts';
import { verifyCodex } from '#adapters/codex/verify.ts';
import { Ledger } from '#duties/codex/ledger.ts';
import { collectable } from '#duties/codex/propose.ts';
import { verdictProblem } from '#duties/codex/trust/problem.ts';
import { wasBlessed } from '#duties/codex/revision.ts';
import { ProblemError, type Problem } from '#kernel/problem.ts';
import type { Digest } from '#kernel/codex.ts';
import type { Instant } from '#kernel/time.ts';
import type { CodexSite } from '#kernel/site.ts';
import { codexDirectory, contentWith, openCodexDesk, type CodexDesk } from './desk.ts';
import { verdictOn, type Doer } from './deeds.ts';

export type CodexReport = {
  readonly entries: number;
  readonly objects: number;
  readonly revisions: number;
  /** Left behind by somebody who was killed, until `codex gc`. */
  readonly unnamed: number;
  readonly strays: readonly string[];
  readonly problems: readonly Problem[];
};

const problemsIn = (work: () => unknown): readonly Problem[] => {
  try {
    work();
    return [];
  } catch (error) {
    if (error instanceof ProblemError) return error.problems;
    throw error;
  }
};

/**
 * Every entry and every object hashed again; every revision made again from its closure; every blessing by its signatures.
 * Needs the state directory and nothing else: no network, no running Sereno. All that is wrong is told together; what is
 * said is only looked at when the bytes are whole.
 */
export const verifyAll = (site: CodexSite, stateDirectory: string, now: Instant): CodexReport => {
  const bytes = verifyCodex({ directory: codexDirectory(stateDirectory), fold: new Ledger(() => true) });
  const { objects, unnamed, strays, head } = bytes;
  const found = { entries: head.seq, objects, unnamed, strays };
  if (bytes.problems.length > 0) return { ...found, revisions: 0, problems: bytes.problems };
  const desk = openCodexDesk(site, stateDirectory);
  const revisions = desk.ledger.items().flatMap((item) => item.revisions);
  const made = [...new Set(revisions.map(({ ref }) => ref.digest))].flatMap((digest) =>
    problemsIn(() => contentWith(desk, digest)),
  );
  const signed = revisions.filter(wasBlessed).flatMap(({ ref }) => {
    const told = verdictProblem(`${ref.item}@${ref.version}`, verdictOn(desk, ref, now));
    return told === null ? [] : [told];
  });
  return { ...found, revisions: revisions.length, problems: [...made, ...signed] };
};

const garbage = (desk: CodexDesk, { by, now }: Doer) => ({
  directory: desk.directory,
  store: desk.store,
  // Evidence names objects through the log only, so what the log names is all that must stay.
  collectable: (present: readonly Digest[]) => collectable(desk.ledger, present, () => false),
  by,
  now,
});

/** What `collect` would remove. */
export const planIn = (desk: CodexDesk, doer: Doer): readonly Digest[] => planCollection(garbage(desk, doer));

/** Removes what no entry names and is older than an hour. Throws ProblemError: `store-unusable`, `codex-damaged`. */
export const collectIn = (desk: CodexDesk, doer: Doer) => {
  const collected = collectGarbage(garbage(desk, doer));
  if (collected.kind === 'failed') throw new ProblemError([collected.problem]);
  return collected;
};
