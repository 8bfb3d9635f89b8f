// Standby: a second copy of a program that has loaded everything and waits, so that a death costs a word, not a start.
//
// The protocol, on one descriptor (3, named in SERENO_STANDBY_FD): the standby writes `ready`, waits, and begins to
// serve when it reads `go`. When the descriptor ends before that, Sereno has died and the standby ends too. It opens no
// port before `go`, so it needs no socket that somebody else holds, and works for programs without a port as well.
//
//   none → warming (launched) → ready | failed (ended before `go`) → after a pause warming …
//
// The pause doubles, because a standby that cannot start is the program's trouble and not a reason to burn the machine.

import type { ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';

import type { Instant } from '#kernel/time.ts';
import { later } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import { digestOf, type ProcessWorkload } from './birth.ts';
import { STANDBY_FD, type Launched } from './launch.ts';

const PAUSE_FIRST_MS = 1_000;
const PAUSE_MOST_MS = 60_000;
/** More than the one word is nonsense, and none of it is kept. */
const WORDS_MAX = 64;

type Spare = {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly line: Duplex;
  readonly token: string;
  readonly digest: string;
  isReady: boolean;
};

type Spawned = Launched & { readonly kind: 'spawned' };
type Launch = () => { readonly token: string; readonly launched: Launched | Promise<Launched> };

/** The standby of one service. It never outlives the word of its keeper: promoted, dismissed, or ended by itself. */
export class Standby {
  readonly #clock: Clock;
  #spare: Spare | null = null;
  #isLaunching = false;
  #failures = 0;
  #notBefore: Instant;
  #trouble: string | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#notBefore = clock.now();
  }

  /** One sentence for a person. */
  say(): string {
    if (this.#spare?.isReady === true) return `ready, pid ${this.#spare.pid}`;
    if (this.#spare !== null) return `warming up, pid ${this.#spare.pid}`;
    return this.#trouble ?? 'not started yet';
  }

  /** The token that a ready standby of exactly this workload carries; null when there is none to promote. */
  tokenFor(workload: ProcessWorkload): string | null {
    const spare = this.#spare;
    return spare !== null && spare.isReady && spare.digest === digestOf(workload) ? spare.token : null;
  }

  /** Looked at by the housekeeping while the service runs: there is one, and it is of the declared workload. */
  keep(workload: ProcessWorkload, launch: Launch): void {
    if (this.#spare !== null && this.#spare.digest !== digestOf(workload)) this.dismiss();
    if (this.#spare !== null || this.#isLaunching || this.#clock.now() < this.#notBefore) return;
    this.#isLaunching = true;
    const { token, launched } = launch();
    void Promise.resolve(launched).then((result) => {
      this.#isLaunching = false;
      if (result.kind === 'failed') return this.#fail(result.detail);
      this.#adopt(result, token, digestOf(workload));
    });
  }

  /** Tells the standby to serve. Only after its token stands in the birth record. */
  promote(): Spawned | null {
    const spare = this.#spare;
    if (spare === null || !spare.isReady) return null;
    this.#spare = null;
    this.#failures = 0;
    spare.child.removeAllListeners('exit');
    spare.line.removeAllListeners('data');
    spare.line.end('go\n');
    return { kind: 'spawned', child: spare.child, pid: spare.pid };
  }

  /** It is not needed any more, or is of an older declaration. It has served nobody: nothing is lost by SIGKILL. */
  dismiss(): void {
    const spare = this.#spare;
    this.#spare = null;
    if (spare === null) return;
    spare.child.removeAllListeners('exit');
    spare.line.destroy();
    spare.child.kill('SIGKILL');
  }

  #adopt(launched: Spawned, token: string, digest: string): void {
    const { child, pid } = launched;
    const line = child.stdio[STANDBY_FD] as Duplex; // decoder: launch() opened it as a pipe in both directions
    const spare: Spare = { child, pid, line, token, digest, isReady: false };
    this.#spare = spare;
    let words = '';
    line.on('data', (part: Buffer) => {
      words = (words + part.toString('latin1')).slice(-WORDS_MAX);
      spare.isReady ||= words.includes('ready\n');
    });
    line.on('error', () => undefined); // its end is told by the exit
    child.once('exit', (code, signal) => {
      if (this.#spare !== spare) return;
      this.#spare = null;
      line.destroy();
      this.#fail(`it ended (${signal ?? `code ${code}`}) ${spare.isReady ? 'while it waited' : 'before it was ready'}`);
    });
    if ('unref' in line && typeof line.unref === 'function') line.unref();
  }

  #fail(detail: string): void {
    const pauseMs = Math.min(PAUSE_MOST_MS, PAUSE_FIRST_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#notBefore = later(this.#clock.now(), pauseMs);
    this.#trouble = `failed: ${detail}; tried again after ${pauseMs / 1_000} s`;
  }
}
