// Main: the simulator's command line. One world with its evidence root, many worlds, or the mutation test.

import { campaign } from './campaign.ts';
import { printCrashPoints } from './crashTable.ts';
import { keepMuseum } from './killbook.ts';
import { isProven, runMuseum } from './mutation.ts';
import { readOrder, USAGE, type Order } from './order.ts';
import { keepInBook, readBook, type Found } from './seedbook.ts';
import { simulate, traceOf, type SimulationReport } from './simulation.ts';
import { weatherOf, type Done, type Task } from './worker.ts';
import { NIGHTFALL } from './town.ts';

/** Failing worlds that are shown with their trace; the rest are only named. */
const SHOWN_MAX = 5;
const EXIT_OK = 0;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const sayHours = (ms: number): string => `${(ms / 3_600_000).toFixed(1)} h`;

const sayCommand = (task: Pick<Task, 'seed' | 'stormMs' | 'serviceCount'>): string =>
  `npm run sim -- --seed ${task.seed} --hours ${task.stormMs / 3_600_000} --services ${task.serviceCount} --trace`;

const printViolation = (task: Pick<Task, 'seed' | 'stormMs' | 'serviceCount'>, report: SimulationReport): void => {
  const { violation } = report;
  if (violation === null) return;
  const hours = (violation.atMs - NIGHTFALL) / 3_600_000;
  print(`seed ${report.seed} breaks ${violation.invariant} after ${hours.toFixed(2)} h`);
  print(`  ${new Date(violation.atMs).toISOString()}  ${violation.detail}`);
  print(`  ${sayCommand(task)}`);
};

const runOne = (order: Order & { kind: 'one' }): number => {
  const { seed, stormMs, serviceCount, isTraced } = order;
  const report = simulate({ seed, stormMs, serviceCount, faults: weatherOf(seed), onTrace: isTraced ? print : null });
  print(`seed ${seed}: ${sayHours(report.lastedMs)} of ${serviceCount} services, ${report.events} events`);
  print(
    `  ${report.ailments} ailments, ${report.operations} operations, ${report.runs} lives of the watchman, ` +
      `${report.notifications} messages to people, ${report.records} records`,
  );
  print(`  evidence root ${report.root}`);
  printViolation({ seed, stormMs, serviceCount }, report);
  return report.violation === null ? EXIT_OK : EXIT_FAILED;
};

/** The kept seeds first, then the asked ones. */
const tasksOf = function* (order: Order & { kind: 'many' }, kept: readonly Found[]): Generator<Task> {
  for (const { seed, stormMs, serviceCount } of kept) yield { seed, stormMs, serviceCount, mutant: null };
  const { stormMs, serviceCount, from, seeds } = order;
  for (let seed = from; seed < from + seeds; seed += 1) yield { seed, stormMs, serviceCount, mutant: null };
};

const runMany = async (order: Order & { kind: 'many' }): Promise<number> => {
  const began = performance.now();
  const failed: Done[] = [];
  const totals = { worlds: 0, events: 0, ailments: 0, operations: 0, lastedMs: 0 };
  const kept = readBook();
  await campaign(tasksOf(order, kept), order.workers, (done) => {
    const { report } = done;
    totals.worlds += 1;
    totals.events += report.events;
    totals.ailments += report.ailments;
    totals.operations += report.operations;
    totals.lastedMs += report.lastedMs;
    if (report.violation !== null) failed.push(done);
    return false;
  });
  failed.sort((a, b) => a.task.seed - b.task.seed);
  for (const { task, report } of failed.slice(0, SHOWN_MAX)) {
    printViolation(task, report);
    for (const line of traceOf({ ...task, faults: weatherOf(task.seed) })) print(`    ${line}`);
  }
  printSums(failed);
  const tookMs = performance.now() - began;
  print(
    `${totals.worlds} worlds (${kept.length} kept), ${sayHours(totals.lastedMs)} of world time in ${(tookMs / 1_000).toFixed(1)} s: ` +
      `${totals.ailments} ailments, ${totals.operations} operations, ${totals.events} events, ${failed.length} failed`,
  );
  const isKept = keepInBook(
    failed.map(({ task, report }) => ({ ...found(task), invariant: report.violation?.invariant ?? '' })),
  );
  if (isKept > 0) print(`${isKept} new seeds were kept in src/sim/seeds.json`);
  return failed.length === 0 ? EXIT_OK : EXIT_FAILED;
};

const found = ({ seed, stormMs, serviceCount }: Task): Omit<Found, 'invariant'> => ({ seed, stormMs, serviceCount });

const printSums = (failed: readonly Done[]): void => {
  const seeds = new Map<string, number[]>();
  for (const { task, report } of failed) {
    const name = report.violation?.invariant ?? '';
    seeds.set(name, [...(seeds.get(name) ?? []), task.seed]);
  }
  for (const [name, those] of [...seeds].sort((a, b) => b[1].length - a[1].length)) {
    print(
      `${String(those.length).padStart(6)} × ${name}: seeds ${those.slice(0, 10).join(', ')}${those.length > 10 ? ' …' : ''}`,
    );
  }
};

const visitMuseum = async (order: Order & { kind: 'mutants' }): Promise<number> => {
  const fates = await runMuseum(order.workers, print);
  if (order.isWritten) keepMuseum(fates);
  return fates.every(isProven) ? EXIT_OK : EXIT_FAILED;
};

const obey = async (order: Order): Promise<number> => {
  switch (order.kind) {
    case 'one':
      return runOne(order);
    case 'many':
      return runMany(order);
    case 'mutants':
      return visitMuseum(order);
    case 'crash-points':
      return printCrashPoints(order.seed, order.stride, print) ? EXIT_OK : EXIT_FAILED;
    case 'help':
      print(USAGE);
      return EXIT_OK;
    case 'bad':
      process.stderr.write(`${order.detail}\n${USAGE}\n`);
      return EXIT_USAGE;
  }
};

process.exitCode = await obey(readOrder(process.argv.slice(2)));
