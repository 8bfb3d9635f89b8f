// Objects: texts that are named by their SHA-256. Whoever reads one hashes it again, so none can be changed unseen.

import { hash } from 'node:crypto';
import { join } from 'node:path';
import { digest, type Digest } from '#kernel/codex.ts';
import { problem } from '#kernel/problem.ts';
import type { Kept, ObjectRead } from '#ports/codex.ts';
import { damaged, errorCode, unusable } from './fileSystem.ts';
import { ensureDurableFolder, listFolder, publishOver, readWhole, syncFolder, writeTemporary } from './durable.ts';
import type { Ground } from './ground.ts';
import { decodeText } from './record.ts';

/** A source may have 50 MB; its closure is somewhat more. */
export const OBJECT_BYTES_MAX = 67_108_864;

const shelfOf = (ground: Ground, name: Digest): string => join(ground.objects, name.slice(0, 2));

/** Where an object lies, also when it is not there. */
export const objectPath = (ground: Ground, name: Digest): string => join(shelfOf(ground, name), name.slice(2));

/** Reads an object and hashes it again. Throws what the disk throws. */
export const readObject = (ground: Ground, name: Digest): ObjectRead => {
  // The name becomes part of a path, and may come from a person.
  if (!/^[0-9a-f]{64}$/.test(name)) return { kind: 'missing' };
  const path = objectPath(ground, name);
  const read = readWhole(ground.disk, path, OBJECT_BYTES_MAX);
  if (read.kind === 'missing') return read;
  if (read.kind === 'foreign') return { kind: 'failed', problem: damaged(path, read.why) };
  const text = hash('sha256', read.bytes) === name ? decodeText(read.bytes) : null;
  if (text === null) return { kind: 'failed', problem: damaged(path, 'its bytes do not have the SHA-256 of its name') };
  return { kind: 'read', text };
};

/** Says that an object is in use, so that `gc` leaves it. False when it is not there. */
export const freshen = ({ disk }: Pick<Ground, 'disk'>, path: string): boolean => {
  const now = Date.now() / 1_000;
  try {
    disk.utimesSync(path, now, now);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
};

/** Keeps a text, durably. Throws what the disk throws; nothing is kept then. */
export const keepObject = (ground: Ground, text: string): Kept => {
  if (!text.isWellFormed())
    return { kind: 'failed', problem: problem('codex-refused', 'a text with half a character') };
  const bytes = Buffer.from(text);
  const name = digest(hash('sha256', bytes));
  if (bytes.length > OBJECT_BYTES_MAX) {
    const why = `a text of ${bytes.length} bytes, at most ${OBJECT_BYTES_MAX} are kept`;
    return { kind: 'failed', problem: unusable(ground.directory, new Error(why)) };
  }
  const shelf = shelfOf(ground, name);
  // One that is there and whole may have been renamed a moment ago by another program, which had no time to sync.
  if (freshen(ground, objectPath(ground, name)) && readObject(ground, name).kind === 'read') {
    syncFolder(ground.disk, shelf);
    return { kind: 'kept', digest: name, isNew: false };
  }
  ensureDurableFolder(ground.disk, ground.objects, name.slice(0, 2));
  publishOver(ground.disk, writeTemporary(ground.disk, ground.temporary, bytes), shelf, name.slice(2));
  const again = readObject(ground, name);
  if (again.kind === 'read') return { kind: 'kept', digest: name, isNew: true };
  const vanished = damaged(objectPath(ground, name), 'it vanished at once');
  return { kind: 'failed', problem: again.kind === 'failed' ? again.problem : vanished };
};

/** Every object that lies on the shelves, and the names of what lies there and is none. */
export const listObjects = ({
  disk,
  objects,
}: Ground): { readonly digests: readonly Digest[]; readonly strays: readonly string[] } => {
  const digests: Digest[] = [];
  const strays: string[] = [];
  for (const shelf of listFolder(disk, objects)) {
    const names = /^[0-9a-f]{2}$/.test(shelf) ? listFolder(disk, join(objects, shelf)) : [''];
    for (const name of names) {
      if (/^[0-9a-f]{62}$/.test(name)) digests.push(digest(shelf + name));
      else strays.push(join(objects, shelf, name));
    }
  }
  return { digests, strays };
};
