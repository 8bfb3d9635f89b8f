// A look at everything that the codex has deployed, without a running Sereno: what lies there beside what was blessed.

import { lookAtCopy, namesIn } from '#adapters/codex/copies.ts';
import { judgeCopy, type Judged } from '#duties/codex/copy.ts';
import { faultWords } from '#duties/codex/driftNotes.ts';
import type { Instant } from '#kernel/time.ts';
import type { CodexDesk } from './desk.ts';
import { dueOf, wantedIn, type Wanted } from './expected.ts';

export type CopyLook = Judged & {
  /** Null: a file that belongs to no item. */
  readonly item: string | null;
  readonly version: number | null;
  readonly file: string;
  /** SHA-256 of the bytes that should lie there. */
  readonly digest: string | null;
  /** One sentence for a person, without the full stop. */
  readonly says: string;
};

export type DriftLook = { readonly copies: readonly CopyLook[]; readonly isInSync: boolean };

const lookAt = async ({ place, active, revoked }: Wanted): Promise<CopyLook> => {
  const judged = judgeCopy({ active, revoked, previous: null }, await lookAtCopy(place.path));
  const { item, path } = place;
  const says = `${path} ${faultWords(judged)}`;
  return { item, version: active?.version ?? null, file: path, digest: active?.digest ?? null, ...judged, says };
};

/** Reads and hashes every copy. Throws ProblemError when the codex itself cannot be read. */
export const lookAtDrift = async (desk: CodexDesk, now: Instant): Promise<DriftLook> => {
  const dues = new Map(desk.ledger.items().map((item) => [String(item.item), dueOf(desk, item, now)]));
  const names = (await namesIn(desk.site.blessed)) ?? [];
  const copies: CopyLook[] = [];
  // One after the other: ten thousand files at once would be more than a program may have open.
  for (const wanted of wantedIn(desk.site, dues, names)) copies.push(await lookAt(wanted));
  return { copies, isInSync: copies.every(({ state }) => state === 'in-sync') };
};
