// What each item stands at: the listing that is signed with the head of the log, as a snapshot document of TUF lists versions.
// With it a reader far away knows which version is active without the log: an old one, or one that was never made active,
// does not stand there.

import { canonical } from '#kernel/canonical.ts';
import type { Digest } from '#kernel/codex.ts';
import { originOf, type Item } from './revision.ts';

/** What is active: its authors too, because whoever wrote a source does not bless it. */
type ActiveStanding = { readonly version: number; readonly digest: Digest; readonly authors: readonly string[] };

type ItemStanding = {
  readonly active: ActiveStanding | null;
  readonly tags: Readonly<Record<string, number>>;
  /** The versions that nobody may read any more. */
  readonly revoked: readonly number[];
};

const activeOf = (item: Item): ActiveStanding | null => {
  const revision = item.active === null ? undefined : item.revisions[item.active - 1];
  if (revision === undefined) return null;
  return { ...versionOf(revision.ref), authors: [originOf(item, revision).by.name] };
};

const versionOf = ({ version, digest }: { readonly version: number; readonly digest: Digest }) => ({ version, digest });

const standingOf = (item: Item): ItemStanding => ({
  active: activeOf(item),
  tags: Object.fromEntries(item.tags),
  revoked: item.revisions.flatMap(({ ref, state }) => (state === 'revoked' ? [ref.version] : [])),
});

/** The listing in canonical form (RFC 8785): the same items give the same bytes, and the head names their SHA-256. */
export const standingText = (items: readonly Item[]): string =>
  canonical({ format: 1, items: Object.fromEntries(items.map((item) => [item.item, standingOf(item)])) });
