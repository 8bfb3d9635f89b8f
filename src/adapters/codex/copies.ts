// Copies: what lies in the places where programs read blessed configurations: looked at, hashed, and written whole.
//
// All of it waits beside the event loop, never in it: a place may be on a network that has gone, and the watchman watches on.

import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { digest, type Digest } from '#kernel/codex.ts';
import type { CopySeen } from '#kernel/drift.ts';
import { errorCode, sayFailure } from './fileSystem.ts';

/** Blessed files have some kilobytes. What is so much bigger is something else, and reading it would take the memory. */
const BYTES_MAX = 16 * 1_048_576;
/** No link is followed, and nothing waits: a pipe in the place of a file would be waited on for ever. */
const OPEN_TO_LOOK = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const READ_ONLY = 0o444;
const PERMISSION_BITS = 0o7777;

export const sha256Of = (text: string | Uint8Array): Digest => digest(createHash('sha256').update(text).digest('hex'));

/** Looks at one place. Never throws. */
export const lookAtCopy = async (path: string): Promise<CopySeen> => {
  let file: FileHandle | null = null;
  try {
    file = await open(path, OPEN_TO_LOOK);
    return await lookInto(file);
  } catch (error) {
    return saySeen(error);
  } finally {
    await file?.close().catch(() => {});
  }
};

const lookInto = async (file: FileHandle): Promise<CopySeen> => {
  const status = await file.stat();
  if (status.isDirectory()) return { kind: 'foreign', why: 'a folder is in its place' };
  if (!status.isFile()) return { kind: 'foreign', why: 'it is no file: a pipe, a socket or a device' };
  if (status.size > BYTES_MAX) return { kind: 'foreign', why: `it has ${status.size} bytes, more than ${BYTES_MAX}` };
  const bytes = await file.readFile();
  return { kind: 'read', digest: sha256Of(bytes), mode: status.mode & PERMISSION_BITS, bytes: bytes.length };
};

const saySeen = (error: unknown): CopySeen => {
  const code = errorCode(error);
  if (code === 'ENOENT') return { kind: 'missing' };
  if (code === 'ELOOP') return { kind: 'foreign', why: 'a symbolic link is in its place' };
  // A socket cannot be opened at all.
  if (code === 'ENXIO') return { kind: 'foreign', why: 'it is no file: a socket or a device' };
  return { kind: 'unreadable', why: sayFailure(error) };
};

/** Whatever umask is set: whoever may write to the folder may put another file into the place of the copy. */
const FOLDER_MODE = 0o755;

/** Writes a file whole or not at all, read-only, and makes it durable. Throws what the file system throws. */
export const placeCopy = async (path: string, text: string): Promise<void> => {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  const beside = join(folder, `.${basename(path)}.${randomUUID()}.part`);
  try {
    await writeDurably(beside, text);
    await rename(beside, path);
  } catch (error) {
    // It may be gone already, or the disk may be read-only by now: the first error is the one to tell.
    await rm(beside, { force: true }).catch(() => {});
    throw error;
  }
  await syncFolder(folder);
};

const writeDurably = async (path: string, text: string): Promise<void> => {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.chmod(READ_ONLY);
    await file.sync();
  } finally {
    await file.close();
  }
};

const syncFolder = async (folder: string): Promise<void> => {
  const file = await open(folder, constants.O_RDONLY);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
};

/** What lies in a folder, by name; null when it cannot be read. One that is not there holds nothing. */
export const namesIn = async (folder: string): Promise<readonly string[] | null> => {
  try {
    return (await readdir(folder)).toSorted();
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? [] : null;
  }
};
