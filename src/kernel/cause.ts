// Why something is down, as a closed list: only the class of the cause chooses the remedy.

import type { ServiceId } from './id.ts';
import type { Instant } from './time.ts';

export type CauseClass =
  | 'out-of-memory'
  | 'port-taken'
  | 'dependency'
  | 'bad-deployment'
  /** Alive, idle, and does not answer. */
  | 'hang'
  /** Alive, computing without a pause (a blocked event loop, an endless loop), and does not answer. */
  | 'busy'
  /** It waits on a peer that has gone without a farewell: what it sent is never acknowledged. */
  | 'half-open'
  /** It begins its answers and does not end them: a slow drip. */
  | 'unfinished'
  /** It answers in time, and not what was declared. */
  | 'wrong-answer'
  /** What it should bring forth is older than declared. */
  | 'overdue'
  /** A process of its own has ended and nobody took notice. */
  | 'zombie'
  /** It has no file descriptor left. */
  | 'descriptors'
  | 'crash'
  | 'killed'
  | 'stopped'
  | 'unknown';

/** How a workload ended, as its parent saw it. */
export type Exit = {
  readonly pid: number;
  readonly code: number | null;
  readonly signal: string | null;
  readonly at: Instant;
  readonly ranMs: number;
  /** True when the kernel's out-of-memory counter of its control group moved, where that can be read. */
  readonly isOutOfMemory: boolean;
};

/** A listening socket, and who holds it. */
export type PortHolder = { readonly port: number; readonly pid: number | null; readonly command: string | null };

/** A change that was made lately to the service: program file, configuration, environment. */
export type RecentChange = {
  readonly what: string;
  readonly at: Instant;
  /** The process that runs was started with it already: another start would start the same. */
  readonly isBeforeStart: boolean;
};

/** A connection that the workload opened, on which what it sent is not acknowledged any more. */
export type DeadPeer = {
  /** `address:port` of the other side. */
  readonly peer: string;
  readonly unacknowledgedBytes: number;
  /** Times that the kernel has sent it again. */
  readonly retransmits: number;
};

/** What was frozen before anything was touched. A figure that could not be read is null, never zero. */
export type BlackBox = {
  readonly service: ServiceId;
  readonly at: Instant;
  readonly exit: Exit | null;
  readonly pid: number | null;
  /** In words; one that begins with `stopped` means frozen by a signal or a debugger. */
  readonly processState: string | null;
  /** The function of the kernel that it sleeps in, such as `ep_poll`; null while it runs, or where it is not told. */
  readonly waitsIn: string | null;
  /** Share of one core that its busiest process used or waited for, over some 30 ms. */
  readonly cpuPercent: number | null;
  readonly memoryBytes: number | null;
  /** Of the process of its group that is nearest to its limit, as `descriptorsMax`. */
  readonly descriptors: number | null;
  readonly descriptorsMax: number | null;
  readonly threads: number | null;
  readonly ports: readonly PortHolder[];
  /** Connections that the kernel has accepted on its ports and that it has not taken yet. */
  readonly acceptQueue: number | null;
  readonly deadPeers: readonly DeadPeer[];
  /** Processes of its group that have ended and that nobody took notice of, as `name (pid 7)`. */
  readonly zombies: readonly string[];
  /** The ports that the service should hold but another program holds. */
  readonly stolenPorts: readonly PortHolder[];
  readonly logTail: readonly string[];
  readonly recentChanges: readonly RecentChange[];
  /** What could not be read, and why. */
  readonly gaps: readonly string[];
};

/** A class, how it was told, and the other service or program to blame where there is one. */
export type Cause = {
  readonly class: CauseClass;
  readonly culprit: string | null;
  readonly signs: readonly string[];
};

/** A black box in which nothing could be read yet; `gaps` say why. */
export const emptyBlackBox = (service: ServiceId, at: Instant, gaps: readonly string[]): BlackBox => ({
  service,
  at,
  exit: null,
  pid: null,
  processState: null,
  waitsIn: null,
  cpuPercent: null,
  memoryBytes: null,
  descriptors: null,
  descriptorsMax: null,
  threads: null,
  ports: [],
  acceptQueue: null,
  deadPeers: [],
  zombies: [],
  stolenPorts: [],
  logTail: [],
  recentChanges: [],
  gaps,
});
