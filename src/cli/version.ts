// The version, from the package that this program came in: the same in a checkout and beside the bundle.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** From `dist/` it is one folder up, from `src/cli/` two. */
const FOLDERS_UP_MAX = 3;

const manifestAbove = (folder: string, left: number): string | null => {
  const file = join(folder, 'package.json');
  if (existsSync(file)) return file;
  return left === 0 ? null : manifestAbove(dirname(folder), left - 1);
};

/** `0.1.0`; `unknown` when the program was torn out of its package. */
export const readVersion = (): string => {
  const file = manifestAbove(import.meta.dirname, FOLDERS_UP_MAX);
  if (file === null) return 'unknown';
  const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const isNamed = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return isNamed && typeof manifest.version === 'string' ? manifest.version : 'unknown';
};
