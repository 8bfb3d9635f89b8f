// Process prober: alive and listening, and if not listening, who else holds the port.
//
// A number in the process table is not life: a zombie is dead, a stopped process answers nobody. Both are told as what
// they are.

import type { ServiceId } from '#kernel/id.ts';
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
  readCommand,
  readState,
  type ProcessState,
} from './table.ts';

/** The supervised child of a service, as its driver knows it; null: it does not run, or is not supervised. */
export type LookUpPid = (service: ServiceId) => number | null;

/** Letters of /proc/<pid>/stat that mean: it does not work. */
const NOT_WORKING: Readonly<Record<string, string>> = {
  Z: 'is a zombie: it has ended and its parent has not taken notice',
  T: 'is stopped by a signal',
  t: 'is stopped by a debugger',
  X: 'is dead',
  x: 'is dead',
};

type Found =
  | { readonly kind: 'alive'; readonly processes: readonly ProcessState[] }
  | { readonly kind: 'seen'; readonly seen: Seen };

const find = (question: Question<'process'>, child: number | null): Found => {
  const { pattern } = question;
  if (pattern === undefined && child === null) {
    return { kind: 'seen', seen: unhealthy('not-running', 'its process does not run') };
  }
  const own = child === null ? null : readState(child);
  const all = pattern === undefined ? (own === null ? [] : [own]) : findByPattern(pattern);
  if (all.length === 0) {
    const what =
      pattern === undefined ? `its process ${child ?? ''} does not run` : `no process matches ${excerpt(pattern)}`;
    return { kind: 'seen', seen: unhealthy('not-running', what) };
  }
  const working = all.filter((it) => NOT_WORKING[it.letter] === undefined);
  const [first] = all;
  if (working.length === 0 && first !== undefined) {
    const state = NOT_WORKING[first.letter] ?? `is in state ${first.letter}`;
    return { kind: 'seen', seen: unhealthy('not-running', `process ${first.pid} ${state}`) };
  }
  return { kind: 'alive', processes: working };
};

const lookAtPort = (port: number, processes: readonly ProcessState[]): Seen => {
  const pids = processes.map((it) => it.pid);
  const inodes = listeningInodes(port);
  if (inodes === null) return cannotRun('the table of sockets (/proc/net/tcp) cannot be read');
  if (inodes.size === 0)
    return unhealthy('not-listening', `process ${pids.join(', ')} runs, but nothing listens on port ${port}`);
  const holder = holderOf(inodes, pids);
  if (holder === null) {
    return cannotRun(`port ${port} is listened on, but Sereno may not see by whom; run it as the same user or as root`);
  }
  if (pids.some((pid) => isBelow(holder, pid))) return healthy(`process ${holder} listens on port ${port}`);
  return unhealthy(
    'port-taken',
    `port ${port} is held by process ${holder}: ${excerpt(readCommand(holder) ?? 'unknown')}`,
  );
};

const look = (question: Question<'process'>, child: number | null): Seen => {
  const found = find(question, child);
  if (found.kind === 'seen') {
    // Not running, and its port in other hands: the thief is the better answer.
    const own = child === null ? null : readState(child);
    const taken = question.port === undefined ? null : lookAtPort(question.port, own === null ? [] : [own]);
    return taken?.symptom === 'port-taken'
      ? { ...taken, message: `${found.seen.message}; ${taken.message}` }
      : found.seen;
  }
  if (question.port !== undefined) return lookAtPort(question.port, found.processes);
  return healthy(
    `process ${found.processes
      .map((it) => it.pid)
      .slice(0, 5)
      .join(', ')} runs`,
  );
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
