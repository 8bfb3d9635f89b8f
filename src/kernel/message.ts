// Messages: what machines tell each other. They are delivered inside the transaction of the step that sent them.

import type { ActionRequest, Lease } from './action.ts';
import type { Actor } from './actor.ts';
import type { AgreedWork, BurnAlert, RaisedAlert } from './alert.ts';
import type { Deployment } from './deployment.ts';
import type { ActiveRevision, ConfigLease, ConfigRequest, CopyId, CopyPlace } from './drift.ts';
import type { Finding } from './finding.ts';
import type { HealthState } from './health.ts';
import type { CheckId, EffectKey, ServiceId } from './id.ts';
import type { Notification, Severity } from './notification.ts';
import type { Symptom } from './observation.ts';
import type { Reason } from './reason.ts';
import type { TargetId } from './target.ts';
import type { Instant } from './time.ts';

/** How a service is, for those who need it and for the gate. */
export type HealthNews = {
  readonly service: ServiceId;
  readonly health: HealthState;
  readonly since: Instant;
  /** The service at the root of the trouble, when this one is only a symptom. */
  readonly impairedBy: ServiceId | null;
  /** True when the parent of the process knows why, whatever probes see: it ended, or was started a moment ago. */
  readonly isFirstHand: boolean;
  /** How the check that fails fails; `none` while none does. */
  readonly symptom: Symptom;
  /** A person wanted it stopped. */
  readonly isStopped: boolean;
};

/** What is handed to people when Sereno gives up or is not allowed: all they need at 3 a.m. */
export type Escalation = {
  readonly subject: string;
  readonly severity: Severity;
  readonly title: string;
  /** Filled-in steps, in the order in which to try them. */
  readonly ladder: readonly string[];
  readonly reasons: readonly Reason[];
  readonly trigger: string;
  readonly since: Instant;
};

export type Message =
  /** Asks a dependency to look at itself again, now, and to answer with `health` and the same token. */
  | { readonly kind: 'how-are-you'; readonly asker: ServiceId; readonly token: number }
  | { readonly kind: 'health'; readonly news: HealthNews; readonly token: number | null }
  | { readonly kind: 'may-i'; readonly request: ActionRequest }
  /** Nothing can be done by itself, and people are to be called: is what only probes saw to be believed? */
  | { readonly kind: 'is-it-so'; readonly request: ActionRequest }
  | { readonly kind: 'it-is-so'; readonly token: number }
  | { readonly kind: 'you-may'; readonly lease: Lease; readonly token: number; readonly reasons: readonly Reason[] }
  | {
      readonly kind: 'you-may-not';
      readonly token: number;
      /** The approval that would turn this around. */
      readonly approval: string | null;
      readonly reasons: readonly Reason[];
      readonly lookAgainAt: Instant | null;
    }
  /** A place in the gate's hands is free again, or what barred all acting is over: who was refused for it asks again. */
  | { readonly kind: 'hands-free' }
  /** The lease comes back; the subject is free again. */
  | { readonly kind: 'lease-returned'; readonly subject: ServiceId; readonly epoch: number }
  | { readonly kind: 'escalate'; readonly escalation: Escalation }
  /** The trouble is over, as measured. */
  | {
      readonly kind: 'recovered';
      readonly subject: string;
      readonly proof: string;
      readonly at: Instant;
      /** `measured`: it is well. Otherwise it is only over: a person stopped it, or it is not declared any more. */
      readonly how: 'measured' | 'stopped' | 'unwatched';
    }
  /** Startup: come up when what you need is well. */
  | { readonly kind: 'come-up' }
  /** Orderly end: stop when nobody that needs you still runs. */
  | { readonly kind: 'come-down' }
  /** A process was started from another program than the one before it: `what` names the files. */
  | { readonly kind: 'released'; readonly service: ServiceId; readonly version: string; readonly what: string }
  /** To the watch of a service: a release of it began to run, and is a suspect should it break now. */
  | { readonly kind: 'deployed'; readonly deployment: Deployment }
  | { readonly kind: 'is-up'; readonly service: ServiceId; readonly health: HealthState }
  | { readonly kind: 'is-down'; readonly service: ServiceId }
  /** A raw event: something turned bad. Raised again under the same key, it is the same. */
  | { readonly kind: 'raised'; readonly alert: RaisedAlert }
  /** The raw event with this key is over. */
  | { readonly kind: 'cleared'; readonly key: string; readonly subject: string }
  /** A finding, such as an anomaly: people are told once, unless it is explained. Found again under its key, it is the same. */
  | { readonly kind: 'found'; readonly finding: Finding }
  /** The finding with this key is over; `how` is one sentence. */
  | { readonly kind: 'found-over'; readonly key: string; readonly how: string }
  /** A target burns, or its budget is gone. Said again under the same key, it is the same. */
  | { readonly kind: 'burn-began'; readonly alert: BurnAlert }
  /** `measured`: it burns no more. `unwatched`: what was promised is not judged any more. */
  | {
      readonly kind: 'burn-over';
      readonly key: string;
      readonly service: ServiceId;
      readonly subject: string;
      readonly proof: string;
      readonly how: 'measured' | 'unwatched';
    }
  /** Agreed work has begun; under the same key it is the same. */
  | { readonly kind: 'work-began'; readonly work: AgreedWork }
  /** It has ended: so many bad events were kept out of these budgets. */
  | {
      readonly kind: 'work-over';
      readonly key: string;
      readonly endedAt: Instant;
      readonly excluded: readonly { readonly target: TargetId; readonly bad: number }[];
    }
  /** The trouble of a service is the symptom of another's; null: it is not, any more. */
  | { readonly kind: 'blamed'; readonly subject: string; readonly on: ServiceId | null }
  /** The trouble of a service is doubted together with that of others, and people hear of the doubt; null: it is over. */
  | { readonly kind: 'doubted'; readonly subject: ServiceId; readonly why: string | null }
  /** A person, or Sereno, does something about it. */
  | { readonly kind: 'acted-on'; readonly subject: string; readonly by: string }
  /** The trouble of a subject is over, whether or not anybody was told of it. */
  | { readonly kind: 'trouble-over'; readonly subject: string; readonly isStopped: boolean }
  /** To the gate: may the blessed revision be put back? And its answers. */
  | { readonly kind: 'may-apply'; readonly request: ConfigRequest }
  | { readonly kind: 'you-may-apply'; readonly lease: ConfigLease; readonly token: number }
  | {
      readonly kind: 'you-may-not-apply';
      readonly subject: CopyId;
      readonly token: number;
      readonly approval: string | null;
      readonly reasons: readonly Reason[];
      /** Null: only a person, or a change of policy, can turn this around. */
      readonly lookAgainAt: Instant | null;
    }
  | { readonly kind: 'config-lease-returned'; readonly subject: CopyId; readonly epoch: number }
  /**
   * What should lie in the place of an item from now on; null: nothing, and `revoked` is the version that was there before.
   * Said again, it is the same.
   */
  | {
      readonly kind: 'should-be';
      readonly place: CopyPlace;
      readonly active: ActiveRevision | null;
      readonly revoked: number | null;
    }
  /** Nobody wants this copy watched any more. */
  | { readonly kind: 'copy-gone'; readonly copy: CopyId }
  /** The file system says that something happened there. */
  | { readonly kind: 'copy-touched'; readonly copy: CopyId }
  /** Something to be told to people, unless it is held back. */
  | { readonly kind: 'say'; readonly notification: Notification }
  /** What became of a message that was to be told, by its key. */
  | { readonly kind: 'said'; readonly notification: string; readonly isDelivered: boolean; readonly detail: string };

/** What a person or an agent can ask of a machine. */
export type Request =
  | {
      readonly kind: 'operate';
      readonly action: 'restart' | 'start' | 'stop';
      readonly service: ServiceId;
      readonly why: string;
    }
  | { readonly kind: 'hold'; readonly why: string }
  | { readonly kind: 'release'; readonly why: string }
  | { readonly kind: 'decide-approval'; readonly approval: string; readonly isApproved: boolean; readonly why: string }
  | { readonly kind: 'acknowledge'; readonly subject: string; readonly why: string }
  /** Says that a release of a service begins to run. */
  | {
      readonly kind: 'mark-deployment';
      readonly service: ServiceId;
      readonly version: string;
      readonly trafficPercent: number;
      readonly source: 'api' | 'cli';
      readonly why: string;
    }
  | { readonly kind: 'confirm-selection'; readonly why: string }
  /** Tell nobody about it until then. `what` is a subject, or matchers: `service=~"api-.*",severity="SEV3"`. */
  | { readonly kind: 'suppress'; readonly what: string; readonly until: Instant; readonly why: string }
  | { readonly kind: 'unsuppress'; readonly suppression: string; readonly why: string };

export type Asked = { readonly kind: 'asked'; readonly by: Actor; readonly request: Request; readonly askKey: string };

/** What became of a request, kept by the machine that was asked, for as long as anyone may want to know. */
export type Answer = {
  readonly askKey: string;
  readonly status: 'pending' | 'accepted' | 'denied' | 'needs-approval' | 'failed' | 'completed';
  readonly reasons: readonly Reason[];
  readonly detail: string;
  readonly approval: string | null;
  readonly actionKey: EffectKey | null;
  readonly at: Instant;
};

export type ConfirmedCheck = { readonly check: CheckId; readonly state: HealthState };
