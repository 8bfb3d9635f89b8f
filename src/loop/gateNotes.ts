// What the gate writes down and says.

import { SERENO, type Actor } from '#kernel/actor.ts';
import type { ActionRequest } from '#kernel/action.ts';
import type { Effect } from '#kernel/effect.ts';
import type { Json } from '#kernel/evidence.ts';
import type { Message } from '#kernel/message.ts';
import type { Severity } from '#kernel/notification.ts';
import type { Reason } from '#kernel/reason.ts';
import { GATE, INCIDENTS, watchMachine } from '#kernel/site.ts';
import type { Stepped } from '#kernel/step.ts';
import type { Instant } from '#kernel/time.ts';
import type { Gate } from './gateState.ts';

export type Turn = Stepped<Gate>;

export const go = (turn: Turn, change: Partial<Gate>, effects: readonly Effect[] = []): Turn => ({
  state: { ...turn.state, ...change },
  effects: [...turn.effects, ...effects],
});

export type Note = {
  readonly type: string;
  readonly trigger: string;
  readonly action?: string;
  readonly outcome?: string;
  readonly refs?: { readonly [key: string]: Json };
  readonly by?: Actor;
};

export const record = (at: Instant, note: Note): Effect => {
  const by = note.by ?? SERENO;
  return {
    kind: 'record',
    evidence: {
      at,
      actor: { kind: by.kind, name: by.name },
      machine: GATE,
      type: note.type,
      trigger: note.trigger,
      action: note.action ?? null,
      outcome: note.outcome ?? null,
      refs: note.refs ?? {},
    },
  };
};

export const asJson = (reasons: readonly Reason[]): Json => JSON.parse(JSON.stringify(reasons)) as Json; // decoder: reasons are plain JSON

export const reply = (request: ActionRequest, message: Message): Effect => ({
  kind: 'tell',
  to: watchMachine(request.subject),
  message,
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
