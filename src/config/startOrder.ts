// Start order: what is needed comes first, and core before apps where needs leave a choice.

import type { ServiceId } from '#kernel/id.ts';
import type { Service, Tier } from '#kernel/service.ts';

/**
 * All services, each after everything it needs (Kahn 1962); within that, core before app, then the order of the file.
 * Services in a circle, which `readSite` refuses, come last in the order of the file.
 */
export const startOrder = (services: readonly Service[]): readonly Service[] => {
  const known = new Set(services.map((service) => service.id));
  const waitingFor = new Map<ServiceId, number>();
  const dependants = new Map<ServiceId, Service[]>();
  for (const service of services) {
    const needs = service.needs.filter((need) => known.has(need));
    waitingFor.set(service.id, needs.length);
    for (const need of needs) dependants.set(need, [...(dependants.get(need) ?? []), service]);
  }
  const ready: Readonly<Record<Tier, Service[]>> = { core: [], app: [] };
  const order: Service[] = [];
  for (const service of services) if (waitingFor.get(service.id) === 0) ready[service.tier].push(service);
  let core = 0;
  let app = 0;
  while (core < ready.core.length || app < ready.app.length) {
    const next = core < ready.core.length ? ready.core[core++] : ready.app[app++];
    if (next === undefined) break;
    order.push(next);
    for (const dependant of dependants.get(next.id) ?? []) {
      const left = (waitingFor.get(dependant.id) ?? 0) - 1;
      waitingFor.set(dependant.id, left);
      if (left === 0) ready[dependant.tier].push(dependant);
    }
  }
  const ordered = new Set(order);
  return [...order, ...services.filter((service) => !ordered.has(service))];
};
