// What fails together has one cause. Before anything is restarted the watchman asks whether it is his own eyes (the canary
// fails, or more than half of everything at once), the way to them (nobody answers over one path), or something that
// they share (several begin to fail in the same manner). In each of these a restart mends nothing.

import type { Check } from '#kernel/check.ts';
import type { HealthState } from '#kernel/health.ts';
import type { ServiceId } from '#kernel/id.ts';
import type { HealthNews } from '#kernel/message.ts';
import type { Symptom } from '#kernel/observation.ts';
import type { Reason } from '#kernel/reason.ts';
import { durationMs, later, seconds, type DurationMs, type Instant } from '#kernel/time.ts';
import type { Path } from './paths.ts';

/** On top of the slowest interval: a burst of three looks with timeouts of up to 5 s, until the last one is believed. */
const BURST_MS = seconds(20);

/**
 * Failures this close together count as at once. Healthy checks slow down, so what broke in one moment is noticed over
 * one whole interval of the slowest of them: in a town that looks once a minute, 30 s would see half of it.
 */
export const atOnceWindow = (checks: readonly Check[]): DurationMs =>
  durationMs(checks.reduce((slowest, check) => Math.max(slowest, check.slowestMs), 0) * 1.05 + BURST_MS);

/** With fewer services a half is one or two, and two things may well break for two reasons. */
const SMALLEST_TOWN = 4;

/**
 * So many that fail in the same manner at once share a cause. With one failure a day and service, and a window of 50 s,
 * three of a hundred fail together by chance once in two months; of a thousand they would every other hour, so that
 * large towns need one in a hundred.
 */
const SHARED_LEAST = 3;
const SHARED_PART = 0.01;

/** Alive, and of no use: what a restart of a program can mend, and what a lost dependency looks like as well. */
const MANNERS: readonly Symptom[] = ['wrong-answer', 'timeout'];

/** Not a word came back. A wrong answer is an answer: the way there and back is well. */
const SILENT: readonly Symptom[] = ['timeout', 'refused'];

export type Canary = { readonly state: HealthState; readonly since: Instant; readonly message: string };

/** The last news of the services that are unhealthy; those of others do no harm. */
export type Townspeople = Readonly<Record<ServiceId, HealthNews>>;

/** The direct needs of every service. */
export type NeedsOf = (service: ServiceId) => readonly ServiceId[];

/**
 * The services that are down for no reason that we know: seen only through probes, and not explained by something they
 * need or by a person. An exit that the parent saw is a fact, whatever the probes' path is like, and is not counted.
 */
const unexplained = (news: Townspeople, needsOf: NeedsOf): readonly ServiceId[] =>
  Object.values(news)
    .filter((it) => it.health === 'unhealthy' && !it.isFirstHand && !it.isStopped && it.impairedBy === null)
    .filter((it) => !needsOf(it.service).some((need) => news[need]?.health === 'unhealthy'))
    .map((it) => it.service)
    .toSorted();

export type Scene = {
  readonly news: Townspeople;
  /** Who was last heard to be healthy or degraded, when the news do not say. */
  readonly isUp: (service: ServiceId) => boolean;
  readonly needsOf: NeedsOf;
  /** Number of declared services. */
  readonly total: number;
  /** What more than one service is looked at over: see `pathsOf`. */
  readonly paths: readonly Path[];
  readonly canary: Canary | null;
  /** The reasons of the suspicion that is open: each lasts for as long as its services are down, however long ago they fell. */
  readonly open: readonly Reason[];
  /** How close together is at once: see `atOnceWindow`. */
  readonly atOnceMs: DurationMs;
  readonly at: Instant;
};

type Found<Kind extends Reason['kind']> = Extract<Reason, { readonly kind: Kind }>;

const opened = <Kind extends Reason['kind']>(scene: Scene, kind: Kind): readonly Found<Kind>[] =>
  scene.open.filter((reason): reason is Found<Kind> => reason.kind === kind);

const windowStart = (scene: Scene): Instant => later(scene.at, durationMs(-scene.atOnceMs));

const fromCanary = ({ canary }: Scene): Found<'canary-failed'> | null =>
  canary === null || canary.state === 'healthy' || canary.state === 'degraded'
    ? null
    : { kind: 'canary-failed', message: canary.message, since: canary.since };

const fromHalf = (scene: Scene, down: readonly ServiceId[]): Found<'correlated'> | null => {
  const { news, total } = scene;
  const since = opened(scene, 'correlated').length > 0 ? 0 : windowStart(scene);
  const failing = down.filter((id) => (news[id]?.since ?? 0) >= since);
  return total >= SMALLEST_TOWN && failing.length * 2 > total ? { kind: 'correlated', failing, total } : null;
};

/** Who is silent on a path, when all who say anything about it are; empty when one answers. */
const silentOn = (scene: Scene, path: Path): readonly ServiceId[] => {
  const isOpen = opened(scene, 'path-silent').some((reason) => reason.path === path.name);
  const isSilent = (it: HealthNews): boolean =>
    it.health === 'unhealthy' &&
    (path.isProxy || SILENT.includes(it.symptom)) &&
    (isOpen || it.since >= windowStart(scene));
  const silent: ServiceId[] = [];
  for (const id of path.services) {
    const it = scene.news[id];
    // Who was stopped, ended before its parent's eyes, or was not looked at yet says nothing about the way.
    if (it === undefined && scene.isUp(id)) return [];
    if (it === undefined || it.isStopped || it.isFirstHand || it.health === 'unknown') continue;
    if (!isSilent(it)) return [];
    silent.push(id);
  }
  return silent;
};

/**
 * Nobody answers over a path, though all did: two who have nothing to do with each other, or three. One that answers,
 * wrongly even, clears it; so does one that has been silent for longer than the others.
 */
const fromPaths = (scene: Scene): readonly Found<'path-silent'>[] =>
  scene.paths.flatMap((path) => {
    const failing = silentOn(scene, path);
    const roots = failing.filter((id) => !scene.needsOf(id).some((need) => failing.includes(need)));
    const isMany = roots.length >= 2 || failing.length >= 3;
    return isMany ? [{ kind: 'path-silent', path: path.name, failing } as const] : [];
  });

/** What is watched and went down before them or with them, first hand before hearsay: the first to be looked at. */
const suspectOf = (scene: Scene, failing: readonly ServiceId[]): ServiceId | null => {
  const newest = failing.reduce((last, id) => Math.max(last, scene.news[id]?.since ?? 0), 0);
  const [first] = Object.values(scene.news)
    .filter((it) => it.health === 'unhealthy' && !it.isStopped && it.impairedBy === null && it.since <= newest)
    .filter((it) => !failing.includes(it.service) && it.since >= windowStart(scene))
    .toSorted((a, b) => Number(b.isFirstHand) - Number(a.isFirstHand) || a.since - b.since);
  return first?.service ?? null;
};

const fromManner = (scene: Scene, symptom: Symptom, down: readonly ServiceId[]): Found<'shared-cause'> | null => {
  const { news, total } = scene;
  const known = opened(scene, 'shared-cause').find((reason) => reason.symptom === symptom);
  const counted = new Set(known?.failing);
  const since = windowStart(scene);
  const failing = down.filter(
    (id) => news[id]?.symptom === symptom && ((news[id]?.since ?? 0) >= since || counted.has(id)),
  );
  if (failing.length < Math.max(SHARED_LEAST, Math.ceil(total * SHARED_PART))) return null;
  return { kind: 'shared-cause', failing, symptom, suspect: known?.suspect ?? suspectOf(scene, failing) };
};

/** Reasons for the watchman not to act on what it sees, the nearest to the cause first; empty when there are none. */
export const suspect = (scene: Scene): readonly Reason[] => {
  const paths = fromPaths(scene);
  // Looked for once: with three thousand of ten thousand down, each look takes a millisecond.
  const down = unexplained(scene.news, scene.needsOf);
  const besides = new Set(paths.flatMap((path) => path.failing));
  const apart = down.filter((id) => !besides.has(id));
  return [
    fromCanary(scene),
    ...paths,
    ...MANNERS.map((symptom) => fromManner(scene, symptom, apart)),
    fromHalf(scene, down),
  ].filter((reason) => reason !== null);
};

/** Whether this reason speaks of this service: self-doubt speaks of all. */
export const concerns = (reason: Reason, service: ServiceId): boolean =>
  reason.kind === 'path-silent' || reason.kind === 'shared-cause' ? reason.failing.includes(service) : true;
