// What the watch over deployed copies writes down, and what it tells: evidence, findings, a call for a person.

import { SERENO } from '#kernel/actor.ts';
import type { CopyFault, DriftEffect } from '#kernel/drift.ts';
import type { Finding } from '#kernel/finding.ts';
import { machineId, type MachineId } from '#kernel/id.ts';
import type { Severity } from '#kernel/notification.ts';
import { ALERTS, INCIDENTS } from '#kernel/site.ts';
import type { Instant } from '#kernel/time.ts';
import type { Copy } from './copy.ts';

export const DRIFT: MachineId = machineId('drift', 'site');

export type DriftNote = {
  readonly type: string;
  readonly trigger: string;
  readonly action?: string;
  readonly outcome?: string;
};

/** One record in the evidence: what set it off, what was done, and what was measured. */
export const driftRecord = (copy: Copy, note: DriftNote, at: Instant): DriftEffect => ({
  kind: 'record',
  evidence: {
    at,
    actor: { kind: SERENO.kind, name: SERENO.name },
    machine: DRIFT,
    type: note.type,
    trigger: note.trigger,
    action: note.action ?? null,
    outcome: note.outcome ?? null,
    refs: {
      item: copy.item,
      path: copy.path,
      version: copy.active?.version ?? null,
      blessed: copy.active?.digest ?? null,
      found: copy.found,
      state: copy.state,
      fault: copy.fault,
      epoch: copy.attempt?.epoch ?? null,
      tries: copy.tries,
    },
  },
});

const SAY: Readonly<Record<CopyFault, string>> = {
  changed: 'is not what was blessed',
  behind: 'is the revision before the active one',
  missing: 'is missing',
  unblessed: 'was blessed by nobody',
  unreadable: 'cannot be looked at',
};

/** What nobody blessed may be an attack; what cannot be read may be nothing. */
const SEVERITY: Readonly<Record<CopyFault, Severity>> = {
  changed: 'SEV2',
  behind: 'SEV3',
  missing: 'SEV2',
  unblessed: 'SEV2',
  unreadable: 'SEV3',
};

const keyOf = ({ item }: Copy): string => `drift:codex:${item}`;

export const faultWords = ({ fault }: Copy): string => (fault === null ? 'is not known to anybody' : SAY[fault]);

const findingOf = (copy: Copy, at: Instant): Finding => ({
  key: keyOf(copy),
  kind: 'drift',
  service: null,
  target: null,
  severityHint: copy.fault === null ? 'SEV3' : SEVERITY[copy.fault],
  since: copy.since ?? at,
  title: `${copy.path} (${copy.item}${copy.active === null ? '' : `@${copy.active.version}`}) ${faultWords(copy)}`,
  reasons: [],
});

export const findingNews = (copy: Copy, at: Instant): DriftEffect => ({
  kind: 'tell',
  to: ALERTS,
  message: { kind: 'found', finding: findingOf(copy, at) },
});

export const foundOver = (copy: Copy): DriftEffect => ({
  kind: 'tell',
  to: ALERTS,
  message: { kind: 'found-over', key: keyOf(copy), how: `${copy.path} is as it was blessed (${copy.found ?? ''})` },
});

const subjectOf = ({ item }: Copy): string => `codex:${item}`;

/** What was put back, and did not stay. */
export const personCall = (copy: Copy, at: Instant): DriftEffect => ({
  kind: 'tell',
  to: INCIDENTS,
  message: {
    kind: 'escalate',
    escalation: {
      subject: subjectOf(copy),
      severity: 'SEV2',
      title: `${copy.path} does not stay as it was blessed`,
      ladder: [`ls -l ${copy.path}`, `sereno codex diff ${copy.item}`, `sereno codex verify ${copy.item}`],
      reasons: [],
      trigger: `put back ${copy.tries} times, and it ${faultWords(copy)} again`,
      since: copy.since ?? at,
    },
  },
});

export const callOver = (copy: Copy, at: Instant): DriftEffect => ({
  kind: 'tell',
  to: INCIDENTS,
  message: {
    kind: 'recovered',
    subject: subjectOf(copy),
    proof: `${copy.path}: ${copy.found ?? ''}`,
    at,
    how: 'measured',
  },
});
