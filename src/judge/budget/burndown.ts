// The burn-down: how the budget of this window came to what it is now, read back from the rings.
//
// From now backwards: what was used at a moment is what is used now less all that came after it. The finest ring that
// reaches back so far answers: half a minute of the last six hours, ten minutes of three days, hours beyond.

import type { BurndownView } from '#kernel/targetView.ts';
import { instant } from '#kernel/time.ts';
import type { Ring } from './ring.ts';

type Step = BurndownView['steps'][number];

export type Spent = {
  readonly from: number;
  readonly at: number;
  readonly used: number;
  /** Finest first. */
  readonly rings: readonly Ring[];
};

/** Where it changed, oldest first; the first step is the beginning of what is known, the last one is now. */
export const burndownOf = ({ from, at, used, rings }: Spent, lane: number): BurndownView['steps'] => {
  const back: Step[] = [{ at: instant(at), used }];
  let reached = at;
  for (const ring of rings) {
    let after = used;
    ring.eachBack(lane, (slot, amount) => {
      const before = Math.max(0, after - amount);
      const [start, end] = [Math.max(slot.from, from), Math.min(slot.to, reached)];
      if (start < end) {
        put(back, end, Math.min(after, back.at(-1)?.used ?? after));
        put(back, start, Math.min(before, back.at(-1)?.used ?? before));
      }
      after = before;
    });
    reached = Math.min(reached, Math.max(from, ring.reachesTo()));
  }
  // A calendar window may reach further back than the rings: what was used before is known, and not when.
  put(back, reached, back.at(-1)?.used ?? 0);
  if (reached > from) put(back, from, 0);
  return back.toReversed();
};

const put = (back: Step[], at: number, used: number): void => {
  const last = back.at(-1);
  if (last !== undefined && last.at === at && last.used === used) return;
  back.push({ at: instant(at), used });
};
