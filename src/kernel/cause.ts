// Why something is down, as a closed list: only the class of the cause chooses the remedy.

import type { ServiceId } from './id.ts';
import type { Instant } from './time.ts';

export type CauseClass =
  | 'out-of-memory'
  | 'port-taken'
  | 'dependency'
  | 'bad-deployment'
  | 'hang'
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
export type RecentChange = { readonly what: string; readonly at: Instant };

/** What was frozen before anything was touched. A figure that could not be read is null, never zero. */
export type BlackBox = {
  readonly service: ServiceId;
  readonly at: Instant;
  readonly exit: Exit | null;
  readonly pid: number | null;
  /** In words; one that begins with `stopped` means frozen by a signal or a debugger. */
  readonly processState: string | null;
  readonly memoryBytes: number | null;
  readonly descriptors: number | null;
  readonly threads: number | null;
  readonly ports: readonly PortHolder[];
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
  memoryBytes: null,
  descriptors: null,
  threads: null,
  ports: [],
  stolenPorts: [],
  logTail: [],
  recentChanges: [],
  gaps,
});
