// Check: every gate that needs no server and no browser. This is what a commit must pass; it takes about a minute.

import { existsSync } from 'node:fs';
import { runSteps, sayEnded, type Ended, type Step } from './steps.ts';

const npm = (name: string): Step => ({ name, words: ['npm', 'run', '--silent', name] });

/** The longest come first, so that the two cores end together. */
const STEPS: readonly Step[] = [
  ...(existsSync('src/sim/main.ts') ? [npm('sim:check')] : []),
  npm('test:unit'),
  npm('lint'),
  npm('typecheck'),
  npm('tidy'),
  npm('imports'),
  npm('format:check'),
];

/** The check is measured on two cores; with more, each step is faster by itself. */
const WIDTH = 2;

const began = performance.now();
const ended = await runSteps(STEPS, WIDTH, (it) => console.log(sayEnded(it)));
const failed = ended.filter((it) => !it.isGood);
for (const it of failed) show(it);
const seconds = Math.round((performance.now() - began) / 1_000);
console.log(`check: ${ended.length - failed.length} of ${STEPS.length} gates passed in ${seconds} s`);
process.exitCode = failed.length === 0 ? 0 : 1;

function show(it: Ended): void {
  console.log(`\n── ${it.name} ${'─'.repeat(60)}\n${it.output.trimEnd()}\n`);
}
