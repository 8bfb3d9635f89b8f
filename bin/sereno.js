#!/usr/bin/env node
// Starts Sereno: the bundle where it was built, else the sources. An older Node hands over to the one in the package.

import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Type stripping, node:sqlite and Array.prototype methods that Sereno uses came with this release. */
const MAJOR_MIN = 24;

/** Signals that a supervisor sends; the real program decides what they mean. */
const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'];

/** A terminal sends these to both processes by itself; told twice, Sereno would leave its services running. */
const SENT_TO_BOTH = process.stdin.isTTY ? ['SIGINT', 'SIGHUP'] : [];

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Becomes a newer Node as far as a process can: same terminal, same signals, same end. */
const handOver = async () => {
  const newer = ['../node_modules/.bin/node', '../../.bin/node'].map(here).find(existsSync);
  if (newer === undefined) {
    console.error(
      `sereno needs Node ${MAJOR_MIN} or newer; this is ${process.versions.node}. To mend: npm install node@24`,
    );
    process.exit(1);
  }
  const { spawn } = await import('node:child_process');
  const child = spawn(newer, [here('./sereno.js'), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of PASSED_ON) process.on(signal, () => SENT_TO_BOTH.includes(signal) || child.kill(signal));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
};

/**
 * A small nursery for the watch: V8 lets it grow to 128 MB under load and keeps it. With 16 MB a collection is shorter, too.
 * The heap is laid out before any script runs, so the process becomes itself once more, with the flag.
 */
const NURSERY = '--max-semi-space-size=8';

const canBeginAnew = () =>
  process.argv.includes('up') && typeof process.execve === 'function' && !process.execArgv.includes(NURSERY);

const start = async () => {
  if (canBeginAnew()) {
    const words = [process.execPath, NURSERY, ...process.execArgv, here('./sereno.js'), ...process.argv.slice(2)];
    process.execve(process.execPath, words, process.env);
  }
  const bundle = new URL('../dist/sereno.js', import.meta.url);
  const source = new URL('../src/cli/main.ts', import.meta.url);
  const isBuilt = process.env.SERENO_DEV !== '1' && existsSync(bundle);
  // What was compiled once is kept beside the bundle, where nobody can change it who could not change the bundle itself; where
  // it cannot be written, nothing is lost but 20 ms.
  if (isBuilt) enableCompileCache(here('../dist/.compiled'));
  await import((isBuilt ? bundle : source).href);
};

await (Number(process.versions.node.split('.')[0]) < MAJOR_MIN ? handOver() : start());
