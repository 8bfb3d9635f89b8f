// Order: what the command line of the simulator asks for, decoded once.

import { parseArgs } from 'node:util';

export type Order =
  | {
      readonly kind: 'one';
      readonly seed: number;
      readonly stormMs: number;
      readonly serviceCount: number;
      readonly isTraced: boolean;
    }
  | {
      readonly kind: 'many';
      readonly seeds: number;
      readonly from: number;
      readonly stormMs: number;
      readonly serviceCount: number;
      readonly workers: number;
    }
  | { readonly kind: 'mutants'; readonly workers: number; readonly isWritten: boolean }
  | { readonly kind: 'crash-points'; readonly seed: number; readonly stride: number }
  | { readonly kind: 'help' }
  | { readonly kind: 'bad'; readonly detail: string };

export const USAGE = `npm run sim -- --seed N [--days D | --hours H] [--services S] [--trace]\n    one world, and its evidence root
npm run sim -- --seeds COUNT [--from N] [--days D | --hours H] [--services S] [--workers W]\n    many worlds, every eighth a storm; failing seeds are printed and kept
npm run sim -- --mutants [--write]\n    takes out one guard at a time and names what notices; --write keeps the killing worlds and docs/museum.md
npm run sim -- --crash-points [--seed N] [--stride K]\n    one short world, struck once at every boundary of its commits, or at every K-th`;

const HOUR_MS = 3_600_000;
const MOST_SERVICES = 1_000;
/** Two cores are what the check has. */
const WORKERS = 2;

const FLAGS = {
  seed: { type: 'string' },
  seeds: { type: 'string' },
  from: { type: 'string' },
  days: { type: 'string' },
  hours: { type: 'string' },
  services: { type: 'string' },
  workers: { type: 'string' },
  trace: { type: 'boolean' },
  mutants: { type: 'boolean' },
  write: { type: 'boolean' },
  'crash-points': { type: 'boolean' },
  stride: { type: 'string' },
  help: { type: 'boolean' },
} as const;

const numberIn = (text: string | undefined, fallback: number): number => (text === undefined ? fallback : Number(text));

/** Decodes the arguments; what cannot be understood is `bad`, with a sentence for the person. */
export const readOrder = (argv: readonly string[]): Order => {
  try {
    const { values } = parseArgs({ args: [...argv], options: FLAGS });
    if (values.help === true) return { kind: 'help' };
    const seed = numberIn(values.seed, 1);
    const seeds = numberIn(values.seeds, 0);
    const from = numberIn(values.from, 1);
    const hours = numberIn(values.hours, numberIn(values.days, 1) * 24);
    const serviceCount = numberIn(values.services, 20);
    const workers = numberIn(values.workers, WORKERS);
    if (![seed, seeds, from, serviceCount, workers].every(Number.isSafeInteger) || !(hours > 0)) {
      return { kind: 'bad', detail: 'seeds, services and workers are whole numbers, days and hours are above 0' };
    }
    if (serviceCount < 1 || serviceCount > MOST_SERVICES) {
      return { kind: 'bad', detail: `services are between 1 and ${MOST_SERVICES}` };
    }
    const stormMs = hours * HOUR_MS;
    const stride = numberIn(values.stride, 1);
    if (!Number.isSafeInteger(stride) || stride < 1)
      return { kind: 'bad', detail: 'a stride is a whole number from 1 on' };
    if (values['crash-points'] === true) return { kind: 'crash-points', seed, stride };
    if (values.mutants === true) return { kind: 'mutants', workers, isWritten: values.write === true };
    if (seeds > 0) return { kind: 'many', seeds, from, stormMs, serviceCount, workers };
    return { kind: 'one', seed, stormMs, serviceCount, isTraced: values.trace === true };
  } catch (error) {
    return { kind: 'bad', detail: error instanceof Error ? error.message : String(error) };
  }
};
