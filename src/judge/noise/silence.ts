// A silence: a person holds back what is told about some things, until an end. It holds back words, never eyes or hands.

import { sayDuration, type DurationMs, type Instant } from '#kernel/time.ts';
import { elapsedMs, hours } from '#kernel/time.ts';
import { matchAll, type Labels, type Matcher } from './matcher.ts';

export type Silence = {
  readonly id: string;
  readonly matchers: readonly Matcher[];
  readonly startsAt: Instant;
  readonly endsAt: Instant;
  /** The name of a person. */
  readonly by: string;
  readonly why: string;
};

/** Whoever wants more than a month of quiet mends or removes the alert instead. */
export const SILENCE_MAX_MS: DurationMs = hours(24 * 31);

/** All that is wrong with a wish for a silence; empty when it may stand. A silence without an end cannot be said at all. */
export const silenceTroubles = (wish: Omit<Silence, 'id'>, at: Instant): string[] => [
  ...(wish.by.trim() === '' ? ['it needs the name of a person'] : []),
  ...(wish.why.trim() === '' ? ['it needs a reason'] : []),
  ...(wish.matchers.length === 0 ? ['it names nothing to be held back'] : []),
  ...(Number.isFinite(wish.endsAt) ? [] : ['it needs an end']),
  ...(wish.endsAt <= at ? ['its end is past'] : []),
  ...(wish.endsAt <= wish.startsAt ? ['it ends before it begins'] : []),
  ...(elapsedMs(at, wish.endsAt) > SILENCE_MAX_MS
    ? [`its end is further away than ${sayDuration(SILENCE_MAX_MS)}`]
    : []),
];

export const isInForce = (silence: Silence, at: Instant): boolean => silence.startsAt <= at && at < silence.endsAt;

/** The first silence in force that covers these labels; null: nobody holds it back. */
export const silenceFor = (silences: readonly Silence[], labels: Labels, at: Instant): Silence | null =>
  silences.find((it) => isInForce(it, at) && matchAll(it.matchers, labels)) ?? null;
