// What the tests of the codex's files need: a folder, an export as programs do it, and disks that die or fail.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Ledger } from '#duties/codex/ledger.ts';
import { proposeExport } from '#duties/codex/propose.ts';
import { canonical } from '#kernel/canonical.ts';
import { itemId, type Author, type Closure } from '#kernel/codex.ts';
import type { Json } from '#kernel/evidence.ts';
import { instant } from '#kernel/time.ts';
import type { Appended, CodexStore } from '#ports/codex.ts';
import { sha256 } from '#ports/codex.contract.ts';
import { DISK, type Disk } from './fileSystem.ts';
import { publishOver, writeTemporary } from './durable.ts';
import { entryPath } from './pack.ts';
import { openCodex } from './store.ts';
import { verifyCodex, type CodexVerification } from './verify.ts';

export const ITEM = itemId('concise_description');
export const BY: Author = { name: 'ann', kind: 'person' };
export const AT = instant(1_795_239_865_804);

export type Stand = { readonly directory: string; readonly projections: string; readonly clear: () => void };

export const makeStand = (): Stand => {
  const parent = mkdtempSync(join(tmpdir(), 'sereno-codex-'));
  const projections = join(parent, 'output');
  mkdirSync(projections);
  return { directory: join(parent, 'codex'), projections, clear: () => rmSync(parent, { recursive: true }) };
};

/** A closure as an export has it; `prompt` tells one from another. */
export const closureText = (prompt: string): string => {
  const closure: Closure = {
    format: 1,
    item: ITEM,
    source: { stem: 'ty_extract', value: { title: 'Concise', model: { model_id: 'm' }, prompt_template: prompt } },
    template: null,
    partials: [],
    schema: null,
    parameters: {},
  };
  return canonical(closure as unknown as Json); // decoder: a closure is JSON
};

export type Program = { readonly store: CodexStore; readonly ledger: Ledger };

/** The real disk, without waiting for it: what a killed program leaves is the same, and syncing is heard where it matters. */
export const QUICK: Disk = { ...DISK, fsyncSync: () => undefined };

/** Opens the codex as another program would. */
export const openProgram = (directory: string, disk: Disk = QUICK): Program => {
  const ledger = new Ledger();
  return { ledger, store: openCodex({ directory, fold: ledger, disk }) };
};

/** Exports a closure: the object, then the entry. */
export const exportOnce = ({ store, ledger }: Program, prompt: string): Appended => {
  const kept = store.put(closureText(prompt));
  if (kept.kind === 'failed') return kept;
  return store.append(() => {
    const proposal = proposeExport(ledger, { item: ITEM, digest: kept.digest, why: null });
    return proposal.kind === 'deed' ? { at: AT, by: BY, deed: proposal.deed } : null;
  });
};

/** What programs around the codex read: the content and the version, in one file that is replaced at once. */
export const project = (stand: Stand, disk: Disk, version: number, prompt: string): void => {
  const text = `prompt: ${prompt}\nversion: ${version}\n`;
  publishOver(disk, writeTemporary(disk, stand.projections, Buffer.from(text)), stand.projections, `${ITEM}.yaml`);
};

export const versionOf = (appended: Appended): number => {
  if (appended.kind !== 'appended' || appended.record.deed.kind !== 'exported') {
    return assert.fail('problem' in appended ? appended.problem.message : appended.kind);
  }
  return appended.record.deed.revision.version;
};

/** Hears of every call before it is made; what it throws happens in the place of the call. */
export type Listener = (call: string, words: readonly unknown[]) => void;

/** The quick disk, with somebody listening. */
export const listened = (listen: Listener): Disk => {
  const calls = Object.keys(DISK_CALLS);
  const heard: Record<string, unknown> = {};
  for (const name of calls) {
    heard[name] = (...words: readonly unknown[]): unknown => {
      listen(name, words);
      const call: unknown = Reflect.get(QUICK, name);
      return typeof call === 'function' ? Reflect.apply(call, QUICK, words) : undefined;
    };
  }
  return heard as unknown as Disk; // decoder: every call of the disk is there, by the record below
};

const DISK_CALLS: Readonly<Record<keyof Disk, true>> = {
  openSync: true,
  readSync: true,
  writeSync: true,
  fstatSync: true,
  fsyncSync: true,
  closeSync: true,
  linkSync: true,
  renameSync: true,
  unlinkSync: true,
  mkdirSync: true,
  readdirSync: true,
  statSync: true,
  utimesSync: true,
};

/** What a power cut could take away: bytes of files, and names in folders. */
export type Unsynced = { readonly files: Set<string>; readonly folders: Set<string> };

/**
 * Listens for what was written and not yet synced. Fails when a file gets its name before its bytes are on the disk, or an
 * entry its number before everything else is.
 */
export const syncedBeforeNamed = ({ files, folders }: Unsynced): Listener => {
  let opened = '';
  return (call, [first, second]) => {
    const [from, to] = [String(first), String(second)];
    if (call === 'openSync') opened = from;
    if (call === 'writeSync') files.add(opened);
    if (call === 'fsyncSync') for (const set of [files, folders]) set.delete(opened);
    if (call === 'mkdirSync') folders.add(dirname(from));
    if (call !== 'linkSync' && call !== 'renameSync') return;
    assert.ok(!files.has(from), `${to} was named before its bytes were there`);
    if (call === 'linkSync') assert.deepEqual([...folders], [], `before ${to}`);
    folders.add(dirname(to));
  };
};

/** Thrown in the place of the call at which the program was killed, and of every one after it. */
export class Killed extends Error {}

/**
 * A program that is killed at its n-th call of the disk: neither that one nor any other is made, whatever still runs. A
 * write is torn: half of its bytes are there.
 */
export const killedAt = (number: number, listen: Listener = () => undefined): Disk => {
  let count = 0;
  return listened((call, words) => {
    count += 1;
    if (count === number && call === 'writeSync') tearWrite(words);
    if (count >= number) throw new Killed(`killed at call ${number}, ${call}`);
    listen(call, words);
  });
};

const tearWrite = ([file, bytes]: readonly unknown[]): void => {
  if (typeof file === 'number' && Buffer.isBuffer(bytes)) DISK.writeSync(file, bytes, 0, bytes.length >> 1);
};

/** A disk that fails at one call, or from it on, with a code of the system. */
export const failingAt = (number: number, code: string, isLasting: boolean): Disk => {
  let count = 0;
  return listened((call) => {
    count += 1;
    if (count === number || (isLasting && count > number && call !== 'closeSync')) {
      throw Object.assign(new Error(`${code}: ${call}`), { code, syscall: call });
    }
  });
};

/** A stand for one test, cleared away behind it. */
export const withStand = (work: (stand: Stand) => void): void => {
  const stand = makeStand();
  try {
    work(stand);
  } finally {
    stand.clear();
  }
};

/** Verifies everything with an empty ledger, as another program would. */
export const verifyStand = ({ directory }: Stand): CodexVerification => verifyCodex({ directory, fold: new Ledger() });

/** Fails with what verification finds. */
export const soundly = (stand: Stand): void =>
  assert.deepEqual(
    verifyStand(stand).problems.map(({ message }) => message),
    [],
  );

/** The file of an object, by its text. */
export const objectFile = ({ directory }: Stand, text: string): string => {
  const name = sha256(text);
  return join(directory, 'objects', name.slice(0, 2), name.slice(2));
};

/** The file of an entry, by its number. */
export const entryFile = ({ directory }: Stand, seq: number): string => join(directory, 'log', entryPath(seq));
