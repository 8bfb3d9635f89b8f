// The clock: one tick a second for everything on the page that tells an age.

import { useSyncExternalStore } from 'react';
import { serenoNow } from './store.ts';

const TICK_MS = 1_000;

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | null = null;

const tick = (): void => {
  for (const listener of listeners) listener();
};

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  timer ??= setInterval(tick, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  };
};

/** What `say` makes of Sereno's clock, kept up to date. Draws again only when the words change, so a thousand are cheap. */
export const useSaid = (say: (now: number) => string): string =>
  useSyncExternalStore(subscribe, () => say(serenoNow()));
