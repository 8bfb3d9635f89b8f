// Moments on the page: relative or by the clock, always exact when pointed at.

import type { ReactNode } from 'react';
import { useSaid } from '../live/clock.ts';
import { serenoNow } from '../live/store.ts';
import { sayAge, sayAgo, sayExact, sayMoment, sayUntil } from './words.ts';

type At = { readonly at: number };

const stamp = (at: number): string => new Date(at).toISOString();

/** `3 min`: how long something has been so. */
export const Age = ({ at }: At): ReactNode => {
  const said = useSaid((now) => sayAge(now - at));
  return (
    <time dateTime={stamp(at)} title={sayExact(at)}>
      {said}
    </time>
  );
};

export const Ago = ({ at }: At): ReactNode => {
  const said = useSaid((now) => sayAgo(at, now));
  return (
    <time dateTime={stamp(at)} title={sayExact(at)}>
      {said}
    </time>
  );
};

/** A look that is this much late is called late: a probe may take its time-out, 10 s, and its turn. */
const LATE_AFTER_MS = 15_000;

/** `in 12 s`. */
export const Until = ({ at }: At): ReactNode => {
  const said = useSaid((now) => sayUntil(at, now, LATE_AFTER_MS));
  return (
    <time dateTime={stamp(at)} title={sayExact(at)}>
      {said}
    </time>
  );
};

/** By the clock on the wall, in the viewer's zone. */
export const Clock = ({ at }: At): ReactNode => (
  <time dateTime={stamp(at)} title={sayExact(at)}>
    {sayMoment(at, serenoNow())}
  </time>
);
