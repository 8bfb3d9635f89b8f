// The folders in which copies lie, watched by the operating system. Where it cannot, looking again and again has to do.

import { statSync, watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';

/** Each watched folder takes a little of the kernel; who has more of them finds out by looking. */
const FOLDERS_MAX = 256;

type Watched = { readonly watcher: FSWatcher; readonly stamp: string };

/** Which folder it is: one that was taken away and made again is another one. */
const stampOf = (folder: string): string | null => {
  try {
    const { dev, ino } = statSync(folder);
    return `${dev}:${ino}`;
  } catch {
    return null;
  }
};

/** Tells of everything that happens to the names in some folders. */
export class FolderWatch {
  readonly #onTouched: (path: string) => void;
  readonly #watched = new Map<string, Watched>();

  /** `onTouched` is told the whole path of what changed; of the folder itself when nobody knows what it was. */
  constructor(onTouched: (path: string) => void) {
    this.#onTouched = onTouched;
  }

  /** From now on these folders, and no others. Asked again after a while, it finds folders that were made anew. */
  setFolders(folders: ReadonlySet<string>): void {
    const wanted = new Set([...folders].slice(0, FOLDERS_MAX));
    for (const folder of this.#watched.keys()) if (!wanted.has(folder)) this.#drop(folder);
    for (const folder of wanted) {
      const stamp = stampOf(folder);
      if (this.#watched.get(folder)?.stamp === stamp) continue;
      this.#drop(folder);
      if (stamp !== null) this.#begin(folder, stamp);
    }
  }

  stop(): void {
    for (const folder of this.#watched.keys()) this.#drop(folder);
  }

  #begin(folder: string, stamp: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) =>
        this.#onTouched(name === null ? folder : join(folder, name)),
      );
      // Its folder is gone, or the kernel has no room for it: the next call finds out.
      watcher.on('error', () => this.#drop(folder));
      this.#watched.set(folder, { watcher, stamp });
      // What happened between the last look and now was seen by nobody.
      this.#onTouched(folder);
    } catch {
      // No room for another watch: the looks that come by themselves have to do.
    }
  }

  #drop(folder: string): void {
    this.#watched.get(folder)?.watcher.close();
    this.#watched.delete(folder);
  }
}
