// Consent: what a person has to agree to, has frozen, or has not meant, is not done.

import type { EvidenceRecord, Json } from '#kernel/evidence.ts';
import type { Invariant, Scene, Watcher } from '../witness.ts';
import { leaveOf, type Leave } from './chronicle.ts';

/** An approval is acted upon at once, or after one look around. */
const ACTED_UPON_MS = 60_000;

const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** How much traffic the gate thought that an action can hurt, by its own reasons. */
const trafficOf = (record: EvidenceRecord): number => {
  const { reasons } = record.refs;
  const traffic = (Array.isArray(reasons) ? reasons : [])
    .filter(isObject)
    .find((reason) => reason['kind'] === 'traffic-within-limit');
  const percent = traffic?.['trafficPercent'];
  return typeof percent === 'number' ? percent : 0;
};

type Wish = { readonly subject: string; readonly askedBy: string };

/** What the gate asked to be approved, by the number of the approval. */
const wishOf = (record: EvidenceRecord): readonly [string, Wish] | null => {
  if (record.type !== 'gate.needs-approval') return null;
  const { approval, subject } = record.refs;
  if (typeof approval !== 'string' || typeof subject !== 'string') return null;
  return [approval, { subject, askedBy: record.trigger.split(':')[0] ?? '' }];
};

const approvedBy = (record: EvidenceRecord): string | null =>
  record.type === 'request.completed' ? (/^(APR-\d+) approved$/.exec(record.outcome ?? '')?.[1] ?? null) : null;

const approved = ({ site }: Scene): Watcher => {
  const wishes = new Map<string, Wish>();
  /** When a second person agreed to touch a service; used once. */
  const yes = new Map<string, number>();
  const isPerson = (name: string): boolean =>
    site.people.some((person) => person.id === name && person.roles.includes('approver'));
  const needsYes = (leave: Leave, record: EvidenceRecord): boolean => {
    if (leave.isBySereno && leave.action !== 'restart') return false;
    return trafficOf(record) > site.policy.trafficLimitPercent || (leave.isBySereno && site.policy.autonomy <= 2);
  };
  return {
    recorded: (record) => {
      const wish = wishOf(record);
      if (wish !== null) wishes.set(wish[0], wish[1]);
      const agreed = wishes.get(approvedBy(record) ?? '');
      if (agreed !== undefined && isPerson(record.actor.name) && record.actor.name !== agreed.askedBy)
        yes.set(agreed.subject, record.at);
      const leave = leaveOf(record);
      if (leave === null || !needsYes(leave, record)) return null;
      const at = yes.get(leave.subject);
      yes.delete(leave.subject);
      return at !== undefined && leave.at - at <= ACTED_UPON_MS
        ? null
        : `leave to ${leave.action} ${leave.subject} was given without a second person's yes`;
    },
  };
};

const frozen = ({ site }: Scene): Watcher => ({
  recorded: (record) => {
    const leave = leaveOf(record);
    if (leave === null || !leave.isBySereno || leave.action !== 'restart') return null;
    const window = site.policy.freeze.find((it) => it.from <= leave.at && leave.at < it.to);
    if (window === undefined || window.except.includes('restart')) return null;
    return `leave to restart ${leave.subject} was given in a freeze`;
  },
});

const BOOTS: ReadonlySet<string> = new Set(['sereno.started', 'safe-mode.entered']);

const meant = (): Watcher => {
  let isDoubtful = false;
  return {
    committed: ({ records }) => {
      const isDoubted = records.some((record) => record.type === 'selection.changed');
      const isBoot = records.some((record) => BOOTS.has(record.type));
      const isConfirmed = records.some((record) => record.outcome?.endsWith('services are what is wanted') === true);
      if (isBoot || isDoubted) isDoubtful = isDoubted;
      if (isConfirmed) isDoubtful = false;
      const leave = records.map(leaveOf).find((it) => it?.isBySereno === true);
      if (!isDoubtful || leave === undefined || leave === null) return null;
      return `leave to ${leave.action} ${leave.subject} was given while the selection was in doubt`;
    },
  };
};

export const CONSENT: readonly Invariant[] = [
  {
    name: 'approved',
    kind: 'safety',
    claim: 'What needs a second person’s yes is given leave only with one, by an approver who did not ask, and once.',
    watch: approved,
  },
  {
    name: 'frozen',
    kind: 'safety',
    claim: 'Sereno gives itself no leave to restart within a freeze window.',
    watch: frozen,
  },
  {
    name: 'meant',
    kind: 'safety',
    claim:
      'Sereno gives itself no leave while the number of services has suddenly changed and nobody has confirmed it.',
    watch: meant,
  },
];
