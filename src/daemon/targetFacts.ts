// Target facts: the state of each target as it was judged lately, for views that are asked for often.
//
// Judging one target anew takes tens of microseconds; a town of ten thousand in one answer would be half a second in which
// nothing else is done. So each is judged at most every half minute, and only so many a second; until then the last one
// holds.

import { findService } from '#kernel/site.ts';
import type { ServiceId } from '#kernel/id.ts';
import { seconds, type Instant } from '#kernel/time.ts';
import type { TargetFact } from '#judge/reality.ts';
import type { Engine } from '#loop/engine.ts';

/** Targets are promises over hours and days. A small town is judged with every look. */
const HOLDS_MS = seconds(30);
const FRESH_MS = seconds(1);
/** Services judged in one second: some 20 ms. */
const JUDGED_MAX = 200;

type Kept = { readonly at: Instant; readonly facts: readonly TargetFact[] };

/** Asks the engine through a small memory. A service without targets, or not judged yet, has no facts. */
export const makeTargetFacts = (
  engine: () => Engine,
  now: () => Instant,
): ((service: ServiceId) => readonly TargetFact[]) => {
  const kept = new Map<ServiceId, Kept>();
  let second = 0;
  let judged = 0;
  const mayJudge = (at: Instant): boolean => {
    const thisSecond = Math.floor(at / 1_000);
    if (thisSecond !== second) [second, judged] = [thisSecond, 0];
    judged += 1;
    return judged <= JUDGED_MAX;
  };
  return (id) => {
    const targets = findService(engine().site(), id)?.targets ?? [];
    if (targets.length === 0) return [];
    const at = now();
    const known = kept.get(id);
    const isSmall = engine().site().services.length <= JUDGED_MAX;
    if (known !== undefined && at - known.at < (isSmall ? FRESH_MS : HOLDS_MS)) return known.facts;
    if (!mayJudge(at)) return known?.facts ?? [];
    const { judging } = engine();
    const facts = targets.flatMap((target): readonly TargetFact[] => {
      const verdict = judging.verdict(target.id);
      return verdict === null ? [] : [{ name: target.name, state: verdict.state, since: null }];
    });
    kept.set(id, { at, facts });
    return facts;
  };
};
