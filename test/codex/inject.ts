// Faults at real system calls: a program is started, held, traced with strace, and let go; its n-th call of one kind kills it
// or fails. The program knows nothing of it.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const EXPORTER = join(import.meta.dirname, 'exporter.ts');

/** Why faults cannot be injected here; false when they can. */
export const cannotInject = (): string | false => {
  const tried = spawnSync('strace', ['-o', '/dev/null', '-e', 'trace=none', 'true']);
  if (tried.status !== 0) return 'there is no strace here that may trace';
  const scope = '/proc/sys/kernel/yama/ptrace_scope';
  const isFree = process.getuid?.() === 0 || !existsSync(scope) || readFileSync(scope, 'utf8').trim() === '0';
  return isFree ? false : 'strace may not be attached to a program that it did not start (ptrace_scope)';
};

export type Fault = {
  /** A system call by its name in strace. */
  readonly call: string;
  /** `signal=SIGKILL` or `error=ENOSPC`. */
  readonly what: string;
  readonly nth: number;
};

export type Suffered = { readonly signal: string | null; readonly code: number | null; readonly error: string };

/** Waits until a stream has said a word. Fails when it ends before. */
const untilSaid = (stream: NodeJS.ReadableStream, word: string): Promise<void> =>
  new Promise((resolve, reject) => {
    let said = '';
    stream.on('data', (part: Buffer) => {
      said += part.toString();
      if (said.includes(word)) resolve();
    });
    stream.on('end', () => reject(new Error(`it ended before it said ${word}: ${said}`)));
  });

const trace = async (child: ChildProcess, { call, what, nth }: Fault): Promise<ChildProcess> => {
  // The mark lets a call that this machine does not have pass.
  const words = [
    '-p',
    String(child.pid),
    '-o',
    '/dev/null',
    '-e',
    `trace=?${call}`,
    '-e',
    `inject=?${call}:${what}:when=${nth}`,
  ];
  const tracer = spawn('strace', words, { stdio: ['ignore', 'ignore', 'pipe'] });
  await untilSaid(tracer.stderr, 'attached');
  return tracer;
};

/** Runs one export that suffers a fault, or none when it makes fewer calls of that kind. */
export const sufferExport = async (directory: string, fault: Fault): Promise<Suffered> => {
  const child = spawn(process.execPath, [EXPORTER, directory, '1', 'wait'], { stdio: ['pipe', 'pipe', 'pipe'] });
  let error = '';
  child.stderr.on('data', (part: Buffer) => (error += part.toString()));
  const isOver = once(child, 'close');
  await untilSaid(child.stdout, 'ready');
  const tracer = await trace(child, fault);
  const isTraced = once(tracer, 'close');
  child.stdin.end('\n');
  await isOver;
  await isTraced;
  return { signal: child.signalCode, code: child.exitCode, error };
};
