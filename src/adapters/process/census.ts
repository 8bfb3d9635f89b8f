// Census: finds the workloads that carry our mark, whoever wrote down their pids, and tells a copy from a descendant.

import { basename } from 'node:path';

import type { Birth, ProcessWorkload } from './birth.ts';
import {
  hasEnded,
  type Identity,
  isAlive,
  listPids,
  readArguments,
  readProgram,
  readStat,
  readText,
} from './procfs.ts';

/** A session leader with our mark: something that was spawned, not forked by one of ours in its own group. */
export type Marked = Identity & {
  readonly service: string;
  readonly token: string;
  readonly epoch: number;
  /** It was started to wait for its word; whether it has got it, only the birth record says. */
  readonly isStandby: boolean;
};

/** What is there of a service: the one to keep, and what should not be there besides. */
export type Located = { readonly kept: Marked | null; readonly extras: readonly Marked[] };

const valueOf = (environment: string, name: string): string => {
  const start = environment.indexOf(`\0${name}=`);
  if (start < 0) return '';
  const from = start + name.length + 2;
  const end = environment.indexOf('\0', from);
  return environment.slice(from, end < 0 ? undefined : end);
};

const readMark = (pid: number, state: string): Marked | null => {
  const text = readText(`/proc/${pid}/environ`);
  if (text === null || !text.includes(`SERENO_STATE=${state}\0`)) return null;
  const environment = `\0${text}`;
  const stat = readStat(pid);
  if (stat === null || hasEnded(stat) || stat.session !== pid) return null;
  return {
    pid,
    startTicks: stat.startTicks,
    service: valueOf(environment, 'SERENO_SERVICE'),
    token: valueOf(environment, 'SERENO_TOKEN_OF_BIRTH'),
    epoch: Number(valueOf(environment, 'SERENO_EPOCH')) || 0,
    isStandby: valueOf(environment, 'SERENO_STANDBY_FD') !== '',
  };
};

/** All marked session leaders of this state directory, oldest first. One small read for each process of the machine. */
export const takeCensus = (state: string): readonly Marked[] =>
  listPids()
    .map((pid) => readMark(pid, state))
    .filter((marked) => marked !== null)
    .sort((a, b) => a.startTicks - b.startTicks || a.pid - b.pid);

/**
 * A copy runs the declared command. A daemon that the workload once started in a session of its own carries the mark
 * too, but runs something else: it is not ours to stop. A program that rewrote its title is told by its file.
 */
const isCopy = (pid: number, workload: ProcessWorkload): boolean => {
  const [program = '', ...rest] = workload.command;
  const seen = readArguments(pid);
  const tail = rest.length === 0 ? [] : seen.slice(-rest.length);
  const isSameTail = tail.length === rest.length && tail.every((part, index) => part === rest[index]);
  if (rest.length > 0 && isSameTail) return true;
  const names = [readProgram(pid) ?? '', ...seen.slice(0, 2)].map((path) => basename(path));
  const hasTitle = seen.length <= 1 && (seen[0] ?? '').includes(' ');
  return (rest.length === 0 ? seen.length <= 2 : hasTitle) && names.includes(basename(program));
};

const recorded = (birth: Birth | null, bootId: string, service: string): Marked | null => {
  if (birth === null || birth.pid === null || birth.startTicks === null || birth.bootId !== bootId) return null;
  const identity = { pid: birth.pid, startTicks: birth.startTicks };
  return isAlive(identity) ? { ...identity, service, token: birth.token, epoch: birth.epoch, isStandby: false } : null;
};

const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length > 0 && a.length === b.length && a.every((part, index) => part === b[index]);

/**
 * The oldest of all marked ones: the founder of its session, whatever it has become by exec. Used only when no record
 * is left at all: otherwise it could be a daemon whose founder is known to have ended.
 */
const founder = (marked: readonly Marked[]): Marked | undefined =>
  marked.toSorted((a, b) => b.epoch - a.epoch || a.startTicks - b.startTicks || a.pid - b.pid)[0];

/**
 * Which process is the service. First what the birth record names; then the oldest with the token of a spawn that was
 * never written down; then the copy with the highest epoch; then, without any record, the founder. An extra is a
 * further copy: it runs the declared command, or the very command line of the one that is kept, or it is a standby
 * whose Sereno has died.
 */
export const locate = (
  service: { readonly id: string; readonly workload: ProcessWorkload },
  birth: Birth | null,
  bootId: string,
  census: readonly Marked[],
): Located => {
  const marked = census.filter((one) => one.service === service.id);
  const born = recorded(birth, bootId, service.id);
  const unrecorded = birth?.pid === null ? marked.find((one) => one.token === birth.token) : undefined;
  const serving = marked.filter((one) => !one.isStandby);
  const copies = serving.filter((one) => isCopy(one.pid, service.workload));
  const newest = copies.toSorted((a, b) => b.epoch - a.epoch || b.startTicks - a.startTicks)[0];
  const kept = born ?? unrecorded ?? newest ?? (birth === null ? founder(serving) : undefined) ?? null;
  const waiting = marked.filter((one) => one.isStandby && one.token !== kept?.token);
  if (kept === null) return { kept, extras: waiting };
  const line = readArguments(kept.pid);
  const others = serving.filter((one) => one.pid !== kept.pid && one.token !== kept.token);
  const again = others.filter((one) => copies.includes(one) || isSame(readArguments(one.pid), line));
  return { kept, extras: [...again, ...waiting] };
};
