// The foreground line: a start line that stays, which is then the workload itself; own or outlived from an earlier Sereno.

import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';

import { later } from '#kernel/time.ts';
import type { Cancel, Clock } from '#ports/clock.ts';
import type { Birth } from './folder.ts';
import { killGroup } from './line.ts';

export type LineEnd = { readonly code: number | null; readonly signal: string | null };

export type Foreground = {
  readonly birth: Birth;
  /** Resolves when it ended; an adopted one gives neither code nor signal. */
  readonly ended: Promise<LineEnd>;
  readonly isAdopted: boolean;
  /** Set before an operation ends it: that end is not told. */
  isEndWanted: boolean;
  readonly close: Cancel;
};

/** What /proc says of a pid; fields after proc(5). */
export type Figures = { readonly state: string; readonly threads: number; readonly startTicks: number };

/** An adopted line is looked at this often: its service's checks notice a death as well. */
const LOOK_EVERY_MS = 100;
/** After the stop line, this long for the foreground line to end by itself; then SIGTERM, and as long again to SIGKILL. */
const PATIENCE_MS = 2_000;

export const readText = (path: string): string | null => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
};

export const readBootId = (): string => readText('/proc/sys/kernel/random/boot_id')?.trim() ?? 'unknown';

/** Null when there is no such process, or only its zombie. */
export const readFigures = (pid: number): Figures | null => {
  const text = readText(`/proc/${pid}/stat`);
  if (text === null) return null;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const state = fields[0] ?? 'X';
  return state === 'Z' || state === 'X' ? null : { state, threads: Number(fields[17]), startTicks: Number(fields[19]) };
};

/** True when exactly this line is alive: same pid, same start, same boot. */
export const isAlive = (birth: Birth, bootId: string): boolean =>
  birth.bootId === bootId && readFigures(birth.pid)?.startTicks === birth.startTicks;

/** Follows a line that we began. */
export const followOwn = (birth: Birth, child: ChildProcess): Foreground => ({
  birth,
  ended: new Promise((settle) => {
    child.once('exit', (code, signal) => settle({ code, signal }));
  }),
  isAdopted: false,
  isEndWanted: false,
  close: () => undefined,
});

/** Follows a line that an earlier Sereno began. */
export const followAdopted = (birth: Birth, clock: Clock): Foreground => {
  const { promise: ended, resolve } = Promise.withResolvers<LineEnd>();
  let cancel: Cancel = () => undefined;
  const look = (): void => {
    if (isAlive(birth, birth.bootId)) cancel = clock.at(later(clock.now(), LOOK_EVERY_MS), look);
    else resolve({ code: null, signal: null });
  };
  look();
  return { birth, ended, isAdopted: true, isEndWanted: false, close: () => cancel() };
};

/** True when it ended within this time. */
const endsWithin = (line: Foreground, clock: Clock, waitMs: number): Promise<boolean> =>
  new Promise((settle) => {
    const cancel = clock.at(later(clock.now(), waitMs), () => settle(false));
    void line.ended.then(() => {
      cancel();
      settle(true);
    });
  });

/** Sees a foreground line off, gently first. Says what was needed; empty when it ended by itself; null when it is stuck. */
export const seeOff = async (line: Foreground, clock: Clock): Promise<string | null> => {
  if (await endsWithin(line, clock, PATIENCE_MS)) return '';
  const { pid } = line.birth;
  killGroup(pid, 'SIGTERM');
  killGroup(pid, 'SIGCONT');
  if (await endsWithin(line, clock, PATIENCE_MS)) return `; the start line, pid ${pid}, was ended by SIGTERM`;
  killGroup(pid, 'SIGKILL');
  return (await endsWithin(line, clock, PATIENCE_MS)) ? `; the start line, pid ${pid}, was killed` : null;
};
