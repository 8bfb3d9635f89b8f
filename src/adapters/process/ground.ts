// Ground for tests: a state directory, services that say when they start, and a look at /proc besides the driver.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ActionKind, OperationOutcome } from '#kernel/action.ts';
import type { BlackBox, Exit } from '#kernel/cause.ts';
import type { Check } from '#kernel/check.ts';
import { effectKey, machineId, serviceId } from '#kernel/id.ts';
import type { Service } from '#kernel/service.ts';
import { durationMs, hours, instant, seconds } from '#kernel/time.ts';
import type { Presence } from '#ports/actuator.ts';
import type { Clock } from '#ports/clock.ts';
import { makeProcessActuator, type ProcessActuator } from './actuator.ts';
import type { ProcessWorkload } from './birth.ts';
import { hasEnded, listPids, readStat, readText } from './procfs.ts';

/** Real time, as adapters/clock has it; that folder is a stranger to this one. */
export const makeRealClock = (): Clock => {
  const origin = Date.now() - performance.now();
  const now = (): number => Math.floor(origin + performance.now());
  return {
    now: () => instant(now()),
    at: (when, task) => {
      const timer = setTimeout(task, Math.max(0, when - now()));
      return () => clearTimeout(timer);
    },
    chance: () => Math.random(),
  };
};

export const pause = (ms: number): Promise<void> =>
  new Promise((resume) => {
    setTimeout(resume, ms);
  });

/** Waits for something that must come; fails loudly when it does not. */
export const until = async <Value>(what: string, read: () => Value | null | false, mostMs = 10_000): Promise<Value> => {
  for (const start = performance.now(); performance.now() - start < mostMs; await pause(2)) {
    const value = read();
    if (value !== null && value !== false) return value;
  }
  throw new Error(`${what}: not within ${mostMs} ms`);
};

export const makeService = (
  name: string,
  command: readonly string[],
  more: Partial<ProcessWorkload> & { readonly checks?: readonly Check[] } = {},
): Service => {
  const { checks = [], ...workload } = more;
  return {
    id: serviceId(name),
    tier: 'app',
    owner: null,
    needs: [],
    mustRun: true,
    trafficPercent: 0,
    replicas: 1,
    workload: {
      kind: 'process',
      command,
      cwd: null,
      env: {},
      stopSignal: 'SIGTERM',
      stopTimeoutMs: durationMs(2_000),
      standby: 'none',
      ...workload,
    },
    checks,
    targets: [],
    restartBudget: { count: 3, windowMs: hours(1) },
    stableAfterMs: seconds(10),
    startTimeoutMs: seconds(10),
  };
};

/** A shell program that writes its pid to a file and then becomes a sleep: 2 ms to start, 1 MB. */
export const sleeper = (starts: string): readonly string[] => ['/bin/sh', '-c', `echo $$ >> ${starts}; exec sleep 600`];

/** The pids that a sleeper wrote down, in the order of their starts. */
export const startsIn = (path: string): readonly number[] =>
  existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').filter(Boolean).map(Number) : [];

export const isRunning = (pid: number): boolean => {
  const stat = readStat(pid);
  return stat !== null && !hasEnded(stat);
};

/** Living processes whose environment holds this text: every one that this ground has to answer for. */
export const livingWith = (text: string): readonly number[] =>
  listPids().filter((pid) => isRunning(pid) && (readText(`/proc/${pid}/environ`)?.includes(text) ?? false));

const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
};

let keys = 0;

/** One state directory and the drivers over it. */
export class Ground {
  readonly clock = makeRealClock();
  readonly directory = mkdtempSync(join(tmpdir(), 'sereno-process-'));
  readonly run = join(this.directory, 'run');
  readonly #drivers: ProcessActuator[] = [];

  path(name: string): string {
    return join(this.directory, name);
  }

  /** Another driver over the same directory; the one before is let go of, as if it had died. */
  open(): ProcessActuator {
    for (const driver of this.#drivers) driver.close();
    const driver = makeProcessActuator({ directory: this.run, clock: this.clock, siteName: 'ground' });
    this.#drivers.push(driver);
    return driver;
  }

  /** Kills every process that was started here, by the directory in its environment or command, and clears up. */
  async close(): Promise<void> {
    for (const driver of this.#drivers) driver.close();
    // Again until nobody is left: in the middle of a fork or an exec a process is not seen.
    await until('everything of the test to end', () => {
      const ours = this.living();
      for (const pid of ours) kill(pid);
      return ours.length === 0;
    });
    rmSync(this.directory, { recursive: true, force: true });
  }

  living(): readonly number[] {
    return livingWith(`SERENO_TEST_GROUND=${this.directory}\0`);
  }

  service(name: string, command: readonly string[], more: Parameters<typeof makeService>[2] = {}): Service {
    return makeService(name, command, { ...more, env: { ...more.env, SERENO_TEST_GROUND: this.directory } });
  }
}

export const operate = (
  driver: ProcessActuator,
  action: ActionKind,
  service: Service,
  asked: { readonly key?: number; readonly epoch?: number } = {},
): Promise<OperationOutcome> => {
  keys += 1;
  const key = effectKey(machineId('watch', service.id), asked.key ?? 1_000_000 + keys, 0);
  const operation = { action, subject: service.id, epoch: asked.epoch ?? 1, timeoutMs: durationMs(10_000) };
  return new Promise((resolve) => {
    driver.operate(key, operation, service, resolve);
  });
};

export const find = (driver: ProcessActuator, service: Service): Promise<Presence> =>
  new Promise((resolve) => {
    driver.find(service, resolve);
  });

export const examine = (driver: ProcessActuator, service: Service): Promise<BlackBox> =>
  new Promise((resolve) => {
    driver.examine(service, resolve);
  });

/** The pid that an applied operation reports; anything else is a failed test. */
export const pidOf = (outcome: OperationOutcome): number => {
  if (outcome.kind !== 'applied' || outcome.pid === null) throw new Error(JSON.stringify(outcome));
  return outcome.pid;
};

export const collectExits = (driver: ProcessActuator): Exit[] => {
  const exits: Exit[] = [];
  driver.onExit((_service, exit) => exits.push(exit));
  return exits;
};
