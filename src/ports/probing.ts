// Probing: the rules that every prober obeys, in one place: one deadline, one report, retries inside the deadline, and
// unknown instead of unhealthy when it was this process that could not look.
//
// A probe is tried. The try settles, or the deadline comes. An unhealthy try is repeated at once while retries and time
// are left. At the end everything that the try opened is released, and only then is the one observation reported.

import { longestProbeMs, type Check } from '#kernel/check.ts';
import type { Observation } from '#kernel/observation.ts';
import { durationMs, later, sayDuration, type Instant } from '#kernel/time.ts';
import type { Cancel, Clock } from './clock.ts';
import type { Report } from './sensor.ts';
import { stallsOf } from './stall.ts';
import { cannotRun, unhealthy, type Seen } from './symptom.ts';
import { excerpt } from './visible.ts';

/** One try under way. */
export type Trial = {
  /** Closes every socket, file and child of this try; it is called once, whatever became of it. */
  readonly release: Cancel;
  /** What to say when the deadline comes first. `waitedMs` is the time since the try began. */
  readonly overdue: (waitedMs: number) => Seen;
};

/** What a try gets to know. Settling twice, or after the deadline, is harmless. */
export type Trying = {
  readonly settle: (seen: Seen) => void;
  readonly startedAt: Instant;
  readonly deadline: Instant;
  /** Milliseconds since this try began. */
  readonly elapsed: () => number;
};

export type Try = (trying: Trying) => Trial;

/**
 * A quarter of the time lost to ourselves, but at least this much, makes a timeout meaningless: the rest would still
 * have been enough for most answers, and shorter hiccups are everyday life on a busy machine.
 */
const STALL_MIN_MS = 100;
const STALL_SHARE = 0.25;

const isStalled = (stalledMs: number, timeoutMs: number): boolean =>
  stalledMs >= Math.max(STALL_MIN_MS, timeoutMs * STALL_SHARE);

/** One probe from its first try to its report. */
class Probing {
  readonly #clock: Clock;
  readonly #check: Check;
  readonly #try: Try;
  readonly #report: Report;
  readonly #startedAt: Instant;
  readonly #stalledBefore: number;
  readonly #cancelDeadline: Cancel;
  #trial: Trial | null = null;
  #tryStartedAt: Instant;
  #tries = 0;
  #isStarting = true;
  #isTrying = false;
  #isOver = false;

  constructor(clock: Clock, check: Check, attempt: Try, report: Report) {
    this.#clock = clock;
    this.#check = check;
    this.#try = attempt;
    this.#report = report;
    this.#startedAt = clock.now();
    this.#tryStartedAt = this.#startedAt;
    const stalls = stallsOf(clock);
    stalls.watch();
    this.#stalledBefore = stalls.read();
    // When this process was busy, the answer may lie unread in the socket: one more turn lets it be read first.
    this.#cancelDeadline = clock.at(this.#deadline(), () => clock.at(clock.now(), () => this.#expire()));
  }

  /** Begins the first try; the report is never made inside this call. */
  start(): void {
    this.#begin();
    this.#isStarting = false;
  }

  #begin(): void {
    if (this.#isOver) return;
    this.#tries += 1;
    this.#isTrying = true;
    const mine = this.#tries;
    const startedAt = this.#clock.now();
    this.#tryStartedAt = startedAt;
    const trial = this.#tryNow({
      settle: (seen) => this.#settle(mine, seen),
      startedAt,
      deadline: this.#deadline(),
      elapsed: () => this.#clock.now() - startedAt,
    });
    if (this.#isOver || !this.#isTrying) trial?.release();
    else this.#trial = trial;
  }

  #deadline(): Instant {
    return later(this.#startedAt, longestProbeMs(this.#check));
  }

  /** A prober that throws has a bug; it is told as a probe that could not run, and the watch goes on. */
  #tryNow(trying: Trying): Trial | null {
    try {
      return this.#try(trying);
    } catch (error) {
      trying.settle(cannotRun(`the probe could not be made: ${excerpt(String(error), 160)}`));
      return null;
    }
  }

  #settle(mine: number, seen: Seen): void {
    if (this.#isOver || !this.#isTrying || mine !== this.#tries) return;
    const now = this.#clock.now();
    if (seen.state !== 'unhealthy' || mine > this.#check.retries || now >= this.#deadline()) {
      this.#finish(seen);
      return;
    }
    this.#isTrying = false;
    this.#releaseTrial();
    this.#clock.at(now, () => this.#begin());
  }

  #expire(): void {
    if (this.#isOver) return;
    const waitedMs = this.#clock.now() - this.#tryStartedAt;
    const noAnswer = unhealthy('timeout', `no answer in ${sayDuration(this.#check.timeoutMs)}`);
    this.#finish(this.#trial?.overdue(waitedMs) ?? noAnswer);
  }

  #releaseTrial(): void {
    const trial = this.#trial;
    this.#trial = null;
    trial?.release();
  }

  #finish(seen: Seen): void {
    this.#isOver = true;
    this.#cancelDeadline();
    this.#releaseTrial();
    const stalls = stallsOf(this.#clock);
    const stalledMs = stalls.read() - this.#stalledBefore;
    stalls.unwatch();
    const observation = this.#observe(seen, stalledMs);
    if (this.#isStarting) this.#clock.at(observation.at, () => this.#report(observation));
    else this.#report(observation);
  }

  #observe(seen: Seen, stalledMs: number): Observation {
    const now = this.#clock.now();
    const judged = this.#judge(seen, stalledMs, now - this.#tryStartedAt);
    const phases = judged.phases === undefined ? {} : { phases: judged.phases };
    const isVoid = judged.isVoid === true ? { isVoid: true as const } : {};
    const { state, symptom, message } = judged;
    return {
      check: this.#check.id,
      at: now,
      state,
      symptom,
      latencyMs: durationMs(now - this.#startedAt),
      message,
      ...phases,
      ...isVoid,
    };
  }

  #judge(seen: Seen, stalledMs: number, tryMs: number): Seen {
    const { slowMs, timeoutMs } = this.#check;
    if ((seen.symptom === 'timeout' || seen.symptom === 'unfinished') && isStalled(stalledMs, timeoutMs)) {
      const lost = sayDuration(stalledMs);
      return {
        ...cannotRun(
          `Sereno itself was stalled for ${lost} of ${sayDuration(timeoutMs)}, so this probe proves nothing`,
        ),
        isVoid: true,
      };
    }
    if (seen.state === 'healthy' && slowMs !== undefined && tryMs - stalledMs > slowMs) {
      return {
        ...seen,
        state: 'degraded',
        symptom: 'slow',
        message: `${seen.message}, slower than ${sayDuration(slowMs)}`,
      };
    }
    return seen.state === 'unhealthy' && this.#tries > 1
      ? { ...seen, message: `${seen.message} (${this.#tries} tries)` }
      : seen;
  }
}

/** A try that is over before it began. */
export const notAsked =
  (seen: Seen): Try =>
  ({ settle }) => {
    settle(seen);
    return { release: () => {}, overdue: () => seen };
  };

/**
 * Runs one probe under the rules: `attempt` is called for each try; `report` is called exactly once, never inside this
 * call, and at the latest one turn of the event loop after `longestProbeMs(check)`. Never throws.
 */
export const runProbe = (clock: Clock, check: Check, attempt: Try, report: Report): void => {
  const why = check.cannotRun;
  new Probing(clock, check, why === undefined ? attempt : notAsked(cannotRun(why)), report).start();
};
