// Files: the only door through which the configuration reaches the disk; tests and the simulator hand in their own.

import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from 'node:fs';

/** What reading one file gave. Nothing here throws: a file that cannot be read is a fact to report. */
export type FileContent =
  | { readonly kind: 'read'; readonly bytes: Uint8Array }
  | { readonly kind: 'missing' }
  | { readonly kind: 'too-big'; readonly bytesMax: number }
  | { readonly kind: 'unreadable'; readonly detail: string };

export type Files = {
  /** Reads the whole file, unless it is longer than `bytesMax`. */
  readonly read: (path: string, bytesMax: number) => FileContent;
  /** The names of the entries of a folder, sorted; empty when there is no such folder. */
  readonly list: (folder: string) => readonly string[];
};

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';

/** Reads until the end or one byte over the limit: a file that grows meanwhile, or a pipe, cannot fill the memory. */
const readUpTo = (descriptor: number, bytesMax: number): Uint8Array => {
  const buffer = Buffer.alloc(bytesMax + 1);
  let length = 0;
  while (length < buffer.length) {
    const count = readSync(descriptor, buffer, length, buffer.length - length, null);
    if (count === 0) break;
    length += count;
  }
  return buffer.subarray(0, length);
};

const readDisk = (path: string, bytesMax: number): FileContent => {
  let descriptor: number | null = null;
  try {
    // Without O_NONBLOCK a named pipe that nobody writes into would hold up the whole program.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!fstatSync(descriptor).isFile()) return { kind: 'unreadable', detail: 'it is not a file' };
    const bytes = readUpTo(descriptor, bytesMax);
    return bytes.length > bytesMax ? { kind: 'too-big', bytesMax } : { kind: 'read', bytes };
  } catch (error) {
    const code = codeOf(error);
    return code === 'ENOENT' || code === 'ENOTDIR' ? { kind: 'missing' } : { kind: 'unreadable', detail: code };
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
};

const listDisk = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder).sort();
  } catch {
    return []; // No such folder, or none that we may look into: there is nothing to include.
  }
};

/** The real disk. */
export const DISK: Files = { read: readDisk, list: listDisk };

/** Files that exist only in memory, for tests: paths to text. */
export const memoryFiles = (texts: Readonly<Record<string, string | Uint8Array>>): Files => ({
  read: (path, bytesMax) => {
    const content = texts[path];
    if (content === undefined) return { kind: 'missing' };
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    return bytes.length > bytesMax ? { kind: 'too-big', bytesMax } : { kind: 'read', bytes };
  },
  list: (folder) =>
    Object.keys(texts)
      .filter((path) => path.startsWith(`${folder}/`) && !path.slice(folder.length + 1).includes('/'))
      .map((path) => path.slice(folder.length + 1))
      .sort(),
});
