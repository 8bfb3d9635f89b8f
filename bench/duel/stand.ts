// Stand: the ground a duel is fought on. What was started here is gone afterwards, however the duel ended.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../measure.ts';
import { againWatchman, startWatchman, type Watchman } from '../watchman.ts';
import type { Stand } from './duel.ts';

/** Gives `use` a stand, and clears it afterwards. */
export const onStand = async <T>(name: string, isShort: boolean, use: (stand: Stand) => Promise<T>): Promise<T> => {
  const folder = mkdtempSync(join(tmpdir(), `sereno-duel-${name}-`));
  const cleanUps: (() => unknown)[] = [];
  const defer = (cleanUp: () => unknown): void => void cleanUps.push(cleanUp);
  const room = (inside: string): string => {
    mkdirSync(join(folder, inside), { recursive: true });
    return join(folder, inside);
  };
  const kept = (it: Watchman): Watchman => {
    defer(() => it.end());
    return it;
  };
  // An impatient person at the keyboard ends the duel, not only the one who measures.
  const clearAll = async (): Promise<void> => {
    await clear(cleanUps);
    rmSync(folder, { recursive: true, force: true });
  };
  const interrupted = (): void => void clearAll().then(() => process.exit(130));
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);
  try {
    return await use({
      folder,
      isShort,
      room,
      freePort,
      defer,
      sereno: async (inside, config) => kept(await startWatchman(room(inside), config)),
      serenoAgain: async (inside) => kept(await againWatchman(room(inside))),
      say: (line) => process.stderr.write(`${name}: ${line}\n`),
    });
  } finally {
    process.off('SIGINT', interrupted);
    process.off('SIGTERM', interrupted);
    await clearAll();
  }
};

/** The last first: what was started on top of something goes before it. One that fails holds up nobody. */
const clear = async (cleanUps: readonly (() => unknown)[]): Promise<void> => {
  for (const cleanUp of cleanUps.toReversed()) {
    try {
      await cleanUp();
    } catch (error) {
      process.stderr.write(`could not clean up: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
};
