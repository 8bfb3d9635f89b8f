// Packs: a finished folder of the log as one file, because a thousand files take longer to open than to read.
//
//   <codex>/packs/000.jsonl   the entries 1 to 999, line by line, as they stand in log/000/
//
// A pack is a copy and is believed in nothing: each of its lines is read, hashed and held against the line before exactly as
// if it had come from its own file. It can be removed at any time; whoever finishes a folder writes it, and `gc` does too.

import { join } from 'node:path';
import type { Problem } from '#kernel/problem.ts';
import { damaged, isDiskError } from './fileSystem.ts';
import { ensureDurableFolder, listFolder, publishOver, readWhole, writeTemporary } from './durable.ts';
import type { Ground } from './ground.ts';
import { RECORD_BYTES_MAX } from './record.ts';

/** Entries to a folder. The first one has one less: there is no entry 0. */
export const FOLDER_SIZE = 1_000;

export const folderNumber = (seq: number): number => Math.floor(seq / FOLDER_SIZE);
export const folderName = (folder: number): string => String(folder).padStart(3, '0');
export const fileName = (seq: number): string => `${String(seq).padStart(6, '0')}.json`;

/** The path of an entry's file under the folder of the log. */
export const entryPath = (seq: number): string => join(folderName(folderNumber(seq)), fileName(seq));

/** The first entry of a folder, and the one behind its last. */
const rangeOf = (folder: number): readonly [from: number, until: number] => [
  Math.max(1, folder * FOLDER_SIZE),
  (folder + 1) * FOLDER_SIZE,
];

export const isFirstOfFolder = (seq: number): boolean => seq === rangeOf(folderNumber(seq))[0];

/** The lines of a finished folder, each with its line end. */
export type Pack = { readonly from: number; readonly lines: readonly Uint8Array[] };

export type PackRead =
  | { readonly kind: 'pack'; readonly pack: Pack }
  | { readonly kind: 'missing' }
  | { readonly kind: 'failed'; readonly problem: Problem };

const NAME = /^(\d{3,})\.jsonl$/;
const PACK_BYTES_MAX = FOLDER_SIZE * RECORD_BYTES_MAX;

const packPath = ({ packs }: Ground, folder: number): string => join(packs, `${folderName(folder)}.jsonl`);

const damagedPack = (path: string, why: string): Problem => ({
  ...damaged(path, why),
  mend: 'remove this file: it is only a copy of entries of the log; sereno codex verify looks at those, and sereno codex gc copies them again',
});

/** Reads the pack of a folder. What stands in its lines is for the reader of entries to judge. Throws what the disk throws. */
export const readPack = (ground: Ground, folder: number): PackRead => {
  const path = packPath(ground, folder);
  const read = readWhole(ground.disk, path, PACK_BYTES_MAX);
  if (read.kind === 'missing') return read;
  if (read.kind === 'foreign') return { kind: 'failed', problem: damagedPack(path, read.why) };
  const lines = linesIn(read.bytes);
  const [from, until] = rangeOf(folder);
  if (lines.length !== until - from)
    return {
      kind: 'failed',
      problem: damagedPack(path, `it has ${lines.length} lines and should have ${until - from}`),
    };
  return { kind: 'pack', pack: { from, lines } };
};

/** The problem of a line of a pack that is no entry. */
export const damagedLine = (ground: Ground, seq: number, why: string): Problem =>
  damagedPack(packPath(ground, folderNumber(seq)), `its entry ${seq}: ${why}`);

const LINE_END = 0x0a;

const linesIn = (bytes: Buffer): readonly Uint8Array[] => {
  const lines: Uint8Array[] = [];
  for (let from = 0; from < bytes.length;) {
    const end = bytes.indexOf(LINE_END, from);
    const until = end < 0 ? bytes.length : end + 1;
    lines.push(bytes.subarray(from, until));
    from = until;
  }
  return lines;
};

/** All entries of a finished folder as they lie there; null when one of them is not there. Throws what the disk throws. */
const folderBytes = ({ disk, log }: Ground, folder: number): Buffer | null => {
  const parts: Uint8Array[] = [];
  const [from, until] = rangeOf(folder);
  for (let seq = from; seq < until; seq += 1) {
    const read = readWhole(disk, join(log, entryPath(seq)), RECORD_BYTES_MAX);
    if (read.kind !== 'bytes') return null;
    parts.push(read.bytes);
  }
  return Buffer.concat(parts);
};

/** Writes the pack of a finished folder. What the disk refuses is left for later: nobody needs a pack. */
export const packFolder = (ground: Ground, folder: number): void => {
  try {
    const bytes = folderBytes(ground, folder);
    if (bytes === null) return;
    ensureDurableFolder(ground.disk, ground.directory, 'packs');
    const written = writeTemporary(ground.disk, ground.temporary, bytes);
    publishOver(ground.disk, written, ground.packs, `${folderName(folder)}.jsonl`);
  } catch (error) {
    if (!isDiskError(error)) throw error;
  }
};

const packsIn = ({ disk, packs }: Ground): readonly number[] =>
  listFolder(disk, packs).flatMap((name) => {
    const digits = NAME.exec(name)?.[1];
    return digits === undefined ? [] : [Number(digits)];
  });

/** Packs each folder that is finished in a log of so many entries and has no pack yet. */
export const packFinished = (ground: Ground, entries: number): void => {
  const packed = new Set(packsIn(ground));
  for (let folder = 0; folder < folderNumber(entries); folder += 1) if (!packed.has(folder)) packFolder(ground, folder);
};

/** For verification: packs that are no copies, and what lies beside them. Throws what the disk throws. */
export const lookAtPacks = (
  ground: Ground,
): { readonly problems: readonly Problem[]; readonly strays: readonly string[] } => {
  const problems = packsIn(ground).flatMap((folder): readonly Problem[] => {
    const path = packPath(ground, folder);
    const read = readWhole(ground.disk, path, PACK_BYTES_MAX);
    const bytes = folderBytes(ground, folder);
    const isCopy = read.kind === 'bytes' && bytes !== null && bytes.equals(read.bytes);
    return isCopy ? [] : [damagedPack(path, `it is no copy of log/${folderName(folder)}`)];
  });
  const strays = listFolder(ground.disk, ground.packs).filter((name) => !NAME.test(name));
  return { problems, strays: strays.map((name) => join(ground.packs, name)) };
};
