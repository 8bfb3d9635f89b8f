// The gates stand on this: a failure is told, shown whole, and stops nothing else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runSteps, sayEnded, type Step } from './steps.ts';

const node = (name: string, code: string): Step => ({ name, words: [process.execPath, '-e', code] });

test('every step runs; a failed one keeps its output', async () => {
  const told: string[] = [];
  const steps = [
    node('good', "console.log('fine')"),
    node('bad', "console.log('out'); console.error('err'); process.exit(3)"),
    { name: 'absent', words: ['/nowhere/at/all'] },
    node('killed', "process.kill(process.pid, 'SIGKILL')"),
    node('last', ''),
  ] as const;
  const ended = await runSteps(steps, 2, (it) => told.push(it.name));
  const good = ended.filter((it) => it.isGood).map((it) => it.name);
  assert.deepEqual(told.toSorted(), ['absent', 'bad', 'good', 'killed', 'last']);
  assert.deepEqual(good.toSorted(), ['good', 'last']);
  assert.match(ended.find((it) => it.name === 'bad')?.output ?? '', /out\n[^]*err\n|err\n[^]*out\n/);
  assert.match(ended.find((it) => it.name === 'absent')?.output ?? '', /ENOENT/);
});

test('a line says how it ended and how long it took', () => {
  assert.equal(sayEnded({ name: 'lint', isGood: true, tookMs: 1_234, output: '' }), 'lint           ok        1.2 s');
});
