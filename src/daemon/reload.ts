// Reload: when a source file changes, or on SIGHUP. All of the new configuration, or nothing of it.

import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { later, seconds } from '#kernel/time.ts';
import type { Cancel, Clock } from '#ports/clock.ts';

/** A file must be the same in two looks, so that one that is still being written is not read. */
const LOOK_MS = seconds(0.5);

const stampOf = (path: string): string => {
  try {
    const { mtimeMs, size, ino } = statSync(path);
    return `${mtimeMs}:${size}:${ino}`;
  } catch {
    return 'missing';
  }
};

/** Calls `onChange` when the files (or the folder of included files) have changed and then stood still. */
export const watchSources = (clock: Clock, sources: () => readonly string[], onChange: () => void): Cancel => {
  const stamp = (): string => {
    const paths = sources();
    const main = paths[0];
    const folder = main === undefined ? [] : [join(dirname(main), 'sereno.d')];
    return [...paths, ...folder].map((path) => `${path} ${stampOf(path)}`).join('\n');
  };
  let read = stamp();
  let last = read;
  let cancel: Cancel = () => {};
  const look = (): void => {
    const now = stamp();
    if (now !== read && now === last) {
      read = now;
      onChange();
      // The new configuration may include other files; what it reads now is what is known.
      read = stamp();
    }
    last = now;
    arm();
  };
  const arm = (): void => {
    cancel = clock.at(later(clock.now(), LOOK_MS), look);
  };
  arm();
  return () => cancel();
};
