// Benchmark: durable evidence appends and verification, each as a ratio to a named peer in the same run.
//
//   appends   store.commit with group commit      against   raw node:sqlite inserts of the same rows, same pragmas
//   verify    verifyEvidence over the whole chain against   plain SHA-256 of the same bytes, already in memory
//   slices    the longest pause of the event loop while the same chain is verified in slices
//
// node bench/evidence.ts [records]   Medians of five rounds, both sides in turn. The disk's sync time is printed too:
// on a disk that syncs in 0.05 ms a durable figure says little about one that takes 5.

import { hash } from 'node:crypto';
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DatabaseSync } from 'node:sqlite';
import { openReadOnly, type ReadOnlyStore } from '#adapters/sqlite/read.ts';
import { openStore, type SqliteStore } from '#adapters/sqlite/store.ts';
import { verifyEvidence, verifyInSlices } from '#adapters/sqlite/verify.ts';
import type { EvidenceDraft } from '#kernel/evidence.ts';
import { machineId } from '#kernel/id.ts';
import { instant } from '#kernel/time.ts';
import type { Batch } from '#ports/store.ts';

const RECORDS = Number(process.argv[2] ?? 100_000);
const ROUNDS = 5;
const GROUPS = [1, 10, 100, 1_000];
/** Enough for a stable median with groups of one, and few enough to wait for. */
const APPENDS_MAX = 20_000;

const draft = (index: number): EvidenceDraft => ({
  at: instant(1_795_239_865_804 + index),
  actor: { kind: 'system', name: 'sereno' },
  machine: machineId('watch', `service-${index % 100}`),
  type: index % 5 === 0 ? 'action.outcome' : 'health.changed',
  trigger: `check service-${index % 100}/http failed 3 times`,
  action: index % 5 === 0 ? `restart service-${index % 100}` : null,
  outcome: 'healthy after 230 ms',
  refs: {
    key: `watch:service/${index}/0`,
    reasons: [{ kind: 'within-budget', used: 1, count: 3, windowMs: 3_600_000 }],
  },
});

const batchOf = (from: number, count: number): Batch => ({
  journal: [],
  evidence: Array.from({ length: count }, (_, index) => draft(from + index)),
  snapshots: [],
  outbox: [],
  settled: [],
  wakes: [],
  unwakes: [],
  fences: [],
});

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const perSecond = (count: number, work: () => void): number => {
  const start = performance.now();
  work();
  return (count * 1_000) / (performance.now() - start);
};

const say = (value: number): string => Math.round(value).toLocaleString('en-US').padStart(11);

const mustOpen = (directory: string): SqliteStore => {
  const opening = openStore({ directory });
  if (opening.kind === 'refused') throw new Error(opening.problem.message);
  return opening.store;
};

const append = (store: SqliteStore, count: number, group: number): void => {
  for (let from = 0; from < count; from += group) {
    store.commit(batchOf(from, Math.min(group, count - from)), (outcome) => {
      if (outcome.kind !== 'committed') throw new Error(outcome.detail);
    });
  }
};

/** The peer: the same three columns, already made, into a plain table; no chain, no signature, no second place. */
const insertRaw = (path: string, rows: readonly (readonly [string, string])[], group: number): number => {
  const db = new DatabaseSync(path);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864');
  db.exec('CREATE TABLE evidence (seq INTEGER PRIMARY KEY, hash TEXT NOT NULL, text TEXT NOT NULL) STRICT');
  const insert = db.prepare('INSERT INTO evidence (hash, text) VALUES (?, ?)');
  const rate = perSecond(rows.length, () => {
    for (let from = 0; from < rows.length; from += group) {
      db.exec('BEGIN IMMEDIATE');
      for (const [digest, text] of rows.slice(from, from + group)) insert.run(digest, text);
      db.exec('COMMIT');
    }
  });
  db.close();
  return rate;
};

const readRows = (store: ReadOnlyStore, limit: number): readonly Uint8Array[] => {
  const texts: Uint8Array[] = [];
  while (texts.length < limit) {
    const links = store.source.links(texts.length, Math.min(1_000, limit - texts.length));
    if (links.length === 0) return texts;
    texts.push(...links.map(({ text }) => Buffer.from(text)));
  }
  return texts;
};

const inNewDirectory = <T>(work: (directory: string) => T): T => {
  const directory = mkdtempSync(join(tmpdir(), 'sereno-bench-'));
  try {
    return work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

const measureSyncMs = (directory: string): number => {
  const descriptor = openSync(join(directory, 'sync'), 'w');
  const times = Array.from({ length: 101 }, () => {
    writeSync(descriptor, 'x'.repeat(4_096));
    const start = performance.now();
    fsyncSync(descriptor);
    return performance.now() - start;
  });
  closeSync(descriptor);
  return median(times);
};

const benchAppends = (texts: readonly Uint8Array[]): void => {
  console.log('durable appends, records/s         ours   raw node:sqlite   ratio   goal');
  for (const group of GROUPS) {
    const count = Math.min(APPENDS_MAX, group * 2_000, texts.length);
    const rows = texts.slice(0, count).map((text) => [hash('sha256', text), Buffer.from(text).toString()] as const);
    const ours: number[] = [];
    const raw: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      inNewDirectory((directory) => {
        const store = mustOpen(directory);
        ours.push(perSecond(count, () => append(store, count, group)));
        store.close();
      });
      inNewDirectory((directory) => raw.push(insertRaw(join(directory, 'raw.db'), rows, group)));
    }
    const ratio = (median(ours) / median(raw)).toFixed(2);
    const goal = group >= 100 ? (median(ours) >= 20_000 ? '>= 20,000 met' : '>= 20,000 MISSED') : '';
    console.log(
      `  group of ${String(group).padEnd(5)}          ${say(median(ours))}     ${say(median(raw))}    ${ratio}   ${goal}`,
    );
  }
};

const benchVerify = (store: ReadOnlyStore, texts: readonly Uint8Array[]): void => {
  const publicKey = store.publicKey ?? '';
  const ours: number[] = [];
  const peer: number[] = [];
  let detail = '';
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(
      perSecond(texts.length, () => {
        const verification = verifyEvidence({ source: store.source, heads: store.heads, publicKey });
        if (!verification.isIntact) throw new Error(verification.detail);
        detail = verification.detail;
      }),
    );
    peer.push(
      perSecond(texts.length, () => {
        for (const text of texts) hash('sha256', text);
      }),
    );
  }
  const ratio = (median(ours) / median(peer)).toFixed(2);
  const goal = median(ours) >= 200_000 ? '>= 200,000 met' : '>= 200,000 MISSED';
  console.log(`verify, records/s                  ours     plain SHA-256   ratio   goal`);
  console.log(`  whole chain             ${say(median(ours))}     ${say(median(peer))}    ${ratio}   ${goal}`);
  console.log(`  (${detail})`);
};

/** Runs work that reports when it is over, and returns the pauses of the event loop meanwhile. */
const measurePauses = (
  work: (report: () => void) => void,
): Promise<{ readonly p99Ms: number; readonly maxMs: number }> =>
  new Promise((resolve) => {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    work(() => {
      delay.disable();
      resolve({ p99Ms: delay.percentile(99) / 1e6, maxMs: delay.max / 1e6 });
    });
  });

/** The peer: nothing but burning 3 ms and letting go, for 400 ms. What it shows above 3 is this machine's own noise. */
const burnSlices = (report: () => void): void => {
  const end = performance.now() + 400;
  const slice = (): void => {
    const until = performance.now() + 3;
    while (performance.now() < until) Math.sqrt(until);
    if (performance.now() > end) return report();
    setImmediate(slice);
  };
  setImmediate(slice);
};

const benchSlices = async (store: ReadOnlyStore): Promise<void> => {
  const publicKey = store.publicKey ?? '';
  const start = performance.now();
  const ours = await measurePauses((report) =>
    verifyInSlices({ source: store.source, heads: store.heads, publicKey }, report),
  );
  const rate = (RECORDS * 1_000) / (performance.now() - start);
  const peer = await measurePauses(burnSlices);
  console.log(`pauses of the event loop, ms       ours    3 ms busy loop`);
  console.log(
    `  p99                     ${ours.p99Ms.toFixed(1).padStart(11)}     ${peer.p99Ms.toFixed(1).padStart(11)}`,
  );
  console.log(
    `  longest (goal: 10)      ${ours.maxMs.toFixed(1).padStart(11)}     ${peer.maxMs.toFixed(1).padStart(11)}`,
  );
  console.log(`  (${say(rate).trim()} records/s in slices)`);
};

const main = async (): Promise<void> => {
  const directory = mkdtempSync(join(tmpdir(), 'sereno-bench-'));
  try {
    console.log(
      `node ${process.version}, SQLite ${process.versions.sqlite}, one sync of this disk ${measureSyncMs(directory).toFixed(3)} ms`,
    );
    const store = mustOpen(directory);
    append(store, RECORDS, 1_000);
    store.close();
    const reading = openReadOnly(directory);
    if (reading.kind === 'refused') throw new Error(reading.problem.message);
    // First: 100,000 texts in memory for the peers would put their garbage collection into these pauses.
    await benchSlices(reading.store);
    const texts = readRows(reading.store, RECORDS);
    const bytes = texts.reduce((sum, text) => sum + text.byteLength, 0);
    console.log(`${texts.length} records of ${Math.round(bytes / texts.length)} bytes, medians of ${ROUNDS} rounds\n`);
    benchAppends(texts);
    benchVerify(reading.store, texts);
    reading.store.close();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

await main();
