// A crowd that fails together, and one more of it: told from what is known, without looking at all of them again. With three
// thousand of ten thousand down a whole look takes milliseconds, and there are three thousand news.

import type { HealthNews } from '#kernel/message.ts';
import type { Reason } from '#kernel/reason.ts';

/** So many are a crowd; of fewer a whole look costs nothing. */
const CROWD = 64;

export type Newcomer = {
  readonly news: HealthNews;
  /** Number of declared services. */
  readonly total: number;
  /** It stands for itself: it is on no path with others, needs nothing that is down, and nothing needs it. */
  readonly isAlone: boolean;
};

/**
 * The reasons of the suspicion with this newcomer in its crowd; the same reasons when it stands there already. Null: this
 * may change more than the crowd, and all has to be looked at.
 */
export const joinCrowd = (open: readonly Reason[], { news, total, isAlone }: Newcomer): readonly Reason[] | null => {
  const { service, health, symptom } = news;
  const [crowd, ...others] = open;
  if (crowd?.kind !== 'shared-cause' || others.length > 0 || crowd.failing.length < CROWD) return null;
  if (health !== 'unhealthy' || symptom !== crowd.symptom || !isAlone) return null;
  if (news.isFirstHand || news.isStopped || news.impairedBy !== null) return null;
  if (crowd.failing.includes(service)) return open;
  // Half of the town is another suspicion: the own eyes.
  const isHalf = (crowd.failing.length + 1) * 2 > total;
  return isHalf ? null : [{ ...crowd, failing: [...crowd.failing, service] }];
};
