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

/** Why something below this path cannot work: the first reference that stands for nothing. */
export const whyMissing = (decoding: Decoding, path: Path): string | null =>
  decoding.missing.find((missing) => isBelow(missing.path, path))?.why ?? null;
