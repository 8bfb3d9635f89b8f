// What to add to the log so that something comes true: the next version, a rollback, a blessing, a tag. Nothing is added here.

import type { CodexDeed, Digest, ItemId, RevisionRef } from '#kernel/codex.ts';
import type { LedgerRefusal } from './ledgerRefusal.ts';
import { wasBlessed, type LedgerView } from './revision.ts';
import { refuse } from './rules.ts';

export type Proposal =
  { readonly kind: 'deed'; readonly deed: CodexDeed } | { readonly kind: 'refused'; readonly refusal: LedgerRefusal };

const judge = (ledger: LedgerView, deed: CodexDeed): Proposal => {
  const refusal = refuse(ledger, deed);
  return refusal === null ? { kind: 'deed', deed } : { kind: 'refused', refusal };
};

/** The next version of an item, with this content. The same content again is a version again: somebody exported it. */
export const proposeExport = (
  ledger: LedgerView,
  exported: { readonly item: ItemId; readonly digest: Digest; readonly why: string | null },
): Proposal => {
  const { item, digest, why } = exported;
  const latest = ledger.item(item)?.revisions.length ?? 0;
  const parent = latest === 0 ? null : latest;
  const revision: RevisionRef = { item, version: latest + 1, digest };
  return judge(ledger, { kind: 'exported', revision, parent, restores: null, why });
};

/**
 * A new version with the content of an old one. Only what was blessed can come back, and never what was revoked; it is
 * blessed at once, because the very same bytes were.
 */
export const proposeRollback = (
  ledger: LedgerView,
  rollback: { readonly item: ItemId; readonly to: number; readonly why: string },
): Proposal => {
  const page = ledger.item(rollback.item);
  if (page === null) return { kind: 'refused', refusal: { kind: 'unknown-item', item: rollback.item } };
  const latest = page.revisions.length;
  const restored = page.revisions[rollback.to - 1];
  if (restored === undefined) {
    const refusal = { kind: 'unknown-version', item: page.item, version: rollback.to, latest } as const;
    return { kind: 'refused', refusal };
  }
  const { ref, state, why } = restored;
  if (state === 'revoked' || state === 'rejected') {
    return { kind: 'refused', refusal: { kind: 'ended', revision: ref, state, why } };
  }
  if (!wasBlessed(restored)) {
    const allowed = ['blessed', 'active', 'superseded'] as const;
    return { kind: 'refused', refusal: { kind: 'wrong-state', revision: ref, state, allowed } };
  }
  const revision: RevisionRef = { item: page.item, version: latest + 1, digest: ref.digest };
  return judge(ledger, { kind: 'exported', revision, parent: latest, restores: ref.version, why: rollback.why });
};

/** Anything else that is said of a revision that exists: judged by the rules, unchanged. */
export const proposeDeed = (ledger: LedgerView, deed: Exclude<CodexDeed, { kind: 'exported' }>): Proposal =>
  judge(ledger, deed);

/**
 * Which of these objects may be collected: those that neither the log names nor evidence (or whoever else asks to keep).
 * Whether one is old enough is for the medium to say: somebody may be about to name it.
 */
export const collectable = (
  ledger: LedgerView,
  present: readonly Digest[],
  isKept: (digest: Digest) => boolean,
): readonly Digest[] => present.filter((digest) => !ledger.isNamed(digest) && !isKept(digest));
