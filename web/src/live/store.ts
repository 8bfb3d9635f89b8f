// The store: holds the picture, tells React when it was replaced, and folds bursts of messages into one repaint.

import { useSyncExternalStore } from 'react';
import { EMPTY, isOld, type Picture } from './picture.ts';

type Change = (picture: Picture) => Picture;

/** A tenth of the promised second: a storm of a thousand messages costs ten repaints a second, not a thousand. */
const GATHER_MS = 60;
/** Changes waiting in a hidden tab whose timers are slowed down are applied at this number. */
const WAITING_MAX = 2_000;

let picture = EMPTY;
let waiting: Change[] = [];
let timer: ReturnType<typeof setTimeout> | null = null;
const listeners = new Set<() => void>();

const flush = (): void => {
  if (timer !== null) clearTimeout(timer);
  timer = null;
  const changes = waiting;
  waiting = [];
  picture = changes.reduce((before, change) => change(before), picture);
  for (const listener of listeners) listener();
};

/** Changes the picture, together with whatever else changes it within the next 60 ms. */
export const changePicture = (change: Change): void => {
  waiting.push(change);
  if (waiting.length >= WAITING_MAX) flush();
  else timer ??= setTimeout(flush, GATHER_MS);
};

/** The picture with every change so far. */
export const currentPicture = (): Picture => {
  if (waiting.length > 0) flush();
  return picture;
};

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** A part of the picture; the component is drawn again when that part is another value (`Object.is`). */
export const usePicture = <Part>(part: (picture: Picture) => Part): Part =>
  useSyncExternalStore(subscribe, () => part(picture));

export const useIsOld = (): boolean => usePicture(isOld);

const offsetOf = (it: Picture): number => it.offsetMs;

/** Sereno's clock, as far as this machine knows it. */
export const serenoNow = (): number => Date.now() + offsetOf(picture);
