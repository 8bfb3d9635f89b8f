// pm2: one Node daemon over all programs, started by its own command. It remembers them when it is told to save.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromNpm } from './peer.ts';
import { sweep, tell, type Program, type Supervisor } from './supervisor.ts';

const PACKAGE = fromNpm('pm2', '7');

export const pm2: Supervisor = {
  ...PACKAGE,
  settings: {
    default: 'no delay, max_restarts 16 within min_uptime 1 s',
    backoff: '--exp-backoff-restart-delay=100',
  },
  start: async (folder, programs, setting) => {
    const file = join(folder, 'ecosystem.json');
    writeFileSync(file, JSON.stringify({ apps: programs.map((it) => appOf(folder, it, setting === 'backoff')) }));
    const env = { PM2_HOME: join(folder, 'home'), PM2_DISCRETE_MODE: 'true' };
    const command = (...words: readonly string[]): Promise<string> =>
      tell(folder, [process.execPath, PACKAGE.program, ...words], env);
    await command('start', file);
    await command('save');
    return {
      watcherOf: () => Number(readFileSync(join(folder, 'home', 'pm2.pid'), 'utf8')),
      says: async (name) => wordsOn(await command('jlist'), name),
      again: async () => void (await command('resurrect')),
      stop: () => sweep(folder),
    };
  },
};

const appOf = (folder: string, program: Program, isBackingOff: boolean): object => ({
  name: program.name,
  script: program.command[0],
  args: program.command.slice(1),
  interpreter: 'none',
  cwd: folder,
  env: program.env,
  ...(isBackingOff ? { exp_backoff_restart_delay: 100 } : {}),
});

/** `online, 191 restarts, 0 unstable` out of its list in JSON, which may stand below some lines of talk. */
const wordsOn = (list: string, name: string): string => {
  const apps: unknown = JSON.parse(/^\[.*\]$/m.exec(list)?.[0] ?? '[]');
  const app: unknown = Array.isArray(apps) ? apps.find((it: { name?: unknown }) => it.name === name) : undefined;
  const text = JSON.stringify(app ?? {});
  const field = (key: string): string => new RegExp(`"${key}":"?([^",}]+)`).exec(text)?.[1] ?? '?';
  return `${field('status')}, ${field('restart_time')} restarts, ${field('unstable_restarts')} unstable`;
};
