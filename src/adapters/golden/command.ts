// The way to a unit that is a program: it reads one JSON line for each case and writes one.

import { spawn, type ChildProcess } from 'node:child_process';
import { cannotRun, codeOf, unhealthy, type Seen } from '#ports/symptom.ts';
import { excerpt } from '#ports/visible.ts';
import { ANSWER_BYTES_MAX, failure, type Heard, type Line } from './line.ts';

/** Nothing that Sereno itself was given: its own environment holds its secrets. */
const environment = (): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
  HOME: process.env['HOME'] ?? '/',
  LANG: 'C.UTF-8',
  TZ: 'UTC',
});

const killGroup = (child: ChildProcess): void => {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // ESRCH: it has ended already.
  }
};

const NEWLINE = 0x0a;

/** Cuts a stream into lines; a line without an end is bounded. */
class Lines {
  #rest: Buffer = Buffer.alloc(0);

  /** The lines that are complete now; null when one has grown too long. */
  take(chunk: Buffer): readonly string[] | null {
    const all = Buffer.concat([this.#rest, chunk]);
    const end = all.lastIndexOf(NEWLINE);
    this.#rest = all.subarray(end + 1);
    if (this.#rest.length > ANSWER_BYTES_MAX) return null;
    return end < 0 ? [] : all.toString('utf8', 0, end).split('\n');
  }
}

/** Starts the program, in its own process group and without a shell. */
export const openCommand = (argv: readonly string[]): Line => {
  const [program = '', ...words] = argv;
  const child = spawn(program, words, { detached: true, stdio: ['pipe', 'pipe', 'ignore'], env: environment() });
  const lines = new Lines();
  let waiting: ((heard: Heard) => void) | null = null;
  let ended: Seen | null = null;
  const tell = (heard: Heard): void => {
    const hear = waiting;
    waiting = null;
    hear?.(heard);
  };
  const end = (seen: Seen): void => {
    ended ??= seen;
    tell(failure(ended));
  };
  child.on('error', (error) => {
    const why = codeOf(error) === 'ENOENT' ? 'was not found' : `could not be started (${codeOf(error)})`;
    end(cannotRun(`${excerpt(program)} ${why}`));
  });
  child.on('exit', (code, signal) =>
    end(unhealthy('failed', `the unit ended (${signal ?? `code ${code ?? ''}`}) before it answered`)),
  );
  child.stdin.on('error', () => {}); // The exit, which follows, says what happened.
  child.stdout.on('data', (chunk: Buffer) => {
    const complete = lines.take(chunk);
    if (complete === null) end(unhealthy('wrong-answer', 'the answer is too big: over 1 MB in one line'));
    for (const text of complete ?? []) tell({ kind: 'answer', text });
  });
  return {
    ask: (input, hear) => {
      if (ended !== null) return hear(failure(ended));
      waiting = hear;
      child.stdin.write(`${JSON.stringify(input)}\n`);
      return undefined;
    },
    close: () => {
      waiting = null;
      killGroup(child);
      child.stdout.destroy();
    },
  };
};
