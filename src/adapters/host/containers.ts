// Containers: what each uses, from its control group (cgroups(7), version 1, 2 or both), under the names of cAdvisor.
//
// A container is a group that a known runtime has named: Docker, containerd, CRI-O, podman, LXC. No runtime is asked.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Labels } from '#kernel/series.ts';
import type { Figure, ReadText } from './figures.ts';
import { readSmall } from './figures.ts';

type Container = { readonly id: string; readonly path: string };

/** `docker-<id>.scope`, `cri-containerd-<id>.scope`, `crio-<id>.scope`, `libpod-<id>.scope`, or the id alone. */
const BY_ID = /^(?:(?:docker|cri-containerd|crio|libpod)-)?([0-9a-f]{64})(?:\.scope)?$/;
const BY_NAME = /^lxc\.payload\.(.+)$/;
/** Docker shows twelve characters of an id. */
const ID_SHOWN = 12;

const DEPTH_MAX = 6;
const FOLDERS_MAX = 20_000;
const CONTAINERS_MAX = 1_000;
/** cgroup v1 says "no limit" by a number near 2^63. */
const NO_LIMIT = 2 ** 60;
/** A new container is seen after at most this many looks: walking the tree costs more than reading the figures. */
const WALK_EVERY = 6;

const idOf = (name: string): string | null =>
  BY_ID.exec(name)?.[1]?.slice(0, ID_SHOWN) ?? BY_NAME.exec(name)?.[1] ?? null;

const foldersIn = (path: string): readonly string[] => {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
};

/** Containers below `root`, level by level, their paths relative to it; a container's own groups are not looked into. */
const walk = (root: string): readonly Container[] => {
  const found: Container[] = [];
  let waiting: readonly string[] = [''];
  for (let depth = 0; depth < DEPTH_MAX && waiting.length > 0; depth += 1) {
    const below = waiting.flatMap((path) =>
      foldersIn(join(root, path)).map((name) => ({ name, path: join(path, name) })),
    );
    const level = below.slice(0, FOLDERS_MAX).map(({ name, path }) => ({ id: idOf(name), path }));
    for (const { id, path } of level) if (id !== null) found.push({ id, path });
    waiting = level.filter(({ id }) => id === null).map(({ path }) => path);
  }
  return found.slice(0, CONTAINERS_MAX);
};

const number = (text: string | null): number | null => {
  const value = text === null || text.trim() === '' ? NaN : Number(text);
  return Number.isFinite(value) ? value : null;
};

const field = (text: string | null, name: string): number | null =>
  number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text ?? '')?.[1] ?? null);

const divided = (value: number | null, by: number): number | null => (value === null ? null : value / by);

type Usage = {
  readonly cpuSeconds: number | null;
  readonly throttledSeconds: number | null;
  readonly memoryBytes: number | null;
  /** Of the memory, what the kernel could take back at once. */
  readonly inactiveBytes: number | null;
  readonly limitBytes: number | null;
  readonly oomKills: number | null;
  readonly tasks: number | null;
};

const readTwo = (path: string, read: ReadText): Usage => {
  const cpu = read(join(path, 'cpu.stat'));
  return {
    cpuSeconds: divided(field(cpu, 'usage_usec'), 1e6),
    throttledSeconds: divided(field(cpu, 'throttled_usec'), 1e6),
    memoryBytes: number(read(join(path, 'memory.current'))),
    inactiveBytes: field(read(join(path, 'memory.stat')), 'inactive_file'),
    limitBytes: number(read(join(path, 'memory.max'))),
    oomKills: field(read(join(path, 'memory.events')), 'oom_kill'),
    tasks: number(read(join(path, 'pids.current'))),
  };
};

const readOne = (root: string, path: string, read: ReadText): Usage => {
  const from = (controller: string, file: string): string | null => read(join(root, controller, path, file));
  const limit = number(from('memory', 'memory.limit_in_bytes'));
  return {
    cpuSeconds: divided(number(from('cpuacct', 'cpuacct.usage')), 1e9),
    throttledSeconds: divided(field(from('cpu', 'cpu.stat'), 'throttled_time'), 1e9),
    memoryBytes: number(from('memory', 'memory.usage_in_bytes')),
    inactiveBytes: field(from('memory', 'memory.stat'), 'total_inactive_file'),
    limitBytes: limit === null || limit >= NO_LIMIT ? null : limit,
    oomKills: field(from('memory', 'memory.oom_control'), 'oom_kill'),
    tasks: number(from('pids', 'pids.current')),
  };
};

const figuresOf = (container: string, usage: Usage): readonly Figure[] => {
  const labels: Labels = { container };
  const { memoryBytes, inactiveBytes } = usage;
  const workingBytes = memoryBytes === null || inactiveBytes === null ? null : Math.max(0, memoryBytes - inactiveBytes);
  const all: readonly (readonly [Figure['kind'], string, string, number | null])[] = [
    ['counter', 'container_cpu_usage_seconds_total', 's', usage.cpuSeconds],
    ['counter', 'container_cpu_cfs_throttled_seconds_total', 's', usage.throttledSeconds],
    ['gauge', 'container_memory_usage_bytes', 'By', memoryBytes],
    ['gauge', 'container_memory_working_set_bytes', 'By', workingBytes],
    ['gauge', 'container_spec_memory_limit_bytes', 'By', usage.limitBytes],
    ['counter', 'container_oom_events_total', '1', usage.oomKills],
    ['gauge', 'container_threads', '1', usage.tasks],
  ];
  return all.flatMap(([kind, metric, unit, value]) => (value === null ? [] : [{ kind, metric, labels, unit, value }]));
};

/** `cgroup.controllers` is there in version 2 only. */
const isTwo = (root: string, read: ReadText): boolean => read(join(root, 'cgroup.controllers')) !== null;

export class Containers {
  readonly #root: string;
  readonly #read: ReadText;
  #known: readonly Container[] = [];
  #looks = 0;

  constructor(root = '/sys/fs/cgroup', read: ReadText = readSmall) {
    this.#root = root;
    this.#read = read;
  }

  /** Figures of every container there is; what cannot be read is left out. */
  figures(): readonly Figure[] {
    const isUnified = isTwo(this.#root, this.#read);
    if (this.#looks % WALK_EVERY === 0) this.#known = walk(isUnified ? this.#root : join(this.#root, 'memory'));
    this.#looks += 1;
    return this.#known.flatMap(({ id, path }) =>
      figuresOf(id, isUnified ? readTwo(join(this.#root, path), this.#read) : readOne(this.#root, path, this.#read)),
    );
  }
}
