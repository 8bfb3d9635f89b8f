// The gate: `submit` and `bless` ask it before people do, `activate` and `rollback` before production reads; none goes further
// while a reason stands against the revision. In an emergency a blesser waives the reasons that stand, by a signature; there
// is no other way around.

import { makeVerify } from '#adapters/signing/verify.ts';
import { evaluationsOf, type KeptEvaluation } from '#duties/codex/evaluated.ts';
import { judgeAll, schemaOf, standingAgainst, type Schemas } from '#duties/codex/gate.ts';
import { mendsOf } from '#duties/codex/gateMends.ts';
import { sayQaReason, type QaReason, type QaVerdict } from '#duties/codex/qa.ts';
import type { Item, Revision } from '#duties/codex/revision.ts';
import { preAuthEncoding, withSignature, writeEnvelope } from '#duties/codex/trust/envelope.ts';
import { draftWaiver, hearWaiver, type HeardWaiver } from '#duties/codex/waiver.ts';
import type { Digest, RevisionRef, RevisionState } from '#kernel/codex.ts';
import { isOwnItem } from '#kernel/own.ts';
import { problem, ProblemError, type Problem } from '#kernel/problem.ts';
import type { Instant } from '#kernel/time.ts';
import type { Signer } from '#ports/signing.ts';
import { closureWith, contentWith, itemOf, type CodexDesk } from './desk.ts';
import { registryOf } from './registry.ts';
import { judgeReturning } from './returning.ts';
import { digestOf, suiteOf } from './suites.ts';
import { countedBy } from './tested.ts';
import { keyIdOf } from './trust.ts';

const verify = makeVerify();

/** An object as text. Throws ProblemError when it is damaged or gone: a reason that cannot be read is no pass. */
const textOf = (desk: CodexDesk, name: Digest): string => {
  const read = desk.store.read(name);
  if (read.kind === 'read') return read.text;
  const missing = (): Problem => problem('codex-damaged', `the object ${name} is missing from ${desk.directory}`);
  throw new ProblemError([read.kind === 'failed' ? read.problem : missing()]);
};

/** Every evaluation of the content of a revision, oldest first, each with why it does not count where the root says so. */
export const evaluationsWith = (desk: CodexDesk, { item: name, digest }: RevisionRef): readonly KeptEvaluation[] => {
  const item = itemOf(desk, name);
  const read = (it: Digest): string => textOf(desk, it);
  return countedBy(evaluationsOf(item, digest, read), { item, root: desk.chain.root(), read });
};

/** What production reads of the item, unless it is this very version. */
export const activeBeside = (item: Item, { version }: RevisionRef): Revision | null =>
  item.active === null || item.active === version ? null : (item.revisions[item.active - 1] ?? null);

const schemasBeside = (desk: CodexDesk, active: Revision | null): Schemas => ({
  registered: desk.ledger.schemas(),
  registry: registryOf(desk),
  active: active === null ? null : schemaOf(closureWith(desk, active.ref.digest)),
  digestOf,
});

/** The verdict of quality assurance on a revision, as things stand now. Throws ProblemError: `codex-damaged`, `bad-input`. */
export const judgeRevision = (desk: CodexDesk, ref: RevisionRef): QaVerdict => {
  const active = activeBeside(itemOf(desk, ref.item), ref);
  const suite = suiteOf(desk.site, ref.item);
  const { content, variables } = contentWith(desk, ref.digest);
  return judgeAll({
    closure: closureWith(desk, ref.digest),
    content,
    variables,
    schemas: schemasBeside(desk, active),
    evaluations: evaluationsWith(desk, ref),
    sought: { suite: suite?.digest ?? null, against: active?.ref.digest ?? null },
    wasActiveEvaluated: active !== null && evaluationsWith(desk, active.ref).length > 0,
    hasTesters: (desk.chain.root()?.roles['test-result'] ?? null) !== null,
  });
};

/** The waivers of a revision, and of what it is a rollback of, that count: by the root in force, and by the time of now. */
export const waiversOf = (desk: CodexDesk, ref: RevisionRef, now: Instant): readonly HeardWaiver[] => {
  const item = itemOf(desk, ref.item);
  const root = desk.chain.root();
  if (root === null) return [];
  const family = restoredBy(item, ref);
  return item.records.flatMap(({ deed }) => {
    const about = deed.kind === 'waived' ? family.find(({ version }) => version === deed.revision.version) : undefined;
    if (deed.kind !== 'waived' || about === undefined) return [];
    const asked = { revision: about, authors: authorsOf(item, about), now };
    const heard = hearWaiver(textOf(desk, deed.envelope), asked, { root, verify });
    return heard.kind === 'heard' ? [heard] : [];
  });
};

/** The version itself, what it restores, and so on to the first: all have the same bytes. */
const restoredBy = (item: Item, { version }: RevisionRef): readonly RevisionRef[] => {
  const revision = item.revisions[version - 1];
  if (revision === undefined) return [];
  const before = revision.restores === null ? undefined : item.revisions[revision.restores - 1];
  return before === undefined ? [revision.ref] : [revision.ref, ...restoredBy(item, before.ref)];
};

const authorsOf = (item: Item, { version }: RevisionRef): readonly string[] => {
  const revision = item.revisions[version - 1];
  return revision === undefined ? [] : [revision.by.name];
};

export type Gate = {
  readonly verdict: QaVerdict;
  /** What still stands against it. */
  readonly standing: readonly QaReason[];
  readonly waivers: readonly HeardWaiver[];
};

/** True for what was active before, or has such content: it passed the gate, and is asked only what may be wrong with it now. */
const isReturning = ({ state, restores }: Revision): boolean =>
  state === 'superseded' || state === 'active' || (state === 'blessed' && restores !== null);

export const gateOf = (desk: CodexDesk, ref: RevisionRef, now: Instant): Gate => {
  const revision = itemOf(desk, ref.item).revisions[ref.version - 1];
  const isBack = revision !== undefined && isReturning(revision);
  const verdict = isBack ? judgeReturning(desk, revision) : judgeRevision(desk, ref);
  const waivers = waiversOf(desk, ref, now);
  const waived = new Set(waivers.flatMap(({ waiver }) => waiver.waives));
  return { verdict, waivers, standing: standingAgainst(verdict, waived) };
};

/** Where a revision goes on: to the people who review and bless it, or to the programs that read it. */
export type Going = 'to-people' | 'to-production';

const ASKED: Readonly<Record<Going, readonly RevisionState[]>> = {
  // What came before the gate or is past it: the log's own rules say what may happen to it.
  'to-people': ['candidate', 'in-review'],
  'to-production': ['blessed', 'superseded', 'active'],
};

/** What stands against a revision going on, a problem for each reason. None: it may. */
export const gateProblems = (
  desk: CodexDesk,
  ref: RevisionRef,
  { going, now }: { readonly going: Going; readonly now: Instant },
): readonly Problem[] => {
  // No model answers to Sereno's own configuration: the people who bless are its whole gate.
  if (isOwnItem(ref.item)) return [];
  const revision = itemOf(desk, ref.item).revisions[ref.version - 1];
  if (revision === undefined || !ASKED[going].includes(revision.state)) return [];
  const { standing } = gateOf(desk, ref, now);
  const name = `${ref.item}@${ref.version}`;
  const mends = mendsOf(name, standing, isReturning(revision));
  return standing.map((reason, index) =>
    problem('codex-gate', `${name}: ${sayQaReason(reason)}`, { mend: mends[index] ?? null }),
  );
};

/** Goes on only when nothing stands against the revision. Throws ProblemError: `codex-gate`, one for each reason. */
export const demandQa = (desk: CodexDesk, ref: RevisionRef, now: Instant): void => {
  const problems = gateProblems(desk, ref, { going: 'to-people', now });
  if (problems.length > 0) throw new ProblemError(problems);
};

export type Waiving = {
  readonly revision: RevisionRef;
  readonly signer: Signer;
  readonly why: string;
  readonly now: Instant;
};

/** The text of a signed waiver of all that stands against a revision. Throws ProblemError: `codex-refused`, `codex-untrusted`. */
export const signWaiver = (
  desk: CodexDesk,
  waiving: Waiving,
): { readonly text: string; readonly waives: readonly string[] } => {
  const { revision, signer, why, now } = waiving;
  const root = desk.chain.root();
  const name = `${revision.item}@${revision.version}`;
  const waives = gateOf(desk, revision, now).standing.map(sayQaReason);
  if (waives.length === 0) throw new ProblemError([problem('codex-refused', `nothing stands against ${name}`)]);
  if (root === null) throw new ProblemError([problem('codex-untrusted', 'nobody is trusted to bless yet')]);
  const draft = draftWaiver(revision, { why, at: now, waives });
  const signature = signer.sign(preAuthEncoding(draft.payloadType, draft.payload));
  const text = writeEnvelope(withSignature(draft, { keyId: keyIdOf(signer.key), signature }));
  const asked = { revision, authors: authorsOf(itemOf(desk, revision.item), revision), now };
  const heard = hearWaiver(text, asked, { root, verify });
  if (heard.kind === 'heard') return { text, waives };
  throw new ProblemError([problem('codex-untrusted', `${name} cannot be waived so: ${SAY_UNHEARD[heard.because]}`)]);
};

const SAY_UNHEARD = {
  unreadable: 'the statement cannot be read again',
  'another-revision': 'it is about another revision',
  'nobody-believed': 'this key belongs to nobody who may bless',
  author: 'the author of a source waives nothing of it',
  stale: 'the root of trust has expired',
} as const;
