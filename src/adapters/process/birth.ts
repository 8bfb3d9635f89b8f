// The birth record: which process is ours, durable, so that a later Sereno adopts it instead of starting a second one.
//
// It is written twice. Before the spawn with a fresh token and no pid; after it with pid and start ticks. The token is
// in the child's environment, so a Sereno that dies between the two leaves a child that is found by its mark.

import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';

import type { SeenRelease } from '#kernel/action.ts';
import type { Service, Workload } from '#kernel/service.ts';
import { strangeness } from './kept.ts';

export type ProcessWorkload = Extract<Workload, { readonly kind: 'process' }>;

/** A file as it was when the workload started: a change of any of these is a change of the file. */
export type Fingerprint = {
  readonly path: string;
  readonly sizeBytes: number;
  readonly changedMs: number;
  readonly inode: number;
};

export type Birth = {
  /** Null until the spawn has succeeded. */
  readonly pid: number | null;
  readonly startTicks: number | null;
  readonly bootId: string;
  readonly token: string;
  readonly epoch: number;
  /** The operation that started it: a repeated restart can tell whether it came that far. */
  readonly key: string;
  /** SHA-256 over command, directory and declared environment, in their order. */
  readonly digest: string;
  /** ms since 1970. */
  readonly startedAt: number;
  readonly files: readonly Fingerprint[];
};

/** The answer to an open record: who the spawn brought into the world. */
export type Born = { readonly token: string; readonly pid: number; readonly startTicks: number };

/** Files that decide how a program behaves and that stand beside it. */
const FILES_BESIDE = [
  'package.json',
  'package-lock.json',
  '.env',
  'requirements.txt',
  'pyproject.toml',
  'Gemfile.lock',
];
/** A command line may be long; the program and its script come first. */
const FILES_MAX = 24;
/** Beyond this the file is begun anew: some dozens of starts. */
const FILE_BYTES_MAX = 64 * 1_024;

/** Says in one string what was started: equal strings, equal workload. */
export const digestOf = (workload: ProcessWorkload): string =>
  createHash('sha256')
    .update(JSON.stringify([workload.command, workload.cwd, Object.entries(workload.env)]))
    .digest('hex');

const fingerprint = (path: string): Fingerprint | null => {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isFile()) return null;
  return { path, sizeBytes: stat.size, changedMs: Math.round(stat.mtimeMs), inode: stat.ino };
};

const tryFingerprint = (path: string): Fingerprint | null => {
  try {
    return fingerprint(path);
  } catch {
    return null;
  }
};

/** The program and scripts that the command names, and the well-known files in its directory, as they are now. */
export const fingerprintsOf = (workload: ProcessWorkload): readonly Fingerprint[] => {
  const home = resolve(workload.cwd ?? '.');
  const named = workload.command.filter((part, index) => part.includes('/') || (index > 0 && part.includes('.')));
  return [...named, ...FILES_BESIDE]
    .slice(0, FILES_MAX)
    .map((path) => tryFingerprint(resolve(home, path)))
    .filter((file) => file !== null);
};

const sameFile = (a: Fingerprint, b: Fingerprint): boolean =>
  a.sizeBytes === b.sizeBytes && a.changedMs === b.changedMs && a.inode === b.inode;

/** The files of one start that are not as they were at the other, by their last names. */
const changedFiles = (before: readonly Fingerprint[], now: readonly Fingerprint[]): readonly string[] => {
  const known = new Map(before.map((file) => [file.path, file]));
  const fresh = now.filter((file) => {
    const earlier = known.get(file.path);
    return earlier === undefined || !sameFile(earlier, file);
  });
  const gone = before.filter((file) => now.every(({ path }) => path !== file.path));
  return [...fresh, ...gone].map(({ path }) => basename(path));
};

type Started = Pick<Birth, 'digest' | 'files'>;

/**
 * What is started now is another program than what was started before: another command, or other files by size, time or
 * inode, which were read for the birth record anyway. Null: the same, or nothing is known of a start before.
 */
export const releaseSince = (before: Started | null, now: Started): SeenRelease | null => {
  if (before === null || before.digest === '') return null;
  const files = changedFiles(before.files, now.files);
  const command = before.digest === now.digest ? [] : ['command, directory or environment'];
  const changed = [...command, ...files];
  if (changed.length === 0) return null;
  const version = createHash('sha256')
    .update(JSON.stringify([now.digest, now.files]))
    .digest('hex')
    .slice(0, 12);
  return { version, what: changed.join(', ') };
};

type Line = { readonly kind: 'whole'; readonly birth: Birth } | { readonly kind: 'born'; readonly born: Born };

const isInteger = (value: unknown): value is number => Number.isInteger(value);

/** One line: a whole record, or who was born under a token that stands above; null when torn or foreign. */
const decodeLine = (text: string): Line | null => {
  try {
    const line = JSON.parse(text) as Birth; // decoder
    if (typeof line.token !== 'string') return null;
    const { token, pid, startTicks } = line;
    const born = isInteger(pid) && isInteger(startTicks) ? { token, pid, startTicks } : null;
    if (typeof line.bootId !== 'string') return born === null ? null : { kind: 'born', born };
    return Array.isArray(line.files) && (born !== null || pid === null) ? { kind: 'whole', birth: line } : null;
  } catch {
    return null;
  }
};

const take = (before: Birth | null, line: Line | null): Birth | null => {
  if (line === null) return before;
  if (line.kind === 'whole') return line.birth;
  return before !== null && before.token === line.born.token ? { ...before, ...line.born } : before;
};

/** Reads the newest record; null when there is none or it cannot be understood: then the marks decide. */
export const readBirth = (path: string): Birth | null => {
  let text: string;
  try {
    if (strangeness(path, FILE_BYTES_MAX * 4) !== null) return null;
    text = readFileSync(path, 'utf8');
  } catch {
    return null;
  }
  return text.split('\n').map(decodeLine).reduce<Birth | null>(take, null);
};

const say = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** Begins with an end of line: whatever a crash left of the line before ends there. */
const lineOf = (line: Birth | Born): string => `\n${JSON.stringify(line)}\n`;

/**
 * Writes a whole record. Null, or why it could not be written. It is appended: replacing a file by a rename makes ext4
 * write it out first, which costs 1 ms in every restart.
 */
export const writeBirth = (path: string, birth: Birth): string | null => {
  try {
    const strange = strangeness(path);
    if (strange !== null) return strange;
    if (sizeOf(path) < FILE_BYTES_MAX) appendFileSync(path, lineOf(birth), { mode: 0o600 });
    else {
      const draft = `${path}.tmp-${process.pid}`;
      writeFileSync(draft, lineOf(birth), { mode: 0o600 });
      renameSync(draft, path);
    }
    return null;
  } catch (error) {
    return say(error);
  }
};

/** Writes who was born under the token of the record above. Null, or why it could not be written. */
export const writeBorn = (path: string, { token, pid, startTicks }: Born): string | null => {
  try {
    appendFileSync(path, lineOf({ token, pid, startTicks }), { mode: 0o600 });
    return null;
  } catch (error) {
    return say(error);
  }
};

/** The process workload of a service, or null when somebody else runs it. */
export const ownWorkload = (service: Service): ProcessWorkload | null =>
  service.workload.kind === 'process' ? service.workload : null;
