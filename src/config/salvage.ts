// Salvage: what still makes sense of a file with mistakes in it, so that mistakes in names, circles and monitoring are
// told in the same run and not one after the other.

import type { Json } from '#kernel/evidence.ts';
import type * as z from 'zod';
import type { Path, Tree } from './document.ts';
import { MERGED_SECTIONS, SITE, type SiteText } from './grammar.ts';

export type Salvage = {
  readonly text: SiteText;
  /** What was cut out: nothing may be said about what is missing below these. */
  readonly cut: readonly Path[];
};

/** Cutting can uncover further mistakes (a refinement runs only on a sound block), but never for long. */
const ROUNDS_MAX = 4;

/** How much is cut for a mistake: a part of a service, an entry of a section, or the section. */
const cutDepth = (path: Path): number => {
  const isFine = path[0] === 'services' || (path[0] === 'notify' && path[1] === 'route');
  if (isFine) return Math.min(3, path.length);
  const hasEntries = MERGED_SECTIONS.includes(String(path[0])) || path[0] === 'policy' || path[0] === 'on_call';
  return hasEntries ? Math.min(2, path.length) : 1;
};

const cutsOf = (issue: z.core.$ZodIssue): readonly Path[] => {
  const path: Path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  const paths = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
  return paths.filter((each) => each.length > 0).map((each) => each.slice(0, cutDepth(each)));
};

const isTree = (value: Json | undefined): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What to leave out, level by level: `true` for all of it. */
type Cutting = Map<string, Cutting | true>;

const plan = (paths: readonly Path[]): Cutting => {
  const root: Cutting = new Map();
  for (const path of paths) {
    let level: Cutting | true = root;
    for (const [index, step] of path.entries()) {
      if (level === true) break;
      const isLast = index === path.length - 1;
      const next: Cutting | true = isLast ? true : (level.get(String(step)) ?? new Map<string, Cutting | true>());
      level.set(String(step), next);
      level = next;
    }
  }
  return root;
};

/** A copy without the planned cuts; every block is copied once, however many cuts there are. */
const without = (tree: Tree, cutting: Cutting): Tree => {
  const kept: Record<string, Json> = {};
  for (const [key, value] of Object.entries(tree)) {
    const inner = cutting.get(key);
    if (inner === true) continue;
    kept[key] = inner !== undefined && isTree(value) ? without(value, inner) : value;
  }
  return kept;
};

/** Stand-ins for the two keys that must be there; the site itself is not built from them. */
const STAND_INS: Tree = { sereno: 1, site: 'unnamed' };

/** The part of the tree that the grammar accepts; null when none was found within the limit. */
export const salvage = (tree: Tree): Salvage | null => {
  let rest: Tree = tree;
  const cut: Path[] = [];
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const parsed = SITE.safeParse(rest);
    if (parsed.success) return { text: parsed.data, cut };
    const cuts = new Map(parsed.error.issues.flatMap(cutsOf).map((path) => [path.join('\n'), path]));
    for (const path of cuts.values()) cut.push(path);
    rest = { ...STAND_INS, ...without(rest, plan([...cuts.values()])) };
  }
  return null;
};
