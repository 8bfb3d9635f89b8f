// Disk: what can be left of a directory when the machine stops after any recorded change.
//
// What was synced stands. What was written since may stand, be lost, be there in part and out of order, or be torn
// inside a write at a sector's edge. A new file's name is safe with the first sync of the file; a rename or a removal
// only with a sync of its directory: ext4 promises more, POSIX does not.

import { dirname } from 'node:path';
import type { Change } from './recording.ts';

export const ENDINGS = [
  /** kill -9: the page cache outlives the program. */
  'killed',
  /** Loss of power: all that was not synced is gone. */
  'lost',
  /** Loss of power: of the writes that were not synced any may have come through, in any order. */
  'scattered',
  /** Loss of power inside the last write: it ends at the edge of some sector. */
  'torn',
] as const;

export type Ending = (typeof ENDINGS)[number];

/** Path below the directory → content. */
export type Remains = ReadonlyMap<string, Buffer>;

const SECTOR_BYTES = 512;

type Edit = Extract<Change, { kind: 'write' | 'cut' }>;
type Bytes = Buffer<ArrayBuffer>;

const applied = (content: Bytes, edit: Edit, sectors = Number.POSITIVE_INFINITY): Bytes => {
  if (edit.kind === 'cut') return Buffer.concat([content.subarray(0, edit.size)], edit.size);
  const bytes = edit.bytes.subarray(0, Math.min(edit.bytes.length, sectors * SECTOR_BYTES));
  const grown = Buffer.concat([content], Math.max(content.length, edit.offset + bytes.length));
  bytes.copy(grown, edit.offset);
  return grown;
};

/** One file: as it was synced last, and what was done to it since. */
class File {
  #synced: Bytes = Buffer.alloc(0);
  #edits: Edit[] = [];

  edit(edit: Edit): void {
    this.#edits.push(edit);
  }

  sync(): void {
    this.#synced = this.all();
    this.#edits = [];
  }

  isDirty(): boolean {
    return this.#edits.length > 0;
  }

  all(): Bytes {
    return this.#edits.reduce<Bytes>((content, edit) => applied(content, edit), this.#synced);
  }

  synced(): Bytes {
    return this.#synced;
  }

  /** Of the edits since the last sync those that `isThrough` lets through. */
  scattered(isThrough: () => boolean): Bytes {
    return this.#edits.filter(() => isThrough()).reduce<Bytes>((content, edit) => applied(content, edit), this.#synced);
  }

  /** The last edit, if it is a write, ends after some of its sectors. */
  torn(chance: () => number): Bytes {
    const last = this.#edits.at(-1);
    const before = this.#edits.slice(0, -1).reduce<Bytes>((content, edit) => applied(content, edit), this.#synced);
    if (last?.kind !== 'write') return this.all();
    return applied(before, last, Math.floor((chance() * last.bytes.length) / SECTOR_BYTES));
  }
}

/** SQLite makes its shared index anew, and maps it into memory: no trace shows what is in it. */
const isRemade = (path: string): boolean => path.endsWith('-shm');

/** A disk that takes one recorded change after the other. */
export class Disk {
  readonly #names = new Map<string, File>();
  readonly #safeNames = new Map<string, File>();

  take(change: Change): void {
    if (change.kind === 'ack' || isRemade(change.path)) return undefined;
    switch (change.kind) {
      case 'create':
        return void this.#names.set(change.path, new File());
      case 'write':
      case 'cut':
        return this.#names.get(change.path)?.edit(change);
      case 'sync':
        return this.#sync(change.path);
      case 'rename':
        return this.#rename(change.path, change.to);
      case 'remove':
        return void this.#names.delete(change.path);
    }
  }

  /** Whether anything would be lost with the power. */
  isDirty(): boolean {
    const isSafe = this.#names.size === this.#safeNames.size;
    return !isSafe || [...this.#names].some(([path, file]) => file.isDirty() || this.#safeNames.get(path) !== file);
  }

  remains(ending: Ending, chance: () => number): Remains {
    const names = ending === 'lost' ? this.#safeNames : this.#names;
    return new Map([...names].map(([path, file]) => [path, this.#left(file, ending, chance)]));
  }

  #left(file: File, ending: Ending, chance: () => number): Buffer {
    switch (ending) {
      case 'killed':
        return file.all();
      case 'lost':
        return file.synced();
      case 'scattered':
        return file.scattered(() => chance() < 0.5);
      case 'torn':
        return file.torn(chance);
    }
  }

  #sync(path: string): void {
    const file = this.#names.get(path);
    if (file === undefined) return this.#syncNames(path);
    file.sync();
    const isNamed = [...this.#safeNames.values()].includes(file);
    if (!isNamed) this.#safeNames.set(path, file);
  }

  #syncNames(directory: string): void {
    for (const path of this.#safeNames.keys()) {
      if (dirname(path) === directory) this.#safeNames.delete(path);
    }
    for (const [path, file] of this.#names) if (dirname(path) === directory) this.#safeNames.set(path, file);
  }

  #rename(from: string, to: string): void {
    const file = this.#names.get(from);
    if (file === undefined) return;
    this.#names.delete(from);
    this.#names.set(to, file);
  }
}
