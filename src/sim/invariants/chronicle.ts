// Chronicle: what the evidence says, as invariants read it. The only place that knows the words of the records.

import type { EvidenceRecord, Json } from '#kernel/evidence.ts';
import type { HealthState } from '#kernel/health.ts';
import { machineKind, machineSubject } from '#kernel/id.ts';
import type { Incidents } from '#duties/incidents/incidents.ts';
import type { Gate } from '#loop/gateState.ts';
import type { Watch } from '#loop/watchState.ts';
import { GATE, INCIDENTS, watchMachine } from '#kernel/site.ts';
import type { ServiceId } from '#kernel/id.ts';
import type { Disk } from '../store.ts';
import type { Unit, World } from '../world.ts';

export const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
const numberOf = (value: Json | undefined): number => (typeof value === 'number' ? value : -1);

/** The unit that a subject is about: itself, or the one whose target it is. */
export const unitOf = ({ units }: World, subject: string): Unit | undefined =>
  units.find(({ service }) => service.id === subject || service.targets.some(({ id }) => id === subject));

/** The leave that the gate gave. */
export type Leave = {
  readonly subject: string;
  readonly epoch: number;
  readonly action: string;
  readonly at: number;
  readonly seq: number;
  readonly isBySereno: boolean;
};

export const leaveOf = (record: EvidenceRecord): Leave | null =>
  record.type !== 'gate.allowed'
    ? null
    : {
        subject: textOf(record.refs['subject']),
        epoch: numberOf(record.refs['epoch']),
        action: record.action ?? '',
        at: record.at,
        seq: record.seq,
        isBySereno: record.trigger.startsWith('sereno:'),
      };

/** The action that a record begins or ends, by its key. */
export const startedKeyOf = (record: EvidenceRecord): string | null =>
  record.type === 'action.started' ? textOf(record.refs['key']) : null;

export const outcomeKeyOf = (record: EvidenceRecord): string | null =>
  record.type === 'action.outcome' ? textOf(record.refs['key']) : null;

/** Did acting become held, or free again? */
export const holdOf = (record: EvidenceRecord): 'held' | 'released' | null => {
  if (record.machine !== GATE || record.type !== 'request.completed') return null;
  if (record.outcome?.startsWith('all acting is held') === true) return 'held';
  return record.outcome?.startsWith('the hold of') === true ? 'released' : null;
};

/** Did a person say to go on in spite of the doubt about the own eyes, or did that doubt end? */
export const trustOf = (record: EvidenceRecord): 'trusted' | 'over' | null => {
  if (record.machine !== GATE) return null;
  if (record.type === 'suspicion.ended' || record.type === 'suspicion.began') return 'over';
  const isTrusted =
    record.type === 'request.completed' && record.outcome?.includes('in spite of its suspicion') === true;
  return isTrusted ? 'trusted' : null;
};

/** What a service was shown as from this record on. */
export const shownBy = (record: EvidenceRecord): { readonly service: string; readonly health: HealthState } | null => {
  if (machineKind(record.machine) !== 'watch') return null;
  const service = machineSubject(record.machine);
  if (record.type === 'watch.began') return { service, health: 'unknown' };
  // A stop that failed stopped nothing: it is shown as it was.
  const isStop = record.type === 'action.outcome' && record.action === 'stop';
  if (isStop && record.outcome?.startsWith('effective') === true) return { service, health: 'unknown' };
  if (record.type !== 'health.changed') return null;
  const word = record.outcome?.split(' → ')[1];
  return { service, health: wordOf(word) };
};

const wordOf = (word: string | undefined): HealthState => {
  if (word === 'healthy' || word === 'degraded' || word === 'unhealthy') return word;
  return 'unknown';
};

/** The stored states, for the few claims that are about them. */
export const storedWatch = (disk: Disk, id: ServiceId): Watch | null =>
  (disk.snapshots.get(watchMachine(id))?.state ?? null) as Watch | null; // decoder: only the watch writes it
export const storedGate = (disk: Disk): Gate | null => (disk.snapshots.get(GATE)?.state ?? null) as Gate | null; // decoder
export const storedIncidents = (disk: Disk): Incidents | null =>
  (disk.snapshots.get(INCIDENTS)?.state ?? null) as Incidents | null; // decoder
