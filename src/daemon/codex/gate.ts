// The gate before people: `submit` and `bless` ask it, and go no further while a reason stands against the revision. In an
// emergency a blesser waives the reasons that stand, by a signature; there is no other way around.

import { makeVerify } from '#adapters/signing/verify.ts';
import { evaluationsOf, type KeptEvaluation } from '#duties/codex/evaluated.ts';
import { judgeAll, schemaOf, standingAgainst, type Schemas } from '#duties/codex/gate.ts';
import { sayQaReason, type QaReason, type QaVerdict } from '#duties/codex/qa.ts';
import type { Item, Revision } from '#duties/codex/revision.ts';
import { preAuthEncoding, withSignature, writeEnvelope } from '#duties/codex/trust/envelope.ts';
import { draftWaiver, hearWaiver, type HeardWaiver } from '#duties/codex/waiver.ts';
import type { Digest, RevisionRef } from '#kernel/codex.ts';
import { isOwnItem } from '#kernel/own.ts';
import { problem, ProblemError, type Problem } from '#kernel/problem.ts';
import type { Instant } from '#kernel/time.ts';
import type { Signer } from '#ports/signing.ts';
import { closureWith, contentWith, itemOf, type CodexDesk } from './desk.ts';
import { registryOf } from './registry.ts';
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

/** The waivers of a revision that count: by the root in force, and by the time of now. */
export const waiversOf = (desk: CodexDesk, ref: RevisionRef, now: Instant): readonly HeardWaiver[] => {
  const item = itemOf(desk, ref.item);
  const root = desk.chain.root();
  const authors = authorsOf(item, ref);
  if (root === null) return [];
  return item.records.flatMap(({ deed }) => {
    if (deed.kind !== 'waived' || deed.revision.version !== ref.version) return [];
    const heard = hearWaiver(textOf(desk, deed.envelope), { revision: ref, authors, now }, { root, verify });
    return heard.kind === 'heard' ? [heard] : [];
  });
};

const authorsOf = (item: Item, { version }: RevisionRef): readonly string[] => {
  const revision = item.revisions[version - 1];
  return revision === undefined ? [] : [revision.by.name];
};

const MENDS: Partial<Record<QaReason['kind'], (name: string) => string>> = {
  'evaluation-missing': (name) => `sereno codex evaluate ${name}`,
  'evaluation-unfit': (name) => `sereno codex evaluate ${name}`,
  'evaluation-unsigned': (name) => `sereno codex evaluate ${name} --key <file of a tester>`,
  'evaluation-proves-nothing': (name) => `read why in sereno codex show ${name}, and evaluate it again`,
  'evaluation-blocked': () => 'mend the source and export it again: running the same again proves nothing',
  'schema-incompatible': () => 'make the schema so that the value fits, or register one of another class',
  'schema-undecided': () => 'write simpler patterns',
  'schema-missing': () => 'declare output_schema in the source, as in the version before',
};

export type Gate = {
  readonly verdict: QaVerdict;
  /** What still stands against it. */
  readonly standing: readonly QaReason[];
  readonly waivers: readonly HeardWaiver[];
};

export const gateOf = (desk: CodexDesk, ref: RevisionRef, now: Instant): Gate => {
  const verdict = judgeRevision(desk, ref);
  const waivers = waiversOf(desk, ref, now);
  const waived = new Set(waivers.flatMap(({ waiver }) => waiver.waives));
  return { verdict, waivers, standing: standingAgainst(verdict, waived) };
};

/** Goes on only when nothing stands against the revision. Throws ProblemError: `codex-gate`, one for each reason. */
export const demandQa = (desk: CodexDesk, ref: RevisionRef, now: Instant): void => {
  // No model answers to Sereno's own configuration: the people who bless are its whole gate.
  if (isOwnItem(ref.item)) return;
  const state = itemOf(desk, ref.item).revisions[ref.version - 1]?.state;
  // What came before the gate or is past it: the log's own rules say what may happen to it.
  if (state !== 'candidate' && state !== 'in-review') return;
  const { standing } = gateOf(desk, ref, now);
  const name = `${ref.item}@${ref.version}`;
  if (standing.length === 0) return;
  throw new ProblemError(
    standing.map((reason) =>
      problem('codex-gate', `${name}: ${sayQaReason(reason)}`, { mend: MENDS[reason.kind]?.(name) ?? null }),
    ),
  );
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
