// Projection: the blessed file that other programs read. It can always be made again from the codex; nobody edits it.
//
// Written beside its place, made read-only, forced to the disk, renamed, read back. Whoever reads sees the old file or the
// new one, whole, also after a crash.

import { randomUUID } from 'node:crypto';
import { closeSync, fchmodSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { canonical } from '#kernel/canonical.ts';
import { isItemId } from '#kernel/codex.ts';
import type { Json } from '#kernel/evidence.ts';
import { problem, type Problem } from '#kernel/problem.ts';
import { readBounded, unwritable } from './disk.ts';
import { BLESSED_WORDING, readYaml, writeYaml, YAML_BYTES_MAX } from './yaml.ts';

/** The keys in the order in which they are written; `version` says which of two files is newer. */
export type Projected = { readonly [key: string]: Json } & { readonly task_id: string; readonly version: number };

/** `overtaken`: another program has written a newer version meanwhile, and that one stays. */
export type Written =
  | { readonly kind: 'written' | 'overtaken'; readonly path: string; readonly bytes: number }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] };

const READ_ONLY = 0o444;
/** Whatever umask is set: whoever may write to the folder may put another file into the place of a blessed one. */
const FOLDER_MODE = 0o755;

export const blessedPath = (folder: string, item: string): string => join(folder, `${item}.yaml`);

/** How often another program may put an older version over ours before we give up. */
const ATTEMPTS_MAX = 10;

/**
 * Writes the blessed file of an item, and reads it back. Refused: `store-unusable` (the disk would not), `codex-content`
 * (what was read back is not what was written). The file that was there before, or the new one, is then still there.
 * With several programs at once an older version may come last: whoever writes asks the log afterwards whether there is a
 * newer one by now, and writes that.
 */
export const project = (folder: string, blessed: Projected): Written => {
  if (!isItemId(blessed.task_id)) throw new RangeError('the name of an item is part of a path');
  const text = writeYaml(blessed);
  const path = blessedPath(folder, blessed.task_id);
  let outcome: Written | 'older' = 'older';
  for (let attempt = 0; attempt < ATTEMPTS_MAX && outcome === 'older'; attempt += 1)
    outcome = put(path, text) ?? verify(path, blessed, Buffer.byteLength(text));
  return outcome === 'older' ? refuse(path, 'another program writes older versions all the time') : outcome;
};

/** Null: it is there. */
const put = (path: string, text: string): Written | null => {
  // Not the process id: in a container it is the same each time, and what a crash left behind would be in the way.
  const beside = join(dirname(path), `.${basename(path)}.${randomUUID()}.part`);
  try {
    mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE });
    writeDurably(beside, text);
    renameSync(beside, path);
    return null;
  } catch (error) {
    removeQuietly(beside);
    return { kind: 'refused', problems: [unwritable(path, error)] };
  }
};

/** It may be gone already, or the disk may be read-only by now: the first error is the one to tell. */
const removeQuietly = (path: string): void => {
  try {
    rmSync(path, { force: true });
  } catch {
    // A `.part` file that stays is never read by anybody.
  }
};

const writeDurably = (path: string, text: string): void => {
  const descriptor = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(descriptor, text);
    fchmodSync(descriptor, READ_ONLY);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};

const refuse = (path: string, why: string): Written => ({
  kind: 'refused',
  problems: [
    problem('codex-content', `Export verification failed: ${why}`, { place: { file: path, line: 1, column: 1 } }),
  ],
});

const verify = (path: string, blessed: Projected, bytes: number): Written | 'older' => {
  const read = readBounded(path, YAML_BYTES_MAX);
  if (read.kind !== 'read') return refuse(path, read.kind === 'missing' ? 'the file is gone' : read.why);
  const decoded = readYaml(path, read.bytes, BLESSED_WORDING);
  if ('problems' in decoded) return refuse(path, decoded.problems[0]?.message ?? 'it cannot be read');
  const found = foundAs(decoded.value, blessed);
  if (found === 'same') return { kind: 'written', path, bytes };
  if (found === 'newer') return { kind: 'overtaken', path, bytes };
  return found === 'older' ? 'older' : refuse(path, 'what was read back is not what was written');
};

/** What stands in the file once it was written: ours, that of another program, or something that nobody wrote so. */
export const foundAs = (found: Json, blessed: Projected): 'same' | 'newer' | 'older' | 'other' => {
  if (canonical(found) === canonical(blessed)) return 'same';
  const version = versionIn(found);
  if (version === null || version === blessed.version) return 'other';
  return version > blessed.version ? 'newer' : 'older';
};

const versionIn = (value: Json): number | null =>
  typeof value === 'object' && value !== null && 'version' in value && typeof value.version === 'number'
    ? value.version
    : null;
