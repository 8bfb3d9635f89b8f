// Fuzz: throws broken input at every place where something from outside comes in.
//
//   npm run fuzz -- --inputs 1000000 [--seed N] [--target NAME]
//   npm run fuzz -- --replay FILE      one kept input, on the target in its name

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { CORPUS, keptOf, runOrder, type Result } from './campaign.ts';
import { findTarget, TARGETS } from './targets.ts';

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    target: { type: 'string' },
    replay: { type: 'string' },
  },
});

const say = (it: Result): string =>
  [
    it.target.padEnd(10),
    String(it.inputs).padStart(9),
    `${it.seconds.toFixed(1)} s`.padStart(9),
    it.broken === null ? '       0' : '       1',
    `${it.slowestMs.toFixed(1)} ms`.padStart(12),
    `${it.peakMemoryMb} MB`.padStart(9),
  ].join(' ');

const tell = (it: Result): void => {
  console.log(say(it));
  if (it.broken !== null) console.log(`  ${it.broken.trouble}\n  npm run fuzz -- --replay ${it.broken.file}`);
};

const replay = async (file: string): Promise<readonly Result[]> => {
  const target = findTarget(basename(file).split('-')[0] ?? '').name;
  return [await runOrder({ target, inputs: 1, seed: 1, kept: [readFileSync(file)], folder: CORPUS })];
};

const campaign = async (): Promise<readonly Result[]> => {
  const targets = values.target === undefined ? TARGETS : [findTarget(values.target)];
  const shares = targets.reduce((sum, target) => sum + target.share, 0);
  const results: Result[] = [];
  for (const { name, share } of targets) {
    const inputs = Math.ceil((Number(values.inputs) * share) / shares);
    const order = { target: name, inputs, seed: Number(values.seed), kept: keptOf(name), folder: CORPUS };
    const result = await runOrder(order);
    tell(result);
    results.push(result);
  }
  return results;
};

console.log('target        inputs   seconds  crashes      slowest    memory');
const results = values.replay === undefined ? await campaign() : await replay(values.replay);
if (values.replay !== undefined) results.forEach(tell);
const inputs = results.reduce((sum, it) => sum + it.inputs, 0);
const crashes = results.filter((it) => it.broken !== null).length;
const seconds = Math.round(results.reduce((sum, it) => sum + it.seconds, 0));
console.log(`${inputs} inputs in ${seconds} s, ${crashes} crashes, seed ${values.seed}`);
process.exitCode = crashes === 0 ? 0 : 1;
