// Benchmark of the codex, second part: a log of many versions, read by a new program: to open it, list, history, verify.
//
// The codex is made without waiting for the disk, entry by entry as the store writes them; all that is measured is the real
// store on the real disk, and the real commands.

import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DISK } from '#adapters/codex/fileSystem.ts';
import { groundAt, prepare } from '#adapters/codex/ground.ts';
import { entryPath, packFinished } from '#adapters/codex/pack.ts';
import { encodeRecord, sealEntry } from '#adapters/codex/record.ts';
import { readSite } from '#config/readSite.ts';
import { openCodexDesk, type CodexDesk } from '#daemon/codex/desk.ts';
import { exportSource } from '#daemon/codex/export.ts';
import { verifyAll } from '#daemon/codex/verifyAll.ts';
import { historyOf, listItems } from '#daemon/codex/looks.ts';
import { canonical } from '#kernel/canonical.ts';
import { digest, GENESIS_DIGEST, itemId, type Closure, type Digest } from '#kernel/codex.ts';
import type { CodexSite } from '#kernel/site.ts';
import type { Json } from '#kernel/evidence.ts';
import { instant } from '#kernel/time.ts';
import { inTurn, makeTown } from './codexCommand.ts';
import { quantile } from './measure.ts';

const BIN = join(import.meta.dirname, '..', 'bin', 'sereno.js');
/** A prompt of 1.8 KB: the closure is then about as big as the blessed files that people have. */
const PROMPT = 'Read the posting and write what the work is, in three sentences. '.repeat(28);
const NOW = instant(1_795_239_865_804);
const BY = { name: 'bench', kind: 'system' } as const;

const nameOf = (index: number): string => `task_${index}`;

const closureText = (item: string, number: number): string => {
  const value = {
    task_id: item,
    title: `The task ${item}`,
    model: { model_id: 'gemma3:1b' },
    generation_config: { temperature: 0.1, max_tokens: 800 },
    prompt_template: `${PROMPT}${number}`,
  };
  const closure: Closure = {
    format: 1,
    item: itemId(item),
    source: { stem: item, value },
    template: null,
    partials: [],
    schema: null,
    parameters: {},
  };
  return canonical(closure as unknown as Json); // decoder: a closure is JSON
};

const inFolder = (path: string, bytes: string | Uint8Array): void => {
  const folder = join(path, '..');
  if (!existsSync(folder)) mkdirSync(folder);
  writeFileSync(path, bytes, { mode: 0o444 });
};

/** So many exports, one item after the other. */
export const build = (directory: string, versions: number, items: number): void => {
  mkdirSync(directory, { recursive: true });
  const ground = groundAt({ ...DISK, fsyncSync: () => undefined }, directory);
  prepare(ground);
  let prev: Digest = GENESIS_DIGEST;
  for (let seq = 1; seq <= versions; seq += 1) {
    const item = nameOf((seq - 1) % items);
    const version = Math.floor((seq - 1) / items) + 1;
    const text = closureText(item, seq);
    const name = digest(hash('sha256', text));
    inFolder(join(ground.objects, name.slice(0, 2), name.slice(2)), text);
    const revision = { item: itemId(item), version, digest: name };
    const deed = {
      kind: 'exported',
      revision,
      parent: version === 1 ? null : version - 1,
      restores: null,
      why: null,
    } as const;
    const record = sealEntry({ format: 1, seq, prev, at: NOW, by: BY, deed });
    inFolder(join(ground.log, entryPath(seq)), encodeRecord(record));
    prev = record.hash;
  }
};

type Timed = { readonly wallMs: number; readonly cpuMs: number };

const timed = (work: () => void): Timed => {
  const [began, used] = [performance.now(), process.cpuUsage()];
  work();
  const { user, system } = process.cpuUsage(used);
  return { wallMs: performance.now() - began, cpuMs: (user + system) / 1_000 };
};

const say = (name: string, { wallMs, cpuMs }: Timed, more = ''): void =>
  console.log(`| ${name} | ${wallMs.toFixed(1)} ms | ${cpuMs.toFixed(1)} ms | ${more} |`);

const siteOf = (folder: string): CodexSite => {
  const { site } = readSite({ file: join(folder, 'sereno.yaml'), env: {}, now: NOW });
  if (site === null || site.codex === null) throw new Error('the configuration of the benchmark is not one');
  return site.codex;
};

/** Processor milliseconds of a program and what it started, as the shell's `time` would say. */
const hashByHand = (directory: string): Timed => {
  const began = performance.now();
  const script = `find "$1" -type f -print0 | xargs -0 sha256sum > /dev/null; times`;
  const { stdout } = spawnSync('sh', ['-c', script, 'sh', directory], { encoding: 'utf8' });
  const children = stdout.trim().split('\n').at(-1) ?? '';
  const cpuMs = [...children.matchAll(/(\d+)m([\d.]+)s/g)]
    .map(([, minutes, seconds]) => Number(minutes) * 60_000 + Number(seconds) * 1_000)
    .reduce((sum, ms) => sum + ms, 0);
  return { wallMs: performance.now() - began, cpuMs };
};

const benchOpening = (site: CodexSite, state: string): CodexDesk => {
  const ground = groundAt(DISK, join(state, 'codex'));
  const opened: CodexDesk[] = [];
  const open = (): void => void opened.push(openCodexDesk(site, state));
  open(); // reads the files into the memory of the system, which both ways then have
  say('open: each entry from its own file', timed(open));
  say(
    'pack what is finished, once (`sereno codex gc`)',
    timed(() => packFinished(ground, opened[0]?.store.head().seq ?? 0)),
  );
  const heap = process.memoryUsage().heapUsed;
  say(
    'open: from packs, each entry hashed and chained as before',
    timed(open),
    `${((process.memoryUsage().heapUsed - heap) / 1e6).toFixed(0)} MB of heap`,
  );
  const desk = opened.at(-1);
  if (desk === undefined) throw new Error('nothing was opened');
  return desk;
};

const benchLooks = (desk: CodexDesk): void => {
  let count = 0;
  say(
    'list: all items, the newest content of each looked at again',
    timed(() => void (count = listItems(desk).length)),
    `${count} items`,
  );
  say(
    'history of one item',
    timed(() => void (count = historyOf(desk, nameOf(0)).length)),
    `${count} entries`,
  );
};

const benchOneMore = (desk: CodexDesk, source: string): void => {
  const each = Array.from({ length: 50 }, () =>
    timed(() => void exportSource(desk, { file: source, by: BY, why: null, now: NOW })),
  );
  const middle = (of: (it: Timed) => number): number => quantile(each.map(of), 0.5);
  say(
    'one more export (median of 50)',
    { wallMs: middle(({ wallMs }) => wallMs), cpuMs: middle(({ cpuMs }) => cpuMs) },
    'durable',
  );
};

const benchCommands = (folder: string, versions: number): void => {
  const [list = null, history = null, bare = null] = inTurn(
    folder,
    [
      [process.execPath, BIN, 'codex', 'list'],
      [process.execPath, BIN, 'codex', 'history', nameOf(0)],
      [process.execPath, BIN, '--version'],
    ],
    3,
  );
  for (const [name, used] of [
    ['list', list],
    ['history', history],
  ] as const)
    if (used !== null)
      say(
        `\`sereno codex ${name}\`, the whole command`,
        used,
        `${used.peakMb.toFixed(0)} MB at its highest, ${versions} versions`,
      );
  if (bare !== null) say('`sereno --version`, the same start without a codex', bare, `${bare.peakMb.toFixed(0)} MB`);
};

/** A codex of so many versions: what each look at it costs. */
export const benchMany = (place: string, versions: number, items: number): void => {
  const { folder, source } = makeTown(join(place, 'many'));
  const state = join(folder, '.sereno');
  const directory = join(state, 'codex');
  const built = timed(() => build(directory, versions, items));
  console.log(
    `\n${versions} versions of ${items} items (made in ${(built.wallMs / 1_000).toFixed(0)} s without waiting for the disk)\n`,
  );
  console.log('| what | wall | processor time | |\n|---|---|---|---|');
  const site = siteOf(folder);
  const desk = benchOpening(site, state);
  benchLooks(desk);
  benchCommands(folder, versions);
  let objects = 0;
  const verified = timed(() => {
    const report = verifyAll(site, state, NOW);
    if (report.problems.length > 0) throw new Error(report.problems[0]?.message);
    ({ objects } = report);
  });
  const peer = hashByHand(directory);
  say('verify: every byte hashed, every version made again', verified, `${objects} objects`);
  say(
    '`sha256sum` of the same files',
    peer,
    `verify takes ${(verified.cpuMs / peer.cpuMs).toFixed(1)} times as much processor time`,
  );
  benchOneMore(desk, source);
  rmSync(folder, { recursive: true, force: true });
};
