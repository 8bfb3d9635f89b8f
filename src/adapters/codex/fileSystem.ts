// The file system: the few calls of Node that the codex makes, one system call each, and what their errors mean.
//
// Tests hand in a disk that counts the calls and dies, or fails, at any one of them.

import * as fs from 'node:fs';
import { problem, type Problem } from '#kernel/problem.ts';

export type Disk = Pick<
  typeof fs,
  | 'openSync'
  | 'readSync'
  | 'writeSync'
  | 'fstatSync'
  | 'fsyncSync'
  | 'closeSync'
  | 'linkSync'
  | 'renameSync'
  | 'unlinkSync'
  | 'mkdirSync'
  | 'readdirSync'
  | 'statSync'
  | 'utimesSync'
>;

/** The real one. */
export const DISK: Disk = fs;

/** The code of an error of the file system (`ENOSPC`); null for anything else. */
export const errorCode = (error: unknown): string | null =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;

/** True when a call of the disk failed; any other error is a bug and goes on its way. */
export const isDiskError = (error: unknown): boolean => error instanceof Error && 'syscall' in error;

const SAYS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is used up',
  EFBIG: 'the file would be bigger than is allowed here',
  EROFS: 'the disk is read-only',
  EACCES: 'permission was denied',
  EPERM: 'it was not permitted',
  EIO: 'the disk failed',
  EMFILE: 'this program has too many open files',
  ENFILE: 'this machine has too many open files',
  EXDEV: 'it reaches over two file systems',
  ENOTDIR: 'something in the path is not a folder',
  ELOOP: 'it is a symbolic link',
  ENOENT: 'it is not there',
};

/** One sentence without the full stop, with the system's own words in brackets. */
export const sayFailure = (error: unknown): string => {
  const words = error instanceof Error ? error.message : String(error);
  const says = SAYS[errorCode(error) ?? ''];
  return says === undefined ? words : `${says} (${words})`;
};

/** The medium does not do what it should: `store-unusable`. Trying again helps when what is named has been mended. */
export const unusable = (directory: string, error: unknown): Problem =>
  problem('store-unusable', `the codex in ${directory}: ${sayFailure(error)}`, {
    expected: 'a folder that Sereno may write, on a disk with free space',
    mend: 'check owner, permissions and free space; nothing is half done: look at the history, and do it again if it is not there',
  });

/** A file is not what was written there: `codex-damaged`. */
export const damaged = (path: string, what: string): Problem =>
  problem('codex-damaged', `${path}: ${what}`, {
    mend: 'keep a copy, and restore this file from a backup; an object also comes back when the same sources are exported again',
  });
