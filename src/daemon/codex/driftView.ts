// The drift of the codex as people and programs are shown it: item by item, copy by copy, as the watch over them knows it.

import type { Copy } from '#duties/codex/copy.ts';
import type { Drift } from '#duties/codex/drift.ts';
import { faultWords } from '#duties/codex/driftNotes.ts';
import type { CopyFault, CopyState } from '#kernel/drift.ts';
import type { Instant } from '#kernel/time.ts';

export type CopyView = {
  /** The whole path. */
  readonly file: string;
  readonly state: CopyState;
  readonly fault: CopyFault | null;
  /** One sentence for a person, without the full stop. */
  readonly says: string;
  /** What the last look found, in words; null: it was never looked at. */
  readonly found: string | null;
  readonly phase: Copy['phase'];
  /** Why it may not be put back now; null: nothing is in the way. */
  readonly refusal: string | null;
  readonly since: Instant | null;
  readonly lookedAt: Instant | null;
  readonly lookAgainAt: Instant | null;
};

export type ItemDriftView = {
  /** Null: files in the folder of the blessed ones that belong to no item. */
  readonly item: string | null;
  /** The active version; null: none. */
  readonly active: number | null;
  /** SHA-256 of the bytes that should lie there. */
  readonly digest: string | null;
  /** By the signatures, as they were verified last. */
  readonly isBlessed: boolean;
  readonly copies: readonly CopyView[];
};

export type CodexDriftView = {
  readonly items: readonly ItemDriftView[];
  /** Every copy lies there as it was blessed. */
  readonly isHealthy: boolean;
};

const copyView = (copy: Copy): CopyView => {
  const { path, state, fault, found, phase, refusal, since, lookedAt, lookAgainAt } = copy;
  const says = `${path} ${faultWords(copy)}`;
  return { file: path, state, fault, says, found, phase, refusal, since, lookedAt, lookAgainAt };
};

/** By item, and those files last that belong to none. Null: no codex is watched. */
export const codexDriftView = (drift: Drift | null): CodexDriftView => {
  const copies = drift?.copies ?? [];
  const names = [...new Set(copies.map(({ item }) => item))].toSorted((a, b) =>
    a === null ? 1 : b === null ? -1 : a < b ? -1 : 1,
  );
  const items = names.map((item): ItemDriftView => {
    const own = copies.filter((copy) => copy.item === item);
    const active = own.find((copy) => copy.active !== null)?.active ?? null;
    return {
      item,
      active: active?.version ?? null,
      digest: active?.digest ?? null,
      isBlessed: active?.isBlessed ?? false,
      copies: own.map(copyView).toSorted((a, b) => (a.file < b.file ? -1 : 1)),
    };
  });
  return { items, isHealthy: copies.every(({ state }) => state === 'in-sync') };
};
