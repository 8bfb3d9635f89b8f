// Looks: what the codex holds, as people are shown it. Nothing is changed by looking.

import { diff } from 'node:util';
import { activeAt, type Item, type Revision } from '#duties/codex/revision.ts';
import { isBlock } from '#duties/codex/source.ts';
import type { Closure, CodexRecord, Content, Digest, RevisionState } from '#kernel/codex.ts';
import type { Json } from '#kernel/evidence.ts';
import type { Instant } from '#kernel/time.ts';
import { closureWith, contentWith, itemOf, workedOn, type CodexDesk } from './desk.ts';

export type ItemLook = {
  readonly item: string;
  readonly title: string;
  readonly versions: number;
  readonly latest: { readonly version: number; readonly state: RevisionState; readonly digest: Digest };
  readonly active: number | null;
  readonly tags: Readonly<Record<string, number>>;
  readonly changedAt: Instant;
};

/** As the source has it: a title goes into the content as it stands. To make the whole content again would fill a template. */
const titleIn = ({ source: { value } }: Closure): string =>
  isBlock(value) && typeof value['title'] === 'string' ? value['title'] : '';

const lookAt = (desk: CodexDesk, item: Item): ItemLook => {
  const latest = item.revisions.at(-1);
  const record = item.records.at(-1);
  if (latest === undefined || record === undefined) throw new RangeError(`${item.item} has no version`);
  return {
    item: item.item,
    title: titleIn(closureWith(desk, latest.ref.digest)),
    versions: item.revisions.length,
    latest: { version: latest.ref.version, state: latest.state, digest: latest.ref.digest },
    active: item.active,
    tags: Object.fromEntries(item.tags),
    changedAt: record.at,
  };
};

/** All items, by name. Throws ProblemError when the object of one is damaged: nothing is shown that was not looked at again. */
export const listItems = (desk: CodexDesk): readonly ItemLook[] =>
  desk.ledger.items().map((item) => lookAt(desk, item));

/** Everything that happened to an item, oldest first. Throws ProblemError: `not-found`. */
export const historyOf = (desk: CodexDesk, name: string): readonly CodexRecord[] => itemOf(desk, name).records;

/** Which version was active at an instant; null: none was. */
export const activeThen = (desk: CodexDesk, name: string, at: Instant): number | null =>
  activeAt(itemOf(desk, name), at);

export type RevisionLook = {
  readonly revision: Revision;
  readonly content: Content;
  readonly variables: readonly string[];
};

export const showRevision = (desk: CodexDesk, selector: string): RevisionLook => {
  const revision = workedOn(desk, selector);
  const { content, variables } = contentWith(desk, revision.ref.digest);
  return { revision, content, variables };
};

/** One field that differs; `lines` where both are texts of lines: `-` only before, `+` only after, blank in both. */
export type FieldDiff = {
  readonly field: string;
  readonly before: Json;
  readonly after: Json;
  readonly lines: readonly string[] | null;
};

const SIGNS = { '-1': '-', '0': ' ', '1': '+' } as const;

const linesOf = (before: Json, after: Json): readonly string[] | null => {
  if (typeof before !== 'string' || typeof after !== 'string') return null;
  if (!before.includes('\n') && !after.includes('\n')) return null;
  // What the library calls actual is what it shows as added.
  return diff(after.split('\n'), before.split('\n')).map(([kind, line]) => `${SIGNS[`${kind}`]} ${line}`);
};

/** What differs between the contents of two revisions, field by field. */
export const diffRevisions = (desk: CodexDesk, before: string, after: string): readonly FieldDiff[] => {
  const [a, b] = [showRevision(desk, before).content, showRevision(desk, after).content];
  const keys: readonly (keyof Content)[] = Object.keys(b).filter((key): key is keyof Content => key in a);
  return keys
    .filter((key) => a[key] !== b[key])
    .map((field) => ({ field, before: a[field], after: b[field], lines: linesOf(a[field], b[field]) }));
};
