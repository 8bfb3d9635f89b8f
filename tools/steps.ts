// Steps: commands that a gate runs, a few at a time, each told in one line; what a failed one printed is shown whole.

import { spawn } from 'node:child_process';

export type Step = { readonly name: string; readonly words: readonly [string, ...string[]] };

/** How a step ended. `output` is what it wrote to both streams, in the order in which it came. */
export type Ended = {
  readonly name: string;
  readonly isGood: boolean;
  readonly tookMs: number;
  readonly output: string;
};

/** Runs all steps, at most `width` at a time, and tells of each as it ends. A failed step does not stop the others. */
export const runSteps = async (
  steps: readonly Step[],
  width: number,
  tell: (ended: Ended) => void,
): Promise<readonly Ended[]> => {
  const waiting = [...steps];
  const ended: Ended[] = [];
  const work = async (): Promise<void> => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      const one = await runStep(step);
      ended.push(one);
      tell(one);
    }
  };
  await Promise.all(Array.from({ length: width }, work));
  return ended;
};

const runStep = ({ name, words: [program, ...words] }: Step): Promise<Ended> =>
  new Promise((settle) => {
    const began = performance.now();
    const output: string[] = [];
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    const end = (isGood: boolean): void =>
      settle({ name, isGood, tookMs: performance.now() - began, output: output.join('') });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => output.push(text));
    }
    child.on('error', (error) => {
      output.push(`${error.message}\n`);
      end(false);
    });
    child.on('close', (code) => end(code === 0));
  });

/** `lint             ok    1.2 s`. */
export const sayEnded = (it: Ended): string =>
  `${it.name.padEnd(14)} ${it.isGood ? 'ok    ' : 'FAILED'} ${(it.tookMs / 1_000).toFixed(1).padStart(6)} s`;
