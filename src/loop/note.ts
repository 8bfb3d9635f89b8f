// A note: what a machine of the loop writes into the evidence about itself.

import { SERENO, type Actor } from '#kernel/actor.ts';
import type { Effect } from '#kernel/effect.ts';
import type { Json } from '#kernel/evidence.ts';
import type { MachineId } from '#kernel/id.ts';
import type { Reason } from '#kernel/reason.ts';
import type { Instant } from '#kernel/time.ts';

export type Note = {
  readonly type: string;
  readonly trigger: string;
  readonly action?: string;
  readonly outcome?: string;
  readonly refs?: { readonly [key: string]: Json };
  /** Sereno itself unless told otherwise. */
  readonly by?: Actor;
};

/** One record in the evidence chain. */
export const recordNote = (machine: MachineId, at: Instant, note: Note): Effect => {
  const by = note.by ?? SERENO;
  return {
    kind: 'record',
    evidence: {
      at,
      actor: { kind: by.kind, name: by.name },
      machine,
      type: note.type,
      trigger: note.trigger,
      action: note.action ?? null,
      outcome: note.outcome ?? null,
      refs: note.refs ?? {},
    },
  };
};

/** Typed reasons as they stand in the evidence. */
export const reasonsAsJson = (reasons: readonly Reason[]): Json => JSON.parse(JSON.stringify(reasons)) as Json; // decoder: reasons are plain JSON
