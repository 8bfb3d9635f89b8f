// Type-checks every project of the house: all of it, the pure core without Node's types, and the dashboard.
//
// The core is compiled a second time with no types but the language's own, so that a clock, a socket or a file does not
// even have a name there.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

const PROJECTS = ['tsconfig.json', 'tsconfig.core.json', 'web/tsconfig.json'];

/** The exit code of the compiler for one project; its report goes to this program's output. */
const compile = (project: string): Promise<number> =>
  new Promise((settle) => {
    const compiler = spawn('node_modules/.bin/tsc', ['--project', project, '--noEmit', '--pretty', 'false'], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    compiler.on('error', () => settle(1));
    compiler.on('exit', (code) => settle(code ?? 1));
  });

const present = PROJECTS.filter((project) => existsSync(project));
const codes = await Promise.all(present.map(compile));
console.log(`typecheck: ${present.join(', ')}`);
process.exitCode = Math.max(...codes);
