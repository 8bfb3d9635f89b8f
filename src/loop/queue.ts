// The queue while nothing can be committed: it may stand for hours, and what is so at its end is what counts.

import type { Waiting } from './draft.ts';

/** The machine and check of a belief; null for every other event. */
const subjectOf = ({ machine, body }: Waiting): string | null =>
  body.kind === 'checked' ? `${machine} ${body.belief.check}` : null;

/** Without the beliefs that a newer one about the same check has overtaken. Nobody was told of those. */
const withoutOvertaken = (queue: readonly Waiting[]): readonly Waiting[] => {
  const newest = new Map<string, Waiting>();
  for (const waiting of queue) {
    const subject = subjectOf(waiting);
    if (subject !== null) newest.set(subject, waiting);
  }
  return queue.filter((waiting) => {
    const subject = subjectOf(waiting);
    return subject === null || newest.get(subject) === waiting;
  });
};

/** These wipe what is believed: what was seen since then must not be taken up before them, or it would be lost. */
const OPENINGS: ReadonlySet<Waiting['body']['kind']> = new Set(['booted', 'resumed', 'reconfigured']);

/** Openings come first; then what was seen, before what was said, and that before the wakes that rang. */
const rankOf = ({ body, firedWake }: Waiting): number => {
  if (firedWake !== null) return 2;
  if (OPENINGS.has(body.kind)) return -1;
  return body.kind === 'checked' || body.kind === 'exited' ? 0 : 1;
};

/**
 * The queue as it is taken up after the store could not write: of several beliefs about one check only the newest, what
 * was seen first, the wakes last. Every event is taken as of now. One that was put before a service went down would
 * otherwise find it well, and call a restart effective "for ten minutes now" whose service has been down for four.
 */
export const afterStandstill = (queue: readonly Waiting[]): Waiting[] =>
  withoutOvertaken(queue).toSorted((a, b) => rankOf(a) - rankOf(b));
