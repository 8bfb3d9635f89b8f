// Campaign: many worlds over a few threads; whoever is free takes the next seed.

import { Worker } from 'node:worker_threads';
import type { Done, Task } from './worker.ts';

/** Ends a campaign early when this answers true. */
export type Follow = (done: Done) => boolean;

/**
 * Runs the tasks on `workers` threads. `follow` sees each result as it comes, in any order; when it answers true, no
 * further task is begun. Rejects when a worker dies: that is a bug, not a finding.
 */
export const campaign = (tasks: Iterable<Task>, workers: number, follow: Follow): Promise<void> =>
  new Promise((resolve, reject) => {
    const waiting = tasks[Symbol.iterator]();
    let running = 0;
    let isOver = false;
    const hire = (): void => {
      const worker = new Worker(new URL('./worker.ts', import.meta.url));
      running += 1;
      const dismiss = (): void => {
        void worker.terminate();
        running -= 1;
        if (running === 0) resolve();
      };
      const next = (): void => {
        const task = isOver ? null : waiting.next();
        if (task === null || task.done === true) return dismiss();
        worker.postMessage(task.value);
      };
      worker.on('message', (done: Done) => {
        if (follow(done)) isOver = true;
        next();
      });
      worker.on('error', reject);
      next();
    };
    for (let index = 0; index < Math.max(1, workers); index += 1) hire();
  });
