// What the gate writes down and says.

import type { ActionRequest } from '#kernel/action.ts';
import type { Effect } from '#kernel/effect.ts';
import type { ServiceId } from '#kernel/id.ts';
import type { Message } from '#kernel/message.ts';
import type { Severity } from '#kernel/notification.ts';
import type { Reason } from '#kernel/reason.ts';
import { ALERTS, GATE, INCIDENTS, watchMachine } from '#kernel/site.ts';
import type { Stepped } from '#kernel/step.ts';
import type { Instant } from '#kernel/time.ts';
import type { Gate } from './gateState.ts';
import { recordNote, type Note } from './note.ts';

export type Turn = Stepped<Gate>;

export const go = (turn: Turn, change: Partial<Gate>, effects: readonly Effect[] = []): Turn => ({
  state: { ...turn.state, ...change },
  effects: [...turn.effects, ...effects],
});

export const record = (at: Instant, note: Note): Effect => recordNote(GATE, at, note);

export const reply = (request: ActionRequest, message: Message): Effect => ({
  kind: 'tell',
  to: watchMachine(request.subject),
  message,
});

/** Says to the alert desk whether the trouble of a service is doubted together with that of others. */
export const tellDoubt = (subject: ServiceId, why: string | null): Effect => ({
  kind: 'tell',
  to: ALERTS,
  message: { kind: 'doubted', subject, why },
});

export type Page = {
  readonly subject: string;
  readonly severity: Severity;
  readonly title: string;
  readonly ladder: readonly string[];
  readonly reasons: readonly Reason[];
};

/** One page about the watchman itself. */
export const page = (it: Page, at: Instant): Effect => ({
  kind: 'tell',
  to: INCIDENTS,
  message: { kind: 'escalate', escalation: { ...it, trigger: it.title, since: at } },
});

export const pageOver = (subject: string, proof: string, at: Instant): Effect => ({
  kind: 'tell',
  to: INCIDENTS,
  message: { kind: 'recovered', subject, proof, how: 'measured', at },
});

/** Told to whom it may concern, by the route of the lowest severity; nobody has to act. */
export const inform = (
  it: { readonly key: string; readonly title: string; readonly body: string },
  at: Instant,
): Effect => ({
  kind: 'tell',
  to: ALERTS,
  message: {
    kind: 'say',
    notification: { ...it, kind: 'information', severity: 'SEV3', subject: 'sereno', people: [], at },
  },
});
