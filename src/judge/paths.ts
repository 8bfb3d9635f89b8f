// Paths: what several services are looked at over. One that breaks makes all of them look down.

import { farSide, isLoopback, type Probe } from '#kernel/check.ts';
import type { ServiceId } from '#kernel/id.ts';
import type { Service } from '#kernel/service.ts';

export type Path = {
  /** As people name it: `10.0.0.7`, `127.0.0.1:8080`. */
  readonly name: string;
  /** One listener that several are reached through: what it answers for them is its own word. */
  readonly isProxy: boolean;
  /** Two or more, each once. */
  readonly services: readonly ServiceId[];
};

type Way = { readonly name: string; readonly isProxy: boolean; readonly end: string };

/** Loopback itself is no path to be doubted here: the canary goes over it. */
const waysOf = (probe: Probe): readonly Way[] => {
  const far = farSide(probe);
  if (far === null) return [];
  const { host, port } = far;
  const ways: Way[] = isLoopback(host) ? [] : [{ name: host, isProxy: false, end: '' }];
  // Two that ask one redis for the same are no proxy; two questions by HTTP at one listener may be.
  if (probe.kind === 'http') ways.push({ name: `${host}:${port}`, isProxy: true, end: probe.url });
  return ways;
};

/** The paths of a site that two or more services are looked at over; of a proxy, by different questions. */
export const pathsOf = (services: readonly Service[]): readonly Path[] => {
  const found = new Map<string, { isProxy: boolean; ends: Set<string>; services: Set<ServiceId> }>();
  for (const service of services) {
    for (const { name, isProxy, end } of service.checks.flatMap((check) => waysOf(check.probe))) {
      const path = found.get(name) ?? { isProxy, ends: new Set(), services: new Set() };
      path.ends.add(end);
      path.services.add(service.id);
      found.set(name, path);
    }
  }
  return [...found]
    .filter(([, path]) => path.services.size >= 2 && (!path.isProxy || path.ends.size === path.services.size))
    .map(([name, path]) => ({ name, isProxy: path.isProxy, services: [...path.services].toSorted() }));
};
