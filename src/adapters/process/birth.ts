// The birth record: which process is ours, durable, so that a later Sereno adopts it instead of starting a second one.
//
// It is written twice. Before the spawn with a fresh token and no pid; after it with pid and start ticks. The token is
// in the child's environment, so a Sereno that dies between the two leaves a child that is found by its mark.

import { createHash } from 'node:crypto';
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

import type { Service, Workload } from '#kernel/service.ts';

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
/** A birth record is under 8 KB; something larger is not one. */
const RECORD_BYTES_MAX = 64 * 1_024;

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

/** Reads the record; null when there is none or it cannot be understood: then the marks decide. */
export const readBirth = (path: string): Birth | null => {
  try {
    if (statSync(path).size > RECORD_BYTES_MAX) return null;
    const birth = JSON.parse(readFileSync(path, 'utf8')) as Birth; // decoder
    const isWhole = typeof birth.token === 'string' && typeof birth.bootId === 'string' && Array.isArray(birth.files);
    const isBorn = Number.isInteger(birth.pid) && Number.isInteger(birth.startTicks);
    return isWhole && (isBorn || birth.pid === null) ? birth : null;
  } catch {
    return null;
  }
};

/** Writes the record in one piece: a reader sees the old one or the new one. Null, or why it could not be written. */
export const writeBirth = (path: string, birth: Birth): string | null => {
  const draft = `${path}.tmp-${process.pid}`;
  try {
    writeFileSync(draft, JSON.stringify(birth), { mode: 0o600 });
    renameSync(draft, path);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

/** The process workload of a service, or null when somebody else runs it. */
export const ownWorkload = (service: Service): ProcessWorkload | null =>
  service.workload.kind === 'process' ? service.workload : null;
