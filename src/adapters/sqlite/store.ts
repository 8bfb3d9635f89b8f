// The store over SQLite: one file in the state directory, one writer, one transaction for each batch.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { EvidenceCheckpoint, EvidenceTree } from '#kernel/evidence.ts';
import type { Problem } from '#kernel/problem.ts';
import { elapsedMs, instant, minutes, type Instant } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import type { Proving, Verification } from '#ports/desk.ts';
import type { Store } from '#ports/store.ts';
import { makeWriter, type Writer } from './commit.ts';
import { exportEvidence } from './export.ts';
import { openProblem, sayFailure } from './failure.ts';
import { HASH, readHeads } from './heads.ts';
import { pruneJournal, type Pruning } from './journal.ts';
import { openSigner, type Signer } from './keys.ts';
import { loadAll, type LoadedWhole } from './load.ts';
import { rootOf } from './merkle.ts';
import { proveRecord } from './proof.ts';
import { makeReader } from './query.ts';
import { makeRuns, type Runs } from './runs.ts';
import { examineSchema, migrate, readMigrations } from './schema.ts';
import { openSecondPlace, type SecondPlace } from './secondPlace.ts';
import { makeSource, type EvidenceSource } from './source.ts';
import { verifyInSlices } from './verify.ts';

export const STORE_FILE = 'sereno.db';

/** Nobody else writes while the lock is held; a backup program may read. Longer would stop the crank. */
const BUSY_TIMEOUT_MS = 50;

/** A signature costs 0.1 ms and a sync: once in so many records it does not show. */
const CHECKPOINT_RECORDS = 1_000;
/** Whoever holds an old head can rewrite at most this much unseen. */
const CHECKPOINT_AGE_MS = minutes(1);

// FULL: the write-ahead log is synced before a commit is answered, so what was acknowledged survives the loss of power.
// The log file is cut back to 64 MB after a checkpoint, so that one burst does not hold the disk for ever.
const PRAGMAS = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA foreign_keys = ON;
  PRAGMA journal_size_limit = 67108864;
`;

export type SqliteStore = Store &
  Runs & {
    readonly load: () => LoadedWhole;
    /** SPKI in PEM, for `verifyEvidence` and for people to keep elsewhere. */
    readonly publicKey: string;
    /**
     * Signs the end of the chain if 1,000 records or 60 s have passed. For a timer; commits do it by themselves.
     * Null when all is well; otherwise why it could not, and the next call tries again.
     */
    readonly checkpointIfDue: (now: Instant) => string | null;
    /** Why the second place of the evidence is behind; null when it is not. */
    readonly secondPlaceTrouble: () => string | null;
    /** Verifies the whole chain in slices of 2 ms; reports once, later, unless the store is closed before. */
    readonly verify: (report: (verification: Verification) => void) => void;
    /** Proves one record alone. */
    readonly prove: (seq: number) => Proving;
    /** Lines of an export, without line ends. */
    readonly exportLines: (from?: number) => Iterable<string>;
    /** Deletes up to 5,000 journal entries older than 90 days. For a timer; call again soon while it deletes 5,000. */
    readonly pruneJournal: (now: Instant) => Pruning;
    /** Signs what is not signed yet and closes. A second call does nothing. It is not a clean stop: see `markClean`. */
    readonly close: () => void;
  };

export type OpenOptions = {
  /** The state directory; made when it is missing. */
  readonly directory: string;
  /** Where evidence.heads and evidence.head lie; the state directory unless given. Another disk is better. */
  readonly headsDirectory?: string;
  readonly clock?: Pick<Clock, 'now'>;
};

export type Opening =
  { readonly kind: 'opened'; readonly store: SqliteStore } | { readonly kind: 'refused'; readonly problem: Problem };

/**
 * Opens, makes or migrates the store of a state directory. Take the lock first (`takeLock`).
 * Refused with `store-newer`, `store-corrupt` or `store-unusable`; a refusal leaves the store as it was.
 */
export const openStore = (options: OpenOptions): Opening => {
  const path = join(options.directory, STORE_FILE);
  const clock = options.clock ?? { now: () => instant(Date.now()) };
  let db: DatabaseSync | null = null;
  try {
    mkdirSync(options.directory, { recursive: true, mode: 0o700 });
    db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    const migrations = readMigrations();
    const refusal = examineSchema(db, path, migrations);
    if (refusal !== null) {
      db.close();
      return { kind: 'refused', problem: refusal };
    }
    db.exec(PRAGMAS);
    migrate(db, migrations, clock.now());
    // Read once for its own sake: damage in what the crank needs is found now, not after it has begun to act.
    loadAll(db);
    const signer = openSigner(options.directory);
    const headsDirectory = options.headsDirectory ?? options.directory;
    return { kind: 'opened', store: makeStore({ db, signer, headsDirectory, clock }) };
  } catch (error) {
    db?.close();
    return { kind: 'refused', problem: openProblem(path, error) };
  }
};

type Parts = {
  readonly db: DatabaseSync;
  readonly signer: Signer;
  readonly headsDirectory: string;
  readonly clock: Pick<Clock, 'now'>;
};

type Signing = {
  readonly writer: Writer;
  readonly sign: (now: Instant, isForced: boolean) => EvidenceCheckpoint | null;
};

/**
 * The tree over the records between two numbers, read back inside the transaction that signs it: 2 ms for 1,000 of them.
 * Null when one is missing or damaged: the end is signed all the same, and verification names that record.
 */
const treeBetween = (source: EvidenceSource, after: number, last: number): EvidenceTree | null => {
  const recordHashes = source.hashes(after, last);
  if (recordHashes.length !== last - after || !recordHashes.every((it) => HASH.test(it))) return null;
  return { size: recordHashes.length, root: rootOf(recordHashes) };
};

/** The writer together with the rule when the end of the chain is signed. */
const makeSigning = (parts: Parts, source: EvidenceSource, signedBefore: EvidenceCheckpoint | null): Signing => {
  const { db, signer, clock } = parts;
  let signedSeq = signedBefore?.seq ?? 0;
  let signedAt = signedBefore?.at ?? clock.now();
  let isForced = false;
  const isDue = (seq: number, now: Instant): boolean => {
    if (seq <= signedSeq) return false;
    const ageMs = elapsedMs(signedAt, now);
    // A clock that was set back must not put the next signature off until it has caught up.
    return isForced || seq - signedSeq >= CHECKPOINT_RECORDS || ageMs >= CHECKPOINT_AGE_MS || ageMs < 0;
  };
  let now = clock.now();
  const writer = makeWriter(db, (tail) =>
    isDue(tail.seq, now) ? signer.sign(tail, treeBetween(source, signedSeq, tail.seq), now) : null,
  );
  const remember = (checkpoint: EvidenceCheckpoint | null): EvidenceCheckpoint | null => {
    if (checkpoint === null) return null;
    signedSeq = checkpoint.seq;
    signedAt = checkpoint.at;
    return checkpoint;
  };
  const write: Writer['write'] = (batch) => {
    now = clock.now();
    const written = writer.write(batch);
    remember(written.checkpoint);
    return written;
  };
  const sign = (at: Instant, forced: boolean): EvidenceCheckpoint | null => {
    now = at;
    isForced = forced;
    try {
      return isDue(writer.tail().seq, at) ? remember(writer.checkpoint()) : null;
    } finally {
      isForced = false;
    }
  };
  return { writer: { ...writer, write }, sign };
};

const closeAll = (parts: Parts, signing: Signing, place: SecondPlace): void => {
  try {
    const now = parts.clock.now();
    const checkpoint = signing.sign(now, true);
    if (checkpoint !== null) place.tell(signing.writer.tail(), checkpoint, now);
  } catch {
    // A full or failing disk: the records are safe where they are, and the next opening signs them.
  }
  place.close();
  parts.db.close();
};

const makeStore = (parts: Parts): SqliteStore => {
  const { db, signer, headsDirectory, clock } = parts;
  const reader = makeReader(db);
  const source = makeSource(db);
  const signing = makeSigning(parts, source, reader.checkpoints().at(-1) ?? null);
  const place = openSecondPlace(headsDirectory, source);
  return {
    ...makeRuns(db),
    load: () => loadAll(db),
    commit: (batch, done) => {
      const { outcome, checkpoint } = signing.writer.write(batch);
      if (outcome.kind === 'committed' && outcome.records.length > 0) {
        place.tell(signing.writer.tail(), checkpoint, clock.now());
      }
      done(outcome);
    },
    evidence: reader.query,
    checkpoints: reader.checkpoints,
    publicKey: signer.publicKey,
    checkpointIfDue: (now) => {
      try {
        const checkpoint = signing.sign(now, false);
        if (checkpoint !== null) place.tell(signing.writer.tail(), checkpoint, now);
        return place.trouble();
      } catch (error) {
        return `the end of the evidence cannot be signed: ${sayFailure(error)}`;
      }
    },
    secondPlaceTrouble: place.trouble,
    verify: (report) =>
      verifyInSlices(
        {
          source,
          heads: readHeads(headsDirectory),
          publicKey: signer.publicKey,
          // Closing ends a walk: a chain that cannot be read any more is not a broken one.
          isWanted: () => db.isOpen,
        },
        report,
      ),
    prove: (seq) => proveRecord(source, seq),
    exportLines: (from = 1) => exportEvidence({ source, publicKey: signer.publicKey, from }),
    pruneJournal: (now) => pruneJournal(db, now),
    close: () => {
      if (db.isOpen) closeAll(parts, signing, place);
    },
  };
};
