// Check: every gate that needs no server and no browser. This is what a commit must pass; it takes about ten minutes on
// two cores, most of them simulation.

import { runSteps, sayEnded, type Ended, type Step } from './steps.ts';

const npm = (name: string): Step => ({ name, words: ['npm', 'run', '--silent', name] });

/** Quick ones first, two at a time: the check is measured on two cores. */
const READING: readonly Step[] = ['lint', 'typecheck', 'tidy', 'imports', 'format:check'].map(npm);

/** These use both cores themselves, and some measure time: one after the other. */
const RUNNING: readonly Step[] = ['test:unit', 'sim:check'].map(npm);

const began = performance.now();
const tell = (it: Ended): void => console.log(sayEnded(it));
const ended = [...(await runSteps(READING, 2, tell)), ...(await runSteps(RUNNING, 1, tell))];
const failed = ended.filter((it) => !it.isGood);
for (const it of failed) show(it);
const seconds = Math.round((performance.now() - began) / 1_000);
console.log(`check: ${ended.length - failed.length} of ${ended.length} gates passed in ${seconds} s`);
process.exitCode = failed.length === 0 ? 0 : 1;

function show(it: Ended): void {
  console.log(`\n── ${it.name} ${'─'.repeat(60)}\n${it.output.trimEnd()}\n`);
}
