// Loading: everything that the crank needs to go on, read in one go; what is damaged is named, never guessed. // decoder

import type { DatabaseSync } from 'node:sqlite';
import type { KeyedEffect, OuterEffect } from '#kernel/effect.ts';
import type { EffectKey, MachineId } from '#kernel/id.ts';
import { instant } from '#kernel/time.ts';
import type { DamagedSnapshot, Fence, Loaded, PendingWake, Snapshot } from '#ports/store.ts';
import { readTail } from './chain.ts';
import { DamagedRow, readJson, readKind, readNumber, readText, type Row } from './row.ts';

const readMachine = (row: Row): MachineId => readText(row, 'machine') as MachineId; // brand

const readSnapshot = (row: Row): Snapshot => ({
  machine: readMachine(row),
  version: readNumber(row, 'version'),
  state: readJson<unknown>(row, 'state'),
});

const readEffect = (row: Row): KeyedEffect => ({
  key: readText(row, 'key') as EffectKey, // brand
  machine: readMachine(row),
  effect: readKind<OuterEffect>(row, 'effect'),
});

const readWake = (row: Row): PendingWake => ({
  machine: readMachine(row),
  name: readText(row, 'name'),
  at: instant(readNumber(row, 'at')),
});

const readFence = (row: Row): Fence => ({ subject: readText(row, 'subject'), epoch: readNumber(row, 'epoch') });

const readSnapshots = (db: DatabaseSync) => {
  const snapshots: Snapshot[] = [];
  const damaged: DamagedSnapshot[] = [];
  for (const row of db.prepare('SELECT machine, version, state FROM machines ORDER BY machine').all()) {
    try {
      snapshots.push(readSnapshot(row));
    } catch (error) {
      if (!(error instanceof DamagedRow)) throw error;
      damaged.push({ machine: readMachine(row), version: readNumber(row, 'version'), detail: error.message });
    }
  }
  return { snapshots, damaged };
};

/** An effect that cannot be read is left out and named: it was decided, and may not have been carried out. */
const readOutbox = (db: DatabaseSync) => {
  const outbox: KeyedEffect[] = [];
  const damagedEffects: string[] = [];
  for (const row of db.prepare('SELECT key, machine, effect FROM outbox ORDER BY position').all()) {
    try {
      outbox.push(readEffect(row));
    } catch (error) {
      if (!(error instanceof DamagedRow)) throw error;
      damagedEffects.push(`${String(row['key'])}: ${error.message}`);
    }
  }
  return { outbox, damagedEffects };
};

export type LoadedWhole = Loaded & {
  readonly damaged: readonly DamagedSnapshot[];
  readonly damagedEffects: readonly string[];
};

/** Reads the whole memory but the evidence. Wakes come earliest first, the outbox in the order it was written. */
export const loadAll = (db: DatabaseSync): LoadedWhole => ({
  ...readSnapshots(db),
  ...readOutbox(db),
  wakes: db.prepare('SELECT machine, name, at FROM wakes ORDER BY at, machine, name').all().map(readWake),
  fences: db.prepare('SELECT subject, epoch FROM fences ORDER BY subject').all().map(readFence),
  lastSeq: readTail(db).seq,
});
