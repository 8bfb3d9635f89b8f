// Authority: nothing is touched without leave, under an old epoch, over the budget, while held, or against a never-rule.

import { findService } from '#kernel/site.ts';
import type { Deed } from '../hands.ts';
import type { Invariant, Scene, Watcher } from '../witness.ts';
import { holdOf, leaveOf, type Leave } from './chronicle.ts';

const nameOf = (deed: Deed): string =>
  `${deed.operation.action} ${deed.operation.subject} (epoch ${deed.operation.epoch})`;

/** The leaves that were given so far, by subject and epoch. */
const leaves = (): { readonly take: (leave: Leave) => void; readonly find: (deed: Deed) => Leave | null } => {
  const known = new Map<string, Leave>();
  return {
    take: (leave) => known.set(`${leave.subject} ${leave.epoch}`, leave),
    find: (deed) => known.get(`${deed.operation.subject} ${deed.operation.epoch}`) ?? null,
  };
};

const leaveFirst = (): Watcher => {
  const given = leaves();
  return {
    recorded: (record) => {
      const leave = leaveOf(record);
      if (leave !== null) given.take(leave);
      return null;
    },
    began: (deed) =>
      given.find(deed)?.action === deed.operation.action ? null : `${nameOf(deed)} began without a gate.allowed record`,
  };
};

const noOldEpoch = (): Watcher => {
  const highest = new Map<string, number>();
  return {
    began: (deed) => {
      const { subject, epoch } = deed.operation;
      const begun = highest.get(subject) ?? 0;
      highest.set(subject, Math.max(begun, epoch));
      return epoch < begun ? `${nameOf(deed)} began after one of epoch ${begun}` : null;
    },
  };
};

const fenced = ({ disk }: Scene): Watcher => ({
  began: (deed) => {
    const { subject, epoch } = deed.operation;
    const fence = Math.max(disk.fences.get(subject) ?? 0, disk.fences.get('*') ?? 0);
    return epoch < fence ? `${nameOf(deed)} began, though the fence stands at ${fence}` : null;
  },
});

const restartBudget = ({ site }: Scene): Watcher => {
  const restarts = new Map<string, number[]>();
  return {
    recorded: (record) => {
      const leave = leaveOf(record);
      if (leave === null || leave.action !== 'restart') return null;
      const service = site.services.find((it) => it.id === leave.subject);
      if (service === undefined) return `leave for ${leave.subject}, which is not declared`;
      const { count, windowMs } = service.restartBudget;
      const counting = (restarts.get(leave.subject) ?? []).filter((at) => at > leave.at - windowMs);
      counting.push(leave.at);
      restarts.set(leave.subject, counting);
      if (!leave.isBySereno || counting.length <= count) return null;
      return `${leave.subject} was given its restart number ${counting.length} within ${windowMs} ms; ${count} are allowed`;
    },
  };
};

/**
 * The same, of what was really carried out, at the moment when it began, however long after the leave that was. It must
 * be too many by the clock of the newest run and by that of the run that gave the leave: for a while two may live.
 */
const restartsCarriedOut = ({ site, nowMs, serenoNowMs }: Scene): Watcher => {
  const given = leaves();
  const aheadMs = new Map<string, number>();
  const restarts = new Map<string, (readonly number[])[]>();
  return {
    recorded: (record) => {
      const leave = leaveOf(record);
      if (leave === null) return null;
      given.take(leave);
      aheadMs.set(`${leave.subject} ${leave.epoch}`, leave.at - nowMs());
      return null;
    },
    began: (deed) => {
      const { subject, action, epoch } = deed.operation;
      const service = findService(site, subject);
      if (action !== 'restart' || service === null) return null;
      const { count, windowMs } = service.restartBudget;
      const now = [serenoNowMs(), nowMs() + (aheadMs.get(`${subject} ${epoch}`) ?? 0)];
      const known = [...(restarts.get(subject) ?? []), now].slice(-100);
      restarts.set(subject, known);
      const within = now.map((time, clock) => known.filter((at) => (at[clock] ?? 0) > time - windowMs).length);
      const least = Math.min(...within);
      if (least <= count || given.find(deed)?.isBySereno !== true) return null;
      return `${subject} was restarted ${least} times within its window; ${count} are allowed`;
    },
  };
};

const nothingWhileHeld = (): Watcher => {
  let isHeld = false;
  return {
    recorded: (record) => {
      const change = holdOf(record);
      if (change !== null) isHeld = change === 'held';
      return null;
    },
    began: (deed) => (isHeld ? `${nameOf(deed)} began while all acting was held` : null),
  };
};

const neverRule = ({ site }: Scene): Watcher => ({
  began: (deed) => {
    const rule = site.policy.never.find((it) => it.forbids.includes(deed.operation.action));
    return rule === undefined ? null : `${nameOf(deed)} began against the rule: ${rule.text}`;
  },
});

/** What a person stopped stays stopped until a person wants it again, even if that wish was never carried out. */
const stoppedStaysStopped = (): Watcher => {
  const given = leaves();
  const wanted = new Set<string>();
  return {
    recorded: (record) => {
      const leave = leaveOf(record);
      if (leave === null) return null;
      given.take(leave);
      if (!leave.isBySereno && leave.action === 'stop') wanted.delete(leave.subject);
      else if (!leave.isBySereno) wanted.add(leave.subject);
      return null;
    },
    began: (deed) => {
      const { action, subject } = deed.operation;
      if (!deed.unit.isWantedStopped || action === 'stop' || wanted.has(subject)) return null;
      return given.find(deed)?.isBySereno === true ? `${nameOf(deed)} began, though a person had stopped it` : null;
    },
  };
};

export const AUTHORITY: readonly Invariant[] = [
  {
    name: 'leave-first',
    kind: 'safety',
    claim: 'No operation begins without a gate.allowed record for it in the chain.',
    watch: leaveFirst,
  },
  {
    name: 'no-old-epoch',
    kind: 'safety',
    claim: 'No operation begins under an older epoch than one that began before on the same service.',
    watch: noOldEpoch,
  },
  {
    name: 'fenced',
    kind: 'safety',
    claim: 'No operation begins under an older epoch than the fence of its service, or of all.',
    watch: fenced,
  },
  {
    name: 'restart-budget',
    kind: 'safety',
    claim: 'Sereno gives itself no more restarts of a service than its budget, in any sliding window.',
    watch: restartBudget,
  },
  {
    name: 'restarts-carried-out',
    kind: 'safety',
    claim: 'No more restarts than the budget are carried out in any sliding window, however long they took to begin.',
    watch: restartsCarriedOut,
  },
  {
    name: 'nothing-while-held',
    kind: 'safety',
    claim: 'No operation begins between a hold and its release.',
    watch: nothingWhileHeld,
  },
  { name: 'never-rule', kind: 'safety', claim: 'No operation begins that a never-rule forbids.', watch: neverRule },
  {
    name: 'stopped-stays-stopped',
    kind: 'safety',
    claim: 'Sereno does not start by itself what a person has stopped.',
    watch: stoppedStaysStopped,
  },
];
