// Command prober: runs a program without a shell, in its own process group, and judges its exit code and output.
//
// wait for a slot → spawn → read at most 64 KB → exit → kill what is left of the group → verdict. At the deadline the
// whole group gets SIGKILL. A grandchild that left the group on purpose (setsid) is out of reach.

import { spawn, type ChildProcess } from 'node:child_process';
import { later, sayDuration } from '#kernel/time.ts';
import type { Cancel, Clock } from '#ports/clock.ts';
import { runProbe, type Trial, type Trying } from '#ports/probing.ts';
import type { Prober, Question } from '#ports/sensor.ts';
import { cannotRun, codeOf, healthy, seenError, unhealthy, type Seen } from '#ports/symptom.ts';
import { excerpt } from '#ports/visible.ts';
import { makeSlots, type Slots } from './slots.ts';

/** As much as a person would read; the rest is drained, so that the program does not block on a full pipe. */
const OUTPUT_BYTES_MAX = 65_536;

/**
 * A program that has written so much is a flood. From there on its output is taken in sips: drained as fast as it comes,
 * one `yes` kept this program so busy that timeouts of other checks proved nothing any more.
 */
const FREE_BYTES_MAX = 67_108_864;
/** One such sip, then a pause: at most 50 MB a second, which costs some hundredths of a core. */
const SIP_BYTES = 1_048_576;
const PAUSE_MS = 20;

/** After the exit the output is complete as soon as the pipes close; a runaway that keeps them open is not waited for. */
const LAST_WORDS_MS = 100;

/** Shells and env(1) say so when the program inside their line could not be run (POSIX, 2.8.2). */
const NOT_RUN: Readonly<Record<number, string>> = { 126: 'not executable', 127: 'command not found' };

/** Nothing that Sereno itself was given: its own environment holds its secrets. */
const environment = (): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
  HOME: process.env['HOME'] ?? '/',
  LANG: 'C.UTF-8',
  TZ: 'UTC',
});

/** The beginning of what the program wrote to both streams. */
class Output {
  readonly #chunks: Buffer[] = [];
  #size = 0;
  /** Bytes that may still come before the next pause. */
  #free = FREE_BYTES_MAX;

  /** True when it is time for a pause; the next sip is counted from here. */
  hasSipped(): boolean {
    if (this.#free > 0) return false;
    this.#free = SIP_BYTES;
    return true;
  }

  take(chunk: Buffer): void {
    this.#free -= chunk.length;
    const room = OUTPUT_BYTES_MAX - this.#size;
    if (room <= 0) return;
    this.#chunks.push(chunk.subarray(0, room));
    this.#size += Math.min(chunk.length, room);
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** For the end of a sentence. */
  say(): string {
    const line = this.lastLine();
    return line === '' ? '' : `; it said ${excerpt(line, 120)}`;
  }

  /** The last line that is not empty: programs say what is wrong at the end. */
  lastLine(): string {
    const lines = this.bytes().toString('utf8').split('\n');
    return lines.findLast((line) => line.trim() !== '')?.trim() ?? '';
  }
}

const killGroup = (child: ChildProcess): void => {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nobody is left in the group.
  }
};

const judge = (question: Question<'command'>, code: number, output: Output, tookMs: number): Seen => {
  const inTime = `in ${sayDuration(tookMs)}`;
  if (code !== question.exitCode) {
    const notRun = NOT_RUN[code];
    if (notRun !== undefined) return cannotRun(`exited with ${code} (${notRun}) ${inTime}${output.say()}`);
    return unhealthy('failed', `exited with ${code}, expected ${question.exitCode}, ${inTime}${output.say()}`);
  }
  const { contains } = question;
  if (contains === undefined || output.bytes().includes(contains)) return healthy(`exited with ${code} ${inTime}`);
  return unhealthy(
    'wrong-answer',
    `exited with ${code} ${inTime}, but did not say ${excerpt(contains)}${output.say()}`,
  );
};

const seenSpawnError = (error: unknown, program: string): Seen => {
  const code = codeOf(error);
  if (code === 'ENOENT') return cannotRun(`${excerpt(program)} was not found`);
  if (code === 'EACCES') return cannotRun(`${excerpt(program)} may not be executed`);
  const seen = seenError(error, `starting ${excerpt(program)}`);
  // Whatever kept it from starting, the program said nothing about the target.
  return seen.state === 'unknown' ? seen : cannotRun(seen.message);
};

type Run = { readonly question: Question<'command'>; readonly clock: Clock; readonly trying: Trying };

/** Runs the program; `freed` is called when it is gone. Returns what kills it. */
const run = ({ question, clock, trying }: Run, output: Output, freed: () => void): Cancel => {
  const [program = '', ...args] = question.argv;
  const child = spawn(program, args, {
    detached: true,
    shell: false,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment(),
  });
  child.on('error', (error) => {
    freed();
    trying.settle(seenSpawnError(error, program));
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output.take(chunk);
      if (!output.hasSipped()) return;
      stream.pause();
      clock.at(later(clock.now(), PAUSE_MS), () => stream.resume());
    });
  }
  child.on('exit', (code, signal) => {
    freed();
    killGroup(child);
    const tookMs = trying.elapsed();
    const settle = (): void =>
      trying.settle(
        code === null
          ? unhealthy('failed', `was killed by ${signal ?? 'a signal'} after ${sayDuration(tookMs)}`)
          : judge(question, code, output, tookMs),
      );
    const cancel = clock.at(later(clock.now(), LAST_WORDS_MS), settle);
    child.on('close', () => {
      cancel();
      settle();
    });
  });
  return () => {
    killGroup(child);
    child.stdout.destroy();
    child.stderr.destroy();
  };
};

/** Who waited for its turn for longer than a quarter of its time was not slow: nobody can know how it is. */
const LEAST_TURN = 0.75;

const attempt = (slots: Slots, given: Run): Trial => {
  const output = new Output();
  let kill: Cancel | null = null;
  let queuedMs = 0;
  const leave = slots.enter((freed) => {
    queuedMs = given.trying.elapsed();
    // A line of arguments that the system cannot take throws; its slot must not be lost with it.
    try {
      kill = run(given, output, freed);
    } catch (error) {
      freed();
      given.trying.settle(seenSpawnError(error, given.question.argv[0] ?? ''));
    }
  });
  if (leave === null) given.trying.settle(cannotRun(`never got to run: ${slots.say()}`));
  return {
    release: () => {
      leave?.();
      kill?.();
    },
    overdue: (waitedMs) => {
      if (kill === null) return cannotRun(`never got to run in ${sayDuration(waitedMs)}: ${slots.say()}`);
      const ranMs = waitedMs - queuedMs;
      if (ranMs < waitedMs * LEAST_TURN) return cannotRun(`ran for ${sayDuration(ranMs)} only: ${slots.say()}`);
      return unhealthy('timeout', `still running after ${sayDuration(waitedMs)}${output.say()}`);
    },
  };
};

/** As many programs at once as a small machine can start without being felt. */
const CONCURRENT_MAX = 16;

/**
 * Makes the prober for `command` checks. At most `concurrentMax` programs run at once; further ones wait inside their
 * deadline. The program gets PATH and HOME and nothing else of Sereno's environment, and no input.
 */
export const makeCommandProber = (clock: Clock, concurrentMax = CONCURRENT_MAX): Prober<'command'> => {
  const slots = makeSlots(concurrentMax);
  return {
    probe: (check, question, report) =>
      runProbe(clock, check, (trying) => attempt(slots, { question, clock, trying }), report),
  };
};
