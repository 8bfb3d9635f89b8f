// Collecting what nobody names: objects and half-written files that a killed program left behind.
//
// Somebody may be about to name an object that looks forgotten. So it must be old, its removal is written in the log first,
// and it is put aside before the last look: whoever wants it then either has refreshed it, which is seen here and it comes
// back, or does not find it and puts it anew.

import { join } from 'node:path';
import { digest, type Author, type Digest } from '#kernel/codex.ts';
import type { Problem } from '#kernel/problem.ts';
import type { Instant } from '#kernel/time.ts';
import type { CodexStore } from '#ports/codex.ts';
import { DISK, errorCode, isDiskError, unusable, type Disk } from './fileSystem.ts';
import { listFolder, removeQuietly } from './durable.ts';
import { groundAt, type Ground } from './ground.ts';
import { packFinished } from './pack.ts';
import { listObjects, objectPath } from './objects.ts';

/** An export takes milliseconds. What is older than an hour belongs to nobody who lives. */
const AGE_MS_MIN = 3_600_000;

/** The rules allow 500 to an entry. */
const OBJECTS_AN_ENTRY = 500;

export type Collecting = {
  readonly directory: string;
  /** The open codex of the same folder. */
  readonly store: CodexStore;
  /** Which of these nobody names and nobody keeps; asked again at the last moment. */
  readonly collectable: (present: readonly Digest[]) => readonly Digest[];
  readonly by: Author;
  readonly now: Instant;
  readonly disk?: Disk;
};

export type Collected =
  | {
      readonly kind: 'collected';
      readonly objects: readonly Digest[];
      readonly temporaries: number;
      readonly bytes: number;
    }
  | { readonly kind: 'failed'; readonly problem: Problem };

/** What `collectGarbage` would remove, without removing anything. Throws what the disk throws. */
export const planCollection = (it: Collecting): readonly Digest[] => {
  const ground = groundAt(it.disk ?? DISK, it.directory);
  return it
    .collectable(listObjects(ground).digests)
    .filter((digest) => isOld(ground, objectPath(ground, digest), it.now));
};

/** Removes forgotten objects and files that were never finished. Fails with what the store or the disk says. */
export const collectGarbage = (it: Collecting): Collected => {
  const ground = groundAt(it.disk ?? DISK, it.directory);
  try {
    const trouble = it.store.catchUp();
    if (trouble !== null) return { kind: 'failed', problem: trouble };
    bringBack(it, ground);
    const planned = planCollection(it);
    const removed: Removed[] = [];
    for (let from = 0; from < planned.length; from += OBJECTS_AN_ENTRY) {
      const announced = announce(it, planned.slice(from, from + OBJECTS_AN_ENTRY));
      if ('problem' in announced) return { kind: 'failed', problem: announced.problem };
      removed.push(...announced.objects.flatMap((digest) => remove(it, ground, digest)));
    }
    packFinished(ground, it.store.head().seq);
    return {
      kind: 'collected',
      objects: removed.map(({ digest }) => digest),
      bytes: removed.reduce((sum, { bytes }) => sum + bytes, 0),
      temporaries: clearTemporaries(ground, it.now),
    };
  } catch (error) {
    if (!isDiskError(error)) throw error;
    return { kind: 'failed', problem: unusable(it.directory, error) };
  }
};

type Announced = { readonly objects: readonly Digest[] } | { readonly problem: Problem };

/** Nothing disappears without an entry that says so; killed behind it, the next run does the same again. */
const announce = (it: Collecting, batch: readonly Digest[]): Announced => {
  let objects: readonly Digest[] = [];
  const appended = it.store.append(() => {
    objects = it.collectable(batch);
    return objects.length === 0 ? null : { at: it.now, by: it.by, deed: { kind: 'collected', objects } };
  });
  if (appended.kind === 'failed' || appended.kind === 'refused') return { problem: appended.problem };
  return { objects };
};

type Removed = { readonly digest: Digest; readonly bytes: number };

/** None when it had to stay, or another collector was faster. */
const remove = (it: Collecting, ground: Ground, name: Digest): readonly Removed[] => {
  const { disk } = ground;
  const path = objectPath(ground, name);
  const aside = join(ground.temporary, name);
  try {
    disk.renameSync(path, aside);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
  const bytes = disk.statSync(aside).size;
  const isForgotten =
    isOld(ground, aside, it.now) && it.store.catchUp() === null && it.collectable([name]).length === 1;
  if (isForgotten) disk.unlinkSync(aside);
  else putBack(disk, aside, path);
  return isForgotten ? [{ digest: name, bytes }] : [];
};

/** A collector that was killed may have put something aside that was named meanwhile. */
const bringBack = (it: Collecting, ground: Ground): void => {
  for (const name of listFolder(ground.disk, ground.temporary)) {
    if (!/^[0-9a-f]{64}$/.test(name)) continue;
    const aside = digest(name);
    if (it.collectable([aside]).length > 0) continue;
    putBack(ground.disk, join(ground.temporary, name), objectPath(ground, aside));
  }
};

/** Two collectors may both want to. */
const putBack = (disk: Disk, aside: string, path: string): void => {
  try {
    disk.renameSync(aside, path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
};

const isOld = ({ disk }: Ground, path: string, now: Instant): boolean => {
  try {
    return now - disk.statSync(path).mtimeMs >= AGE_MS_MIN;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
};

const clearTemporaries = (ground: Ground, now: Instant): number => {
  const paths = listFolder(ground.disk, ground.temporary).map((name) => join(ground.temporary, name));
  const old = paths.filter((path) => isOld(ground, path, now));
  for (const path of old) removeQuietly(ground.disk, path);
  return old.length;
};
