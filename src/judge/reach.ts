// Reachability along `needs`: who can use whom, told by the checks of everything that lies between.
//
// No probe is sent from one service to another: Sereno stands where it stands. What it measures is whether each service
// answers. A service reaches what it needs when that answers, and what lies behind it when everything on one way there
// does. The matrix is sparse: only what is needed, directly or not, has a cell.

import { canBeReliedOn, type HealthState } from '#kernel/health.ts';
import type { ServiceId } from '#kernel/id.ts';
import type { Reach } from '#kernel/standing.ts';

export type Ways = {
  readonly needsOf: (service: ServiceId) => readonly ServiceId[];
  readonly healthOf: (service: ServiceId) => HealthState;
};

type Place = {
  readonly id: ServiceId;
  readonly hops: number;
  readonly state: Reach['state'];
  readonly by: ServiceId | null;
};

/** Better ways first: one that answers is taken before one that is not seen, and that before one that is broken. */
const RANK: Record<Reach['state'], number> = { reached: 0, unknown: 1, broken: 2 };

const stateAt = (health: HealthState): Reach['state'] =>
  canBeReliedOn(health) ? 'reached' : health === 'unknown' ? 'unknown' : 'broken';

const worse = (a: Reach['state'], b: Reach['state']): Reach['state'] => (RANK[a] >= RANK[b] ? a : b);

const stepTo = (ways: Ways, place: Place, id: ServiceId): Place => {
  const own = stateAt(ways.healthOf(id));
  const state = worse(place.state, own);
  const by = place.state === state && place.by !== null ? place.by : own === 'reached' ? null : id;
  return { id, hops: place.hops + 1, state, by };
};

/** Everything that one service needs, nearest first. Three rounds, the best ways first: a circle ends. */
export const reachFrom = (ways: Ways, from: ServiceId): readonly Reach[] => {
  const found = new Map<ServiceId, Place>();
  const start: Place = { id: from, hops: 0, state: 'reached', by: null };
  const fronts: Record<Reach['state'], Place[]> = { reached: [start], unknown: [], broken: [] };
  for (const state of ['reached', 'unknown', 'broken'] as const) {
    // The front grows while it is walked, breadth first within each state.
    for (const place of fronts[state]) {
      const known = found.get(place.id);
      if (known !== undefined || (place.id === from && place.hops > 0)) continue;
      found.set(place.id, place);
      for (const need of ways.needsOf(place.id)) {
        const next = stepTo(ways, place, need);
        fronts[next.state].push(next);
      }
    }
  }
  found.delete(from);
  return [...found.values()]
    .map(({ id, hops, state, by }): Reach => ({ from, to: id, hops, state, stoppedBy: by }))
    .toSorted((a, b) => a.hops - b.hops || (a.to < b.to ? -1 : 1));
};
