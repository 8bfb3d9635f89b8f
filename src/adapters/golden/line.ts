// Line: an open way to a processing unit, over which one case at a time is asked.

import type { Seen } from '#ports/symptom.ts';

/** The text of an answer, or why there will be none. */
export type Heard =
  | { readonly kind: 'answer'; readonly text: string }
  | { readonly kind: 'failure'; readonly seen: Seen };

export type Line = {
  /** Asks one case; `hear` is called at most once, and never after `close`. */
  readonly ask: (input: unknown, hear: (heard: Heard) => void) => void;
  /** Ends the connection or the child. */
  readonly close: () => void;
};

/** One answer of a unit; more is not an answer to a small known question. */
export const ANSWER_BYTES_MAX = 1_048_576;

export const failure = (seen: Seen): Heard => ({ kind: 'failure', seen });
