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

/** The listing of a log that grows: only what a deed has changed is made again, because it is signed after every deed. */
export class Standings {
  readonly #made = new Map<string, { readonly deeds: number; readonly text: string }>();

  /** The listing in canonical form (RFC 8785): the same items, by name, give the same bytes. The head names their SHA-256. */
  text(items: readonly Item[]): string {
    return `{"format":1,"items":{${items.map((item) => this.#of(item)).join(',')}}}`;
  }

  #of(item: Item): string {
    const deeds = item.records.length;
    const known = this.#made.get(item.item);
    if (known?.deeds === deeds) return known.text;
    const text = `${canonical(item.item)}:${canonical(standingOf(item))}`;
    this.#made.set(item.item, { deeds, text });
    return text;
  }
}
