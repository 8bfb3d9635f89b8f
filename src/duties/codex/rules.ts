// The rules of the log: why an entry cannot come next. There are no others, neither for those who write nor for those who read.

import {
  isItemId,
  type CodexDeed,
  type Digest,
  type ItemId,
  type RevisionRef,
  type RevisionState,
} from '#kernel/codex.ts';
import { unreachable } from '#kernel/unreachable.ts';
import { isDigest, isTag, isVersion } from './names.ts';
import type { LedgerRefusal } from './ledgerRefusal.ts';
import { splitSchemaId } from './schemas/registry.ts';
import { isEnded, type Item, type LedgerView, type Revision } from './revision.ts';

/** More would make an entry that nobody can take in at a glance; `gc` writes several. */
export const COLLECTED_MAX = 500;

/** Why this cannot happen next; null: it can. */
export const refuse = (ledger: LedgerView, deed: CodexDeed): LedgerRefusal | null => {
  switch (deed.kind) {
    case 'exported':
      return refuseExport(ledger, deed);
    case 'trusted':
      return refuseRoot(ledger, deed);
    case 'collected':
      return refuseCollection(ledger, deed.objects);
    case 'untagged':
      return refuseUntag(ledger, deed.item, deed.tag);
    case 'schema-registered':
      return refuseSchema(ledger, deed);
    case 'submitted':
    case 'rejected':
    case 'attested':
    case 'evaluated':
    case 'waived':
    case 'activated':
    case 'revoked':
    case 'tagged': {
      const known = find(ledger, deed.revision);
      return known.kind === 'known' ? refuseKnown(known, deed) : known;
    }
    default:
      return unreachable(deed);
  }
};

type Deed<Kind extends CodexDeed['kind']> = CodexDeed & { readonly kind: Kind };
type Known = { readonly kind: 'known'; readonly item: Item; readonly revision: Revision };

const refuseExport = (ledger: LedgerView, { revision, parent, restores }: Deed<'exported'>): LedgerRefusal | null => {
  if (!isItemId(revision.item)) return { kind: 'bad-item', item: revision.item };
  if (!isDigest(revision.digest)) return { kind: 'bad-digest', digest: revision.digest };
  const item = ledger.item(revision.item);
  const latest = item?.revisions.length ?? 0;
  const { version } = revision;
  if (version !== latest + 1) return { kind: 'not-next', item: revision.item, version, next: latest + 1 };
  const expected = latest === 0 ? null : latest;
  if (parent !== expected) return { kind: 'wrong-parent', revision, expected };
  return restores === null ? null : refuseRestoring(item, revision, restores);
};

const refuseRestoring = (item: Item | null, revision: RevisionRef, restores: number): LedgerRefusal | null => {
  const latest = item?.revisions.length ?? 0;
  const restored = item?.revisions[restores - 1];
  if (restored === undefined) return { kind: 'unknown-version', item: revision.item, version: restores, latest };
  if (restored.ref.digest !== revision.digest) return { kind: 'wrong-digest', revision, expected: restored.ref.digest };
  return isEnded(restored) ? ended(restored) : null;
};

const refuseRoot = (ledger: LedgerView, { root, version }: Deed<'trusted'>): LedgerRefusal | null => {
  if (!isDigest(root)) return { kind: 'bad-digest', digest: root };
  const next = (ledger.rootVersion() ?? 0) + 1;
  return version === next ? null : { kind: 'root-not-next', version, next };
};

const refuseSchema = (ledger: LedgerView, { id, schema }: Deed<'schema-registered'>): LedgerRefusal | null => {
  const split = splitSchemaId(id);
  if (split === null) return { kind: 'bad-schema-id', id };
  if (!isDigest(schema)) return { kind: 'bad-digest', digest: schema };
  const next = ledger.schemas().filter(({ subject }) => subject === split.subject).length + 1;
  return split.version === next ? null : { kind: 'schema-not-next', id, next };
};

const refuseCollection = (ledger: LedgerView, objects: readonly Digest[]): LedgerRefusal | null => {
  const count = new Set(objects).size;
  if (count === 0 || count !== objects.length || count > COLLECTED_MAX) {
    return { kind: 'bad-list', count: objects.length, max: COLLECTED_MAX };
  }
  const bad = objects.find((digest) => !isDigest(digest));
  if (bad !== undefined) return { kind: 'bad-digest', digest: bad };
  const named = objects.find((digest) => ledger.isNamed(digest));
  return named === undefined ? null : { kind: 'still-named', digest: named };
};

const refuseUntag = (ledger: LedgerView, name: ItemId, tag: string): LedgerRefusal | null => {
  const item = ledger.item(name);
  if (item === null) return { kind: 'unknown-item', item: name };
  return item.tags.has(tag) ? null : { kind: 'unknown-tag', item: name, tag, tags: [...item.tags.keys()] };
};

const find = (ledger: LedgerView, ref: RevisionRef): Known | LedgerRefusal => {
  const item = ledger.item(ref.item);
  if (item === null) return { kind: 'unknown-item', item: ref.item };
  const revision = isVersion(ref.version) ? item.revisions[ref.version - 1] : undefined;
  if (revision === undefined) {
    return { kind: 'unknown-version', item: ref.item, version: ref.version, latest: item.revisions.length };
  }
  if (revision.ref.digest !== ref.digest) {
    return { kind: 'wrong-digest', revision: ref, expected: revision.ref.digest };
  }
  return { kind: 'known', item, revision };
};

type OnRevision = Deed<
  'submitted' | 'rejected' | 'attested' | 'evaluated' | 'waived' | 'activated' | 'revoked' | 'tagged'
>;

const refuseKnown = ({ item, revision }: Known, deed: OnRevision): LedgerRefusal | null => {
  if (isEnded(revision)) return ended(revision);
  switch (deed.kind) {
    case 'submitted':
      return unlessIn(revision, ['candidate']);
    case 'rejected':
      return unlessIn(revision, ['candidate', 'in-review']);
    case 'attested':
      return refuseAttestation(revision, deed);
    case 'evaluated':
      return badIn([deed.statement, deed.suite]);
    case 'waived':
      return badIn([deed.envelope]);
    case 'activated':
      return refuseActivation(item, revision);
    case 'revoked':
      return deed.envelope === null || isDigest(deed.envelope) ? null : { kind: 'bad-digest', digest: deed.envelope };
    case 'tagged':
      return isTag(deed.tag) ? null : { kind: 'bad-tag', tag: deed.tag };
    default:
      return unreachable(deed);
  }
};

const badIn = (digests: readonly Digest[]): LedgerRefusal | null => {
  const bad = digests.find((digest) => !isDigest(digest));
  return bad === undefined ? null : { kind: 'bad-digest', digest: bad };
};

/** Tests may speak of a candidate; people speak of what was given to them to look at. */
const refuseAttestation = (revision: Revision, { predicate, envelope }: Deed<'attested'>): LedgerRefusal | null => {
  if (!isDigest(envelope)) return { kind: 'bad-digest', digest: envelope };
  if (revision.attestations.some((it) => it.envelope === envelope)) return { kind: 'said-before', envelope };
  const isOfPeople = predicate === 'review' || predicate === 'blessing';
  return isOfPeople ? unlessIn(revision, ['in-review', 'blessed', 'active', 'superseded']) : null;
};

/** A version that is older than the active one never becomes active: what was left behind comes back as a new version. */
const refuseActivation = ({ active }: Item, revision: Revision): LedgerRefusal | null => {
  const wrong = unlessIn(revision, ['blessed']);
  if (wrong !== null || active === null || revision.ref.version > active) return wrong;
  return { kind: 'older-than-active', revision: revision.ref, active };
};

const ended = ({ ref, state, why }: Revision): LedgerRefusal => ({ kind: 'ended', revision: ref, state, why });

const unlessIn = ({ ref, state }: Revision, allowed: readonly RevisionState[]): LedgerRefusal | null =>
  allowed.includes(state) ? null : { kind: 'wrong-state', revision: ref, state, allowed };
