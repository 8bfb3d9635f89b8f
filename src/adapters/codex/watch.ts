// Watching the log: tells that its folder has changed, so that what another program wrote is read within milliseconds.
//
// The system may lose a notice, and a folder that is not there yet cannot be watched: so whoever uses this looks by itself
// now and then as well. A notice says only that it is worth looking.

import { watch, type FSWatcher } from 'node:fs';
import { dirname, join } from 'node:path';
import { entryPath } from './pack.ts';

export type LogWatch = {
  /** Watches where the entry after this one will lie. Call it again whenever the log has grown: it is cheap. */
  readonly aim: (seq: number) => void;
  readonly stop: () => void;
};

/** Begins to watch the codex in a folder, which need not be there. */
export const watchLog = (directory: string, onNotice: () => void): LogWatch => {
  const watchers = new Map<string, FSWatcher>();
  const drop = (folder: string): void => {
    watchers.get(folder)?.close();
    watchers.delete(folder);
  };
  const begin = (folder: string): void => {
    try {
      const watcher = watch(folder, { persistent: false }, onNotice);
      watcher.on('error', () => drop(folder)); // Its folder went, or the system has no watches left.
      watchers.set(folder, watcher);
    } catch {
      // Not there yet: the next look tries again.
    }
  };
  return {
    aim: (seq) => {
      const log = join(directory, 'log');
      const wanted = [directory, log, join(log, dirname(entryPath(seq + 1)))];
      for (const folder of watchers.keys()) if (!wanted.includes(folder)) drop(folder);
      for (const folder of wanted) if (!watchers.has(folder)) begin(folder);
    },
    stop: () => {
      for (const folder of watchers.keys()) drop(folder);
    },
  };
};
