// Town: two hundred services of many kinds on one machine. Most are ports of one process, which costs little; some tens
// are real processes that Sereno starts and restarts; some are files and commands.

import { join } from 'node:path';

export type TownPlan = {
  readonly folder: string;
  readonly services: number;
  /** The processes sleep so many seconds: a number that nobody else sleeps, by which they are found again. */
  readonly sleepS: number;
  /** First of the ports that are taken one after the other. */
  readonly firstPort: number;
};

/** Shares of the town; what is left are ports. */
const SHARES = { process: 0.15, command: 0.08, file: 0.08 };
/** Every tenth port is something that the nine after it need. */
const NEEDED_EVERY = 10;

export type Town = {
  readonly ports: readonly number[];
  /** Ports that others need. */
  readonly needed: readonly number[];
  readonly processes: readonly string[];
  readonly files: readonly string[];
  /** The configuration; `guests` come and go with reloads. */
  readonly config: (guests: number) => string;
};

const promise = 'targets: { availability: 99% over 7d }';

const portService = (plan: TownPlan, index: number): string => {
  const port = plan.firstPort + index;
  const root = index - (index % NEEDED_EVERY);
  const needs = root === index ? '' : ` needs: [port${root}],`;
  const tier = root === index ? ' tier: core,' : '';
  const probe =
    index % 3 === 0
      ? `tcp: ${port}, every: 2s`
      : `http: "http://127.0.0.1:${port}/", every: ${1 + (index % 4)}s, slow: 300ms`;
  return `  port${index}: {${tier}${needs} owner: ana, checks: [ { ${probe} } ], ${promise} }`;
};

/** A shell that becomes a sleep: one megabyte, two milliseconds to start. */
const processService = (plan: TownPlan, index: number): string =>
  `  proc${index}: { run: { process: { command: [/bin/sh, -c, "exec sleep ${plan.sleepS}"] } }, checks: [ { process: , every: 1s } ], ${promise}, restart: { budget: 100000 per 1h, stable_after: 1s } }`;

const commandService = (plan: TownPlan, index: number): string =>
  `  comm${index}: { owner: ana, checks: [ { command: "test -d ${plan.folder}", every: 5s } ], ${promise} }`;

const fileService = (index: number): string =>
  `  file${index}: { owner: ana, checks: [ { file: { path: file${index}, min_size: 1 }, every: 2s } ], ${promise} }`;

/** Draws up the town. */
export const planTown = (plan: TownPlan): Town => {
  const counts = {
    process: Math.round(plan.services * SHARES.process),
    command: Math.round(plan.services * SHARES.command),
    file: Math.round(plan.services * SHARES.file),
  };
  const portCount = plan.services - counts.process - counts.command - counts.file;
  const range = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);
  const lines = [
    ...range(portCount).map((index) => portService(plan, index)),
    ...range(counts.process).map((index) => processService(plan, index)),
    ...range(counts.command).map((index) => commandService(plan, index)),
    ...range(counts.file).map(fileService),
  ];
  const config = (guests: number): string =>
    [
      'sereno: 1',
      'site: soak',
      'people: { ana: { roles: [operator], contact: { email: ana@example.org } } }',
      'on_call: { primary: [ana] }',
      'policy: { autonomy: 4, allow: [restart, start, stop] }',
      'services:',
      ...lines,
      ...range(guests).map(
        (guest) => `  guest${guest}: { owner: ana, checks: [ { command: "true", every: 2s } ], ${promise} }`,
      ),
      '',
    ].join('\n');
  const ports = range(portCount).map((index) => plan.firstPort + index);
  return {
    ports,
    needed: ports.filter((_, index) => index % NEEDED_EVERY === 0),
    processes: range(counts.process).map((index) => `proc${index}`),
    files: range(counts.file).map((index) => join(plan.folder, `file${index}`)),
    config,
  };
};
