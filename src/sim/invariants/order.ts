// Order: what is needed comes up first and goes down last, and who waits for it hears that it is back.

import type { HealthState } from '#kernel/health.ts';
import { findService } from '#kernel/site.ts';
import type { Invariant, Scene, Watcher } from '../witness.ts';
import { leaveOf, shownBy, storedWatch } from './chronicle.ts';

const isWell = (health: HealthState | undefined): boolean => health === 'healthy' || health === 'degraded';

/** Minutes in a row that a service still waits for something that is back. */
const MINUTES = 3;

const needsFirst = ({ site }: Scene): Watcher => {
  const shown = new Map<string, HealthState>();
  return {
    recorded: (record) => {
      const show = shownBy(record);
      if (show !== null) shown.set(show.service, show.health);
      const leave = leaveOf(record);
      if (leave === null || !leave.isBySereno || leave.action !== 'start') return null;
      const service = site.services.find((it) => it.id === leave.subject);
      const early = service?.needs.find((need) => !isWell(shown.get(need)));
      return early === undefined
        ? null
        : `${leave.subject} is started though ${early}, which it needs, is not well yet`;
    },
  };
};

const dependantsFirst = ({ site, world }: Scene): Watcher => {
  const orderly = new Set<string>();
  return {
    recorded: (record) => {
      const leave = leaveOf(record);
      if (leave?.isBySereno === true && leave.action === 'stop') orderly.add(`${leave.subject} ${leave.epoch}`);
      return null;
    },
    began: ({ operation }) => {
      const { subject, epoch, action } = operation;
      const service = findService(site, subject);
      if (action !== 'stop' || service === null || !orderly.has(`${subject} ${epoch}`)) return null;
      const left = world.units.find((unit) => unit.pid !== null && unit.service.needs.includes(service.id));
      return left === undefined ? null : `${subject} is stopped though ${left.service.id}, which needs it, still runs`;
    },
  };
};

const unblocked = ({ site, disk, nowMs, calmSinceMs }: Scene): Watcher => {
  const minutes = new Map<string, number>();
  const isBlocked = (id: (typeof site.services)[number]['id']): boolean => {
    const remedy = storedWatch(disk, id)?.remedy;
    if (remedy?.kind !== 'waiting' || remedy.on === null || nowMs() - calmSinceMs() < MINUTES * 60_000) return false;
    const needs = findService(site, id)?.needs ?? [];
    return needs.every((need) => isWell(storedWatch(disk, need)?.health));
  };
  return {
    minute: () => {
      for (const { id } of site.services) {
        minutes.set(id, isBlocked(id) ? (minutes.get(id) ?? 0) + 1 : 0);
        if ((minutes.get(id) ?? 0) >= MINUTES)
          return `${id} still waits, though all that it needs has been well for minutes`;
      }
      return null;
    },
  };
};

export const ORDER: readonly Invariant[] = [
  {
    name: 'needs-first',
    kind: 'safety',
    claim: 'Sereno starts nothing before all that it needs is shown well.',
    watch: needsFirst,
  },
  {
    name: 'dependants-first',
    kind: 'safety',
    claim: 'An orderly end stops nothing that something running still needs.',
    watch: dependantsFirst,
  },
  {
    name: 'unblocked',
    kind: 'liveness',
    claim: 'Nothing waits for minutes for what has been well all the while.',
    watch: unblocked,
  },
];
