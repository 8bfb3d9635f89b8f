// Alerts: what raw events became. Every check that turns bad, every finding and every incident is one, with one fate.

import type { ServiceId } from './id.ts';
import type { Severity } from './notification.ts';
import type { TargetId } from './target.ts';
import type { DurationMs, Instant } from './time.ts';

/** A raw event as it is raised. */
export type RaisedAlert = {
  /** The same trouble has the same key: a check's id, a finding's key, `incident:<subject>`. */
  readonly key: string;
  /** Whom or what people are told about: a service, or a part of Sereno. */
  readonly subject: string;
  readonly service: ServiceId | null;
  readonly severity: Severity;
  readonly title: string;
};

/** A target burns its budget, or the budget of its window is gone. */
export type BurnAlert = RaisedAlert & {
  readonly kind: 'target-burn' | 'target-breach';
  readonly service: ServiceId;
  readonly target: TargetId;
  /** What a person needs to know and may look at, one line each. */
  readonly steps: readonly string[];
  /** So long it may still burn when what made it burn is over: its windows hold what was. */
  readonly lingersMs: DurationMs;
};

/** One occurrence of agreed work (maintenance), or a person's stop of a service. */
export type AgreedWork = {
  readonly key: string;
  /** Empty: all of the site. */
  readonly services: readonly ServiceId[];
  readonly why: string;
  readonly from: Instant;
  /** Null: a person stopped it, and nobody knows until when. */
  readonly to: Instant | null;
};

/** What became of it. `waiting` is not an end: it is looked at again. */
export type AlertFate = {
  readonly kind: 'waiting' | 'notified' | 'grouped' | 'silenced' | 'inhibited';
  /** The notification, the trouble, the suppression, or the cause. While it waits: the cause that is over, or empty. */
  readonly by: string;
  /** One sentence for a person. */
  readonly why: string;
  readonly at: Instant;
};

/** One raw event with its fate. */
export type RawAlert = RaisedAlert & {
  readonly since: Instant;
  /** Null while it lasts. */
  readonly endedAt: Instant | null;
  readonly fate: AlertFate;
};

/** People are not told about something until an end, because a person said so. Watching and acting go on. */
export type Suppression = {
  /** `S-1`, `S-2` … */
  readonly id: string;
  /** As it was asked for: a subject, or matchers. */
  readonly what: string;
  readonly by: string;
  readonly why: string;
  readonly since: Instant;
  readonly until: Instant;
  /** Messages that it has held back so far. */
  readonly held: number;
};

/** A way to people that does not deliver, though another one may. */
export type DeadChannel = { readonly name: string; readonly since: Instant; readonly detail: string };

/** What people were told of and is not over, as another system may be told of it. */
export type OpenTold = {
  readonly subject: string;
  readonly severity: Severity;
  readonly title: string;
  readonly since: Instant;
};
