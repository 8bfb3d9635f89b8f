// Blast radius: whom an action on a service can hurt, and how much of the traffic crosses them.
//
// Along `needs` everything above the service stands on it. Traffic enters at services that nobody needs, and each request
// enters at one of them, so the shares of these entries add up. A share that is declared deeper is part of what enters
// above it, and counts only where it is the larger number: an entry may have been left without one.

import type { BlastRadius } from '#kernel/action.ts';
import type { ServiceId } from '#kernel/id.ts';
import type { Service } from '#kernel/service.ts';

/** Shares are written with a few decimals; adding ten of 2.5 must not become more than 25 by the adding itself. */
const DECIMALS = 1e9;

const rounded = (percent: number): number => Math.round(percent * DECIMALS) / DECIMALS;

/** Who needs whom, asked twice for each service that is reached. */
export type Town = {
  readonly find: (id: ServiceId) => Pick<Service, 'trafficPercent'> | null;
  readonly dependantsOf: (id: ServiceId) => readonly Pick<Service, 'id'>[];
};

/** Everything that needs the service, directly or through others; without itself, in the order of nearness. */
export const dependantsAbove = (town: Pick<Town, 'dependantsOf'>, subject: ServiceId): readonly ServiceId[] => {
  const reached = new Set<ServiceId>([subject]);
  // The set grows while it is walked: each service is walked once, so that a circle ends too.
  for (const id of reached) for (const dependant of town.dependantsOf(id)) reached.add(dependant.id);
  reached.delete(subject);
  return [...reached];
};

/**
 * The radius of touching `instances` of the `replicas` of a service: the part of its traffic that they carry, and of the
 * traffic of everything that needs it. Percent, 0..100. Linear in services and needs reached.
 */
export const blastRadius = (
  town: Town,
  subject: ServiceId,
  part: { readonly instances: number; readonly replicas: number },
): BlastRadius => {
  const above = dependantsAbove(town, subject);
  let entering = 0;
  let largest = 0;
  for (const id of [subject, ...above]) {
    const share = town.find(id)?.trafficPercent ?? 0;
    largest = Math.max(largest, share);
    if (town.dependantsOf(id).every((dependant) => dependant.id === id)) entering += share;
  }
  const share = part.replicas <= 0 ? 1 : Math.min(1, part.instances / part.replicas);
  return { trafficPercent: rounded(Math.min(100, Math.max(entering, largest)) * share), services: above };
};
