// What was attested of a revision, with its signatures verified now: who stands behind each statement, and what it says.

import { makeVerify } from '#adapters/signing/verify.ts';
import { originOf, type Attestation, type Item, type Revision } from '#duties/codex/revision.ts';
import { preAuthEncoding, readEnvelope } from '#duties/codex/trust/envelope.ts';
import { keysThatSigned, personOf, sameName } from '#duties/codex/trust/signers.ts';
import { contentIn, readStatement, type Saying } from '#duties/codex/trust/statement.ts';
import { verdictOf } from '#duties/codex/trust/verdict.ts';
import type { Digest, RevisionRef } from '#kernel/codex.ts';
import type { AttestationView } from '#kernel/codexView.ts';
import { problem, ProblemError } from '#kernel/problem.ts';
import type { Instant } from '#kernel/time.ts';
import { sayVerdict, type Root, type TrustVerdict } from '#kernel/trust.ts';
import type { CodexDesk } from './desk.ts';

const verify = makeVerify();

/** An envelope that is damaged is no missing signature: it is told. Throws ProblemError: `codex-damaged`, `store-unusable`. */
export const envelopeOf = ({ store }: CodexDesk, envelope: Digest): string => {
  const read = store.read(envelope);
  if (read.kind === 'read') return read.text;
  const missing = problem('codex-damaged', `the envelope ${envelope} is missing from the codex`);
  throw new ProblemError([read.kind === 'failed' ? read.problem : missing]);
};

const NOBODY = 'nobody is trusted yet';

/** Everything that was attested of a revision; of a rollback, what was attested of the revision that it restores. */
export const attestationsOf = (
  desk: CodexDesk,
  { item, revision, now }: { readonly item: Item; readonly revision: Revision; readonly now: Instant },
): readonly AttestationView[] => {
  const origin = originOf(item, revision);
  return origin.attestations.map((it) => viewOf(desk, origin, it, now));
};

const viewOf = (desk: CodexDesk, origin: Revision, it: Attestation, now: Instant): AttestationView => {
  const { seq, predicate, at, envelope } = it;
  const text = envelopeOf(desk, envelope);
  const root = desk.chain.root();
  const plain = { seq, predicate, at, envelope, signedBy: [], says: null };
  const opened = readEnvelope(text);
  if (opened.kind === 'refused') return { ...plain, notCounted: 'it cannot be read' };
  if (root === null) return { ...plain, notCounted: NOBODY };
  const logged = { envelope: opened.value, seq };
  const alone = verdictOf({ revision: origin.ref, authors: [], envelopes: [logged], now }, root, verify);
  const whyNot = alone.reasons.find(({ kind }) => kind === 'not-counted' || kind === 'expired');
  if (whyNot !== undefined)
    return { ...plain, notCounted: sayVerdict(whyNot).replace('envelope 1 does not count: ', '') };
  const message = preAuthEncoding(opened.value.payloadType, opened.value.payload);
  const signed = keysThatSigned({ message, signatures: opened.value.signatures }, root.keys, verify);
  const signedBy = [...new Set(signed.filter(({ owner }) => owner !== null).map(personOf))];
  const read = readStatement(opened.value);
  const authored = signedBy.filter((who) => sameName(who) === sameName(origin.by.name));
  return {
    ...plain,
    signedBy,
    says: read.kind === 'read' && read.value.saying !== null ? saySaying(read.value.saying) : null,
    notCounted: authored.length > 0 && predicate !== 'revocation' ? `${authored.join(', ')} wrote the source` : null,
  };
};

const saySaying = (saying: Saying): string => {
  switch (saying.predicate) {
    case 'test-result':
      return `${saying.result.toLowerCase()}: ${saying.passed.length} passed, ${saying.warned.length} warned, ${saying.failed.length} failed`;
    case 'review':
      return saying.why === '' ? saying.verdict : `${saying.verdict}: ${saying.why}`;
    default:
      return saying.why;
  }
};

/** Who has blessed, of a verdict. */
export const blessersIn = ({ reasons }: Pick<TrustVerdict, 'reasons'>): readonly string[] =>
  reasons.flatMap((it) => (it.kind === 'signed' && it.role === 'blessing' ? it.by : []));

/**
 * Whether believed blessings name another content than this one: an engine that fills the template otherwise than the one that
 * the blessers saw would change what production reads, with every digest in order.
 */
export const isContentDisputed = (
  desk: CodexDesk,
  root: Root,
  { origin, content }: { readonly origin: Revision; readonly content: Digest },
): boolean =>
  origin.attestations
    .filter(({ predicate }) => predicate === 'blessing')
    .some(({ envelope }) => {
      const named = namedContent(envelopeOf(desk, envelope), root, origin.ref);
      return named !== null && named !== content;
    });

/** Null: it names none, or nobody whom the root knows has signed it. */
const namedContent = (text: string, root: Root, ref: RevisionRef): string | null => {
  const opened = readEnvelope(text);
  if (opened.kind === 'refused') return null;
  const { payloadType, payload, signatures } = opened.value;
  const signed = keysThatSigned({ message: preAuthEncoding(payloadType, payload), signatures }, root.keys, verify);
  const read = signed.length === 0 ? null : readStatement(opened.value);
  return read?.kind === 'read' ? contentIn(read.value, ref) : null;
};
