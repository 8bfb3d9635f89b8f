// Verifying: the codex looked at byte by byte, signature by signature, and against what others have seen of it.

import { verifyCodex } from '#adapters/codex/verify.ts';
import { Ledger } from '#duties/codex/ledger.ts';
import { verdictProblem } from '#duties/codex/trust/problem.ts';
import { wasBlessed, type Revision } from '#duties/codex/revision.ts';
import { ProblemError, type Problem } from '#kernel/problem.ts';
import type { Instant } from '#kernel/time.ts';
import type { CodexSite } from '#kernel/site.ts';
import type { Head } from '#kernel/trust.ts';
import type { CodexHead } from '#ports/codex.ts';
import { codexDirectory, contentWith, openCodexDesk, type CodexDesk } from './desk.ts';
import { verdictOn } from './deeds.ts';
import { witnessedIn } from './witnesses.ts';

export type CodexReport = {
  readonly entries: number;
  readonly objects: number;
  readonly revisions: number;
  /** Left behind by somebody who was killed, until `codex gc`. */
  readonly unnamed: number;
  readonly strays: readonly string[];
  /** The signed end of the log that is believed; null: nobody signed one. */
  readonly head: Head | null;
  /** Entries behind the signed end. */
  readonly unsigned: number;
  /** Entries that do not stand in the evidence yet; null: there is no evidence here. */
  readonly unwitnessed: number | null;
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
export const verifyAll = (
  site: CodexSite,
  stateDirectory: string,
  now: Instant,
  seen: readonly CodexHead[] = [],
): CodexReport => {
  const witnessed = witnessedIn(stateDirectory);
  const witnesses = [...(witnessed ?? []), ...seen];
  const bytes = verifyCodex({ directory: codexDirectory(stateDirectory), fold: new Ledger(() => true), witnesses });
  const { objects, unnamed, strays, head } = bytes;
  const last = Math.max(0, ...(witnessed ?? []).map(({ seq }) => seq));
  const unwitnessed = witnessed === null ? null : Math.max(0, head.seq - last);
  const found = {
    entries: head.seq,
    objects,
    unnamed,
    strays,
    unwitnessed,
    head: null,
    unsigned: head.seq,
    revisions: 0,
  };
  if (bytes.problems.length > 0) return { ...found, problems: bytes.problems };
  const opened = opening(() => openCodexDesk(site, stateDirectory));
  if ('problems' in opened) return { ...found, problems: opened.problems };
  const { desk } = opened;
  const signed = desk.heads.head();
  const stale = desk.heads.stale(now);
  const revisions = desk.ledger.items().flatMap((item) => item.revisions);
  const problems = [...(stale === null ? [] : [stale]), ...problemsOf(desk, revisions, now)];
  return { ...found, head: signed, unsigned: head.seq - (signed?.seq ?? 0), revisions: revisions.length, problems };
};

const opening = (open: () => CodexDesk): { readonly desk: CodexDesk } | { readonly problems: readonly Problem[] } => {
  try {
    return { desk: open() };
  } catch (error) {
    if (error instanceof ProblemError) return { problems: error.problems };
    throw error;
  }
};

/** Every revision made again from its closure, and every blessing judged by its signatures. */
const problemsOf = (desk: CodexDesk, revisions: readonly Revision[], now: Instant): readonly Problem[] => {
  const made = [...new Set(revisions.map(({ ref }) => ref.digest))].flatMap((digest) =>
    problemsIn(() => contentWith(desk, digest)),
  );
  const signed = revisions.filter(wasBlessed).flatMap(({ ref }) => {
    const told = verdictProblem(`${ref.item}@${ref.version}`, verdictOn(desk, ref, now));
    return told === null ? [] : [told];
  });
  return [...made, ...signed];
};
