// A child, and the slot that a service has for one: what the driver holds in memory.

import type { Exit, RecentChange } from '#kernel/cause.ts';
import type { Service } from '#kernel/service.ts';
import type { Instant } from '#kernel/time.ts';
import type { Cancel } from '#ports/clock.ts';
import type { Ledger } from '#ports/ledger.ts';
import type { Turns } from '#ports/turns.ts';
import type { Birth, ProcessWorkload } from './birth.ts';
import type { Folder } from './folder.ts';
import type { Identity } from './procfs.ts';
import type { Standby } from './standby.ts';

export type Child = Identity & {
  /** The operation that started it; empty when that is not known. */
  readonly key: string;
  readonly startedAt: Instant;
  /** True when an earlier Sereno was the parent: its exit code will not be known. */
  readonly isAdopted: boolean;
  /** Resolves when its end was noticed. */
  readonly ended: Promise<void>;
  readonly tellEnded: () => void;
  /** Set before an operation ends it: that end is not told. */
  isEndWanted: boolean;
  unwatch: Cancel | null;
};

/** The one place of a service. Its fields follow the world, and only supervisor.ts and actuator.ts write them. */
export type Slot = {
  service: Service;
  workload: ProcessWorkload;
  readonly folder: Folder;
  readonly ledger: Ledger;
  birth: Birth | null;
  /** False until the machine was searched for a child of an earlier run. */
  isKnown: boolean;
  child: Child | null;
  lastExit: Exit | null;
  /** What was put right without an operation: at most a handful in one run, they come from one search. */
  readonly notes: RecentChange[];
  /** Why the log could not be rotated; null when all is well. */
  logGap: string | null;
  /** The copy that waits; made when one is first declared. */
  standby: Standby | null;
  /** The queue of its operations; made at the first. */
  turns: Turns | null;
};
