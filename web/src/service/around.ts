// Around a service: what it needs and who needs it, as far as can be drawn, and which of them is the cause of what.

import type { ServiceView } from '../live/wire.ts';

/** A drawing of more is a tangle; what is nearest is drawn. */
export const AROUND_MAX = 24;

/** What one of them is to the trouble; null: nothing. */
export type Part = 'cause' | 'symptom' | null;

type Town = ReadonlyMap<string, ServiceView>;

/** Breadth first along one direction, the nearest first; at most so many. */
const reach = (start: string, next: (id: string) => readonly string[], most: number): readonly string[] => {
  const seen = new Set([start]);
  const line = [start];
  for (let place = 0; place < line.length && seen.size <= most; place += 1)
    for (const id of next(line[place] ?? '')) {
      if (seen.has(id) || seen.size > most) continue;
      seen.add(id);
      line.push(id);
    }
  return line.slice(1);
};

/** The service itself first, then below it and above it in turns of distance; `left`: how many more there are. */
export const around = (
  town: Town,
  id: string,
): { readonly services: readonly ServiceView[]; readonly left: number } => {
  const needs = reach(id, (each) => town.get(each)?.needs ?? [], town.size);
  const neededBy = reach(id, (each) => town.get(each)?.neededBy ?? [], town.size);
  const all = [...new Set([id, ...needs.slice(0, AROUND_MAX / 2), ...neededBy])];
  const shown = all.slice(0, AROUND_MAX);
  const known = new Set([id, ...needs, ...neededBy]);
  return { services: shown.flatMap((each) => town.get(each) ?? []), left: known.size - shown.length };
};

/** A cause is what somebody else here is impaired by; who is impaired is a symptom. */
export const partOf = (service: ServiceView, services: readonly ServiceView[]): Part => {
  if (service.impairedBy !== null && service.impairedBy !== service.id) return 'symptom';
  return services.some((other) => other.impairedBy === service.id && other.id !== service.id) ? 'cause' : null;
};
