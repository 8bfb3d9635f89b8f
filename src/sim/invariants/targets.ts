// Targets: what must hold of budgets, and of whom they call, whatever happens.

import { machineSubject } from '#kernel/id.ts';
import type { TargetView } from '#kernel/targetView.ts';
import type { Unit } from '../world.ts';
import type { Invariant, Scene, Watcher } from '../witness.ts';
import { textOf, unitOf } from './chronicle.ts';

/** The longest window of a page is six hours; what burned in it may be told when the cause that explained it is over. */
const PAGED_FOR_MS = 7 * 3_600_000;
/** What was down for less than two looks of a service that fails has hardly been seen. */
const SEEN_MS = 10_000;

/** What counts against a target, and the run that says so. */
type Seen = { readonly used: number; readonly run: number };

/** Nothing can have left the window yet: it is longer than the run is old, and the watchman sees what passes. */
const isWhole = ({ site }: Scene, view: TargetView, agoMs: number): boolean => {
  const target = site.services.flatMap((service) => service.targets).find((it) => it.id === view.id);
  return target?.window.kind === 'rolling' && agoMs < target.window.lengthMs;
};

/** A new run takes up what was kept a minute ago: what it does not know is no gift. */
const neverGivenBack = (scene: Scene): Watcher => {
  const seen = new Map<string, Seen>();
  const beganMs = scene.nowMs();
  return {
    minute: () => {
      const { run, views } = scene.targets();
      for (const view of views) {
        const used = view.budget?.used ?? 0;
        const before = seen.get(view.id);
        seen.set(view.id, { used, run });
        if (before === undefined || before.run !== run || used >= before.used) continue;
        if (isWhole(scene, view, scene.nowMs() - beganMs))
          return `${view.id}: ${before.used} bad events became ${used}, and none of them has left the window`;
      }
      return null;
    },
  };
};

type Span = readonly [from: number, to: number];

/** Times in which a unit did not work though all that it needs did, as the world has it. */
const ownTroubleOf = ({ world, nowMs }: Scene, unit: Unit) => {
  let past: readonly Span[] = [];
  let sinceMs: number | null = null;
  const look = (): void => {
    const isOwn = !world.works(unit.index) && unit.needs.every((need) => world.works(need));
    if (isOwn) sinceMs ??= nowMs();
    else if (sinceMs !== null) {
      past = [...past.filter(([, to]) => to > nowMs() - PAGED_FOR_MS), [sinceMs, nowMs()]];
      sinceMs = null;
    }
  };
  const lately = (): number => {
    const open: readonly Span[] = sinceMs === null ? [] : [[sinceMs, nowMs()]];
    const from = nowMs() - PAGED_FOR_MS;
    return [...past, ...open].reduce((sum, [began, ended]) => sum + Math.max(0, ended - Math.max(began, from)), 0);
  };
  return { look, lately };
};

/** Judged by the world: looks that a lying path made fail are the watchman's, and such times are left out. */
const metNeverPages = (scene: Scene): Watcher => {
  const { world, nowMs, pathSinceMs } = scene;
  const beganMs = nowMs();
  const promised = world.units.filter(({ service }) => service.targets.length > 0);
  const troubles = new Map(promised.map((unit) => [unit, ownTroubleOf(scene, unit)]));
  if (troubles.size === 0) return {};
  for (const trouble of troubles.values()) trouble.look();
  return {
    turned: (turned) => {
      for (const [unit, trouble] of troubles) if (unit === turned || unit.needs.includes(turned.index)) trouble.look();
      return null;
    },
    recorded: ({ type, trigger, refs }) => {
      const subject = type === 'incident.opened' ? textOf(refs['subject']) : '';
      const unit = unitOf(world, subject);
      if (unit === undefined || unit.service.id === subject) return null;
      const lately = troubles.get(unit)?.lately() ?? 0;
      const isPathNew = pathSinceMs() > beganMs && nowMs() - pathSinceMs() < PAGED_FOR_MS;
      return lately >= SEEN_MS || isPathNew
        ? null
        : `"${trigger}" is paged, though ${unit.service.id} itself was in trouble for ${lately} ms`;
    },
  };
};

/** People who know of the service are not woken once more for what was promised of it. */
const oneTroubleOnePage = ({ world }: Scene): Watcher => {
  const known = new Set<string>();
  return {
    delivered: ({ kind, subject }, earlier) => {
      // A message that comes a second time is no news.
      if (earlier !== null) return null;
      if (kind === 'recovered') known.delete(subject);
      else if (kind === 'page' || kind === 'trouble') known.add(subject);
      return null;
    },
    recorded: ({ type, action, machine, trigger, refs }) => {
      const subject = textOf(refs['subject']);
      // What a person stops is over without a word.
      if (type === 'action.outcome' && action === 'stop') known.delete(machineSubject(machine));
      if (type === 'incident.resolved') known.delete(subject);
      if (type !== 'incident.opened') return null;
      const unit = unitOf(world, subject);
      if (unit === undefined || unit.service.id === subject || !known.has(unit.service.id)) return null;
      return `"${trigger}" is paged, though people know about ${unit.service.id}`;
    },
  };
};

/** A bad look of before the stop may be held for five minutes until it is known whose it is (loop/held.ts). */
const HELD_MS = 6 * 60_000;

/** What a person stopped fails as it was wanted, from the moment of their leave until anybody starts it. */
const stoppedIsNotOwn = (scene: Scene): Watcher => {
  const stoppedAt = new Map<string, number>();
  const seen = new Map<string, Seen>();
  return {
    recorded: ({ type, action, actor, machine, outcome }) => {
      const service = machineSubject(machine);
      const unit = unitOf(scene.world, service);
      if (type === 'action.started' && action !== 'stop') stoppedAt.delete(service);
      if (type === 'action.started' && action === 'stop' && actor.kind !== 'person') stoppedAt.delete(service);
      const isOver = type === 'action.outcome' && action === 'stop' && outcome?.startsWith('effective') === true;
      if (isOver && unit?.isWantedStopped === true) stoppedAt.set(service, scene.nowMs());
      return null;
    },
    minute: () => {
      const { run, views } = scene.targets();
      for (const { id, service, budget } of views) {
        const used = budget?.used ?? 0;
        const before = seen.get(id);
        seen.set(id, { used, run });
        const isStopped = scene.nowMs() - (stoppedAt.get(service) ?? Infinity) > HELD_MS;
        if (isStopped && before?.run === run && used > before.used)
          return `${id}: ${before.used} bad events became ${used}, though a person has stopped ${service}`;
      }
      return null;
    },
  };
};

export const TARGETS: readonly Invariant[] = [
  {
    name: 'met-never-pages',
    kind: 'safety',
    claim: 'Nobody is paged for a target whose service itself has worked for hours, whatever it needs.',
    watch: metNeverPages,
  },
  {
    name: 'one-trouble-one-page',
    kind: 'safety',
    claim: 'Nobody is paged for a target of a service of which people know already.',
    watch: oneTroubleOnePage,
  },
  {
    name: 'budget-not-given-back',
    kind: 'safety',
    claim: 'What was taken from a budget comes back only when it leaves the window.',
    watch: neverGivenBack,
  },
  {
    name: 'stopped-is-not-own',
    kind: 'safety',
    claim: 'What a person stopped takes nothing from its own budget while it is stopped.',
    watch: stoppedIsNotOwn,
  },
];
