// The far side: thousands of targets in one process of its own, which notes when each was asked. See bench/scaleTarget.ts.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Stand } from './duel.ts';

const TARGETS = join(import.meta.dirname, '..', 'scaleTarget.ts');

/** What the targets felt since the last reset: who was asked, how far off the interval, how evenly. */
export type Felt = {
  readonly asked: number;
  readonly missed: number;
  readonly seen: number;
  readonly errorMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Questions in each tenth of a second. */
  readonly perPiece: { readonly mean: number; readonly max: number };
};

export type Far = {
  readonly urlOf: (index: number) => string;
  /** A webhook that takes every message and never answers. */
  readonly hook: string;
  /** `/report`, `/reset`, `/hang?share=0.3`. */
  readonly tell: (path: string) => Promise<Felt>;
  readonly end: () => void;
};

/** Opens so many targets that expect to be asked every `everyMs`; they are gone after the duel. */
export const openFar = async (stand: Stand, count: number, everyMs: number): Promise<Far> => {
  const child = spawn(process.execPath, [TARGETS, String(count), String(everyMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const end = (): void => void child.kill('SIGKILL');
  stand.defer(end);
  const [line]: unknown[] = await once(child.stdout, 'data');
  const [port = 0, control = 0] = String(line).trim().split(' ').map(Number);
  return {
    urlOf: (index) => `http://127.1.${Math.floor(index / 250)}.${index % 250}:${port}/health`,
    hook: `http://127.0.0.1:${port}/hook`,
    tell: async (path) => (await (await fetch(`http://127.0.0.1:${control}${path}`)).json()) as Felt, // decoder: our own
    end,
  };
};
