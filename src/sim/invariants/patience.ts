// Patience: what is started gets its time, what did not help is not tried at once again, what is well is forgiven.

import { findService } from '#kernel/site.ts';
import type { EvidenceRecord } from '#kernel/evidence.ts';
import { machineSubject } from '#kernel/id.ts';
import type { Watch } from '#loop/watchState.ts';
import type { Invariant, Scene, Watcher } from '../witness.ts';
import { leaveOf, shownBy, storedWatch } from './chronicle.ts';

/** What runs for this long was not started a moment ago by somebody else. */
const RUNS_FOR_MS = 30_000;
/** After two remedies in a row that did not help. */
const PAUSE_MS = 60_000;
const TRIES_MAX = 2;
/** Minutes in a row: one may fall between two commits. */
const MINUTES = 3;

/** The leaves that Sereno gave itself, by subject and epoch. */
const ownLeaves = (): { readonly take: (record: EvidenceRecord) => void; readonly has: (key: string) => boolean } => {
  const own = new Set<string>();
  return {
    take: (record) => {
      const leave = leaveOf(record);
      if (leave?.isBySereno === true) own.add(`${leave.subject} ${leave.epoch}`);
    },
    has: (key) => own.has(key),
  };
};

const adopted = ({ nowMs }: Scene): Watcher => {
  const own = ownLeaves();
  return {
    recorded: (record) => {
      own.take(record);
      return null;
    },
    began: ({ operation, unit }) => {
      const { action, subject, epoch } = operation;
      if (action !== 'start' || unit.pid === null || !own.has(`${subject} ${epoch}`)) return null;
      const ranMs = nowMs() - unit.startedAtMs;
      return ranMs < RUNS_FOR_MS ? null : `${subject} was started though it had been running for ${ranMs} ms`;
    },
  };
};

const patient = ({ site, nowMs }: Scene): Watcher => {
  const own = ownLeaves();
  /** World time when each service was last shown as well. */
  const wellAt = new Map<string, number>();
  return {
    recorded: (record) => {
      own.take(record);
      const show = shownBy(record);
      if (show?.health === 'healthy' || show?.health === 'degraded') wellAt.set(show.service, nowMs());
      // What was well before its restart is not shown anew: then the measured outcome says that it was seen well.
      if (record.outcome?.startsWith('ineffective: well for') === true) {
        wellAt.set(machineSubject(record.machine), nowMs());
      }
      return null;
    },
    began: ({ operation, unit }) => {
      const { action, subject, epoch } = operation;
      const service = findService(site, subject);
      if (action !== 'restart' || service === null || unit.pid === null || !own.has(`${subject} ${epoch}`)) return null;
      const hasComeUp = Math.max(unit.worksSinceMs, wellAt.get(subject) ?? 0) >= unit.startedAtMs;
      const ranMs = nowMs() - unit.startedAtMs;
      if (hasComeUp || ranMs >= service.startTimeoutMs) return null;
      return `${subject} was restarted ${ranMs} ms after its start, though it may take ${service.startTimeoutMs} ms`;
    },
  };
};

type Tries = { failed: number; readonly lastAt: number; readonly healthyAt: number | null };

/** A remedy that was measured, and did not help. What was set aside was not measured. */
const hasFailed = (record: EvidenceRecord): boolean =>
  record.type === 'action.outcome' &&
  record.action === 'restart' &&
  /^(ineffective|failed)/.test(record.outcome ?? '') &&
  record.outcome?.includes('not measured') !== true;

const noThirdTry = ({ site }: Scene): Watcher => {
  const tries = new Map<string, Tries>();
  /** What is wrong with a leave that was given, until it is used. One that is handed back restarts nothing. */
  const given = new Map<string, string>();
  const NONE: Tries = { failed: 0, lastAt: 0, healthyAt: null };
  const note = (record: EvidenceRecord): void => {
    const subject = machineSubject(record.machine);
    const known = tries.get(subject) ?? NONE;
    const show = shownBy(record);
    const stableMs = site.services.find((it) => it.id === subject)?.stableAfterMs ?? 0;
    if (show !== null) {
      const isWell = show.health === 'healthy' || show.health === 'degraded';
      const lastedMs = known.healthyAt === null ? 0 : record.at - known.healthyAt;
      const failed = lastedMs >= stableMs && !isWell ? 0 : known.failed;
      tries.set(subject, { ...known, failed, healthyAt: isWell ? (known.healthyAt ?? record.at) : null });
    }
    if (hasFailed(record)) tries.set(subject, { ...known, failed: known.failed + 1, lastAt: record.at });
    else if (record.type === 'action.outcome') tries.set(subject, NONE);
  };
  return {
    recorded: (record) => {
      note(record);
      if (record.type === 'action.started') return given.get(machineSubject(record.machine)) ?? null;
      const leave = leaveOf(record);
      if (leave === null) return null;
      given.delete(leave.subject);
      const known = tries.get(leave.subject);
      if (!leave.isBySereno || leave.action !== 'restart' || known === undefined) return null;
      const pauseMs = leave.at - known.lastAt;
      if (known.failed < TRIES_MAX || pauseMs >= PAUSE_MS) return null;
      const tried = `${known.failed} restarts in a row that did not help`;
      given.set(leave.subject, `${leave.subject} is restarted ${pauseMs} ms after ${tried}`);
      return null;
    },
  };
};

/** True when a stored watch holds old failures against a service that it has measured as well. */
const holdsGrudge = (watch: Watch | null): boolean =>
  watch !== null &&
  watch.health === 'healthy' &&
  watch.remedy.kind === 'none' &&
  (watch.quarantine !== null || watch.ineffective > 0);

const forgiven = ({ site, disk }: Scene): Watcher => {
  const minutes = new Map<string, number>();
  return {
    minute: () => {
      for (const { id } of site.services) {
        minutes.set(id, holdsGrudge(storedWatch(disk, id)) ? (minutes.get(id) ?? 0) + 1 : 0);
        if ((minutes.get(id) ?? 0) >= MINUTES) return `${id} is well, and its old failures are still held against it`;
      }
      return null;
    },
  };
};

export const PATIENCE: readonly Invariant[] = [
  {
    name: 'adopted',
    kind: 'safety',
    claim: 'Sereno starts nothing by itself that has been running for 30 s.',
    watch: adopted,
  },
  {
    name: 'patient',
    kind: 'safety',
    claim: 'What was started gets its whole start timeout before Sereno restarts it, unless it ends or was seen well.',
    watch: patient,
  },
  {
    name: 'no-third-try',
    kind: 'safety',
    claim: 'After two restarts in a row that did not help, Sereno waits at least a minute before the next.',
    watch: noThirdTry,
  },
  {
    name: 'forgiven',
    kind: 'liveness',
    claim: 'What was measured as well starts anew: no failure and no quarantine is held against it.',
    watch: forgiven,
  },
];
