// Process prober: alive and listening, and if not listening, who else holds the port.
//
// A number in the process table is not life: a zombie is dead, a stopped process answers nobody. Both are told as what
// they are.

import type { ServiceId } from '#kernel/id.ts';
import type { Symptom } from '#kernel/observation.ts';
import type { Clock } from '#ports/clock.ts';
import { runProbe, type Trying } from '#ports/probing.ts';
import type { Prober, Question } from '#ports/sensor.ts';
import { cannotRun, healthy, unhealthy, type Seen } from '#ports/symptom.ts';
import { excerpt } from '#ports/visible.ts';
import {
  findByPattern,
  holderOf,
  isBelow,
  listeningInodes,
  readState,
  sayCommand,
  type ProcessState,
} from './table.ts';

/** The supervised child of a service, as its driver knows it; null: it does not run, or is not supervised. */
export type LookUpPid = (service: ServiceId) => number | null;

type Ill = { readonly symptom: Symptom; readonly said: string };

/** Letters of /proc/<pid>/stat that mean: it does not work. */
const NOT_WORKING: Readonly<Record<string, Ill>> = {
  Z: { symptom: 'zombie', said: 'is a zombie: it has ended and its parent has not taken notice' },
  T: { symptom: 'frozen', said: 'is stopped by a signal' },
  t: { symptom: 'frozen', said: 'is stopped by a debugger' },
  X: { symptom: 'not-running', said: 'is dead' },
  x: { symptom: 'not-running', said: 'is dead' },
};

/** Processes named in a message. */
const SHOWN_MAX = 5;

/** `trouble` is null when at least one of the processes works. */
type Found = { readonly processes: readonly ProcessState[]; readonly trouble: Seen | null };

const nothing = (message: string): Found => ({ processes: [], trouble: unhealthy('not-running', message) });

const findChild = (child: number | null): Found => {
  if (child === null) return nothing('its process does not run');
  const own = readState(child);
  return own === null ? nothing(`its process ${child} does not run`) : judge([own]);
};

const findLike = (pattern: string): Found => {
  const all = findByPattern(pattern);
  return all.length === 0 ? nothing(`no process matches ${excerpt(pattern)}`) : judge(all);
};

/** Those that work, when any does; otherwise all of them, and what is wrong with the first. */
const judge = (all: readonly ProcessState[]): Found => {
  const working = all.filter((it) => NOT_WORKING[it.letter] === undefined);
  if (working.length > 0) return { processes: working, trouble: null };
  const said = all
    .slice(0, SHOWN_MAX)
    .map((it) => `process ${it.pid} ${NOT_WORKING[it.letter]?.said ?? 'does not work'}`);
  const symptom = NOT_WORKING[all[0]?.letter ?? '']?.symptom ?? 'not-running';
  return { processes: all, trouble: unhealthy(symptom, said.join('; ')) };
};

const sayPids = (processes: readonly ProcessState[]): string => {
  const shown = processes.slice(0, SHOWN_MAX).map((it) => it.pid);
  return `${shown.join(', ')}${processes.length > SHOWN_MAX ? ` and ${processes.length - SHOWN_MAX} more` : ''}`;
};

const lookAtPort = (port: number, processes: readonly ProcessState[]): Seen => {
  const pids = processes.map((it) => it.pid);
  const inodes = listeningInodes(port);
  if (inodes === null) return cannotRun('the table of sockets (/proc/net/tcp) cannot be read');
  if (inodes.size === 0)
    return unhealthy('not-listening', `process ${sayPids(processes)} runs, but nothing listens on port ${port}`);
  const holder = holderOf(inodes, pids);
  if (holder === null) {
    return cannotRun(`port ${port} is listened on, but Sereno may not see by whom; run it as the same user or as root`);
  }
  if (pids.some((pid) => isBelow(holder, pid))) return healthy(`process ${holder} listens on port ${port}`);
  return unhealthy('port-taken', `port ${port} is held by process ${holder}: ${excerpt(sayCommand(holder))}`);
};

const look = (question: Question<'process'>, child: number | null): Seen => {
  const { pattern, port } = question;
  const { processes, trouble } = pattern === undefined ? findChild(child) : findLike(pattern);
  const listening = port === undefined ? null : lookAtPort(port, processes);
  if (trouble === null) return listening ?? healthy(`process ${sayPids(processes)} runs`);
  // Not running, and its port in other hands: the thief is the better answer.
  const isRobbed = listening?.symptom === 'port-taken';
  return isRobbed ? { ...listening, message: `${trouble.message}; ${listening.message}` } : trouble;
};

/**
 * Makes the prober for `process` checks. Without a pattern the check means the child that Sereno supervises for the
 * service. Reads /proc only; on a system without it every answer is unknown.
 */
export const makeProcessProber = (clock: Clock, lookUpPid: LookUpPid): Prober<'process'> => {
  const attempt = (question: Question<'process'>, service: ServiceId, trying: Trying) => {
    const hasProcfs = readState(process.pid) !== null;
    trying.settle(hasProcfs ? look(question, lookUpPid(service)) : cannotRun('there is no /proc on this system'));
    return { release: () => {}, overdue: () => cannotRun('the process table was not read in time') };
  };
  return {
    probe: (check, question, report) =>
      runProbe(clock, check, (trying) => attempt(question, check.service, trying), report),
  };
};
