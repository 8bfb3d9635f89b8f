// Words for times and amounts: short enough for a table, exact where a person points at them.

import { durationSentence } from '#api/sentence.ts';

const SECOND_MS = 1_000;

/** An age in at most two parts, whole seconds at the finest: `now`, `42 s`, `3 min`, `1 h 20 min`. */
export const sayAge = (ms: number): string => {
  const whole = Math.floor(ms / SECOND_MS) * SECOND_MS;
  return whole < SECOND_MS ? 'now' : durationSentence(whole);
};

/** `3 min ago`, and `now` for what has just been. */
export const sayAgo = (at: number, now: number): string => {
  const age = sayAge(now - at);
  return age === 'now' ? 'just now' : `${age} ago`;
};

/** `in 12 s`; `now` when the moment is here; `12 s late` once it has passed by more than the tolerance. */
export const sayUntil = (at: number, now: number, toleranceMs: number): string => {
  if (at > now) return `in ${durationSentence(Math.ceil((at - now) / SECOND_MS) * SECOND_MS)}`;
  return now - at <= toleranceMs ? 'now' : `${sayAge(now - at)} late`;
};

/** A latency with three figures at most: `0.4 ms`, `12 ms`, `1.25 s`. */
export const sayLatency = (ms: number): string => {
  if (ms < 10) return `${Number(ms.toFixed(1))} ms`;
  return ms < SECOND_MS ? `${Math.round(ms)} ms` : `${Number((ms / SECOND_MS).toFixed(2))} s`;
};

const clockWords = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const dayWords = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const fullWords = new Intl.DateTimeFormat(undefined, {
  dateStyle: 'full',
  timeStyle: 'long',
});

/** In the viewer's zone; with the day when it is not `now`'s. */
export const sayMoment = (at: number, now: number): string => {
  const day = dayWords.format(at);
  return day === dayWords.format(now) ? clockWords.format(at) : `${day}, ${clockWords.format(at)}`;
};

/** For hovering: the viewer's zone in full, and UTC. */
export const sayExact = (at: number): string => `${fullWords.format(at)} — ${new Date(at).toISOString()}`;

export const sayCount = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

const BYTES_IN_MB = 1_000_000;

export const sayMegabytes = (bytes: number): string => `${Math.round(bytes / BYTES_IN_MB)} MB`;
