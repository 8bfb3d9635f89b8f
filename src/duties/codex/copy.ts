// A deployed copy of a blessed revision: what is known of it, and what a look at it means.

import type { Digest, ItemId } from '#kernel/codex.ts';
import type { ActiveRevision, CopyFault, CopySeen, CopyState } from '#kernel/drift.ts';
import type { Instant } from '#kernel/time.ts';

/** Where programs read an item. */
export type CopyPlace = {
  readonly item: ItemId;
  readonly path: string;
  /** Share of user traffic that depends on it; for the gate. */
  readonly trafficPercent: number;
};

export type Copy = CopyPlace & {
  readonly active: ActiveRevision | null;
  /** Whether anybody has said yet what should lie there; `active` null then means: nothing. */
  readonly isKnown: boolean;
  /** Of the revision that was active before, until the active one was seen in its place: whoever has it is only behind. */
  readonly previous: Digest | null;
  readonly state: CopyState;
  readonly fault: CopyFault | null;
  /** Since when it is in this state; null: it was never looked at. */
  readonly since: Instant | null;
  /** What the last look found, in words. */
  readonly found: string | null;
  readonly phase: 'asleep' | 'resting' | 'looking' | 'asking' | 'waiting' | 'applying';
  /** The number of the last look; an answer to an older one is ignored. */
  readonly look: number;
  /** How often it was put back since it last stayed as it was put. */
  readonly tries: number;
  readonly appliedAt: Instant | null;
  /** What is being written, under which lease. */
  readonly attempt: { readonly version: number; readonly epoch: number } | null;
  /** It was written; the next look says whether that helped. */
  readonly isProving: boolean;
  /** A finding about it is open. */
  readonly isTold: boolean;
  /** A person was called. */
  readonly isCalled: boolean;
  readonly lookAgainAt: Instant | null;
};

/** The name of its one timer. */
export const copyWake = ({ item }: Pick<Copy, 'item'>): string => `copy ${item}`;

export type Judged = Pick<Copy, 'state' | 'fault' | 'found'>;

/** What a look means. What is not blessed is not as it should be, however equal the bytes are. */
export const judgeCopy = (copy: Pick<Copy, 'active' | 'isKnown' | 'previous'>, seen: CopySeen): Judged => {
  const { active, isKnown, previous } = copy;
  if (seen.kind === 'unreadable') return { state: 'unknown', fault: 'unreadable', found: seen.why };
  const found = seen.kind === 'missing' ? 'nothing' : `sha256 ${seen.digest}`;
  if (!isKnown) return { state: 'unknown', fault: null, found };
  if (active === null) {
    return seen.kind === 'missing'
      ? { state: 'in-sync', fault: null, found }
      : { state: 'drifted', fault: 'unblessed', found };
  }
  if (!active.isBlessed) return { state: 'drifted', fault: 'unblessed', found };
  if (seen.kind === 'missing') return { state: 'missing', fault: 'missing', found };
  if (seen.digest === active.digest) return { state: 'in-sync', fault: null, found };
  return { state: 'drifted', fault: seen.digest === previous ? 'behind' : 'changed', found };
};
