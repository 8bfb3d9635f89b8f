// The order of the town: trouble first, and a cause always directly above its symptoms.

import type { HealthState, ServiceView } from '../live/wire.ts';

export type Row = {
  readonly service: ServiceView;
  /** The cause stands directly above; this row is indented under it. */
  readonly isSymptom: boolean;
  /** The services that are impaired by this one, and by nothing else that is known. */
  readonly impairs: readonly string[];
};

/** Loud before quiet; unknown may hide anything, so it stands directly behind what is known to be down. */
const LOUDNESS: Readonly<Record<HealthState, number>> = { unhealthy: 0, unknown: 1, degraded: 2, healthy: 3 };

/** Healthy, but in somebody's hands: shown above those that rest. */
const IN_HANDS = 2.5;

const loudness = (service: ServiceView): number =>
  service.health === 'healthy' && service.phase !== 'none' ? IN_HANDS : LOUDNESS[service.health];

const byTier = (service: ServiceView): number => (service.tier === 'core' ? 0 : 1);

/** The cause that this row stands under: only one that is shown, and never itself. */
const causeOf = (service: ServiceView, all: ReadonlyMap<string, ServiceView>): string | null => {
  const cause = service.impairedBy;
  return cause === null || cause === service.id || !all.has(cause) ? null : cause;
};

/** All services as rows. Within equals the declared order stays. */
export const orderTown = (services: ReadonlyMap<string, ServiceView>): readonly Row[] => {
  const symptoms = new Map<string, ServiceView[]>();
  const heads: ServiceView[] = [];
  for (const service of services.values()) {
    const cause = causeOf(service, services);
    // A cause that is itself called a symptom would hide this row in a circle: then it stands by itself.
    const isUnderHead = cause !== null && causeOf(services.get(cause) ?? service, services) === null;
    if (isUnderHead) symptoms.set(cause, [...(symptoms.get(cause) ?? []), service]);
    else heads.push(service);
  }
  const loudest = (service: ServiceView): number =>
    Math.min(loudness(service), ...(symptoms.get(service.id) ?? []).map((it) => LOUDNESS[it.health]));
  const sorted = heads.toSorted((a, b) => loudest(a) - loudest(b) || byTier(a) - byTier(b));
  return sorted.flatMap((head) => {
    const under = (symptoms.get(head.id) ?? []).toSorted((a, b) => loudness(a) - loudness(b));
    return [
      { service: head, isSymptom: false, impairs: under.map((it) => it.id) },
      ...under.map((service) => ({ service, isSymptom: true, impairs: [] })),
    ];
  });
};

/** The rows whose name, headline, workload or state holds every word; `is:healthy` asks for exactly that state. */
export const filterTown = (rows: readonly Row[], wanted: string): readonly Row[] => {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return rows;
  return rows.filter(({ service }) => {
    const text = [service.id, service.headline, service.workload, service.health, service.tier].join(' ').toLowerCase();
    return words.every((word) => (word.startsWith('is:') ? service.health === word.slice(3) : text.includes(word)));
  });
};

export const countStates = (services: ReadonlyMap<string, ServiceView>): Readonly<Record<HealthState, number>> => {
  const counts = { healthy: 0, degraded: 0, unknown: 0, unhealthy: 0 };
  for (const { health } of services.values()) counts[health] += 1;
  return counts;
};
