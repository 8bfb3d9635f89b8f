// Benchmark: from the SIGKILL of a workload to its next process, our driver against a bare spawn in the same run.
//
//   restart   the driver: exit told → operate → ledger, birth record, spawn → reported    against
//             a bare child_process.spawn in an exit listener (nothing written, nothing remembered)
//   adopted   the driver as a later Sereno, not the parent: SIGKILL → exit told, with 1 and with 100 watched
//   idle      processor time of watching 100 adopted workloads for a while
//   examine   one black box, with as many processes on the machine as there are
//
// node bench/restart.ts [rounds]   Both sides in turn, `sleep` as workload: it costs 1 ms to start, so what is measured
// is the supervisor. The load average is printed: on a busy machine read the ratios.

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';

import { makeClock } from '#adapters/clock/clock.ts';
import { makeProcessActuator, type ProcessActuator } from '#adapters/process/actuator.ts';
import type { ActionKind, OperationOutcome } from '#kernel/action.ts';
import { effectKey, machineId, serviceId } from '#kernel/id.ts';
import type { Service } from '#kernel/service.ts';
import { durationMs, hours, seconds } from '#kernel/time.ts';
import { pause, quantile } from './measure.ts';

const ROUNDS = Number(process.argv[2] ?? 200);
const CROWD = 100;
const IDLE_MS = 5_000;
const COMMAND = ['sleep', '600'] as const;

const clock = makeClock();
let keys = 0;

const makeService = (name: string): Service => ({
  id: serviceId(name),
  tier: 'app',
  owner: null,
  needs: [],
  mustRun: true,
  trafficPercent: 0,
  replicas: 1,
  workload: {
    kind: 'process',
    command: COMMAND,
    cwd: null,
    env: {},
    stopSignal: 'SIGTERM',
    stopTimeoutMs: durationMs(2_000),
    standby: 'none',
  },
  checks: [],
  targets: [],
  restartBudget: { count: 3, windowMs: hours(1) },
  stableAfterMs: seconds(10),
  startTimeoutMs: seconds(10),
});

const operate = (driver: ProcessActuator, action: ActionKind, service: Service): Promise<OperationOutcome> => {
  keys += 1;
  const operation = { action, subject: service.id, epoch: 1, timeoutMs: durationMs(5_000) };
  return new Promise((resolve) => {
    driver.operate(effectKey(machineId('watch', service.id), keys, 0), operation, service, resolve);
  });
};

const pidOf = (outcome: OperationOutcome): number => {
  if (outcome.kind !== 'applied' || outcome.pid === null) throw new Error(JSON.stringify(outcome));
  return outcome.pid;
};

const exitOf = (driver: ProcessActuator): Promise<number> =>
  new Promise((resolve) => {
    driver.onExit(() => resolve(performance.now()));
  });

/** Kill → told, and told → spawned. */
type Round = { readonly toldMs: number; readonly spawnedMs: number };

const roundOurs = async (driver: ProcessActuator, service: Service, pid: number): Promise<Round & { pid: number }> => {
  const told = exitOf(driver);
  const spawned = told.then(async (at) => {
    const next = pidOf(await operate(driver, 'restart', service));
    return { at, next, end: performance.now() };
  });
  const start = performance.now();
  process.kill(pid, 'SIGKILL');
  const { at, next, end } = await spawned;
  return { toldMs: at - start, spawnedMs: end - at, pid: next };
};

const spawnRaw = (): ChildProcess => {
  const child = spawn(COMMAND[0], COMMAND.slice(1), { detached: true, stdio: 'ignore' });
  child.unref();
  return child;
};

const roundRaw = async (child: ChildProcess): Promise<Round & { child: ChildProcess }> => {
  const start = performance.now();
  const round = new Promise<Round & { child: ChildProcess }>((resolve) => {
    child.once('exit', () => {
      const at = performance.now();
      const next = spawnRaw();
      resolve({ toldMs: at - start, spawnedMs: performance.now() - at, child: next });
    });
  });
  child.kill('SIGKILL');
  return round;
};

const say = (value: number): string => value.toFixed(2).padStart(8);

const row = (name: string, values: readonly number[]): void => {
  console.log(`${name.padEnd(44)}${say(quantile(values, 0.5))}${say(quantile(values, 0.99))}`);
};

const benchRestart = async (directory: string): Promise<void> => {
  const driver = makeProcessActuator({ directory: join(directory, 'restart'), clock, siteName: 'bench' });
  const service = makeService('restart');
  let pid = pidOf(await operate(driver, 'start', service));
  let child = spawnRaw();
  const ours: Round[] = [];
  const raw: Round[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await pause(5); // a moment of quiet, so that the exec of the last one is over
    const mine = await roundOurs(driver, service, pid);
    const bare = await roundRaw(child);
    ({ pid } = mine);
    ({ child } = bare);
    ours.push(mine);
    raw.push(bare);
  }
  await operate(driver, 'stop', service);
  child.kill('SIGKILL');
  driver.close();
  const whole = (rounds: readonly Round[]): readonly number[] => rounds.map((it) => it.toldMs + it.spawnedMs);
  row('SIGKILL → next process, driver', whole(ours));
  row('SIGKILL → next process, bare spawn', whole(raw));
  row(
    '  told → spawned, driver',
    ours.map((it) => it.spawnedMs),
  );
  row(
    '  told → spawned, bare spawn',
    raw.map((it) => it.spawnedMs),
  );
  for (const share of [0.5, 0.99]) {
    const [mine, bare] = [quantile(whole(ours), share), quantile(whole(raw), share)];
    console.log(`p${share * 100}: ${(mine / bare).toFixed(2)} × bare spawn, ${(mine - bare).toFixed(2)} ms more`);
  }
};

const benchAdopted = async (directory: string, count: number): Promise<void> => {
  const folder = join(directory, `adopted-${count}`);
  const services = Array.from({ length: count }, (_, index) => makeService(`unit-${index}`));
  const parent = makeProcessActuator({ directory: folder, clock, siteName: 'bench' });
  const pids = await Promise.all(services.map(async (service) => pidOf(await operate(parent, 'start', service))));
  parent.onExit(() => undefined);
  parent.close();
  const driver = makeProcessActuator({ directory: folder, clock, siteName: 'bench' });
  const before = performance.now();
  await Promise.all(services.map((service) => new Promise((resolve) => driver.find(service, resolve))));
  console.log(`find and adopt ${count}: ${(performance.now() - before).toFixed(1)} ms`);
  if (count > 1) await benchIdle(count);
  const toldMs: number[] = [];
  for (let round = 0; round < Math.min(ROUNDS, 100); round += 1) {
    const index = round % count;
    const told = exitOf(driver);
    const start = performance.now();
    process.kill(pids[index] ?? 0, 'SIGKILL');
    toldMs.push((await told) - start);
    pids[index] = pidOf(await operate(parent, 'start', services[index] ?? makeService('unit-0')));
    if (count === 1) break;
  }
  row(`SIGKILL → told, 1 of ${count} adopted (${toldMs.length} times)`, toldMs);
  await Promise.all(services.map((service) => operate(parent, 'stop', service)));
  driver.close();
  parent.close();
};

const benchIdle = async (count: number): Promise<void> => {
  const before = process.cpuUsage();
  const start = performance.now();
  await pause(IDLE_MS);
  const used = process.cpuUsage(before);
  const percent = (used.user + used.system) / 10 / (performance.now() - start);
  console.log(`watching ${count} adopted: ${percent.toFixed(2)} % of a core`);
};

const benchExamine = async (directory: string): Promise<void> => {
  const driver = makeProcessActuator({ directory: join(directory, 'examine'), clock, siteName: 'bench' });
  const service = makeService('examine');
  await operate(driver, 'start', service);
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    await new Promise((resolve) => {
      driver.examine(service, resolve);
    });
    times.push(performance.now() - start);
  }
  await operate(driver, 'stop', service);
  driver.close();
  row('examine one workload', times);
};

const main = async (): Promise<void> => {
  const directory = mkdtempSync(join(tmpdir(), 'sereno-bench-'));
  console.log(`node ${process.version}, ${ROUNDS} rounds, load ${loadavg()[0]?.toFixed(1)}\n`);
  console.log(`${'milliseconds'.padEnd(44)}     p50     p99`);
  await benchRestart(directory);
  await benchExamine(directory);
  await benchAdopted(directory, 1);
  await benchAdopted(directory, CROWD);
  rmSync(directory, { recursive: true, force: true });
};

await main();
