// Benchmark: the codex's store on real files.
//
//   exports   put and append, durable when they return   against   the same number of bytes written and synced by hand
//   many      100,000 versions of 1,000 items: to open cold, list, history, resolve, and one more export
//   verify    the whole codex read and hashed again      against   sha256sum over the same files
//
// node bench/codex.ts [versions] [items]   The codex of the second part is built without syncing, which is not measured;
// all that is measured is the real disk. Processor time beside wall time, because the machine may be busy.

import { spawnSync } from 'node:child_process';
import { closeSync, fsyncSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DISK, type Disk } from '#adapters/codex/fileSystem.ts';
import { openCodex } from '#adapters/codex/store.ts';
import { verifyCodex } from '#adapters/codex/verify.ts';
import { Ledger } from '#duties/codex/ledger.ts';
import { proposeExport } from '#duties/codex/propose.ts';
import { resolve } from '#duties/codex/resolve.ts';
import { canonical } from '#kernel/canonical.ts';
import { itemId, type Closure, type ItemId } from '#kernel/codex.ts';
import type { Json } from '#kernel/evidence.ts';
import { instant } from '#kernel/time.ts';
import type { CodexStore } from '#ports/codex.ts';
import { quantile } from './measure.ts';

const VERSIONS = Number(process.argv[2] ?? 100_000);
const ITEMS = Number(process.argv[3] ?? 1_000);
/** Enough for a 99th percentile that twenty values stand above. */
const EXPORTS = 2_000;
/** As many as one export makes: the object and its folder, the entry and its folder. */
const SYNCED_FILES = 2;

/** A prompt of 1.8 KB: the closure is then about as big as the blessed files that people have. */
const PROMPT = 'Read the posting and write what the work is, in three sentences. '.repeat(28);

type Open = { readonly store: CodexStore; readonly ledger: Ledger };

const open = (directory: string, disk: Disk = DISK): Open => {
  const ledger = new Ledger();
  return { ledger, store: openCodex({ directory, fold: ledger, disk }) };
};

const nameOf = (index: number): ItemId => itemId(`task_${index}`);

const closureText = (item: ItemId, number: number): string => {
  const source = { title: item, model: { model_id: 'gemma3:1b' }, prompt_template: `${PROMPT}${number}` };
  const closure: Closure = {
    format: 1,
    item,
    source: { stem: item, value: source },
    template: null,
    partials: [],
    schema: null,
    parameters: {},
  };
  return canonical(closure as unknown as Json); // decoder: a closure is JSON
};

const exportOnce = ({ store, ledger }: Open, item: ItemId, number: number): void => {
  const kept = store.put(closureText(item, number));
  if (kept.kind === 'failed') throw new Error(kept.problem.message);
  const appended = store.append(() => {
    const proposal = proposeExport(ledger, { item, digest: kept.digest, why: null });
    if (proposal.kind === 'refused') return null;
    return { at: instant(Date.now()), by: { name: 'bench', kind: 'system' }, deed: proposal.deed };
  });
  if (appended.kind !== 'appended') throw new Error(appended.kind);
};

const timed = (work: () => void): { readonly wallMs: number; readonly cpuMs: number } => {
  const [began, used] = [performance.now(), process.cpuUsage()];
  work();
  const { user, system } = process.cpuUsage(used);
  return { wallMs: performance.now() - began, cpuMs: (user + system) / 1_000 };
};

const say = (name: string, { wallMs, cpuMs }: ReturnType<typeof timed>, more = ''): void =>
  console.log(`  ${name.padEnd(28)}${wallMs.toFixed(1).padStart(10)}${cpuMs.toFixed(1).padStart(12)}   ${more}`);

/** What the disk alone needs: as many new files with as many bytes, each synced, renamed, and its folder synced. */
const writeByHand = (directory: string, number: number): void => {
  for (let file = 0; file < SYNCED_FILES; file += 1) {
    const path = join(directory, `${number}-${file}`);
    const descriptor = openSync(`${path}.new`, 'wx');
    writeSync(descriptor, PROMPT);
    fsyncSync(descriptor);
    closeSync(descriptor);
    renameSync(`${path}.new`, path);
    const folder = openSync(directory, 'r');
    fsyncSync(folder);
    closeSync(folder);
  }
};

const benchExports = (place: string): void => {
  const codex = open(join(place, 'durable'));
  const hand = join(place, 'hand');
  mkdirSync(hand);
  const ours: number[] = [];
  const peer: number[] = [];
  for (let number = 0; number < EXPORTS; number += 1) {
    ours.push(timed(() => exportOnce(codex, nameOf(number % 50), number)).wallMs);
    peer.push(timed(() => writeByHand(hand, number)).wallMs);
  }
  console.log(`durable exports, ms               p50       p99       max`);
  for (const [name, times] of [
    ['ours', ours],
    ['four syncs by hand', peer],
  ] as const) {
    const [p50, p99, max] = [0.5, 0.99, 1].map((share) => quantile(times, share).toFixed(2).padStart(10));
    console.log(`  ${name.padEnd(22)}${p50}${p99}${max}`);
  }
  const p99 = quantile(ours, 0.99);
  const ratio = (quantile(ours, 0.5) / quantile(peer, 0.5)).toFixed(2);
  console.log(`  ratio of the medians ${ratio}; goal p99 < 10 ms ${p99 < 10 ? 'met' : 'MISSED'}\n`);
};

/** The same files, without waiting for the disk. */
const UNSYNCED: Disk = { ...DISK, fsyncSync: () => undefined };

const build = (directory: string): void => {
  const codex = open(directory, UNSYNCED);
  const began = performance.now();
  for (let number = 0; number < VERSIONS; number += 1) exportOnce(codex, nameOf(number % ITEMS), number);
  const seconds = ((performance.now() - began) / 1_000).toFixed(0);
  console.log(`${VERSIONS} versions of ${ITEMS} items (built in ${seconds} s without syncing)`);
};

const benchMany = (directory: string): void => {
  console.log('                                 wall ms      cpu ms');
  const codex = open(directory);
  const heapBefore = process.memoryUsage().heapUsed;
  say(
    'open cold (read the log)',
    timed(() => {
      const trouble = codex.store.catchUp();
      if (trouble !== null) throw new Error(trouble.message);
    }),
    `${((process.memoryUsage().heapUsed - heapBefore) / 1e6).toFixed(0)} MB of heap`,
  );
  let listed = 0;
  say(
    'list: all items',
    timed(() => {
      listed = codex.ledger.items().filter(({ revisions }) => revisions.length > 0).length;
    }),
    `${listed} items`,
  );
  say(
    'history of one item',
    timed(() => {
      listed = codex.ledger.item(nameOf(0))?.records.length ?? 0;
    }),
    `${listed} entries`,
  );
  say(
    'resolve 1,000 by version',
    timed(() => {
      for (let index = 0; index < 1_000; index += 1) resolve(codex.ledger, `${nameOf(index % ITEMS)}@1`, 'any');
    }),
  );
  const times = Array.from({ length: 50 }, (_, number) => timed(() => exportOnce(codex, nameOf(number), -number)));
  say(
    'one more export (median)',
    {
      wallMs: quantile(
        times.map(({ wallMs }) => wallMs),
        0.5,
      ),
      cpuMs: quantile(
        times.map(({ cpuMs }) => cpuMs),
        0.5,
      ),
    },
    'durable',
  );
};

/** Processor milliseconds of a program and what it started, as the shell's `time` would say. */
const hashByHand = (directory: string): ReturnType<typeof timed> => {
  const began = performance.now();
  const script = `find "$1" -type f -print0 | xargs -0 sha256sum > /dev/null; times`;
  const { stdout } = spawnSync('sh', ['-c', script, 'sh', directory], { encoding: 'utf8' });
  const children = stdout.trim().split('\n').at(-1) ?? '';
  const cpuMs = [...children.matchAll(/(\d+)m([\d.]+)s/g)]
    .map(([, minutes, seconds]) => Number(minutes) * 60_000 + Number(seconds) * 1_000)
    .reduce((sum, ms) => sum + ms, 0);
  return { wallMs: performance.now() - began, cpuMs };
};

const benchVerify = (directory: string): void => {
  let objects = 0;
  const ours = timed(() => {
    const verification = verifyCodex({ directory, fold: new Ledger() });
    if (verification.problems.length > 0) throw new Error(verification.problems[0]?.message);
    objects = verification.objects;
  });
  const peer = hashByHand(directory);
  say('verify all', ours, `${objects} objects`);
  say('sha256sum of the same files', peer, `ratio ${(ours.cpuMs / peer.cpuMs).toFixed(2)} of processor time`);
};

const measureSyncMs = (place: string): number => {
  const descriptor = openSync(join(place, 'sync'), 'w');
  const times = Array.from({ length: 101 }, () => {
    writeSync(descriptor, 'x'.repeat(4_096));
    return timed(() => fsyncSync(descriptor)).wallMs;
  });
  closeSync(descriptor);
  return quantile(times, 0.5);
};

const main = (): void => {
  const place = mkdtempSync(join(tmpdir(), 'sereno-bench-'));
  try {
    console.log(`node ${process.version}, one sync of this disk ${measureSyncMs(place).toFixed(3)} ms\n`);
    benchExports(place);
    const directory = join(place, 'many');
    build(directory);
    benchMany(directory);
    benchVerify(directory);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
};

main();
