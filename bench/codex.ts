// Benchmark: the codex, from the whole command to a log of 100,000 versions. Prints the tables of docs/benchmarks.md.
//
//   node tools/build.ts && node bench/codex.ts [versions] [items]     100,000 and 1,000; less than five minutes
//
// The whole command is measured as it is shipped, from dist/. Processor time stands beside wall time, because the machine may
// be busy; programs that are compared run in turn.

import { closeSync, fsyncSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchCommand, benchInProcess } from './codexCommand.ts';
import { benchMany } from './codexMany.ts';
import { quantile } from './measure.ts';

const VERSIONS = Number(process.argv[2] ?? 100_000);
const ITEMS = Number(process.argv[3] ?? 1_000);

const SYNCS = 200;
/** As many files as one export makes durable: the object, the entry, the blessed file; each with its folder. */
const SYNCED_FILES = 3;

const timedMs = (work: () => void): number => {
  const began = performance.now();
  work();
  return performance.now() - began;
};

/** What the disk alone needs for an export: as many new files, each synced, renamed, and its folder synced. */
const writeByHand = (folder: string, number: number): void => {
  for (let file = 0; file < SYNCED_FILES; file += 1) {
    const path = join(folder, `${number}-${file}`);
    const descriptor = openSync(`${path}.new`, 'wx');
    writeSync(descriptor, 'x'.repeat(2_000));
    fsyncSync(descriptor);
    closeSync(descriptor);
    renameSync(`${path}.new`, path);
    const opened = openSync(folder, 'r');
    fsyncSync(opened);
    closeSync(opened);
  }
};

const benchDisk = (place: string): void => {
  const folder = join(place, 'hand');
  mkdirSync(folder);
  const ms = Array.from({ length: SYNCS }, (_, number) => timedMs(() => writeByHand(folder, number)));
  const [p50, p99] = [0.5, 0.99].map((share) => quantile(ms, share).toFixed(2));
  console.log(`node ${process.version}; this disk alone, six syncs by hand: p50 ${p50} ms, p99 ${p99} ms`);
};

const main = (): void => {
  const place = mkdtempSync(join(tmpdir(), 'sereno-bench-'));
  try {
    benchDisk(place);
    benchCommand(place);
    benchInProcess(place);
    benchMany(place, VERSIONS, ITEMS);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
};

main();
