// Size: how many files a codex has on the disk, and how many bytes they take.

import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export type Size = { readonly files: number; readonly bytes: number };

/** Counts the files below a folder. What goes away while it is counted is not there; a folder that is not there is empty. */
export const codexSize = (folder: string): Size => {
  let [files, bytes] = [0, 0];
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    for (const entry of entriesOf(next)) {
      const path = join(next, entry.name);
      if (entry.isDirectory()) folders.push(path);
      const status = entry.isFile() ? lstatSync(path, { throwIfNoEntry: false }) : undefined;
      if (status === undefined) continue;
      files += 1;
      bytes += status.size;
    }
  }
  return { files, bytes };
};

const entriesOf = (folder: string) => {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
};
