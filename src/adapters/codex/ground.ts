// The ground: the folders of a codex on disk, made before anything is written, and its mark that says which form it has.
//
//   <codex>/format            "sereno codex 1": written last, so a codex with it has all its folders, durably
//   <codex>/objects/ab/cdef…  a text named by its SHA-256
//   <codex>/log/000/000123.json  the entry number 123; a thousand to a folder
//   <codex>/packs/000.jsonl   copies of finished folders of the log, made when there are some
//   <codex>/tmp/              files that are being written, or were when somebody was killed

import { dirname, join } from 'node:path';
import { problem, type Problem } from '#kernel/problem.ts';
import { damaged, isDiskError, unusable, type Disk } from './fileSystem.ts';
import { ensureFolder, listFolder, publishOver, readWhole, syncFolder, writeTemporary } from './durable.ts';

export type Ground = {
  readonly disk: Disk;
  readonly directory: string;
  readonly objects: string;
  readonly log: string;
  readonly packs: string;
  readonly temporary: string;
};

const MARK = 'sereno codex 1\n';
const MARK_BYTES_MAX = 100;
const NEWER = /^sereno codex [1-9]\d{0,5}\n$/;

export const groundAt = (disk: Disk, directory: string): Ground => ({
  disk,
  directory,
  objects: join(directory, 'objects'),
  log: join(directory, 'log'),
  packs: join(directory, 'packs'),
  temporary: join(directory, 'tmp'),
});

export type Survey =
  | { readonly kind: 'ready' }
  /** No codex yet: reading finds nothing, writing begins one. */
  | { readonly kind: 'bare' }
  | { readonly kind: 'failed'; readonly problem: Problem };

/** Looks whether there is a codex in the form that this program writes. Changes nothing. */
export const survey = ({ disk, directory, log }: Ground): Survey => {
  const path = join(directory, 'format');
  try {
    // The folder first: a mark that is written between the two looks is seen.
    const hasEntries = listFolder(disk, log).length > 0;
    const mark = readWhole(disk, path, MARK_BYTES_MAX);
    if (mark.kind === 'missing') return hasEntries ? unmarked(path) : { kind: 'bare' };
    const text = mark.kind === 'bytes' ? mark.bytes.toString('latin1') : '';
    if (text === MARK) return { kind: 'ready' };
    return {
      kind: 'failed',
      problem: NEWER.test(text) ? newer(path, text) : damaged(path, 'it is not the mark of a codex'),
    };
  } catch (error) {
    if (!isDiskError(error)) throw error;
    return { kind: 'failed', problem: unusable(directory, error) };
  }
};

/** Entries are written after the mark only: somebody took it away. */
const unmarked = (path: string): Survey => ({
  kind: 'failed',
  problem: damaged(path, 'the mark of the codex is missing, and its log is there'),
});

const newer = (path: string, text: string): Problem =>
  problem(
    'store-newer',
    `${path} says ${JSON.stringify(text.trim())}, and this Sereno writes ${JSON.stringify(MARK.trim())}`,
    {
      mend: 'update Sereno; a codex is never written in an older form',
    },
  );

/** Makes the folders and then the mark. Several may do so at once, and be killed at any moment. Throws what the disk throws. */
export const prepare = (ground: Ground): void => {
  const { disk, directory, objects, log, temporary } = ground;
  disk.mkdirSync(directory, { recursive: true, mode: 0o755 });
  syncFolder(disk, dirname(directory));
  for (const folder of [objects, log, temporary]) ensureFolder(disk, folder);
  publishOver(disk, writeTemporary(disk, temporary, Buffer.from(MARK)), directory, 'format');
};
