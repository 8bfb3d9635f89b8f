// Disk: files of a codex read whole and within a limit, and what the operating system refused in words of a person.

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { problem, type Problem } from '#kernel/problem.ts';

export type FileRead =
  | { readonly kind: 'read'; readonly bytes: Uint8Array }
  | { readonly kind: 'missing' }
  /** Also what is no file: a folder, a pipe. */
  | { readonly kind: 'unreadable'; readonly why: string };

/** Reads a file; one byte more than `bytesMax` at most, so that the caller sees that it is too long. */
export const readBounded = (path: string, bytesMax: number): FileRead => {
  let descriptor: number | null = null;
  try {
    // Without O_NONBLOCK a named pipe that nobody writes into would be waited on for ever.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const status = fstatSync(descriptor);
    if (!status.isFile()) return { kind: 'unreadable', why: 'it is not a file' };
    return { kind: 'read', bytes: readUpTo(descriptor, bytesMax + 1, status.size) };
  } catch (error) {
    const code = codeOf(error);
    return code === 'ENOENT' || code === 'ENOTDIR' ? { kind: 'missing' } : { kind: 'unreadable', why: code };
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
};

/** The size is only a hint: a file may grow meanwhile, and those of /proc say 0. */
const readUpTo = (descriptor: number, bytesMax: number, sizeHint: number): Uint8Array => {
  let buffer = Buffer.alloc(Math.min(bytesMax, Math.max(4_096, sizeHint + 1)));
  let length = 0;
  for (;;) {
    const count = readSync(descriptor, buffer, length, buffer.length - length, null);
    length += count;
    if (count === 0 || length === bytesMax) return buffer.subarray(0, length);
    if (length === buffer.length) buffer = Buffer.concat([buffer], Math.min(bytesMax, 2 * buffer.length));
  }
};

/** The code of the operating system (`ENOSPC`), or what was said instead. */
export const codeOf = (error: unknown): string => {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.message : String(error);
};

const MEND: Readonly<Record<string, string>> = {
  ENOSPC: 'make room on the disk',
  EDQUOT: 'make room in the quota of this user',
  EROFS: 'choose a folder on a disk that can be written',
  EACCES: 'let the user who runs Sereno write there',
  EPERM: 'let the user who runs Sereno write there',
};

/** What could not be written, why, and what a person can do about it. */
export const unwritable = (path: string, error: unknown): Problem => {
  const code = codeOf(error);
  return problem('store-unusable', `${path} cannot be written: ${code}`, { mend: MEND[code] ?? null });
};
