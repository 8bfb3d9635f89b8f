// Hangs: the ten programs of examples/hangs as contenders' programs, how each is broken, and when it is well again.

import type { CauseClass } from '#kernel/cause.ts';
import { copyFileSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { Program } from './peers/supervisor.ts';
import { service } from './workload.ts';

const HANGS = join(import.meta.dirname, '..', '..', 'examples', 'hangs');
/** Days ago: a program that is new would be blamed for being new. */
const OLD_MS = 3 * 86_400_000;
/** As the checks declare it. */
export const RESULT_AGE_MS = 2_000;

export type Hang = {
  readonly name: string;
  /** As the scoreboard calls it. */
  readonly says: string;
  /** The class that is right. */
  readonly cause: CauseClass;
  /** A fresh process cures it; or a person has to do something, and a restart would be for nothing. */
  readonly cure: 'restart' | 'person';
};

export const HANGS_OF_ALL_KINDS: readonly Hang[] = [
  { name: 'silent', says: 'accepts, never answers', cause: 'hang', cure: 'restart' },
  { name: 'busy', says: 'event loop blocked', cause: 'busy', cure: 'restart' },
  { name: 'frozen', says: 'SIGSTOP', cause: 'stopped', cure: 'restart' },
  { name: 'half-open', says: 'half-open connection', cause: 'half-open', cure: 'restart' },
  { name: 'wrong-body', says: '200 with a wrong body', cause: 'wrong-answer', cure: 'restart' },
  { name: 'drip', says: 'slow drip', cause: 'unfinished', cure: 'restart' },
  { name: 'port-taken', says: 'port taken by another', cause: 'port-taken', cure: 'person' },
  { name: 'zombie', says: 'zombie child', cause: 'zombie', cure: 'restart' },
  { name: 'descriptors', says: 'descriptors exhausted', cause: 'descriptors', cure: 'restart' },
  { name: 'overdue', says: 'job past its deadline', cause: 'overdue', cure: 'restart' },
];

const commandOf = (hang: Hang, file: string): readonly string[] => {
  const node = process.execPath;
  if (hang.name === 'zombie') return ['sh', '-c', `${node} ${file} worker & exec ${node} ${file}`];
  return hang.name === 'descriptors' ? ['sh', '-c', `ulimit -n 128; exec ${node} ${file}`] : [node, file];
};

const expected = (hang: Hang): string => (hang.name === 'wrong-body' ? '42' : 'ok');

/** The program of one kind, copied into a room. */
export const programOf = (hang: Hang, room: string, port: number): Program => {
  const file = join(room, `${hang.name}.mjs`);
  copyFileSync(join(HANGS, `${hang.name}.mjs`), file);
  const old = new Date(Date.now() - OLD_MS);
  utimesSync(file, old, old);
  const result = join(room, 'overdue.json');
  return {
    name: hang.name,
    command: commandOf(hang, file),
    env: { PORT: String(port), RESULT: result, PATH: process.env['PATH'] ?? '' },
    port,
    expects: expected(hang),
    ...(hang.name === 'overdue' ? { result } : {}),
  };
};

export type Pace = { readonly everyMs: number; readonly timeoutMs: number };

/** The service of one kind: what its example declares, at this pace. */
export const serviceOf = (hang: Hang, program: Program, pace: Pace): string => {
  const every = `every: ${pace.everyMs}ms`;
  const http = `{ http: "http://127.0.0.1:${program.port}/", expect: { status: 200, contains: "${expected(hang)}" }, timeout: ${pace.timeoutMs}ms, ${every} }`;
  const more: Readonly<Record<string, string>> = {
    frozen: `, { process: {}, ${every} }`,
    'port-taken': `, { process: { port: ${program.port} }, ${every} }`,
  };
  const file = `{ file: { path: ${program.result}, max_age: ${RESULT_AGE_MS}ms }, ${every} }`;
  const checks = hang.name === 'overdue' ? file : `${http}${more[hang.name] ?? ''}`;
  return service(program, `checks: [ ${checks} ], restart: { budget: 1000 per 1h, stable_after: 1s }`);
};

/** Asks it to break. Answers when the fault began: for a job, when its deadline has passed. */
export const breakIt = async (program: Program): Promise<number> => {
  await post(program.port ?? 0, '/break');
  return program.result === undefined ? Date.now() : statSync(program.result).mtimeMs + RESULT_AGE_MS;
};

/** What took the port goes away. */
export const freeThePort = (program: Program): Promise<void> => post(program.port ?? 0, '/leave');

const post = async (port: number, path: string): Promise<void> => {
  await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { connection: 'close' },
    signal: AbortSignal.timeout(2_000),
  })
    .then((answer) => answer.text())
    .catch(() => null);
};

/** The whole answer within a fifth of a second; null otherwise. A drip keeps every connection busy, and ends none. */
const answerOf = (port: number): Promise<string | null> =>
  fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' }, signal: AbortSignal.timeout(200) })
    .then(async (answer) => (answer.status === 200 ? await answer.text() : null))
    .catch(() => null);

const ageMs = (file: string): number => {
  try {
    return Date.now() - statSync(file).mtimeMs;
  } catch {
    return Infinity;
  }
};

/** Does it work, as its users would say? */
export const works = async (program: Program): Promise<boolean> => {
  if (program.result !== undefined) return ageMs(program.result) < RESULT_AGE_MS;
  return (await answerOf(program.port ?? 0))?.includes(program.expects ?? '') === true;
};
