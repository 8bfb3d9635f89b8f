// Touch: how the world is touched: one copy, one action at a time, only where there is need, the cause before the symptom.

import type { HealthState } from '#kernel/health.ts';
import { findService } from '#kernel/site.ts';
import type { Invariant, Scene, Watcher } from '../witness.ts';
import { leaveOf, shownBy, trustOf } from './chronicle.ts';
import { machineKind, machineSubject } from '#kernel/id.ts';

/** What works for this long needs no restart; shorter is a race that nobody can win. */
const WORKS_FOR_MS = 30_000;

const oneCopy = (): Watcher => ({
  spawned: (unit) => (unit.copies > 1 ? `${unit.copies} copies of ${unit.service.id} run` : null),
});

const noOverlap = (): Watcher => ({
  began: (deed, rival) =>
    rival === null
      ? null
      : `${deed.operation.action} ${deed.operation.subject} (epoch ${deed.operation.epoch}) began while ${rival.operation.action} (epoch ${rival.operation.epoch}) was still under way`,
});

const noNeedlessRestart = ({ world, nowMs }: Scene): Watcher => {
  const own = new Set<string>();
  // On a person's word Sereno believes what it sees through eyes that it doubts.
  let isTrustedByPerson = false;
  return {
    recorded: (record) => {
      isTrustedByPerson = (trustOf(record) ?? (isTrustedByPerson ? 'trusted' : 'over')) === 'trusted';
      const leave = leaveOf(record);
      if (leave?.isBySereno === true && !isTrustedByPerson) own.add(`${leave.subject} ${leave.epoch}`);
      return null;
    },
    began: (deed) => {
      const { action, subject, epoch } = deed.operation;
      if (action !== 'restart' || !own.has(`${subject} ${epoch}`) || !world.works(deed.unit.index)) return null;
      const workedMs = nowMs() - deed.unit.worksSinceMs;
      return workedMs < WORKS_FOR_MS ? null : `${subject} was restarted though it had worked for ${workedMs} ms`;
    },
  };
};

const causeFirst = ({ site }: Scene): Watcher => {
  const shown = new Map<string, HealthState>();
  const culprits = new Map<string, string>();
  return {
    recorded: (record) => {
      const show = shownBy(record);
      if (show !== null) shown.set(show.service, show.health);
      if (machineKind(record.machine) !== 'watch') return null;
      const subject = machineSubject(record.machine);
      if (record.type === 'decision' && record.action === 'restart') {
        const service = site.services.find((it) => it.id === subject);
        const down = service?.needs.find((need) => shown.get(need) === 'unhealthy');
        if (down === undefined) culprits.delete(subject);
        else culprits.set(subject, down);
      }
      const isOwnRestart =
        record.type === 'action.started' && record.action === 'restart' && record.actor.kind === 'system';
      const culprit = isOwnRestart ? culprits.get(subject) : undefined;
      return culprit === undefined
        ? null
        : `${subject} is restarted though it was decided while ${culprit}, which it needs, was known to be down`;
    },
  };
};

/** Of the whole town, Sereno itself restarts at most a fifth at once; five services or fewer: one. */
const fewInHands = ({ site }: Scene): Watcher => {
  const leased = new Map<string, number>();
  const most = Math.max(1, Math.floor(site.services.length * 0.2));
  return {
    recorded: (record) => {
      if (record.type === 'lease.returned') leased.delete(record.trigger);
      const leave = leaveOf(record);
      if (leave?.isBySereno !== true || leave.action !== 'restart') return null;
      leased.set(leave.subject, leave.epoch);
      if (leased.size <= most) return null;
      return `${leased.size} services are being restarted at once; at most ${most} may be`;
    },
  };
};

const knownOnly = ({ site }: Scene): Watcher => ({
  began: (deed) =>
    findService(site, deed.operation.subject) === null ? `${deed.operation.subject} is not declared` : null,
});

export const TOUCH: readonly Invariant[] = [
  { name: 'one-copy', kind: 'safety', claim: 'A service never runs twice.', watch: oneCopy },
  { name: 'no-overlap', kind: 'safety', claim: 'Two operations on one service never overlap.', watch: noOverlap },
  {
    name: 'no-needless-restart',
    kind: 'safety',
    claim: 'Sereno restarts nothing that has really worked for 30 s, whatever its probes say, but on a person’s word.',
    watch: noNeedlessRestart,
  },
  {
    name: 'cause-first',
    kind: 'safety',
    claim: 'Sereno restarts nothing while something that it needs is known to be down.',
    watch: causeFirst,
  },
  {
    name: 'few-in-hands',
    kind: 'safety',
    claim: 'Sereno restarts at most a fifth of the services at once.',
    watch: fewInHands,
  },
  { name: 'known-only', kind: 'safety', claim: 'Only declared services are touched.', watch: knownOnly },
];
