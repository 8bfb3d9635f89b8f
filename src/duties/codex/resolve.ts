// The resolver: from what a person or a program writes to one revision, or why there is none.
//
//   concise              the active version           concise@3, concise@v3      that version
//   concise@active       the same                     concise@stable             where the tag points
//   sha256:4f5b…         by what it is: the newest revision with this digest

import { isItemId } from '#kernel/codex.ts';
import { isTag } from './names.ts';
import type { LedgerRefusal } from './ledgerRefusal.ts';
import { isEnded, wasBlessed, type Item, type LedgerView, type Revision } from './revision.ts';

export type Selector =
  | { readonly kind: 'active'; readonly item: string }
  | { readonly kind: 'version'; readonly item: string; readonly version: number }
  | { readonly kind: 'tag'; readonly item: string; readonly tag: string }
  | { readonly kind: 'digest'; readonly digest: string };

/** `blessed`: only what production may read. `any`: also candidates, for people who look. Never what was revoked. */
export type Demand = 'blessed' | 'any';

export type Resolved =
  | { readonly kind: 'resolved'; readonly item: Item; readonly revision: Revision }
  | { readonly kind: 'refused'; readonly refusal: LedgerRefusal };

const VERSION = /^v?([1-9]\d{0,14})$/;
const DIGEST = /^(?:sha256:)?([0-9a-f]{64})$/;

/** Reads a selector; null when it is none. */
export const parseSelector = (text: string): Selector | null => {
  const digest = DIGEST.exec(text)?.[1];
  if (digest !== undefined) return { kind: 'digest', digest };
  const [item = '', wanted, ...more] = text.split('@');
  if (!isItemId(item) || more.length > 0) return null;
  if (wanted === undefined || wanted === 'active') return { kind: 'active', item };
  const version = VERSION.exec(wanted)?.[1];
  if (version !== undefined) return { kind: 'version', item, version: Number(version) };
  return isTag(wanted) ? { kind: 'tag', item, tag: wanted } : null;
};

const refused = (refusal: LedgerRefusal): Resolved => ({ kind: 'refused', refusal });

/** Finds the one revision that is meant. A revoked one is found by nothing, and says why it was revoked. */
export const resolve = (ledger: LedgerView, text: string, demand: Demand): Resolved => {
  const selector = parseSelector(text);
  if (selector === null) return refused({ kind: 'bad-selector', selector: text });
  if (selector.kind === 'digest') return resolveDigest(ledger, selector.digest, demand);
  const item = ledger.item(selector.item);
  if (item === null) return refused({ kind: 'unknown-item', item: selector.item });
  const version = versionOf(item, selector);
  if (typeof version !== 'number') return refused(version);
  const revision = item.revisions[version - 1];
  if (revision === undefined) {
    return refused({ kind: 'unknown-version', item: item.item, version, latest: item.revisions.length });
  }
  return demandOf(item, revision, demand);
};

const versionOf = (item: Item, selector: Exclude<Selector, { kind: 'digest' }>): number | LedgerRefusal => {
  if (selector.kind === 'version') return selector.version;
  if (selector.kind === 'active') return item.active ?? { kind: 'none-active', item: item.item };
  const { tag } = selector;
  return item.tags.get(tag) ?? { kind: 'unknown-tag', item: item.item, tag, tags: [...item.tags.keys()].toSorted() };
};

/** The newest that may be read; when none may, the newest says why. */
const resolveDigest = (ledger: LedgerView, digest: string, demand: Demand): Resolved => {
  const found = ledger.withDigest(digest).toReversed();
  const newest = found.find((it) => isAllowed(it, demand)) ?? found[0];
  const item = newest === undefined ? null : ledger.item(newest.ref.item);
  if (newest === undefined || item === null) return refused({ kind: 'unknown-digest', digest });
  return demandOf(item, newest, demand);
};

const isAllowed = (revision: Revision, demand: Demand): boolean =>
  demand === 'blessed' ? wasBlessed(revision) : !isEnded(revision);

const demandOf = (item: Item, revision: Revision, demand: Demand): Resolved => {
  if (isAllowed(revision, demand)) return { kind: 'resolved', item, revision };
  const { ref, state, why } = revision;
  if (isEnded(revision)) return refused({ kind: 'ended', revision: ref, state, why });
  return refused({ kind: 'wrong-state', revision: ref, state, allowed: ['blessed', 'active', 'superseded'] });
};
