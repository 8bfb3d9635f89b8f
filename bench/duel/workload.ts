// Workload: the unit as a program for peers and as a service of ours, and what is seen of it from outside.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ask, pause } from '../measure.ts';
import type { Program } from './peers/supervisor.ts';

const UNIT = join(import.meta.dirname, 'unit.mjs');

/** The unit under a name; `env` as its first lines say. */
export const unit = (name: string, env: Readonly<Record<string, string>>): Program => ({
  name,
  command: [process.execPath, UNIT],
  env,
  port: env['PORT'] === undefined ? null : Number(env['PORT']),
});

/** The process that answers on this port; null when nothing does. */
export const pidOn = async (port: number): Promise<number | null> => {
  const answer = await ask(port);
  return answer?.status === 200 ? Number(answer.body) : null;
};

/** Milliseconds until another process than `before` answers; null when `patienceMs` were not enough. */
export const untilNext = async (port: number, before: number, patienceMs: number): Promise<number | null> => {
  const began = performance.now();
  while (performance.now() - began < patienceMs) {
    const pid = await pidOn(port);
    if (pid !== null && pid !== before) return performance.now() - began;
    await pause(2);
  }
  return null;
};

export type Start = { readonly at: number; readonly pid: number };

/** The starts that a unit wrote into its LOG. */
export const startsIn = (log: string): readonly Start[] => {
  try {
    const lines = readFileSync(log, 'utf8').trim().split('\n');
    return lines.map((line) => ({ at: Number(line.split(' ')[0]), pid: Number(line.split(' ')[1]) }));
  } catch {
    return [];
  }
};

/** A configuration for Sereno: a service for each program, written as its manual says. */
export const site = (services: readonly string[], rest = ''): string =>
  `sereno: 1\nsite: duel\nservices:\n${services.map((it) => `  ${it}\n`).join('')}policy: { autonomy: 3, allow: [restart, start, stop] }\n${rest}`;

/** One line of the section `services`: the program, and what else is declared for it. */
export const service = (program: Program, declared: string, standby: 'none' | 'warm' = 'none'): string => {
  const command = JSON.stringify(program.command);
  const run = `run: { process: { command: ${command}, env: ${JSON.stringify(program.env)}, standby: ${standby} } }`;
  return `${program.name}: { ${run}, targets: { availability: 99% over 7d }, ${declared} }`;
};
