// The cache: the last good revision of each item on disk, with its proof. It is verified again whenever it is read, so it need
// not be believed; and written so that a crash leaves the old file or the new one.

import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** A proof has some KB; more than this is nothing that was written here. */
const BYTES_MAX = 67_108_864;

/** The value in a file; null: there is none, or it cannot be read. */
export const readCached = (folder: string, name: string): unknown => {
  const path = join(folder, `${name}.json`);
  try {
    return statSync(path).size > BYTES_MAX ? null : JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
};

/** Writes beside the place, syncs, renames. Gives why it could not, or null. */
export const writeCached = (folder: string, name: string, value: object): string | null => {
  const beside = join(folder, `.${name}.${randomUUID()}.part`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const file = openSync(beside, 'wx', 0o600);
    try {
      writeFileSync(file, JSON.stringify(value));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(beside, join(folder, `${name}.json`));
    return null;
  } catch (error) {
    rmSync(beside, { force: true });
    return error instanceof Error ? error.message : String(error);
  }
};
