// A notification: one message to people about one change of state.

import type { PersonId } from './id.ts';
import type { Instant } from './time.ts';

export type Severity = 'SEV1' | 'SEV2' | 'SEV3' | 'SEV4';

export type Notification = {
  /** Equal keys are the same news: a notifier that has delivered one drops the other. */
  readonly key: string;
  readonly kind: 'trouble' | 'recovered' | 'page' | 'information';
  readonly severity: Severity;
  readonly subject: string;
  readonly title: string;
  /** Plain text, several lines; a page carries the whole 3 a.m. ladder. */
  readonly body: string;
  /** Empty: the route of the severity. */
  readonly people: readonly PersonId[];
  readonly at: Instant;
};

/** What one channel made of a message. */
export type ChannelReport = { readonly name: string; readonly isDelivered: boolean; readonly detail: string };
