// Agreed work, and stops of persons, in the evidence: begun, ended, and what was kept out of which budget. Each is written
// once, over restarts too.

import type { AgreedWork } from '#kernel/alert.ts';
import type { Message } from '#kernel/message.ts';
import { sayInstant } from '#kernel/reason.ts';
import type { Instant } from '#kernel/time.ts';
import { go, record, without, worksOf, type Turn } from './alertsState.ts';

const nameOf = ({ services, why, to }: AgreedWork): string =>
  to === null
    ? `${services.join(', ')} ${why}`
    : `agreed work on ${services.length === 0 ? 'the site' : services.join(', ')}: ${why}`;

/** What is agreed on has an end from the beginning; of a stop it is not known. */
const kindOf = ({ to }: AgreedWork): 'stop' | 'maintenance' => (to === null ? 'stop' : 'maintenance');

const refsOf = ({ services, from, to }: AgreedWork) => ({ services: [...services], from, to });

export const workBegan = (turn: Turn, work: AgreedWork, at: Instant): Turn => {
  if (worksOf(turn.state)[work.key] !== undefined) return turn;
  return go(turn, { works: { ...worksOf(turn.state), [work.key]: work } }, [
    record(at, {
      type: `${kindOf(work)}.began`,
      trigger: nameOf(work),
      outcome: `until ${work.to === null ? 'it is up again' : sayInstant(work.to)} what fails is not taken from a budget`,
      refs: refsOf(work),
    }),
  ]);
};

const sayExcluded = (excluded: (Message & { kind: 'work-over' })['excluded']): string => {
  const some = excluded.filter(({ bad }) => bad > 0);
  if (some.length === 0) return 'nothing failed that was judged';
  return some.map(({ target, bad }) => `${bad} bad events kept out of ${target}`).join(', ');
};

export const workOver = (turn: Turn, over: Message & { kind: 'work-over' }, at: Instant): Turn => {
  const { key, endedAt, excluded } = over;
  const work = worksOf(turn.state)[key];
  if (work === undefined) return turn;
  return go(turn, { works: without(worksOf(turn.state), key) }, [
    record(at, {
      type: `${kindOf(work)}.ended`,
      trigger: nameOf(work),
      outcome: sayExcluded(excluded),
      refs: {
        ...refsOf(work),
        endedAt,
        excluded: Object.fromEntries(excluded.map(({ target, bad }) => [target, bad])),
      },
    }),
  ]);
};
