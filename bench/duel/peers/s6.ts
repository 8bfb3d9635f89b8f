// s6: an s6-supervise for each service, and an s6-svscan over them. Its guard against crash loops is a finish script.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromApt } from './peer.ts';
import { execLine, launch, processesOf, sweep, tell, wordsOf, type Program, type Supervisor } from './supervisor.ts';

export const s6: Supervisor = {
  ...fromApt('s6', 's6', '/usr/bin/s6-svscan'),
  settings: {
    default: 'a second between starts',
    guarded: 'finish: s6-permafailon 60 5 (dead for good after 5 deaths in 60 s)',
  },
  start: async (folder, programs, setting) => {
    for (const program of programs) writeRun(folder, program, setting === 'guarded');
    const words = ['s6-svscan', join(folder, 'service')];
    let daemon = launch(folder, words);
    return {
      watcherOf: (name) => processesOf(folder).find((pid) => wordsOf(pid).join(' ') === `s6-supervise ${name}`) ?? null,
      says: (name) => tell(folder, ['s6-svstat', join(folder, 'service', name)]),
      again: async () => {
        if (daemon.exitCode !== null || daemon.signalCode !== null) daemon = launch(folder, words);
      },
      stop: () => sweep(folder),
    };
  },
};

const writeRun = (folder: string, program: Program, isGuarded: boolean): void => {
  const home = join(folder, 'service', program.name);
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'run'), `#!/bin/sh\n${execLine(folder, program)}\n`, { mode: 0o755 });
  if (!isGuarded) return;
  const finish = '#!/bin/sh\nexec s6-permafailon 60 5 1-255,SIGKILL,SIGSEGV true\n';
  writeFileSync(join(home, 'finish'), finish, { mode: 0o755 });
};
