// Stopped: whether a person keeps a service from answering, as its watch remembers it.
//
//   none ──leave for a person's stop──▶ stopping ──carried out──▶ stopped ──leave to start it──▶ starting
//     ▲                                    │                                                        │
//     └────────────it failed───────────────┴──────well for the first time, or its start time is over┘
//
// What fails in these three is as a person wanted it. What an agent stops, or Sereno itself, is nobody's wish: it counts.

import type { ActionKind } from '#kernel/action.ts';
import type { Actor } from '#kernel/actor.ts';
import type { AgreedWork } from '#kernel/alert.ts';
import type { Instant } from '#kernel/time.ts';
import type { Watch } from './watchState.ts';

type Remembered = Pick<Watch, 'wanted' | 'stop'>;

/**
 * What is remembered of a person's stop when leave is given to do something to the service: the start that ends it belongs to
 * it, and what is done after that does not.
 */
export const stopAfterLeave = (
  { wanted, stop = null }: Remembered,
  action: ActionKind,
  by: Actor | undefined,
  at: Instant,
): Pick<Watch, 'stop'> => {
  if (stop !== null && wanted === 'stopped') return {};
  if (action === 'stop' && by?.kind === 'person') return { stop: { by: by.name, since: at } };
  return stop === null ? {} : { stop: null };
};

/** Whether a service fails at this moment because a person stopped it, or has not come up yet after that. */
export const isStoppedByPerson = (
  { wanted, stop = null, remedy }: Remembered & Pick<Watch, 'remedy'>,
  at: Instant,
  now: Instant,
): boolean => {
  // A look of before the stop may be judged after it. A stop that lies ahead says that the clock was set back.
  if (stop === null || (at < stop.since && stop.since <= now)) return false;
  if (wanted === 'stopped' || remedy.kind === 'acting') return true;
  return remedy.kind === 'observing' && remedy.trial.healthySince === null && at < remedy.trial.healthyBy;
};

/** A stop as the evidence tells of it: like agreed work, of which nobody knows yet when it is over. */
export const stopAsWork = ({ service, stop = null }: Pick<Watch, 'service' | 'stop'>): AgreedWork | null =>
  stop === null
    ? null
    : {
        key: `stop:${service}@${stop.since}`,
        services: [service],
        why: `stopped by ${stop.by}`,
        from: stop.since,
        to: null,
      };
