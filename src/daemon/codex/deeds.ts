// Deeds: what people do with a revision that was exported. Each is one entry of the log, refused by its rules with a reason.

import { project } from '#adapters/codex/projection.ts';
import { proposeDeed, proposeRollback, type Proposal } from '#duties/codex/propose.ts';
import { refusalProblem } from '#duties/codex/ledgerRefusal.ts';
import { originOf, wasBlessed, type Revision } from '#duties/codex/revision.ts';
import { blessedOf, type Blessed } from '#duties/codex/content.ts';
import { verdictProblem } from '#duties/codex/trust/problem.ts';
import type { Author, CodexDeed, CodexRecord, Digest, RevisionRef } from '#kernel/codex.ts';
import { ProblemError, type Problem } from '#kernel/problem.ts';
import { isOwnItem } from '#kernel/own.ts';
import type { Instant } from '#kernel/time.ts';
import type { TrustVerdict } from '#kernel/trust.ts';
import type { Signer } from '#ports/signing.ts';
import { contentDigest, contentWith, itemOf, type CodexDesk } from './desk.ts';
import { writeOwn } from './ownFile.ts';
import { demandQa, gateProblems, signWaiver } from './gate.ts';
import { judge, signStatement } from './trust.ts';

export type Doer = { readonly by: Author; readonly now: Instant };

/** Adds what is proposed, decided anew whenever somebody was faster. Throws ProblemError: `codex-refused`, `store-unusable`, … */
export const add = (desk: CodexDesk, { by, now }: Doer, propose: () => Proposal): CodexRecord => {
  let refused: Problem | null = null;
  const appended = desk.store.append(() => {
    const proposal = propose();
    if (proposal.kind === 'deed') return { at: now, by, deed: proposal.deed };
    refused = refusalProblem(proposal.refusal);
    return null;
  });
  if (appended.kind === 'appended') {
    desk.heads.sign(now);
    return appended.record;
  }
  if (appended.kind !== 'withheld') throw new ProblemError([appended.problem]);
  throw new ProblemError(refused === null ? [] : [refused]);
};

/** Adds one entry. Throws ProblemError as `add`. */
export const record = (desk: CodexDesk, doer: Doer, it: Exclude<CodexDeed, { kind: 'exported' }>): CodexRecord =>
  add(desk, doer, () => proposeDeed(desk.ledger, it));

/** Gives a candidate to people. Throws ProblemError: `codex-gate` when quality assurance says no, and what the log refuses. */
export const submit = (desk: CodexDesk, doer: Doer, revision: RevisionRef): CodexRecord => {
  demandQa(desk, revision, doer.now);
  return record(desk, doer, { kind: 'submitted', revision });
};

/** In an emergency: signs that all that stands against a revision is let pass. Throws ProblemError as `signWaiver`. */
export const waive = (
  desk: CodexDesk,
  doer: Doer,
  waiving: { readonly revision: RevisionRef; readonly signer: Signer; readonly why: string },
): readonly string[] => {
  const { revision, why } = waiving;
  const { text, waives } = signWaiver(desk, { ...waiving, now: doer.now });
  record(desk, doer, { kind: 'waived', revision, why, envelope: put(desk, text) });
  return waives;
};

export const reject = (desk: CodexDesk, doer: Doer, revision: RevisionRef, why: string): CodexRecord =>
  record(desk, doer, { kind: 'rejected', revision, why });

export const tag = (desk: CodexDesk, doer: Doer, revision: RevisionRef, name: string): CodexRecord =>
  record(desk, doer, { kind: 'tagged', revision, tag: name });

/** Keeps a text, so that an entry may name it. Throws ProblemError: `store-unusable`, `codex-damaged`. */
export const put = (desk: CodexDesk, text: string): Digest => {
  const kept = desk.store.put(text);
  if (kept.kind === 'failed') throw new ProblemError([kept.problem]);
  return kept.digest;
};

/** How a revision stands now; the same revision, as it was before the deed, is old. */
const again = (desk: CodexDesk, { item, version }: RevisionRef): Revision => {
  const revision = itemOf(desk, item).revisions[version - 1];
  if (revision === undefined) throw new RangeError(`${item} lost its version ${version}`);
  return revision;
};

/**
 * Signs a blessing, and gives how the revision stands with it. Throws ProblemError: `codex-gate` when quality assurance says
 * no, what the log refuses, `codex-untrusted`.
 */
export const bless = (
  desk: CodexDesk,
  { by, now }: Doer,
  blessing: { readonly revision: RevisionRef; readonly signer: Signer; readonly why: string },
): { readonly revision: Revision; readonly verdict: TrustVerdict } => {
  const { revision, signer, why } = blessing;
  desk.heads.lend(signer);
  demandQa(desk, revision, now);
  const content = contentDigest(contentWith(desk, revision.digest).content);
  const envelope = put(desk, signStatement(signer, revision, { predicate: 'blessing', why, at: now }, content));
  record(desk, { by, now }, { kind: 'attested', revision, predicate: 'blessing', envelope });
  return { revision: again(desk, revision), verdict: verdictOn(desk, revision, now) };
};

/** The verdict by signatures; `waiting` without reasons while nobody is trusted. */
export const verdictOn = (desk: CodexDesk, ref: RevisionRef, now: Instant): TrustVerdict => {
  const root = desk.chain.root();
  if (root === null) return { kind: 'waiting', reasons: [] };
  return judge(desk.store, root, { item: itemOf(desk, ref.item), revision: again(desk, ref), now });
};

/** What nobody trusts, or what stands against it, does not go to production; all of it is told at once. */
const demandGood = (desk: CodexDesk, revision: RevisionRef, now: Instant): void => {
  const distrust = verdictProblem(`${revision.item}@${revision.version}`, verdictOn(desk, revision, now));
  const standing = gateProblems(desk, revision, { going: 'to-production', now });
  const problems = distrust === null ? standing : [distrust, ...standing];
  if (problems.length > 0) throw new ProblemError(problems);
};

/**
 * What production reads from now on. The log first: a file that nobody decided on is never there. The signatures are judged
 * again, by the root and the time of now: a blessing whose keys are not trusted any more is none; and so is its quality, by
 * what is active now. Throws ProblemError: `codex-untrusted`, `codex-stale`, `codex-gate`, what the log refuses, and what
 * writing gives.
 */
export const activate = (desk: CodexDesk, doer: Doer, revision: RevisionRef): { readonly path: string } => {
  desk.heads.demandFresh(doer.now);
  demandGood(desk, revision, doer.now);
  record(desk, doer, { kind: 'activated', revision });
  return writeActive(desk, revision, doer.now);
};

/** The blessed file of a revision, as the codex has it. Who blessed it are those whose signatures count. */
export const projectionOf = (desk: CodexDesk, ref: RevisionRef, now: Instant): Blessed => {
  const origin = originOf(itemOf(desk, ref.item), again(desk, ref));
  const { reasons } = verdictOn(desk, ref, now);
  const blessedBy = reasons.flatMap((it) => (it.kind === 'signed' && it.role === 'blessing' ? it.by : []));
  const blessedAt = origin.attestations.findLast(({ predicate }) => predicate === 'blessing')?.at ?? null;
  const standing = { blessedBy, blessedAt, version: ref.version, digest: ref.digest };
  return blessedOf(contentWith(desk, ref.digest).content, standing);
};

/** Writes the blessed file of a revision again. */
export const writeActive = (desk: CodexDesk, ref: RevisionRef, now: Instant): { readonly path: string } => {
  if (isOwnItem(ref.item)) return writeOwn(desk, ref);
  const written = project(desk.site.blessed, projectionOf(desk, ref, now));
  if (written.kind === 'refused') throw new ProblemError(written.problems);
  return { path: written.path };
};

/**
 * The content of an old version again, as the next one, and active at once. Throws ProblemError as `activate`, and has then
 * written nothing.
 */
export const rollBack = (
  desk: CodexDesk,
  doer: Doer,
  back: { readonly item: Revision['ref']['item']; readonly to: number; readonly why: string },
): { readonly revision: RevisionRef; readonly path: string } => {
  const restored = itemOf(desk, back.item).revisions[back.to - 1];
  desk.heads.demandFresh(doer.now);
  // What cannot come back is for the rules to say; what may, must still be good before anything is written.
  if (restored !== undefined && wasBlessed(restored)) demandGood(desk, restored.ref, doer.now);
  const { deed: done } = add(desk, doer, () => proposeRollback(desk.ledger, back));
  if (done.kind !== 'exported') throw new TypeError(`a rollback was recorded as ${done.kind}`);
  return { revision: done.revision, ...activate(desk, doer, done.revision) };
};

/** Nobody reads it any more. `signer`: whoever may bless signs why; null while nobody is trusted. */
export const revoke = (
  desk: CodexDesk,
  { by, now }: Doer,
  revoking: { readonly revision: RevisionRef; readonly signer: Signer | null; readonly why: string },
): CodexRecord => {
  const { revision, signer, why } = revoking;
  if (signer !== null) desk.heads.lend(signer);
  const envelope =
    signer === null ? null : put(desk, signStatement(signer, revision, { predicate: 'revocation', why, at: now }));
  return record(desk, { by, now }, { kind: 'revoked', revision, why, envelope });
};

/** A root enters the log: the first, or the next one. Throws ProblemError: `codex-refused` when it is not its turn. */
export const trustRoot = (desk: CodexDesk, doer: Doer, text: string, version = 1): CodexRecord =>
  record(desk, doer, { kind: 'trusted', root: put(desk, text), version });
