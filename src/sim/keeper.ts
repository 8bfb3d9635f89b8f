// Keeper: what keeps a watchman running on the simulated machine, and what kills him: systemd and kill -9 in one.
//
// At most one run is meant to live. A crash drops the whole engine and leaves the disk and the world as they are; a
// new run is born some time later. A zombie is an old run that goes on beside the new one for a while.

import type { EvidenceRecord } from '#kernel/evidence.ts';
import { STARTUP } from '#kernel/site.ts';
import type { Batch } from '#ports/store.ts';
import type { Chance } from './chance.ts';
import { Run, type Stage } from './run.ts';

/** After a fatal end (another process took over) the supervisor of the machine tries again. */
const TRY_AGAIN_MS = 1_000;
/** An orderly end that takes longer is cut short, as systemd does. */
const ORDERLY_MOST_MS = 120_000;
const HOUR_MS = 3_600_000;
/** Unclean stops that are remembered. */
const STOPS_KEPT = 100;

export type KeeperParts = {
  readonly stage: Stage;
  readonly chance: Chance;
  readonly onWritten: (run: Run, batch: Batch, records: readonly EvidenceRecord[]) => void;
  readonly say: (line: () => string) => void;
};

/** World time in which a run did not run. */
export type Gap = { readonly run: number; readonly sinceMs: number; readonly untilMs: number };

/** Keeps one run alive; crashes it as the weather has it. */
export class Keeper {
  readonly #parts: KeeperParts;
  #run: Run | null = null;
  #zombie: Run | null = null;
  #born = 0;
  #aloneSinceMs = 0;
  #gap: Gap | null = null;
  #isEndingOrderly = false;
  #lastEndWasClean = true;
  #uncleanStops: readonly number[] = [];

  constructor(parts: KeeperParts) {
    this.#parts = parts;
    this.#planCrash();
  }

  run(): Run | null {
    return this.#run;
  }

  runsTotal(): number {
    return this.#born;
  }

  /** World time since when exactly one run lives; now, while that is not so. */
  aloneSinceMs(): number {
    const isAlone = this.#run !== null && this.#zombie === null && !this.#isEndingOrderly;
    return isAlone ? Math.min(this.#aloneSinceMs, this.#nowMs()) : this.#nowMs();
  }

  /** When the run that lives did not run for the last time; null: never. */
  gap(): Gap | null {
    return this.#gap !== null && this.#gap.run === this.#run?.number ? this.#gap : null;
  }

  /** SIGSTOP for the run that lives, and SIGCONT after so long. */
  stopFor(ms: number): void {
    const run = this.#run;
    if (run === null) return;
    this.#parts.say(() => `run ${run.number} is stopped for ${ms} ms`);
    run.clock.stopUntil(this.#nowMs() + ms);
    this.missed(this.#nowMs(), this.#nowMs() + ms);
  }

  /** The run that lives does not run from then until then. */
  missed(sinceMs: number, untilMs: number): void {
    if (this.#run === null) return;
    this.#gap = { run: this.#run.number, sinceMs, untilMs };
    this.#aloneSinceMs = Math.max(this.#aloneSinceMs, untilMs);
  }

  /** Begins a new run, unless one lives. */
  begin(): void {
    if (this.#run !== null) return;
    const { stage, say } = this.#parts;
    this.#born += 1;
    const run = new Run(stage, this.#born, {
      written: (writer, batch, records) => this.#written(writer, batch, records),
      fatal: (dead, detail) => this.#fatal(dead, detail),
      dispatched: (acting) => this.#dispatched(acting),
    });
    this.#run = run;
    this.#aloneSinceMs = this.#nowMs();
    this.#isEndingOrderly = false;
    const hourAgo = this.#nowMs() - HOUR_MS;
    const uncleanStops = this.#uncleanStops.filter((at) => at > hourAgo).length;
    say(() => `run ${run.number} begins ${this.#lastEndWasClean ? 'after a clean end' : 'after an unclean stop'}`);
    run.boot({ isClean: this.#lastEndWasClean, uncleanStops, services: stage.site.services.length });
    this.#lastEndWasClean = false;
  }

  /** kill -9, now; a new run follows after the down time of the weather. */
  crash(why: string): void {
    const run = this.#run;
    if (run === null) return;
    this.#drop(run, why);
    this.#later(this.#parts.stage.weather.lasting(this.#faults().downForMs), () => this.begin());
  }

  /** The orderly end: every service is stopped in reverse order, then the run ends, then a new one begins. */
  endOrderly(): void {
    const run = this.#run;
    if (run === null || this.#isEndingOrderly) return;
    this.#isEndingOrderly = true;
    this.#parts.say(() => `run ${run.number} is asked to end`);
    run.engine.crank.put(STARTUP, { kind: 'shutdown' });
    this.#later(ORDERLY_MOST_MS, () => {
      if (this.#run === run) this.crash(`run ${run.number} did not end in time`);
    });
  }

  /** No zombie any more: the machine is quiet. */
  layToRest(): void {
    this.#zombie?.stop();
    this.#zombie = null;
    this.#aloneSinceMs = Math.max(this.#nowMs(), this.gap()?.untilMs ?? 0);
  }

  #faults(): ReturnType<Stage['weather']['faults']>['engine'] {
    return this.#parts.stage.weather.faults().engine;
  }

  #nowMs(): number {
    return this.#parts.stage.world.timeline.nowMs();
  }

  #later(delayMs: number, task: () => void): void {
    this.#parts.stage.world.timeline.post(this.#nowMs() + delayMs, task);
  }

  #drop(run: Run, why: string): void {
    run.stop();
    this.#run = null;
    this.#uncleanStops = [...this.#uncleanStops, this.#nowMs()].slice(-STOPS_KEPT);
    this.#lastEndWasClean = false;
    this.#parts.say(() => `run ${run.number} dies: ${why}`);
  }

  #planCrash(): void {
    const { crashEveryMs } = this.#faults();
    if (crashEveryMs <= 0) return;
    this.#later(this.#parts.chance.untilNextMs(crashEveryMs), () => {
      const { orderlyRate, zombieRate, crashEveryMs: stillEveryMs } = this.#faults();
      if (stillEveryMs <= 0) return;
      if (this.#parts.chance.hits(orderlyRate)) this.endOrderly();
      else if (this.#parts.chance.hits(zombieRate)) this.#makeZombie();
      else this.crash('kill -9');
      this.#planCrash();
    });
  }

  /** The old run goes on, a new one begins beside it. */
  #makeZombie(): void {
    const run = this.#run;
    if (run === null || this.#zombie !== null) return;
    const { stage, say } = this.#parts;
    say(() => `run ${run.number} becomes a zombie`);
    this.#zombie = run;
    this.#run = null;
    this.#uncleanStops = [...this.#uncleanStops, this.#nowMs()].slice(-STOPS_KEPT);
    this.begin();
    this.#later(stage.weather.lasting(this.#faults().zombieForMs), () => {
      if (this.#zombie !== run) return;
      say(() => `the zombie, run ${run.number}, is gone`);
      this.layToRest();
    });
  }

  #written(run: Run, batch: Batch, records: readonly EvidenceRecord[]): void {
    this.#parts.onWritten(run, batch, records);
    if (run !== this.#run) return;
    if (this.#isEndingOrderly && records.some((record) => record.type === 'shutdown.completed')) {
      this.#later(0, () => this.#ended(run));
    }
    if (this.#parts.chance.hits(this.#faults().crashInCommitRate)) this.crash('kill -9 inside a commit');
  }

  #ended(run: Run): void {
    if (this.#run !== run) return;
    this.#parts.say(() => `run ${run.number} has ended`);
    run.stop();
    this.#run = null;
    this.#isEndingOrderly = false;
    this.#lastEndWasClean = true;
    this.#later(TRY_AGAIN_MS, () => this.begin());
  }

  #fatal(run: Run, detail: string): void {
    this.#parts.say(() => `run ${run.number} stops itself: ${detail}`);
    run.stop();
    if (run === this.#zombie) return this.layToRest();
    if (run !== this.#run) return;
    this.#run = null;
    this.#lastEndWasClean = false;
    this.#later(TRY_AGAIN_MS, () => this.begin());
  }

  #dispatched(run: Run): void {
    if (run === this.#run && this.#parts.chance.hits(this.#faults().crashAfterDispatchRate)) {
      this.crash('kill -9 after a dispatch');
    }
  }
}
