// Signed heads beside the log: one file a head, numbered by its version. The next number belongs to whoever links it first,
// so no two heads ever have the same version; only the newest few are kept.

import { join } from 'node:path';
import type { Problem } from '#kernel/problem.ts';
import { damaged, DISK, isDiskError, unusable, type Disk } from './fileSystem.ts';
import { ensureDurableFolder, listFolder, publishNew, readWhole, removeQuietly, writeTemporary } from './durable.ts';
import { groundAt } from './ground.ts';
import { decodeText } from './record.ts';

/** A head with the signatures of sixty-four people has 20 KB. */
const HEAD_BYTES_MAX = 65_536;
/** Only the newest counts; a few more let a person see how often it was signed. */
const HEADS_KEPT = 10;
const NAME = /^([1-9]\d{0,14})\.json$/;

export type HeadFile = { readonly version: number; readonly path: string; readonly text: string };

export type HeadRead =
  | { readonly kind: 'read'; readonly file: HeadFile }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly problem: Problem };

const folderOf = (directory: string): string => join(directory, 'heads');

const versionsIn = (disk: Disk, directory: string): readonly number[] =>
  listFolder(disk, folderOf(directory))
    .flatMap((name) => {
      const digits = NAME.exec(name)?.[1];
      return digits === undefined ? [] : [Number(digits)];
    })
    .toSorted((a, b) => b - a);

/** The newest head that lies there. What it says is believed by nobody yet. */
export const readHeadFile = (directory: string, disk: Disk = DISK): HeadRead => {
  try {
    const [version] = versionsIn(disk, directory);
    if (version === undefined) return { kind: 'none' };
    const path = join(folderOf(directory), `${version}.json`);
    const read = readWhole(disk, path, HEAD_BYTES_MAX);
    if (read.kind === 'missing') return { kind: 'none' };
    const text = read.kind === 'bytes' ? decodeText(read.bytes) : null;
    const why = read.kind === 'foreign' ? read.why : 'it is not UTF-8';
    if (text === null) return { kind: 'failed', problem: damaged(path, why) };
    return { kind: 'read', file: { version, path, text } };
  } catch (error) {
    if (!isDiskError(error)) throw error;
    return { kind: 'failed', problem: unusable(directory, error) };
  }
};

/** `taken`: somebody else was faster with this version. */
export type HeadWritten =
  { readonly kind: 'written' | 'taken' } | { readonly kind: 'failed'; readonly problem: Problem };

/** Puts a head beside the log, durably, and clears away those that are long over. */
export const writeHeadFile = (
  directory: string,
  { version, text }: Pick<HeadFile, 'version' | 'text'>,
  disk: Disk = DISK,
): HeadWritten => {
  try {
    const { temporary } = groundAt(disk, directory);
    ensureDurableFolder(disk, directory, 'heads');
    const written = writeTemporary(disk, temporary, Buffer.from(text));
    if (!publishNew(disk, written, folderOf(directory), `${version}.json`)) return { kind: 'taken' };
    for (const old of versionsIn(disk, directory).slice(HEADS_KEPT))
      removeQuietly(disk, join(folderOf(directory), `${old}.json`));
    return { kind: 'written' };
  } catch (error) {
    if (!isDiskError(error)) throw error;
    return { kind: 'failed', problem: unusable(directory, error) };
  }
};
