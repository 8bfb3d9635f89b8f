// Store: a disk in memory, and the port over it that each run of Sereno opens.
//
// The disk is what survives a crash of the watchman; a FakeStore is one process's view of it. A batch is checked
// whole before anything is written, so that it is one transaction. The evidence is chained with the real hash over
// the real canonical text: the last hash is the "bytes" by which two runs of one seed are compared.

import { hash } from 'node:crypto';
import type { KeyedEffect } from '#kernel/effect.ts';
import { evidenceText, GENESIS_HASH, type EvidenceCheckpoint, type EvidenceRecord } from '#kernel/evidence.ts';
import type { EffectKey, MachineId } from '#kernel/id.ts';
import type { Instant } from '#kernel/time.ts';
import type { Kept } from '#loop/judging.ts';
import type { Batch, CommitOutcome, EvidenceQuery, Loaded, PendingWake, Snapshot, Store } from '#ports/store.ts';

/** Longest pause of a commit that is answered later: two fsyncs on a slow disk. */
const LATER_MOST_MS = 20;

/** What the disk does with the next batch. Drawn by the world, which knows the faults. */
export type DiskMood =
  | { readonly kind: 'good' }
  | { readonly kind: 'busy' }
  | { readonly kind: 'failed'; readonly detail: string }
  | { readonly kind: 'later'; readonly share: number };

const newestInstant = (batch: Batch): Instant | null => batch.journal.at(-1)?.event.at ?? null;

/** The simulated disk. */
export class Disk {
  readonly snapshots = new Map<MachineId, Snapshot>();
  readonly outbox = new Map<EffectKey, KeyedEffect>();
  readonly wakes = new Map<MachineId, Map<string, PendingWake>>();
  readonly fences = new Map<string, number>();
  readonly evidence: EvidenceRecord[] = [];
  /** What the judges of the targets knew when they were kept last: a file beside the store. */
  dockets: readonly Kept[] = [];
  /** The newest instant that was ever committed; null for an empty disk. */
  newestAt: Instant | null = null;
  commitsTotal = 0;

  /** Everything or nothing, at once. */
  write(batch: Batch): CommitOutcome {
    for (const write of batch.snapshots) {
      const stored = this.snapshots.get(write.machine)?.version ?? 0;
      if (stored !== write.expectedVersion) {
        const detail = `${write.machine} is at version ${stored}, not ${write.expectedVersion}`;
        return { kind: 'conflict', detail };
      }
    }
    const records = batch.evidence.map((draft) => this.#append(draft));
    for (const { machine, version, state } of batch.snapshots) this.snapshots.set(machine, { machine, version, state });
    for (const keyed of batch.outbox) this.outbox.set(keyed.key, keyed);
    for (const key of batch.settled) this.outbox.delete(key);
    for (const { machine, name } of batch.unwakes) this.wakes.get(machine)?.delete(name);
    for (const wake of batch.wakes) this.#setWake(wake);
    for (const { subject, epoch } of batch.fences) {
      this.fences.set(subject, Math.max(epoch, this.fences.get(subject) ?? 0));
    }
    const newest = newestInstant(batch);
    if (newest !== null && (this.newestAt === null || newest > this.newestAt)) this.newestAt = newest;
    this.commitsTotal += 1;
    return { kind: 'committed', records };
  }

  hasWake(machine: MachineId, name: string): boolean {
    return this.wakes.get(machine)?.has(name) ?? false;
  }

  /** The hash of the last record: equal roots mean equal histories. */
  root(): string {
    return this.evidence.at(-1)?.hash ?? GENESIS_HASH;
  }

  #setWake(wake: PendingWake): void {
    const ofMachine = this.wakes.get(wake.machine) ?? new Map<string, PendingWake>();
    ofMachine.set(wake.name, wake);
    this.wakes.set(wake.machine, ofMachine);
  }

  #append(draft: Batch['evidence'][number]): EvidenceRecord {
    const seq = this.evidence.length + 1;
    const prevHash = this.root();
    const record = { ...draft, seq, prevHash, hash: hash('sha256', evidenceText(draft, seq, prevHash), 'hex') };
    this.evidence.push(record);
    return record;
  }
}

const matches = (record: EvidenceRecord, query: EvidenceQuery): boolean =>
  (query.after === undefined || record.seq > query.after) &&
  (query.before === undefined || record.seq < query.before) &&
  (query.machine === undefined || record.machine === query.machine) &&
  (query.typePrefix === undefined || record.type.startsWith(query.typePrefix));

export type FakeStoreParts = {
  readonly disk: Disk;
  readonly mood: () => DiskMood;
  /** Runs a task after so many milliseconds of the world, unless the run is dead by then. */
  readonly after: (delayMs: number, task: () => void) => void;
  /** Told right after a batch became durable, before the writer learns of it. */
  readonly onWritten: (batch: Batch, records: readonly EvidenceRecord[]) => void;
};

/** One process's connection to the disk. */
export class FakeStore implements Store {
  readonly #parts: FakeStoreParts;
  #isCommitting = false;

  constructor(parts: FakeStoreParts) {
    this.#parts = parts;
  }

  /** States cross as JSON, as they do in a real database: what JSON cannot carry is lost here and found by a seed. */
  load(): Loaded {
    const { disk } = this.#parts;
    const loaded: Loaded = {
      snapshots: [...disk.snapshots.values()],
      outbox: [...disk.outbox.values()],
      wakes: [...disk.wakes.values()].flatMap((ofMachine) => [...ofMachine.values()]),
      fences: [...disk.fences].map(([subject, epoch]) => ({ subject, epoch })),
      lastSeq: disk.evidence.length,
    };
    return JSON.parse(JSON.stringify(loaded));
  }

  commit(batch: Batch, done: (outcome: CommitOutcome) => void): void {
    if (this.#isCommitting) throw new Error('a second batch was handed over before the first was answered');
    const mood = this.#parts.mood();
    switch (mood.kind) {
      case 'busy':
        return done({ kind: 'busy', detail: 'database is locked' });
      case 'failed':
        return done({ kind: 'failed', detail: mood.detail });
      case 'good':
        return done(this.#write(batch));
      case 'later':
        return this.#writeLater(batch, mood.share, done);
    }
  }

  evidence(query: EvidenceQuery): readonly EvidenceRecord[] {
    const { evidence } = this.#parts.disk;
    const found: EvidenceRecord[] = [];
    const isOldestFirst = query.order === 'oldest-first';
    for (let step = 0; step < evidence.length && found.length < query.limit; step += 1) {
      const record = evidence[isOldestFirst ? step : evidence.length - 1 - step];
      if (record !== undefined && matches(record, query)) found.push(record);
    }
    return found;
  }

  checkpoints(): readonly EvidenceCheckpoint[] {
    return [];
  }

  #write(batch: Batch): CommitOutcome {
    const outcome = this.#parts.disk.write(batch);
    if (outcome.kind === 'committed') this.#parts.onWritten(batch, outcome.records);
    return outcome;
  }

  /** Durable at some moment of the pause, told at its end: a crash may fall before, between or after. */
  #writeLater(batch: Batch, share: number, done: (outcome: CommitOutcome) => void): void {
    this.#isCommitting = true;
    const delayMs = Math.ceil(LATER_MOST_MS * share);
    this.#parts.after(Math.floor(delayMs / 2), () => {
      const outcome = this.#write(batch);
      this.#parts.after(delayMs, () => {
        this.#isCommitting = false;
        done(outcome);
      });
    });
  }
}
