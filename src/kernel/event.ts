// Everything that a machine can be told. Time is `event.at`; a step knows no other clock.

import type { OperationOutcome } from './action.ts';
import type { BlackBox, Exit } from './cause.ts';
import type { RootEnding, Witnessed, WitnessedHead } from './codex.ts';
import type { ConfigOutcome, CopyId, CopySeen } from './drift.ts';
import type { SurveyPhase } from './effect.ts';
import type { Belief } from './observation.ts';
import type { EffectKey, ServiceId, MachineId } from './id.ts';
import type { KeptReport, MaintenanceTask } from './keeping.ts';
import type { Asked, ConfirmedCheck, Message } from './message.ts';
import type { OwnView } from './own.ts';
import type { ReleaseVerdict } from './release.ts';
import type { Instant } from './time.ts';
import type { ChannelReport } from './notification.ts';

/** What a survey found: one line each, and whether start-up may go on. */
export type SurveyReport = {
  readonly phase: SurveyPhase;
  readonly isGood: boolean;
  readonly findings: readonly string[];
};

/** How the last run of Sereno ended. */
export type Boot = {
  readonly isClean: boolean;
  /** Number of unclean stops within the last hour, this one included. */
  readonly uncleanStops: number;
  readonly services: number;
  /** What it runs with: the digest of the configuration, and how each part that must be blessed stands. */
  readonly configuration?: { readonly digest: string; readonly own: readonly OwnView[] };
};

export type EventBody =
  | { readonly kind: 'booted'; readonly boot: Boot }
  /** Sereno itself did not run since then (a machine asleep, a stopped process): nothing was watched. */
  | { readonly kind: 'resumed'; readonly since: Instant }
  /** Somebody set the wall clock: it is ahead of Sereno's time by so much now (behind, when negative). */
  | { readonly kind: 'clock-stepped'; readonly aheadMs: number }
  /** The configuration was replaced as a whole. `changed`: what is declared otherwise, by service; told to the gate only. */
  | {
      readonly kind: 'reconfigured';
      readonly digest: string;
      readonly services: number;
      readonly changed: Readonly<Record<ServiceId, string>>;
    }
  /** A new configuration was bad: the old one goes on. */
  | { readonly kind: 'configuration-refused'; readonly detail: string }
  | { readonly kind: 'woke'; readonly name: string }
  | { readonly kind: 'told'; readonly from: MachineId; readonly message: Message }
  | Asked
  /** The belief about a check changed. */
  | { readonly kind: 'checked'; readonly belief: Belief }
  | {
      readonly kind: 'confirmed';
      readonly key: EffectKey;
      readonly checks: readonly ConfirmedCheck[];
      /** The limit of the burst, as it was asked for: who asked for several tells them apart by it. */
      readonly until: Instant;
    }
  /** Seen at first hand by the parent: the workload ended. */
  | { readonly kind: 'exited'; readonly exit: Exit }
  /** Seen at start-up or on demand: the workload runs (adopted), or does not. */
  | { readonly kind: 'found'; readonly isRunning: boolean; readonly pid: number | null }
  | { readonly kind: 'examined'; readonly key: EffectKey; readonly blackBox: BlackBox }
  /** The comparison of a release is over: proven worse, or at the end of its window. */
  | {
      readonly kind: 'compared';
      readonly key: EffectKey;
      readonly release: string;
      readonly verdict: ReleaseVerdict;
    }
  | { readonly kind: 'surveyed'; readonly key: EffectKey; readonly report: SurveyReport }
  | { readonly kind: 'operated'; readonly key: EffectKey; readonly epoch: number; readonly outcome: OperationOutcome }
  /** What lies in the place of a blessed configuration. */
  | {
      readonly kind: 'inspected';
      readonly key: EffectKey;
      readonly copy: CopyId;
      readonly look: number;
      readonly seen: CopySeen;
    }
  | {
      readonly kind: 'revision-applied';
      readonly key: EffectKey;
      readonly copy: CopyId;
      readonly epoch: number;
      readonly outcome: ConfigOutcome;
    }
  /** A task of the maintenance of the codex is done, or could not be. */
  | {
      readonly kind: 'codex-kept';
      readonly key: EffectKey;
      readonly task: MaintenanceTask;
      readonly report: KeptReport;
    }
  | {
      readonly kind: 'notified';
      readonly key: EffectKey;
      /** Key of the notification. */
      readonly notification: string;
      readonly isDelivered: boolean;
      readonly detail: string;
      /** Each channel that was tried, where several are. */
      readonly channels?: readonly ChannelReport[];
    }
  /** Integrity of the evidence as verified: a broken chain is a SEV2 of its own. */
  | { readonly kind: 'verified'; readonly isIntact: boolean; readonly badSeq: number | null; readonly detail: string }
  /** The log of the codex has grown, whoever wrote to it: these entries follow one another. */
  | { readonly kind: 'codex-grew'; readonly entries: readonly Witnessed[] }
  /** The log of the codex was read. `trouble`: why it is not believed; null: all of it is as it was read before. */
  | {
      readonly kind: 'codex-looked';
      /**
       * `isOld`: all is as it was, and nobody has signed it for too long. `isTold`: it cannot be read, and people hear of that
       * already.
       */
      readonly trouble: { readonly what: string; readonly isOld: boolean; readonly isTold?: boolean } | null;
      readonly head: WitnessedHead | null;
    }
  /** The root of trust that the log has ends soon, or has ended; null: there is time. */
  | { readonly kind: 'codex-root'; readonly ending: RootEnding | null }
  /** Which of Sereno's own configuration runs now, against what was blessed. `isStrict`: it must be blessed. */
  | { readonly kind: 'codex-own'; readonly own: readonly OwnView[]; readonly isStrict: boolean }
  /** A machine threw and was set aside. */
  | { readonly kind: 'machine-broken'; readonly broken: MachineId; readonly detail: string }
  | { readonly kind: 'shutdown' };

export type Event = EventBody & { readonly at: Instant };
