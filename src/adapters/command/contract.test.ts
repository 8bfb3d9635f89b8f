// The command driver keeps the contract of the Actuator port, and what it cannot know it says.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import type { ActionKind, OperationOutcome } from '#kernel/action.ts';
import type { Exit } from '#kernel/cause.ts';
import { effectKey, machineId, serviceId } from '#kernel/id.ts';
import type { Service } from '#kernel/service.ts';
import { durationMs, hours, instant, seconds } from '#kernel/time.ts';
import { actuatorContract, type ActuatorUnderTest } from '#ports/actuator.contract.ts';
import type { Presence } from '#ports/actuator.ts';
import type { Clock } from '#ports/clock.ts';
import { type CommandActuator, type CommandWorkload, makeCommandActuator } from './actuator.ts';
import { readFigures } from './foreground.ts';

const clock: Clock = {
  now: () => instant(Date.now()),
  at: (when, task) => {
    const timer = setTimeout(task, Math.max(0, when - Date.now()));
    return () => clearTimeout(timer);
  },
  chance: () => 0.5,
};

const pause = (ms: number): Promise<void> =>
  new Promise((resume) => {
    setTimeout(resume, ms);
  });

const makeService = (workload: Omit<CommandWorkload, 'kind'>): Service => ({
  id: serviceId('unit'),
  tier: 'app',
  owner: null,
  needs: [],
  mustRun: true,
  trafficPercent: 0,
  replicas: 1,
  workload: { kind: 'command', ...workload },
  checks: [],
  targets: [],
  restartBudget: { count: 3, windowMs: hours(1) },
  stableAfterMs: seconds(10),
  startTimeoutMs: seconds(10),
});

type Lines = { readonly start: string; readonly stop: string; readonly status: string | null };

/** A scratch directory, the driver over it, and the pids that the start lines wrote down. */
class Ground {
  readonly directory = mkdtempSync(join(tmpdir(), 'sereno-command-'));
  readonly starts = join(this.directory, 'starts');
  #driver: CommandActuator | null = null;

  open(): CommandActuator {
    this.#driver?.close();
    this.#driver = makeCommandActuator({ directory: join(this.directory, 'run'), clock, siteName: 'ground' });
    return this.#driver;
  }

  pids(): readonly number[] {
    if (!existsSync(this.starts)) return [];
    return readFileSync(this.starts, 'utf8').split('\n').filter(Boolean).map(Number);
  }

  alive(): readonly number[] {
    return this.pids().filter((pid) => readFigures(pid) !== null);
  }

  kill(): void {
    for (const pid of this.alive()) process.kill(pid, 'SIGKILL');
  }

  close(): void {
    this.#driver?.close();
    this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** `kill -0` calls a zombie alive, and not every container has an init that reaps: the state is asked for. */
const aliveLine = (starts: string): string => `ps -o stat= -p "$(tail -n 1 ${starts} 2>/dev/null)" | grep -q '^[^Z]'`;

const detached = ({ starts }: Ground): Lines => ({
  start: `(echo $(exec sh -c 'echo $PPID') >> ${starts}; exec sleep 600) >/dev/null 2>&1 &
until ${aliveLine(starts)}; do sleep 0.01; done`,
  stop: `kill "$(tail -n 1 ${starts})"`,
  status: aliveLine(starts),
});

const foreground = ({ starts }: Ground): Lines => ({
  start: `echo $$ >> ${starts}; exec sleep 600`,
  // Without a status line its exit code is believed: it must not fail when nothing runs.
  stop: `test ! -e ${starts} || kill "$(tail -n 1 ${starts})"`,
  status: null,
});

const open = (ground: Ground, lines: (ground: Ground) => Lines, tellsExits: boolean): ActuatorUnderTest => ({
  actuator: ground.open(),
  // A short timeout makes a short settle: the suite need not wait a whole second for each start that stays.
  service: makeService({ ...lines(ground), timeoutMs: durationMs(tellsExits ? 200 : 5_000) }),
  settle: pause,
  copies: () => ground.alive().length,
  starts: () => ground.pids().length,
  crash: () => ground.kill(),
  tellsExits,
  reopen: () => open(ground, lines, tellsExits),
  close: async () => ground.close(),
});

actuatorContract('command, a start line that stays', () => open(new Ground(), foreground, true));
actuatorContract('command, a start line that detaches', () => open(new Ground(), detached, false));

const operate = (
  driver: CommandActuator,
  action: ActionKind,
  service: Service,
  key: number,
): Promise<OperationOutcome> =>
  new Promise((resolve) => {
    const operation = { action, subject: service.id, epoch: 1, timeoutMs: durationMs(10_000) };
    driver.operate(effectKey(machineId('watch', 'unit'), key, 0), operation, service, resolve);
  });

const find = (driver: CommandActuator, service: Service): Promise<Presence> =>
  new Promise((resolve) => {
    driver.find(service, resolve);
  });

type Case = {
  readonly says: string;
  readonly lines: Partial<Lines> & { readonly timeoutMs?: number };
  readonly action: ActionKind;
  readonly kind: OperationOutcome['kind'];
  readonly detail: RegExp;
};

const CASES: readonly Case[] = [
  {
    says: 'a start line that fails at once is a failure, with what it said',
    lines: { start: 'echo "no licence" >&2; exit 3' },
    action: 'start',
    kind: 'failed',
    detail: /^the start line exited with 3: no licence$/,
  },
  {
    says: 'a start line that is no program',
    lines: { start: 'no-such-program-here' },
    action: 'start',
    kind: 'failed',
    detail: /exited with 127: .*not found/,
  },
  {
    says: 'a status line that cannot be run: nothing is started',
    lines: { start: 'echo started', status: 'no-such-program-here' },
    action: 'start',
    kind: 'failed',
    detail: /the status line exited with 127.*nothing was started/,
  },
  {
    says: 'a status line that hangs is killed, and nothing is started',
    lines: { start: 'echo started', status: 'sleep 600', timeoutMs: 150 },
    action: 'start',
    kind: 'failed',
    detail: /the status line was killed after 150 ms; nothing was started/,
  },
  {
    says: 'a stop line that hangs is killed',
    lines: { stop: 'echo waiting; sleep 600', status: 'true', timeoutMs: 150 },
    action: 'stop',
    kind: 'failed',
    detail: /^the stop line was killed after 150 ms: waiting; the status line still says that it runs$/,
  },
  {
    says: 'a stop that fails, and nobody can tell whether it ran',
    lines: { stop: 'echo nothing found; exit 1' },
    action: 'stop',
    kind: 'failed',
    detail: /^the stop line exited with 1: nothing found$/,
  },
  {
    says: 'a restart goes on after such a stop',
    lines: { stop: 'exit 1', start: 'true' },
    action: 'restart',
    kind: 'applied',
    detail: /^the stop line exited with 1; the start line ended well$/,
  },
  {
    says: 'output is bounded, and its end is kept',
    lines: { start: 'yes no | head -c 100000; echo; echo the end; exit 1' },
    action: 'start',
    kind: 'failed',
    detail: /^.{900,1100}the end$/,
  },
];

describe('command driver', () => {
  for (const { says, lines, action, kind, detail } of CASES) {
    it(says, async () => {
      const ground = new Ground();
      const { timeoutMs = 5_000, ...rest } = lines;
      const service = makeService({
        start: 'true',
        stop: 'true',
        status: null,
        ...rest,
        timeoutMs: durationMs(timeoutMs),
      });
      const outcome = await operate(ground.open(), action, service, 1);
      ground.close();
      assert.equal(outcome.kind, kind, outcome.detail);
      assert.match(outcome.detail, detail);
    });
  }

  it('without a status line, presence is unknown and says so', async () => {
    const ground = new Ground();
    const presence = await find(ground.open(), makeService({ ...foreground(ground), timeoutMs: durationMs(200) }));
    ground.close();
    assert.equal(presence.isRunning, false);
    assert.match(presence.detail ?? '', /cannot be told/);
  });

  it('a start line that stays ignores the stop line: it is ended gently, then killed', async () => {
    const ground = new Ground();
    const start = `trap '' TERM; echo $$ >> ${ground.starts}; while :; do sleep 0.05; done`;
    const service = makeService({ start, stop: 'true', status: null, timeoutMs: durationMs(200) });
    const driver = ground.open();
    assert.equal((await operate(driver, 'start', service, 1)).kind, 'applied');
    const outcome = await operate(driver, 'stop', service, 2);
    const alive = ground.alive();
    ground.close();
    assert.match(outcome.detail, /the start line, pid \d+, was killed/);
    assert.deepEqual(alive, []);
  });

  it('a line that stayed and then fails is told with its code; one that hands over to a daemon is not', async () => {
    const ground = new Ground();
    const driver = ground.open();
    const exits: Exit[] = [];
    driver.onExit((_service, exit) => exits.push(exit));
    const flag = join(ground.directory, 'flag');
    const waiting = (code: number): string => `until test -e ${flag}; do sleep 0.02; done; rm ${flag}; exit ${code}`;
    const service = (code: number): Service =>
      makeService({ start: waiting(code), stop: 'true', status: null, timeoutMs: durationMs(100) });
    for (const [key, code] of [0, 7].entries()) {
      assert.equal((await operate(driver, 'start', service(code), key)).kind, 'applied');
      writeFileSync(flag, '');
      while ((await find(driver, service(code))).isRunning) await pause(5);
    }
    ground.close();
    assert.deepEqual(
      exits.map(({ code, signal }) => [code, signal]),
      [[7, null]],
    );
  });
});
