// A task that comes round again: armed anew after each run, so a slow one never overtakes itself.

import { later } from '#kernel/time.ts';
import type { Cancel, Clock } from '#ports/clock.ts';

/** Runs `task` every `ms` milliseconds until cancelled; the first time after one pause. */
export const every = (clock: Clock, ms: number, task: () => void): Cancel => {
  let cancel: Cancel = () => {};
  const arm = (): void => {
    cancel = clock.at(later(clock.now(), ms), () => {
      task();
      arm();
    });
  };
  arm();
  return () => cancel();
};
