// Marks: every state is a shape and a word; colour only repeats them.

import type { ReactNode } from 'react';
import type { HealthState } from '../live/wire.ts';

/** A ring with a dot for well, a triangle for less than well, a dashed box for not known, a crossed plate for down. */
export const Shape = ({ state }: { readonly state: HealthState }): ReactNode => (
  <svg className={`shape is-${state}`} viewBox="0 0 16 16" aria-hidden="true">
    {SHAPES[state]}
  </svg>
);

const SHAPES: Readonly<Record<HealthState, ReactNode>> = {
  healthy: <circle cx="8" cy="8" r="4.5" />,
  degraded: <path d="M8 1.5 15 14H1Z" />,
  unknown: (
    <>
      <path className="outline" d="M8 1.2 14.8 8 8 14.8 1.2 8Z" />
      <path className="glyph" d="M6.2 6.400a1.8 1.8 0 1 1 2.6 1.700q-.8.4-.8 1.200M8 11.200v.4" />
    </>
  ),
  unhealthy: (
    <>
      <path d="M5 1h6l4 4v6l-4 4H5l-4-4V5Z" />
      <path className="glyph" d="m5.5 5.5 5 5m0-5-5 5" />
    </>
  ),
};

/** Shape and word. What is old is said to be old: `was healthy`. */
export const State = (props: { readonly state: HealthState; readonly isOld: boolean }): ReactNode => (
  <span className={`state is-${props.state}`}>
    <Shape state={props.state} />
    <span className="word">{props.isOld ? `was ${props.state}` : props.state}</span>
  </span>
);
