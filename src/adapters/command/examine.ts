// The black box of a workload that is run by shell lines: what its start line left to see, and honest gaps for the rest.

import { readdirSync } from 'node:fs';

import { emptyBlackBox, type BlackBox, type Exit } from '#kernel/cause.ts';
import type { Service } from '#kernel/service.ts';
import type { Instant } from '#kernel/time.ts';
import { type Folder, tailLog } from './folder.ts';
import { type Foreground, readFigures, readText } from './foreground.ts';

/** The part of a unit that is looked at. */
export type Examined = {
  readonly service: Service;
  readonly folder: Folder;
  readonly foreground: Foreground | null;
  readonly lastExit: Exit | null;
};

const STATES: Readonly<Record<string, string>> = {
  R: 'running',
  S: 'sleeping',
  D: 'waiting in the kernel (uninterruptible)',
  T: 'stopped by a signal',
  t: 'stopped by a debugger',
};

export const emptyBox = (service: Service, at: Instant, gap: string): BlackBox => emptyBlackBox(service.id, at, [gap]);

const countDescriptors = (pid: number): number | null => {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return null;
  }
};

const memoryOf = (pid: number): number | null => {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readText(`/proc/${pid}/status`) ?? '')?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) * 1_024;
};

type Process = Pick<BlackBox, 'pid' | 'processState' | 'memoryBytes' | 'descriptors' | 'threads'>;

const processOf = (foreground: Foreground | null): Process | null => {
  const figures = foreground === null ? null : readFigures(foreground.birth.pid);
  if (foreground === null || figures === null) return null;
  const { pid } = foreground.birth;
  return {
    pid,
    processState: STATES[figures.state] ?? `state ${figures.state}`,
    memoryBytes: memoryOf(pid),
    descriptors: countDescriptors(pid),
    threads: figures.threads,
  };
};

/** Reads only. `told` is what the status line said. Process figures are those of a start line that stayed. */
export const boxOf = (unit: Examined, at: Instant, told: string): BlackBox => {
  const found = processOf(unit.foreground);
  const lines = tailLog(unit.folder.log);
  return {
    ...emptyBox(unit.service, at, told),
    ...found,
    exit: found === null ? unit.lastExit : null,
    logTail: lines ?? [],
    gaps: [
      told,
      ...(found === null ? ['process: no start line stays, its figures are not known to the command driver'] : []),
      ...(lines === null ? ['log: nothing was started yet'] : []),
      'ports and recent changes: not looked at by the command driver',
      'whether memory ran out: not looked at by the command driver',
    ],
  };
};
