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

/**
 * The queue as it is taken up after the store could not write: of several beliefs about one check only the newest, and
 * the wakes that rang last. A wake means "look again"; taken before what was seen since it rang, it would find all well
 * and call a restart effective "for ten minutes now" whose service is down again.
 */
export const afterStandstill = (queue: readonly Waiting[]): Waiting[] => {
  const kept = withoutOvertaken(queue);
  return [...kept.filter((it) => it.firedWake === null), ...kept.filter((it) => it.firedWake !== null)];
};
