// The entry of the command line. It loads commander and the one command that is called, and nothing else.

import { EXIT } from '#kernel/problem.ts';
import { runProgram } from './program.ts';
import { openTerminal } from './terminal.ts';
import { readVersion } from './version.ts';

// A reader that has seen enough (`sereno evidence show | head`) closes the pipe; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(EXIT.ok);
});

process.exitCode = await runProgram(process.argv.slice(2), readVersion(), openTerminal());
