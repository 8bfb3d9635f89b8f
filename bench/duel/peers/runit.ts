// runit: a runsv for each service, and a runsvdir over them. It has one way to be set, and waits a second between starts.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromApt } from './peer.ts';
import { execLine, launch, processesOf, sweep, tell, wordsOf, type Program, type Supervisor } from './supervisor.ts';

export const runit: Supervisor = {
  ...fromApt('runit', 'runit', '/usr/bin/runsvdir'),
  settings: { default: 'one setting: restarted at once, a second between starts' },
  start: async (folder, programs) => {
    for (const program of programs) writeRun(folder, program);
    const words = ['runsvdir', '-P', join(folder, 'service')];
    let daemon = launch(folder, words);
    return {
      watcherOf: (name) => processesOf(folder).find((pid) => wordsOf(pid).join(' ') === `runsv ${name}`) ?? null,
      says: (name) => tell(folder, ['sv', 'status', join(folder, 'service', name)]),
      again: async () => {
        if (daemon.exitCode !== null || daemon.signalCode !== null) daemon = launch(folder, words);
      },
      stop: () => sweep(folder),
    };
  },
};

const writeRun = (folder: string, program: Program): void => {
  const home = join(folder, 'service', program.name);
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'run'), `#!/bin/sh\n${execLine(folder, program)}\n`, { mode: 0o755 });
};
