// What a watch writes down and says: evidence, news to its neighbours, notices and escalations to people.

import type { BlastRadius } from '#kernel/action.ts';
import type { Effect } from '#kernel/effect.ts';
import type { ServiceId } from '#kernel/id.ts';
import type { Message } from '#kernel/message.ts';
import type { Notification, Severity } from '#kernel/notification.ts';
import { sayReasons } from '#kernel/reason.ts';
import type { Service } from '#kernel/service.ts';
import { ALERTS, GATE, INCIDENTS, STARTUP, watchMachine } from '#kernel/site.ts';
import type { Stepped } from '#kernel/step.ts';
import type { Instant } from '#kernel/time.ts';
import { ladderOf } from '#act/ladder.ts';
import type { OwnPorts } from '#judge/cause.ts';
import { recoveredNotice, troubleNotice, type Trouble } from '#act/notice.ts';
import { reasonsAsJson, recordNote, type Note } from './note.ts';
import { newsOf, type Watch } from './watchState.ts';

/** What a watch knows beside its state: the declared service and its place in the town. */
export type Post = {
  readonly service: Service;
  readonly dependants: readonly ServiceId[];
  /** Whom touching it can hurt while it serves. Asked before an action only: in a large town it is a long way up. */
  readonly radius: () => BlastRadius;
  readonly ports: OwnPorts;
  /** Names and contacts, in the order in which people are asked. */
  readonly contacts: readonly string[];
};

export type Turn = Stepped<Watch>;

export const still = (watch: Watch): Turn => ({ state: watch, effects: [] });

/** Goes on from a turn: changes the state and adds effects. */
export const go = (turn: Turn, change: Partial<Watch>, effects: readonly Effect[] = []): Turn => ({
  state: { ...turn.state, ...change },
  effects: [...turn.effects, ...effects],
});

/** One record in the evidence chain, by the watch of this service. */
export const record = (watch: Watch, at: Instant, note: Note): Effect =>
  recordNote(watchMachine(watch.service), at, note);

/** Tells the gate, everybody who needs this service, and start-up while it waits. */
export const tellNews = (post: Post, watch: Watch): readonly Effect[] => {
  const message = { kind: 'health', news: newsOf(watch), token: null } as const;
  return [
    { kind: 'tell', to: GATE, message },
    ...post.dependants.map((id): Effect => ({ kind: 'tell', to: watchMachine(id), message })),
  ];
};

export const tellIsUp = (watch: Watch): Effect => ({
  kind: 'tell',
  to: STARTUP,
  message: { kind: 'is-up', service: watch.service, health: watch.health },
});

export const tellIsDown = (watch: Watch): Effect => ({
  kind: 'tell',
  to: STARTUP,
  message: { kind: 'is-down', service: watch.service },
});

export const tellAlerts = (message: Message): Effect => ({ kind: 'tell', to: ALERTS, message });

/** Words to people pass the alert desk. */
export const say = (notification: Notification): Effect => tellAlerts({ kind: 'say', notification });

/** A raw event of this service: something about it turned bad. */
export const raised = (watch: Watch, key: string, title: string): Effect =>
  tellAlerts({
    kind: 'raised',
    alert: { key, subject: watch.service, service: watch.service, severity: 'SEV3', title },
  });

export const cleared = (watch: Watch, key: string): Effect =>
  tellAlerts({ kind: 'cleared', key, subject: watch.service });

/** The trouble that is open, made when there is none. */
const openTrouble = (watch: Watch, trigger: string): NonNullable<Watch['trouble']> =>
  watch.trouble ?? { since: watch.since, trigger, isNotified: false, isEscalated: false };

const named = (watch: Watch, trouble: NonNullable<Watch['trouble']>): Trouble => ({
  subject: watch.service,
  since: trouble.since,
  trigger: trouble.trigger,
});

/** Tells people once that this trouble began, and what is being tried. */
export const notifyTrouble = (turn: Turn, trigger: string, plan: string, at: Instant): Turn => {
  const trouble = openTrouble(turn.state, trigger);
  if (trouble.isNotified) return turn;
  const notification = troubleNotice(named(turn.state, trouble), turn.state.decided, plan, at);
  return go(turn, { trouble: { ...trouble, isNotified: true } }, [say(notification)]);
};

/** Hands the trouble to people, once, with the ladder filled in. */
export const escalate = (
  post: Post,
  turn: Turn,
  how: { readonly severity: Severity; readonly approval: string | null },
  at: Instant,
): Turn => {
  const { severity, approval } = how;
  const { state } = turn;
  const trouble = openTrouble(state, sayReasons(state.decided));
  if (trouble.isEscalated) return turn;
  const ladder = ladderOf({
    service: post.service,
    cause: state.cause,
    reasons: state.decided,
    logTail: state.blackBox?.logTail ?? [],
    contacts: post.contacts,
    approval,
  });
  const escalation = {
    subject: state.service,
    severity,
    title: `${state.service}: ${trouble.trigger}`,
    ladder,
    reasons: state.decided,
    trigger: trouble.trigger,
    since: trouble.since,
  };
  return go(turn, { trouble: { ...trouble, isNotified: true, isEscalated: true } }, [
    { kind: 'tell', to: INCIDENTS, message: { kind: 'escalate', escalation } },
    record(state, at, {
      type: 'escalated',
      trigger: trouble.trigger,
      action: `a person is asked (${severity})`,
      refs: { reasons: reasonsAsJson(state.decided) },
    }),
  ]);
};

/** The trouble is over, as measured: those who were told are told. */
export const closeTrouble = (turn: Turn, proof: string, at: Instant): Turn =>
  endTrouble(turn, { proof, how: 'measured' }, at);

/** A person stopped the service: the trouble is over, but nothing is well. Who was paged is told; nobody else is. */
export const dropTrouble = (turn: Turn, proof: string, at: Instant): Turn => {
  const { trouble, service } = turn.state;
  if (trouble !== null) return endTrouble(turn, { proof, how: 'stopped' }, at);
  return go(turn, {}, [tellAlerts({ kind: 'trouble-over', subject: service, isStopped: true })]);
};

const endTrouble = (
  turn: Turn,
  end: { readonly proof: string; readonly how: 'measured' | 'stopped' },
  at: Instant,
): Turn => {
  const { proof, how } = end;
  const { trouble } = turn.state;
  if (trouble === null) return turn;
  const effects: Effect[] = [];
  if (trouble.isEscalated) {
    const message = { kind: 'recovered', subject: turn.state.service, proof, how, at } as const;
    effects.push({ kind: 'tell', to: INCIDENTS, message });
  } else if (trouble.isNotified && how === 'measured') {
    effects.push(say(recoveredNotice(named(turn.state, trouble), proof, 'SEV3', at)));
  }
  // An incident says itself that it is over, a moment later.
  if (!trouble.isEscalated)
    effects.push(tellAlerts({ kind: 'trouble-over', subject: turn.state.service, isStopped: how === 'stopped' }));
  return go(turn, { trouble: null }, [...effects, { kind: 'unwake', name: 'notice' }]);
};
