// What the log says about one item: its revisions, what was said of each, its tags, and which one is active.

import type {
  Author,
  CodexRecord,
  CompatibilityClass,
  Digest,
  ItemId,
  Predicate,
  RevisionRef,
  RevisionState,
} from '#kernel/codex.ts';
import type { Instant } from '#kernel/time.ts';

/** A signed statement that the log names. Whether the signature is good is not known here. */
export type Attestation = {
  /** The number of its entry: of two words of one person the later one counts. */
  readonly seq: number;
  readonly predicate: Predicate;
  readonly envelope: Digest;
  readonly at: Instant;
  readonly by: Author;
};

export type Revision = {
  readonly ref: RevisionRef;
  readonly state: RevisionState;
  readonly at: Instant;
  readonly by: Author;
  readonly parent: number | null;
  /** The version whose content this one has again, after a rollback. */
  readonly restores: number | null;
  /** Why it was made, rejected or revoked, whichever was last. */
  readonly why: string | null;
  readonly attestations: readonly Attestation[];
};

export type Item = {
  readonly item: ItemId;
  /** Version v stands at v - 1: there are no gaps. */
  readonly revisions: readonly Revision[];
  readonly active: number | null;
  readonly tags: ReadonlyMap<string, number>;
  /** Everything that happened to it, oldest first. */
  readonly records: readonly CodexRecord[];
};

/** A schema in the registry: `<subject>_v<version>`. */
export type RegisteredSchema = {
  readonly subject: string;
  readonly version: number;
  /** What the next version must keep. */
  readonly compatibility: CompatibilityClass;
  readonly digest: Digest;
  readonly at: Instant;
  readonly by: Author;
};

/** What the ledger may be asked, and what rules may look at. */
export interface LedgerView {
  item(name: string): Item | null;
  /** All items, by name. */
  items(): readonly Item[];
  /** Every revision with this digest, of all items, oldest first. */
  withDigest(digest: string): readonly Revision[];
  /** True when an entry of the log names this object. */
  isNamed(digest: string): boolean;
  /** The version of the root of trust in force; null before the first. */
  rootVersion(): number | null;
  /** Every schema that was registered, oldest first; versions of a subject have no gaps. */
  schemas(): readonly RegisteredSchema[];
}

/** The state in which nothing can happen to a revision any more. */
export const isEnded = ({ state }: Pick<Revision, 'state'>): boolean => state === 'rejected' || state === 'revoked';

/** True for what was blessed once and not revoked since: only this may be read by production. */
export const wasBlessed = ({ state }: Pick<Revision, 'state'>): boolean =>
  state === 'blessed' || state === 'active' || state === 'superseded';

/**
 * The revision whose blessing counts for this one: itself, or what a rollback restores, and so on to the first. It has the
 * same digest, so that whoever blessed it has blessed these very bytes.
 */
export const originOf = (item: Pick<Item, 'revisions'>, revision: Revision): Revision => {
  let origin = revision;
  // Each step goes to a smaller version, so this ends.
  while (origin.restores !== null) {
    const before = item.revisions[origin.restores - 1];
    if (before === undefined) return origin;
    origin = before;
  }
  return origin;
};

/** Which version was active at an instant, by the clocks of those who wrote the log; null: none was. */
export const activeAt = (item: Item, at: Instant): number | null => {
  let active: number | null = null;
  for (const { deed, at: when } of item.records) {
    if (when > at) continue;
    if (deed.kind === 'activated') active = deed.revision.version;
    if (deed.kind === 'revoked' && deed.revision.version === active) active = null;
  }
  return active;
};
