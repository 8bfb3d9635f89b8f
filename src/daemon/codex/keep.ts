// Keeping: what nobody names is taken away.

import { collectGarbage, planCollection } from '#adapters/codex/gc.ts';
import { collectable } from '#duties/codex/propose.ts';
import { ProblemError } from '#kernel/problem.ts';
import type { Digest } from '#kernel/codex.ts';
import type { CodexDesk } from './desk.ts';
import type { Doer } from './deeds.ts';

const garbage = (desk: CodexDesk, { by, now }: Doer) => ({
  directory: desk.directory,
  store: desk.store,
  // Evidence names objects through the log only, so what the log names is all that must stay.
  collectable: (present: readonly Digest[]) => collectable(desk.ledger, present, () => false),
  by,
  now,
});

/** What `collect` would remove. */
export const planIn = (desk: CodexDesk, doer: Doer): readonly Digest[] => planCollection(garbage(desk, doer));

/** Removes what no entry names and is older than an hour. Throws ProblemError: `store-unusable`, `codex-damaged`. */
export const collectIn = (desk: CodexDesk, doer: Doer) => {
  const collected = collectGarbage(garbage(desk, doer));
  if (collected.kind === 'failed') throw new ProblemError([collected.problem]);
  return collected;
};
