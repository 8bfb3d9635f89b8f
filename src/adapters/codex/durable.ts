// Durable: files that are wholly there or not at all, whenever the program is killed or the power goes.
//
// A file is written under another name, synced, and only then linked or renamed to its own; then the folder is synced,
// because a name is kept in the folder. Whoever is killed between leaves a file in `tmp/`, which `gc` clears away.

import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { join } from 'node:path';
import { errorCode, type Disk } from './fileSystem.ts';

/** Read by everybody whom the folder lets in, written by nobody: what is kept never changes. */
const READ_ONLY = 0o444;

/** No link is followed, and nothing waits: a pipe in the place of a file would be waited on for ever. */
const OPEN_TO_READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const OPEN_NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;

/** Runs the work, and closes the file whatever happened. */
const withFile = <T>(disk: Disk, file: number, work: (file: number) => T): T => {
  let isDone = false;
  try {
    const result = work(file);
    isDone = true;
    return result;
  } finally {
    closeQuietly(disk, file, isDone);
  }
};

/** After a failure, an error of closing would hide the first one. */
const closeQuietly = (disk: Disk, file: number, isDone: boolean): void => {
  try {
    disk.closeSync(file);
  } catch (error) {
    if (isDone) throw error;
  }
};

export type FileRead =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'missing' }
  /** Something is there that Sereno never wrote: a folder, a link, a pipe, or too many bytes. */
  | { readonly kind: 'foreign'; readonly why: string };

/** Reads a file of at most so many bytes. Throws what the file system throws. */
export const readWhole = (disk: Disk, path: string, bytesMax: number): FileRead => {
  let file: number;
  try {
    file = disk.openSync(path, OPEN_TO_READ);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { kind: 'missing' };
    if (errorCode(error) === 'ELOOP') return { kind: 'foreign', why: 'it is a symbolic link' };
    throw error;
  }
  return withFile(disk, file, () => {
    const status = disk.fstatSync(file);
    if (!status.isFile()) return { kind: 'foreign', why: 'it is not a file' };
    if (status.size > bytesMax)
      return { kind: 'foreign', why: `it has ${status.size} bytes, at most ${bytesMax} are read` };
    return { kind: 'bytes', bytes: readUpTo(disk, file, status.size) };
  });
};

/** Reads so many bytes, or fewer where the file ends before. */
const readUpTo = (disk: Disk, file: number, size: number): Buffer => {
  const bytes = Buffer.allocUnsafe(size);
  let filled = 0;
  while (filled < size) {
    const count = disk.readSync(file, bytes, filled, size - filled, filled);
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
};

/** Writes a new file, synced, and returns its path. It has no name that anybody reads yet. */
export const writeTemporary = (disk: Disk, folder: string, bytes: Buffer): string => {
  const path = join(folder, `${process.pid}-${randomBytes(8).toString('hex')}`);
  const file = disk.openSync(path, OPEN_NEW, READ_ONLY);
  try {
    withFile(disk, file, () => {
      let written = 0;
      while (written < bytes.length) written += disk.writeSync(file, bytes, written, bytes.length - written);
      disk.fsyncSync(file);
    });
  } catch (error) {
    removeQuietly(disk, path);
    throw error;
  }
  return path;
};

/** Clears away what is not needed any more; when that fails, `gc` does it later. */
export const removeQuietly = (disk: Disk, path: string): void => {
  try {
    disk.unlinkSync(path);
  } catch {
    // The failure before this one is what the caller hears about.
  }
};

/** Makes the names in a folder durable. */
export const syncFolder = (disk: Disk, folder: string): void => {
  const file = disk.openSync(folder, constants.O_RDONLY);
  withFile(disk, file, () => disk.fsyncSync(file));
};

/** The names in a folder; none when it is not there. */
export const listFolder = (disk: Disk, folder: string): readonly string[] => {
  try {
    return disk.readdirSync(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
};

/** Makes a folder unless it is there. */
export const ensureFolder = (disk: Disk, folder: string): void => {
  try {
    disk.mkdirSync(folder, 0o755);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
};

/**
 * Makes a folder unless it is there, durably. Whoever puts something into it does this first: so in one that is not empty
 * there is nothing to sync.
 */
export const ensureDurableFolder = (disk: Disk, parent: string, name: string): void => {
  const folder = join(parent, name);
  ensureFolder(disk, folder);
  if (listFolder(disk, folder).length === 0) syncFolder(disk, parent);
};

/**
 * Gives a file a name that nobody has, durably. False when the name is taken: link(2) does not replace, so of all who try at
 * once exactly one gets it. The other name goes.
 */
export const publishNew = (disk: Disk, temporary: string, folder: string, name: string): boolean => {
  try {
    disk.linkSync(temporary, join(folder, name));
  } catch (error) {
    removeQuietly(disk, temporary);
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
  removeQuietly(disk, temporary);
  syncFolder(disk, folder);
  return true;
};

/** Gives a file its name in the place of whatever had it, durably: readers see the one or the other. */
export const publishOver = (disk: Disk, temporary: string, folder: string, name: string): void => {
  try {
    disk.renameSync(temporary, join(folder, name));
  } catch (error) {
    removeQuietly(disk, temporary);
    throw error;
  }
  syncFolder(disk, folder);
};
