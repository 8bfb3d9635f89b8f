// Out of memory: did the kernel kill somebody of our control group lately? Read from its own counters.

import { readText } from './procfs.ts';

export interface OomWatch {
  /** To be called about once a second: a kill that nobody claimed within two calls was not ours. */
  tick(): void;
  /** For a workload that just ended by SIGKILL: true when the counter moved and no other end has claimed it. */
  claim(): boolean;
  /** Why it cannot be told; null when it can. */
  readonly gap: string | null;
}

type Source = { readonly path: string; readonly field: string };

const cgroupLine = (controller: string): string | null => {
  const lines = readText('/proc/self/cgroup')?.split('\n') ?? [];
  const line = lines.find((it) => it.split(':')[1]?.split(',').includes(controller));
  return line === undefined ? null : line.split(':').slice(2).join(':');
};

/** Version 2, then version 1, then the count of the whole machine. Children inherit Sereno's own group. */
const candidates = (): readonly Source[] => {
  const unified = cgroupLine('');
  const memory = cgroupLine('memory');
  return [
    ...(unified === null ? [] : [{ path: `/sys/fs/cgroup${unified}/memory.events`, field: 'oom_kill' }]),
    ...(memory === null ? [] : [{ path: `/sys/fs/cgroup/memory${memory}/memory.oom_control`, field: 'oom_kill' }]),
    { path: '/sys/fs/cgroup/memory/memory.oom_control', field: 'oom_kill' },
    { path: '/proc/vmstat', field: 'oom_kill' },
  ];
};

const readCount = (source: Source): number | null => {
  const line = readText(source.path)
    ?.split('\n')
    .find((it) => it.startsWith(`${source.field} `));
  return line === undefined ? null : Number(line.slice(source.field.length + 1));
};

/** Chooses the most specific counter that can be read. `sources` is for tests. */
export const makeOomWatch = (sources: readonly Source[] = candidates()): OomWatch => {
  const source = sources.find((it) => readCount(it) !== null) ?? null;
  const count = (): number => (source === null ? 0 : (readCount(source) ?? 0));
  let claimed = count();
  let atLastTick = claimed;
  return {
    gap: source === null ? 'whether memory ran out: no counter of the kernel can be read' : null,
    tick: () => {
      claimed = Math.max(claimed, atLastTick);
      atLastTick = count();
    },
    claim: () => {
      const isMoved = count() > claimed;
      if (isMoved) claimed += 1;
      return isMoved;
    },
  };
};
