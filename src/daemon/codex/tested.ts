// Who stands behind an evaluation. Where the root of trust names testers, a pass counts only with their signatures: whoever can
// write into the log could else write that all is well.

import { makeVerify } from '#adapters/signing/verify.ts';
import { sayingOf, type KeptEvaluation } from '#duties/codex/evaluated.ts';
import type { Item } from '#duties/codex/revision.ts';
import { fromUtf8 } from '#duties/codex/trust/encoding.ts';
import { preAuthEncoding, readEnvelope, type Envelope } from '#duties/codex/trust/envelope.ts';
import { apart, keysOf, keysThatSigned, personOf } from '#duties/codex/trust/signers.ts';
import { draftEnvelope } from '#duties/codex/trust/statement.ts';
import { testersIn } from '#duties/codex/trust/verdict.ts';
import type { Digest } from '#kernel/codex.ts';
import type { Root } from '#kernel/trust.ts';

const verify = makeVerify();

export type Testing = {
  readonly item: Item;
  readonly root: Root | null;
  /** The text of an object. */
  readonly read: (name: Digest) => string;
};

type Signed = { readonly seq: number; readonly envelope: Envelope };

/** The signed results that say word for word what an evaluation says: of the same revision, by the same suites, beside the same. */
const signedOf = ({ deed, report }: KeptEvaluation, { item, read }: Testing): readonly Signed[] => {
  if (report === null) return [];
  const { payload } = draftEnvelope(deed.revision, sayingOf(report, deed.suite));
  return item.records.flatMap(({ seq, deed: other }) => {
    if (other.kind !== 'attested' || other.predicate !== 'test-result') return [];
    const opened = readEnvelope(read(other.envelope));
    const isSame = opened.kind === 'read' && fromUtf8(opened.value.payload) === fromUtf8(payload);
    return isSame ? [{ seq, envelope: opened.value }] : [];
  });
};

const sayPeople = (people: readonly string[]): string => [...new Set(people)].join(', ');

/** Whoever has signed, whether the root lets them test or not. */
const signersOf = (signed: readonly Signed[], root: Root): string => {
  const people = signed.flatMap(({ envelope }) => {
    const message = preAuthEncoding(envelope.payloadType, envelope.payload);
    const known = keysThatSigned({ message, signatures: envelope.signatures }, root.keys, verify).map(personOf);
    return known.length === 0 ? ['a key that the root does not know'] : known;
  });
  return `by ${sayPeople(people)}`;
};

/** Why the root does not let an evaluation count; null: it does, or names no testers. */
const uncountedBy = (kept: KeptEvaluation, testing: Testing): string | null => {
  const { root } = testing;
  const role = root?.roles['test-result'] ?? null;
  if (root === null || role === null) return null;
  const signed = signedOf(kept, testing);
  const testers = signed.flatMap((it) => testersIn(it, kept.deed.revision, { root, verify }));
  if (new Set(testers).size >= role.threshold) return null;
  const demanded = `root ${root.version} counts only what is signed by ${role.threshold} of ${sayPeople(apart(keysOf(root, role)).map(personOf))}`;
  const found = signed.length === 0 ? 'by nobody' : signersOf(signed, root);
  return `entry ${kept.record.seq} of the log is signed ${found}, and ${demanded}`;
};

/** The same evaluations, each with why it does not count where that is so. */
export const countedBy = (all: readonly KeptEvaluation[], testing: Testing): readonly KeptEvaluation[] =>
  all.map((kept) => {
    const uncounted = uncountedBy(kept, testing);
    return uncounted === null ? kept : { ...kept, uncounted };
  });
