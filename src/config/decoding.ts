// Decoding: what the decoders of the sections share while one file is turned into a Site.

import type { Problem } from '#kernel/problem.ts';
import type { Declared } from '#kernel/site.ts';
import type { Instant } from '#kernel/time.ts';
import type { Path } from './document.ts';
import { sayPath, type Ground } from './finding.ts';
import { isBelow, type Keyring, type Missing } from './reference.ts';

export type Decoding = {
  readonly ground: Ground;
  readonly keyring: Keyring;
  readonly missing: readonly Missing[];
  /** Every resolved value: none may stand in a message. */
  readonly secrets: readonly string[];
  readonly now: Instant;
  /** Collected while decoding, all of them. */
  readonly problems: Problem[];
  readonly warnings: Problem[];
  readonly declared: Declared[];
};

/** What follows `declared, not yet active` in every listing. */
export const declare = (decoding: Decoding, path: Path, what: string): void => {
  decoding.declared.push({ path: sayPath(path), what });
};

/** Missing references by their first two steps: ten thousand checks would otherwise each look through all of them. */
const indexes = new WeakMap<readonly Missing[], ReadonlyMap<string, readonly Missing[]>>();

const indexKey = (path: Path): string => path.slice(0, 2).join('\n');

const indexOf = (missing: readonly Missing[]): ReadonlyMap<string, readonly Missing[]> => {
  const known = indexes.get(missing);
  if (known !== undefined) return known;
  const index = new Map<string, Missing[]>();
  for (const each of missing) {
    const group = index.get(indexKey(each.path)) ?? [];
    group.push(each);
    index.set(indexKey(each.path), group);
  }
  indexes.set(missing, index);
  return index;
};

/** The references at or below `path` that stand for nothing; `path` has two steps or more, or is a whole section. */
export const missingBelow = (decoding: Decoding, path: Path): readonly Missing[] => {
  const near = path.length < 2 ? decoding.missing : (indexOf(decoding.missing).get(indexKey(path)) ?? []);
  return near.filter((missing) => isBelow(missing.path, path));
};

/** Why something below this path cannot work: the first reference that stands for nothing. */
export const whyMissing = (decoding: Decoding, path: Path): string | null =>
  missingBelow(decoding, path)[0]?.why ?? null;
