// Processes: what each service uses, over all processes that belong to it.
//
// A service is the child that Sereno supervises, with its group and what it started, or all processes whose command line
// holds a pattern. One pass over /proc serves all services.

import { readdirSync } from 'node:fs';
import type { ServiceId } from '#kernel/id.ts';
import type { Figure, ReadText } from './figures.ts';
import { readSmall } from './figures.ts';

/** Whose processes are asked for. */
export type Owner = { readonly service: ServiceId; readonly pid: number | null; readonly patterns: readonly string[] };

type Row = {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly threads: number;
  readonly startTicks: string;
  readonly cpuSeconds: number;
};

const TICKS_PER_SECOND = 100;
const PROCESSES_MAX = 32_768;
/** A shell that starts a runner that starts a program is three. */
const PARENTS_MAX = 16;

/** The name stands in brackets and may itself hold brackets: count from the last one. */
const parseRow = (text: string): Row | null => {
  const close = text.lastIndexOf(')');
  const fields = text.slice(close + 2).split(' ');
  const number = (position: number): number => Number(fields[position - 3]);
  const pid = Number.parseInt(text, 10);
  if (close < 0 || !Number.isInteger(pid) || fields[0] === 'Z' || fields[0] === 'X') return null;
  return {
    pid,
    parent: number(4),
    group: number(5),
    threads: number(20),
    startTicks: fields[22 - 3] ?? '',
    // With the children that have ended, or the sum would fall with each of them (fields 14 to 17).
    cpuSeconds: (number(14) + number(15) + number(16) + number(17)) / TICKS_PER_SECOND,
  };
};

const isBelow = (row: Row, ancestor: number, rows: ReadonlyMap<number, Row>): boolean => {
  if (row.group === ancestor) return true;
  let at: Row | undefined = row;
  for (let level = 0; level < PARENTS_MAX && at !== undefined; level += 1) {
    if (at.pid === ancestor) return true;
    at = rows.get(at.parent);
  }
  return false;
};

const residentBytes = (read: ReadText, pid: number): number => {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  return kilobytes === undefined ? 0 : Number(kilobytes) * 1_024;
};

const figuresOf = (service: ServiceId, rows: readonly Row[], read: ReadText): readonly Figure[] => {
  const sum = (value: (row: Row) => number): number => rows.reduce((total, row) => total + value(row), 0);
  const labels = { service };
  const one = (kind: Figure['kind'], metric: string, unit: string, value: number): Figure => ({
    kind,
    metric,
    labels,
    unit,
    value,
  });
  return [
    one(
      'counter',
      'process_cpu_seconds_total',
      's',
      sum((row) => row.cpuSeconds),
    ),
    one(
      'gauge',
      'process_resident_memory_bytes',
      'By',
      sum(({ pid }) => residentBytes(read, pid)),
    ),
    one(
      'gauge',
      'process_threads',
      '1',
      sum((row) => row.threads),
    ),
    one('gauge', 'process_count', '1', rows.length),
  ];
};

export class Processes {
  readonly #read: ReadText;
  /** Command lines never change but by exec; start ticks tell a later process with the same pid. */
  #commands = new Map<number, { readonly startTicks: string; readonly line: string }>();

  constructor(read: ReadText = readSmall) {
    this.#read = read;
  }

  /** Figures of the services that run; nothing of the others. */
  figures(owners: readonly Owner[]): readonly Figure[] {
    const wanted = owners.filter(({ pid, patterns }) => pid !== null || patterns.length > 0);
    if (wanted.length === 0) return [];
    const rows = this.#rows();
    const hasPatterns = wanted.some(({ patterns }) => patterns.length > 0);
    if (hasPatterns) this.#learnCommands(rows);
    return wanted.flatMap((owner) => {
      const own = [...rows.values()].filter((row) => this.#isOf(row, owner, rows));
      return own.length === 0 ? [] : figuresOf(owner.service, own, this.#read);
    });
  }

  #isOf(row: Row, { pid, patterns }: Owner, rows: ReadonlyMap<number, Row>): boolean {
    if (pid !== null && isBelow(row, pid, rows)) return true;
    const line = patterns.length === 0 || row.pid === process.pid ? '' : (this.#commands.get(row.pid)?.line ?? '');
    return patterns.some((pattern) => line.includes(pattern));
  }

  #rows(): ReadonlyMap<number, Row> {
    const rows = new Map<number, Row>();
    const pids = listPids();
    for (const pid of pids) {
      const row = parseRow(this.#read(`/proc/${pid}/stat`) ?? '');
      if (row !== null) rows.set(row.pid, row);
    }
    return rows;
  }

  #learnCommands(rows: ReadonlyMap<number, Row>): void {
    const learned = new Map<number, { readonly startTicks: string; readonly line: string }>();
    for (const { pid, startTicks } of rows.values()) {
      const known = this.#commands.get(pid);
      const isSame = known?.startTicks === startTicks && known.line !== '';
      const line = isSame ? known.line : (this.#read(`/proc/${pid}/cmdline`) ?? '').split('\0').join(' ').trim();
      learned.set(pid, { startTicks, line });
    }
    this.#commands = learned;
  }
}

const listPids = (): readonly string[] => {
  try {
    return readdirSync('/proc')
      .filter((name) => name >= '0' && name <= ':')
      .slice(0, PROCESSES_MAX);
  } catch {
    return [];
  }
};
