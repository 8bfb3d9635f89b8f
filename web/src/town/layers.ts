// Layers: where each service stands on the map. What others need stands lower; few lines cross.

import type { HealthState } from '../live/wire.ts';

/** What the map needs to know of a service. */
export type Drawn = { readonly id: string; readonly needs: readonly string[]; readonly health: HealthState };

export type Placed = { readonly id: string; readonly column: number; readonly row: number };
export type Line = { readonly from: string; readonly to: string };
export type Layout = {
  readonly columns: number;
  readonly rows: number;
  readonly placed: readonly Placed[];
  readonly lines: readonly Line[];
};

/** Sweeps of the barycentre rule (Sugiyama, Tagawa and Toda 1981); more than four change little. */
const SWEEPS = 4;

const needsWithin = (service: Drawn, shown: ReadonlySet<string>): readonly string[] =>
  service.needs.filter((need) => need !== service.id && shown.has(need));

/** Height above the ground: 0 for what needs nothing. At most `count` rounds, so that a circle ends too. */
const heights = (services: readonly Drawn[], shown: ReadonlySet<string>): ReadonlyMap<string, number> => {
  const height = new Map<string, number>(services.map((service) => [service.id, 0]));
  for (let round = 0; round < services.length; round += 1) {
    let isChanged = false;
    for (const service of services) {
      const wanted = Math.max(-1, ...needsWithin(service, shown).map((need) => height.get(need) ?? 0)) + 1;
      if (wanted === height.get(service.id) || wanted > services.length) continue;
      height.set(service.id, wanted);
      isChanged = true;
    }
    if (!isChanged) break;
  }
  return height;
};

const meanPlace = (names: readonly string[], place: ReadonlyMap<string, number>, otherwise: number): number => {
  const known = names.map((name) => place.get(name)).filter((it) => it !== undefined);
  return known.length === 0 ? otherwise : known.reduce((sum, it) => sum + it, 0) / known.length;
};

type Neighbours = ReadonlyMap<string, readonly string[]>;

/** Each layer sorted by where its neighbours stand, up and down in turns. */
const untangle = (layers: string[][], neighbours: Neighbours): readonly (readonly string[])[] => {
  const place = new Map<string, number>();
  const settle = (layer: readonly string[]): void =>
    layer.forEach((name, index) => place.set(name, index - (layer.length - 1) / 2));
  layers.forEach(settle);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    for (const layer of sweep % 2 === 0 ? layers : layers.toReversed()) {
      const mean = new Map(
        layer.map((name) => [name, meanPlace(neighbours.get(name) ?? [], place, place.get(name) ?? 0)]),
      );
      layer.sort((a, b) => (mean.get(a) ?? 0) - (mean.get(b) ?? 0));
      settle(layer);
    }
  }
  return layers;
};

/** Places services in rows of at most `columnsMax`; the top row needs the rows below. */
export const layOut = (services: readonly Drawn[], columnsMax: number): Layout => {
  const shown = new Set<string>(services.map((service) => service.id));
  const lines = services.flatMap((service) =>
    needsWithin(service, shown).map((need) => ({ from: service.id, to: need })),
  );
  const neighbours = new Map<string, string[]>(services.map((service) => [service.id, []]));
  for (const { from, to } of lines) {
    neighbours.get(from)?.push(to);
    neighbours.get(to)?.push(from);
  }
  const height = heights(services, shown);
  const layers: string[][] = [];
  for (const service of services) (layers[height.get(service.id) ?? 0] ??= []).push(service.id);
  const filled = layers.filter((layer) => layer.length > 0);
  // Layers are counted from the ground, rows from the top.
  const rows = untangle(filled, neighbours)
    .toReversed()
    .flatMap((layer) => chunk(layer, columnsMax));
  const columns = Math.max(1, ...rows.map((row) => row.length));
  const placed = rows.flatMap((row, index) =>
    row.map((id, place) => ({ id, row: index, column: place + (columns - row.length) / 2 })),
  );
  return { columns, rows: rows.length, placed, lines };
};

/** Pieces of nearly equal length, none longer than `lengthMax`. */
const chunk = (names: readonly string[], lengthMax: number): readonly (readonly string[])[] => {
  const pieces = Math.ceil(names.length / lengthMax);
  const length = Math.ceil(names.length / pieces);
  return Array.from({ length: pieces }, (_, index) => names.slice(index * length, (index + 1) * length));
};

/** Above this a map is a tangle: then only trouble and its neighbours are drawn. */
export const DRAWN_MAX = 48;

/** The services worth drawing: all of a small town; of a large one what is not healthy and what touches it. */
export const worthDrawing = <Service extends Drawn>(services: ReadonlyMap<string, Service>): readonly Service[] => {
  const all = [...services.values()];
  if (all.length <= DRAWN_MAX) return all;
  const troubled = all.filter((service) => service.health !== 'healthy');
  const near = new Set<string>(troubled.flatMap((service) => [service.id, ...service.needs]));
  const chosen = [...troubled, ...all.filter((service) => service.health === 'healthy' && near.has(service.id))];
  return chosen.slice(0, DRAWN_MAX);
};
