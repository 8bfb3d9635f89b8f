// Expected: which files should lie where, by the log and the signatures alone, and which lie there that nobody blessed.

import { join } from 'node:path';
import { sha256Of } from '#adapters/codex/copies.ts';
import { blessedPath } from '#adapters/codex/projection.ts';
import { writeYaml } from '#adapters/codex/yaml.ts';
import type { Item } from '#duties/codex/revision.ts';
import { isItemId, itemId } from '#kernel/codex.ts';
import { copyId, type ActiveRevision, type CopyPlace } from '#kernel/drift.ts';
import type { CodexSite } from '#kernel/site.ts';
import type { Instant } from '#kernel/time.ts';
import type { CodexDesk } from './desk.ts';
import { projectionOf, verdictOn } from './deeds.ts';
import { CANDIDATES } from './export.ts';

/** One place, and what should lie there. */
export type Wanted = {
  readonly place: CopyPlace;
  readonly active: ActiveRevision | null;
  /** The version that was revoked, when nothing should lie there for that. */
  readonly revoked: number | null;
};

/** What should lie in every place of an item. */
export type Due = Pick<Wanted, 'active' | 'revoked'>;

export const NOTHING_DUE: Due = { active: null, revoked: null };

/** Files that belong to nobody are told one by one up to here; a folder full of others' files is one mistake. */
const STRAYS_MAX = 50;

/** The bytes of the active revision of an item. Throws ProblemError: `codex-damaged`, `store-unusable`. */
export const blessedText = (desk: CodexDesk, { active, revisions }: Item, now: Instant): string | null => {
  const revision = active === null ? undefined : revisions[active - 1];
  return revision === undefined ? null : writeYaml(projectionOf(desk, revision.ref, now));
};

/** What the log and the signatures say of an item now. Throws ProblemError as `blessedText`. */
export const dueOf = (desk: CodexDesk, item: Item, now: Instant): Due => {
  const text = blessedText(desk, item, now);
  const revision = item.active === null ? undefined : item.revisions[item.active - 1];
  if (text === null || revision === undefined)
    return { active: null, revoked: item.revisions.findLast(({ state }) => state === 'revoked')?.ref.version ?? null };
  const isBlessed = verdictOn(desk, revision.ref, now).kind === 'blessed';
  return { active: { version: revision.ref.version, digest: sha256Of(text), isBlessed }, revoked: null };
};

/** The places in which an item is read: the blessed file, and what the configuration names besides. */
export const placesOf = ({ blessed, copies }: CodexSite, name: string): readonly CopyPlace[] => {
  const item = itemId(name);
  const file = blessedPath(blessed, name);
  const declared = copies.filter((it) => it.item === item);
  const own = declared.find((it) => it.file === file);
  return [
    { copy: copyId(item, null), item, path: file, trafficPercent: own?.trafficPercent ?? 0 },
    ...declared
      .filter((it) => it !== own)
      .map((it) => ({ copy: copyId(item, it.file), item, path: it.file, trafficPercent: it.trafficPercent })),
  ];
};

/** Files in the folder of the blessed ones that belong to no item. Hidden ones are Sereno's own, while it writes. */
const straysIn = ({ blessed }: CodexSite, names: readonly string[], known: ReadonlySet<string>): readonly Wanted[] =>
  names
    .filter((name) => !name.startsWith('.') && name !== CANDIDATES && !known.has(join(blessed, name)))
    .slice(0, STRAYS_MAX)
    .map((name) => {
      const path = join(blessed, name);
      return { place: { copy: copyId(null, path), item: null, path, trafficPercent: 0 }, ...NOTHING_DUE };
    });

/**
 * All places that are to be watched. `names`: what lies in the folder of the blessed files. An item of which nothing is active
 * is watched where something lies in its place, and where the configuration names one.
 */
export const wantedIn = (
  site: CodexSite,
  dues: ReadonlyMap<string, Due>,
  names: readonly string[],
): readonly Wanted[] => {
  const present = new Set(names.map((name) => join(site.blessed, name)));
  const items = new Set<string>([...dues.keys(), ...site.copies.map(({ item }) => item)]);
  const ours = [...items].filter(isItemId).flatMap((item) => {
    const due = dues.get(item) ?? NOTHING_DUE;
    return placesOf(site, item)
      .filter(({ path }, index) => due.active !== null || index > 0 || present.has(path))
      .map((place): Wanted => ({ place, ...due }));
  });
  return [...ours, ...straysIn(site, names, new Set(ours.map(({ place }) => place.path)))];
};
