// Candidates: everything that could be the cause, and which troubles each of them would explain.

import type { ServiceId } from '#kernel/id.ts';
import type { SuspectKind } from '#kernel/suspect.ts';
import type { Instant } from '#kernel/time.ts';
import { PASSES_ON, PATH_REACHES, PULLS_DOWN, REACHES_ANY } from './odds.ts';
import type { CauseScene, Trouble } from './scene.ts';

export type Candidate = {
  readonly kind: SuspectKind;
  readonly subject: ServiceId | null;
  readonly what: string;
  readonly at: Instant;
  /** Of changes only. */
  readonly perDay: number | null;
  /** The troubles that it would bring about, each with how probable that is. */
  readonly reach: ReadonlyMap<ServiceId, number>;
};

/** More hops than this and hardly anything is left of the probability. */
const HOPS_MAX = 12;

/**
 * Whom trouble at a place reaches: along `needs` upward through whoever is in trouble, a little less probable with each
 * hop; and, seldom, what the place itself calls. A circle ends: nobody is visited twice.
 */
const spreadFrom = (scene: CauseScene, place: ServiceId, isIn: ReadonlySet<ServiceId>): Map<ServiceId, number> => {
  const reach = new Map<ServiceId, number>();
  if (isIn.has(place)) reach.set(place, 1);
  let front: readonly ServiceId[] = [place];
  for (let hop = 1; front.length > 0 && hop <= HOPS_MAX; hop += 1) {
    const touched = front.flatMap((id) => scene.dependantsOf(id));
    const next = new Set(touched.filter((id) => isIn.has(id) && !reach.has(id)));
    for (const id of next) reach.set(id, PASSES_ON ** hop);
    front = [...next];
  }
  for (const need of scene.needsOf(place)) if (isIn.has(need) && !reach.has(need)) reach.set(need, PULLS_DOWN);
  return reach;
};

const everywhere = (troubles: readonly Trouble[], probability: number): ReadonlyMap<ServiceId, number> =>
  new Map(troubles.map((trouble) => [trouble.service, probability]));

/** What was seen to fail before something happened, by more than the looks are apart, was not brought about by it. */
const notBefore = (
  scene: CauseScene,
  at: Instant,
  reach: ReadonlyMap<ServiceId, number>,
): ReadonlyMap<ServiceId, number> => {
  const before = scene.troubles.filter(({ since }) => since < at - scene.atOnceMs).map(({ service }) => service);
  if (before.length === 0) return reach;
  const left = new Map(reach);
  for (const service of before) left.delete(service);
  return left;
};

const firstOf = (scene: CauseScene, services: Iterable<ServiceId>): Instant => {
  const named = new Set(services);
  return (
    scene.troubles.reduce<Instant | null>(
      (first, { service, since }) => (named.has(service) && (first === null || since < first) ? since : first),
      null,
    ) ??
    scene.troubles[0]?.since ??
    (0 as Instant)
  ); // brand: only when nothing is in trouble, and then nobody asks
};

/** It is down and that is no trouble: somebody wanted it so. */
export const isStopped = (scene: CauseScene, id: ServiceId): boolean =>
  scene.healthOf(id) === 'unhealthy' && !scene.troubles.some(({ service }) => service === id);

/**
 * Services in trouble, and what they need directly: what is believed to be well may be the cause all the same. What was
 * stopped has no fault of its own.
 */
const places = (scene: CauseScene, isIn: ReadonlySet<ServiceId>): ReadonlySet<ServiceId> => {
  const needed = scene.troubles.flatMap(({ service }) => scene.needsOf(service));
  return new Set([...isIn, ...needed.filter((id) => isIn.has(id) || scene.healthOf(id) !== 'unhealthy')]);
};

/** All candidates that would explain at least one trouble. */
export const candidatesOf = (scene: CauseScene): readonly Candidate[] => {
  const isIn = new Set(scene.troubles.map((trouble) => trouble.service));
  const spread = new Map<ServiceId, ReadonlyMap<ServiceId, number>>();
  const reachOf = (place: ServiceId): ReadonlyMap<ServiceId, number> => {
    const known = spread.get(place) ?? spreadFrom(scene, place, isIn);
    spread.set(place, known);
    return known;
  };
  const faults = [...places(scene, isIn)].map((subject): Candidate => {
    const reach = reachOf(subject);
    return { kind: 'fault', subject, what: `${subject} itself`, at: firstOf(scene, reach.keys()), perDay: null, reach };
  });
  const changes = scene.changes.map(({ kind, subject, what, at, perDay }): Candidate => {
    const touched = subject === null ? everywhere(scene.troubles, REACHES_ANY) : reachOf(subject);
    return { kind, subject, what, at, perDay, reach: notBefore(scene, at, touched) };
  });
  const paths = scene.silentPaths.map(({ name, services }): Candidate => {
    const behind = scene.troubles.filter((trouble) => services.includes(trouble.service));
    const reach = everywhere(behind, PATH_REACHES);
    return { kind: 'path', subject: null, what: name, at: firstOf(scene, reach.keys()), perDay: null, reach };
  });
  const { blindSince } = scene;
  const hearsay = scene.troubles.filter((trouble) => !trouble.isFirstHand);
  const blind: readonly Candidate[] =
    blindSince === null
      ? []
      : [
          {
            kind: 'watchman',
            subject: null,
            what: "the watchman's own eyes",
            at: blindSince,
            perDay: null,
            reach: everywhere(hearsay, PATH_REACHES),
          },
        ];
  return [...faults, ...changes, ...paths, ...blind].filter((candidate) => candidate.reach.size > 0);
};
