// The memory of a reader: what it has believed of a codex so far, in one small file. Only memory tells an old log from a new
// one, so it is worth most where a copy of the codex that is put back does not reach.

import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { digest, type Digest } from '#kernel/codex.ts';
import { problem, type Problem } from '#kernel/problem.ts';
import { instant } from '#kernel/time.ts';
import type { Head } from '#kernel/trust.ts';
import { readBounded, unwritable } from './disk.ts';
import { decodeText } from './record.ts';

export type Memory = {
  /** The digest of the first root that was believed; null: nobody was trusted yet. */
  readonly firstRoot: Digest | null;
  readonly rootVersion: number;
  readonly head: Head | null;
  /** The last entry that was read. */
  readonly log: { readonly seq: number; readonly hash: Digest };
};

export type MemoryRead =
  | { readonly kind: 'read'; readonly memory: Memory }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly problem: Problem };

const BYTES_MAX = 4_096;

const isDigestText = (value: unknown): value is string => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

type Fields = { readonly [key: string]: unknown };

const fieldsOf = (value: unknown): Fields | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null; // decoder: an object

const headOf = (value: unknown): Head | null => {
  const it = fieldsOf(value);
  if (it === null) return null;
  const { version, expires, seq, digest: hash } = it;
  if (!isCount(version) || !isCount(expires) || !isCount(seq) || !isDigestText(hash)) return null;
  return { version, expires: instant(expires), seq, digest: digest(hash) };
};

const decode = (text: string): Memory | null => {
  const it = fieldsOf(parse(text));
  const log = fieldsOf(it?.['log']);
  if (it === null || log === null || it['format'] !== 1) return null;
  const { firstRoot, rootVersion } = it;
  const head = headOf(it['head']);
  const isWhole =
    (firstRoot === null || isDigestText(firstRoot)) &&
    isCount(rootVersion) &&
    (it['head'] === null || head !== null) &&
    isCount(log['seq']) &&
    isDigestText(log['hash']);
  if (!isWhole) return null;
  return {
    firstRoot: isDigestText(firstRoot) ? digest(firstRoot) : null,
    rootVersion: Number(rootVersion),
    head,
    log: { seq: Number(log['seq']), hash: digest(String(log['hash'])) },
  };
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

const UNUSABLE =
  'restore it from a copy; whoever removes it begins to believe anew, so look first whether the log is whole';

/** It is whole, as far as anybody knows, and belongs to somebody else. */
const FORBIDDEN: ReadonlySet<string> = new Set(['EACCES', 'EPERM']);

const forbidden = (path: string, why: string): Problem =>
  problem('store-unusable', `${path}, what was believed of the codex, may not be read by this user: ${why}`, {
    expected: 'the user to whom the state directory belongs',
    mend: `run it as the owner of ${dirname(path)}, or read over HTTP from the Sereno that runs`,
  });

/**
 * What was believed. A file that is there and cannot be used is a problem, for without it anything is believed:
 * `codex-damaged`; `store-unusable` when it belongs to another user.
 */
export const readMemory = (path: string): MemoryRead => {
  const read = readBounded(path, BYTES_MAX);
  if (read.kind === 'missing') return { kind: 'none' };
  const text = read.kind === 'read' ? decodeText(read.bytes) : null;
  const memory = text === null ? null : decode(text);
  if (memory !== null) return { kind: 'read', memory };
  if (read.kind === 'unreadable' && FORBIDDEN.has(read.why))
    return { kind: 'failed', problem: forbidden(path, read.why) };
  const why = read.kind === 'unreadable' ? read.why : 'it is not what was written';
  const message = `${path}, what was believed of the codex, cannot be used: ${why}`;
  return { kind: 'failed', problem: problem('codex-damaged', message, { mend: UNUSABLE }) };
};

/** Written whole beside its place and renamed. Null, or why it could not be. */
export const writeMemory = (path: string, memory: Memory): Problem | null => {
  const beside = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.part`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    const file = openSync(beside, 'wx', 0o600);
    try {
      writeSync(file, `${JSON.stringify({ format: 1, ...memory })}\n`);
    } finally {
      closeSync(file);
    }
    renameSync(beside, path);
    return null;
  } catch (error) {
    rmSync(beside, { force: true });
    return unwritable(path, error);
  }
};
