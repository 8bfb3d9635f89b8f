// A deployed copy of a blessed revision: what is known of it, and what a look at it means.

import type { Digest } from '#kernel/codex.ts';
import type { ActiveRevision, CopyFault, CopyPlace, CopySeen, CopyState } from '#kernel/drift.ts';
import type { Instant } from '#kernel/time.ts';

/** One write, under one lease. */
export type Attempt = { readonly version: number; readonly epoch: number };

export type Copy = CopyPlace & {
  readonly active: ActiveRevision | null;
  /** Nothing should lie there because this version was revoked; null: for any other reason. */
  readonly revoked: number | null;
  /** Of the revision that was active before, until the active one was seen in its place: whoever has it is only behind. */
  readonly previous: Digest | null;
  /** The active revision was seen in its place: from then on, what is missing was taken away. */
  readonly isPlaced: boolean;
  readonly state: CopyState;
  readonly fault: CopyFault | null;
  /** Since when it is in this state; null: it was never looked at. */
  readonly since: Instant | null;
  /** What the last look found, in words. */
  readonly found: string | null;
  /** When it was looked at last; null: never. */
  readonly lookedAt: Instant | null;
  readonly phase: 'asleep' | 'resting' | 'looking' | 'asking' | 'waiting' | 'applying';
  /** The number of the last look; an answer to an older one is ignored. */
  readonly look: number;
  /** How often it was put back since it last stayed as it was put. */
  readonly tries: number;
  readonly appliedAt: Instant | null;
  /** What is being written, under which lease. */
  readonly attempt: Attempt | null;
  /** What was written; the next look says whether that helped. */
  readonly proof: Attempt | null;
  /** A finding about it is open. */
  readonly isTold: boolean;
  /** A person was called. */
  readonly isCalled: boolean;
  /** Why it may not be put back now, in words; null: nothing is in the way. */
  readonly refusal: string | null;
  readonly lookAgainAt: Instant | null;
};

/** The name of its one timer. */
export const copyWake = ({ copy }: Pick<Copy, 'copy'>): string => `copy ${copy}`;

export type Judged = Pick<Copy, 'state' | 'fault' | 'found'>;

/** Write permission for the owner, the group and everybody else. */
const WRITE_BITS = 0o222;

/** What a look found, in words: the same words, the same thing. */
export const foundOf = (seen: CopySeen): string => {
  switch (seen.kind) {
    case 'read':
      return `sha256 ${seen.digest}, ${seen.bytes} bytes, mode ${seen.mode.toString(8).padStart(4, '0')}`;
    case 'missing':
      return 'nothing';
    default:
      return seen.why;
  }
};

/** What a look means. What is not blessed is not as it should be, however equal the bytes are. */
export const judgeCopy = (copy: Pick<Copy, 'active' | 'revoked' | 'previous'>, seen: CopySeen): Judged => {
  const { active, previous, revoked } = copy;
  const found = foundOf(seen);
  const drifted = (fault: CopyFault): Judged => ({ state: 'drifted', fault, found });
  if (seen.kind === 'unreadable') return { state: 'unknown', fault: 'unreadable', found };
  if (active === null) {
    if (seen.kind === 'missing') return { state: 'in-sync', fault: null, found };
    return drifted(revoked === null ? 'unblessed' : 'revoked');
  }
  if (!active.isBlessed) return drifted('unblessed');
  if (seen.kind === 'missing') return { state: 'missing', fault: 'missing', found };
  if (seen.kind === 'foreign') return drifted('foreign');
  if (seen.digest !== active.digest) return drifted(seen.digest === previous ? 'behind' : 'changed');
  return (seen.mode & WRITE_BITS) === 0 ? { state: 'in-sync', fault: null, found } : drifted('unprotected');
};
