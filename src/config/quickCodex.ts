// The codex of a configuration without all the rest: most of the time of a short command would go into the grammar of services,
// targets and policies, which an export does not ask about.
//
// Only what is written plainly is read here. Whatever else there is (an include, a reference, a key or a value that has to be
// judged) is left to `readSite`, which reads all of it and says what is wrong.

import type { CodexSite } from '#kernel/site.ts';
import type { Json } from '#kernel/evidence.ts';
import type { Instant } from '#kernel/time.ts';
import { dirname, join } from 'node:path';
import { decodeCodex } from './decodeCodex.ts';
import type { Decoding } from './decoding.ts';
import { FILE_BYTES_MAX, readDocument, type Tree } from './document.ts';
import { DISK, type Files } from './files.ts';
import type { SiteText } from './grammar.ts';

const isTree = (value: Json | undefined): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isFolder = (value: Json | undefined): boolean =>
  value === undefined || (typeof value === 'string' && /^[A-Za-z0-9._/-]+$/.test(value));

const isName = (value: Json): value is string => typeof value === 'string' && /^[a-z][a-z0-9-]{0,60}$/.test(value);

const FOLDERS: readonly string[] = ['sources', 'templates', 'blessed', 'suites', 'schemas'];
const KEYS: readonly string[] = [...FOLDERS, 'blessers', 'threshold'];

/** Whether a codex is written so that there is nothing to judge about it. */
const isPlain = (codex: Tree, people: Tree): boolean => {
  const { blessers = [], threshold = 1 } = codex;
  if (!Object.keys(codex).every((key) => KEYS.includes(key))) return false;
  if (!FOLDERS.every((name) => isFolder(codex[name])) || !Array.isArray(blessers) || blessers.length > 100)
    return false;
  if (!blessers.every((name) => isName(name) && Object.hasOwn(people, name))) return false;
  return typeof threshold === 'number' && Number.isInteger(threshold) && threshold >= 1 && threshold <= 100;
};

/** The codex that a file declares; null: `readSite` must read it. */
export const quickCodex = (file: string, now: Instant, files: Files = DISK): CodexSite | null => {
  if (files.list(join(dirname(file), 'sereno.d')).length > 0) return null;
  const { source, problems } = readDocument(file, files.read(file, FILE_BYTES_MAX));
  if (source === null || problems.length > 0 || source.tree['sereno'] !== 1) return null;
  const { codex, people = {}, model } = source.tree;
  // A model has a key, which is a reference and a secret.
  if (model !== undefined || !isTree(codex) || !isTree(people) || !isPlain(codex, people)) return null;
  const decoding: Decoding = {
    ground: { tree: source.tree, locate: (path, isKey) => source.locate(path, isKey) },
    keyring: { file, env: {}, read: () => ({ kind: 'missing' }) },
    missing: [],
    secrets: [],
    now,
    problems: [],
    warnings: [],
    declared: [],
  };
  const site = decodeCodex(decoding, codex as SiteText['codex']); // decoder: every value was looked at
  return decoding.problems.length === 0 ? site : null;
};
