// What the watch over deployed copies writes down, and what it tells: evidence, findings, a call for a person.

import { SERENO } from '#kernel/actor.ts';
import type { CopyFault } from '#kernel/drift.ts';
import type { Effect } from '#kernel/effect.ts';
import type { Finding } from '#kernel/finding.ts';
import type { Severity } from '#kernel/notification.ts';
import type { Reason } from '#kernel/reason.ts';
import { ALERTS, DRIFT, INCIDENTS } from '#kernel/site.ts';
import type { Instant } from '#kernel/time.ts';
import type { Attempt, Copy } from './copy.ts';

export type DriftNote = {
  readonly type: string;
  readonly trigger: string;
  readonly action?: string;
  readonly outcome?: string;
  /** Of the action. */
  readonly key?: string;
};

/** One record in the evidence: what set it off, what was done, and what was measured. */
export const driftRecord = (copy: Copy, note: DriftNote, at: Instant): Effect => ({
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
      copy: copy.copy,
      item: copy.item,
      path: copy.path,
      version: copy.active?.version ?? null,
      blessed: copy.active?.digest ?? null,
      found: copy.found,
      state: copy.state,
      fault: copy.fault,
      ...(note.key === undefined ? {} : { key: note.key }),
      tries: copy.tries,
    },
  },
});

export type ActionNote = {
  readonly type: 'started' | 'written' | 'outcome';
  readonly trigger: string;
  readonly outcome?: string;
};

/** One record about one write. Each that was started has exactly one outcome, under the same key. */
export const actionRecord = (copy: Copy, { version, epoch }: Attempt, note: ActionNote, at: Instant): Effect => {
  const action = `apply-config ${copy.item ?? copy.path}@${version}`;
  return driftRecord(copy, { ...note, type: `action.${note.type}`, action, key: `action:${copy.copy}/${epoch}` }, at);
};

const SAY: Readonly<Record<CopyFault, string>> = {
  changed: 'is not what was blessed',
  behind: 'is the revision before the active one',
  missing: 'is missing',
  unblessed: 'was blessed by nobody',
  revoked: 'is still there although its version was revoked',
  unprotected: 'can be written by anybody who comes along: its write permission is set',
  foreign: 'is not the file that was blessed but something else in its place',
  unreadable: 'cannot be looked at',
};

/** What nobody blessed may be an attack; what cannot be read may be nothing. */
const SEVERITY: Readonly<Record<CopyFault, Severity>> = {
  changed: 'SEV2',
  behind: 'SEV3',
  missing: 'SEV2',
  unblessed: 'SEV2',
  revoked: 'SEV2',
  unprotected: 'SEV3',
  foreign: 'SEV2',
  unreadable: 'SEV3',
};

const severityOf = ({ fault }: Copy): Severity => (fault === null ? 'SEV3' : SEVERITY[fault]);

const keyOf = ({ copy }: Copy): string => `drift:${copy}`;

/** What is wrong with a copy, as the end of a sentence that begins with its path. */
export const faultWords = ({ fault, state }: Pick<Copy, 'fault' | 'state'>): string => {
  if (fault !== null) return SAY[fault];
  return state === 'in-sync' ? 'is as it was blessed' : 'was not looked at yet';
};

const nameOf = ({ path, item, active }: Copy): string => {
  if (item === null) return path;
  return `${path} (${item}${active === null ? '' : `@${active.version}`})`;
};

const titleOf = (copy: Copy): string => `${nameOf(copy)} ${faultWords(copy)}`;

const findingOf = (copy: Copy, at: Instant): Finding => ({
  key: keyOf(copy),
  kind: 'drift',
  service: null,
  target: null,
  severityHint: severityOf(copy),
  since: copy.since ?? at,
  title: titleOf(copy),
  reasons: [],
});

export const findingNews = (copy: Copy, at: Instant): Effect => ({
  kind: 'tell',
  to: ALERTS,
  message: { kind: 'found', finding: findingOf(copy, at) },
});

export const foundOver = (copy: Copy, how: string): Effect => ({
  kind: 'tell',
  to: ALERTS,
  message: { kind: 'found-over', key: keyOf(copy), how },
});

export const wellWords = (copy: Copy): string =>
  copy.active === null ? `${copy.path} is gone` : `${copy.path} is as it was blessed (${copy.found ?? ''})`;

export type Call = {
  readonly trigger: string;
  readonly reasons: readonly Reason[];
  /** The approval that would let Sereno do it. */
  readonly approval: string | null;
};

/** It is not as it was blessed, and Sereno can or may not mend it. */
export const personCall = (copy: Copy, { trigger, reasons, approval }: Call, at: Instant): Effect => ({
  kind: 'tell',
  to: INCIDENTS,
  message: {
    kind: 'escalate',
    escalation: {
      subject: copy.copy,
      severity: severityOf(copy),
      title: titleOf(copy),
      ladder: [
        ...(approval === null
          ? []
          : [
              `Let Sereno put it back: sereno approval approve ${approval} (sereno approval list has the one that waits now)`,
            ]),
        'Look: sereno codex drift',
        `ls -l ${copy.path}`,
      ],
      reasons,
      trigger,
      since: copy.since ?? at,
    },
  },
});

export const callOver = (copy: Copy, proof: string, at: Instant): Effect => ({
  kind: 'tell',
  to: INCIDENTS,
  message: { kind: 'recovered', subject: copy.copy, proof, at, how: 'measured' },
});
