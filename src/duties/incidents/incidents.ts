// Incidents: what was handed to people, who was asked, and who is asked next.
//
//   (none) ──escalate──▶ open ──acknowledge──▶ acknowledged ──recovered──▶ resolved
//                         │ clock missed: the next in the chain is paged │ clock missed: paged again
//
// The clocks start when the incident opens: a page that nobody acknowledges is a new page for the next person. Pages
// that could not be delivered are sent again. An incident ends only by measured recovery, never by an opinion.

import { hasRole, SERENO, type Actor } from '#kernel/actor.ts';
import type { Effect } from '#kernel/effect.ts';
import type { Event } from '#kernel/event.ts';
import type { Json } from '#kernel/evidence.ts';
import type { PersonId } from '#kernel/id.ts';
import type { Answer, Asked, Escalation, Message } from '#kernel/message.ts';
import type { Notification, Severity } from '#kernel/notification.ts';
import { ALERTS, INCIDENTS, type Site } from '#kernel/site.ts';
import type { Machine, Stepped } from '#kernel/step.ts';
import {
  earliest,
  elapsedMs,
  hours,
  later,
  minutes,
  sayDuration,
  seconds,
  type DurationMs,
  type Instant,
} from '#kernel/time.ts';

/** Time to acknowledge, then to resolve, by severity; from the policy's clocks (model.md, noun 10). */
const ACKNOWLEDGE_MS: Record<Severity, DurationMs> = {
  SEV1: minutes(15),
  SEV2: hours(1),
  SEV3: hours(4),
  SEV4: hours(72),
};
const RESOLVE_MS: Record<Severity, DurationMs> = { SEV1: hours(4), SEV2: hours(8), SEV3: hours(72), SEV4: hours(168) };
/** A page that was not delivered is sent again after this long. */
const REDELIVER_MS = seconds(30);
const REDELIVER_LONGEST_MS = minutes(15);
/** Closed incidents that are kept for those who ask; all are in the evidence. */
const CLOSED_KEPT = 50;

export type Incident = {
  readonly number: string;
  readonly subject: string;
  readonly severity: Severity;
  readonly status: 'open' | 'acknowledged' | 'resolved';
  readonly title: string;
  readonly ladder: readonly string[];
  readonly openedAt: Instant;
  /** How many pages went out: the place in the chain. */
  readonly pages: number;
  readonly paged: readonly PersonId[];
  readonly acknowledgedBy: string | null;
  readonly resolvedAt: Instant | null;
  /** The last page did not reach anybody. */
  readonly isUndelivered: boolean;
  readonly lookAgainAt: Instant | null;
};

export type Incidents = {
  readonly lastNumber: number;
  readonly incidents: readonly Incident[];
  readonly answers: readonly Answer[];
};

type Turn = Stepped<Incidents>;

const FIRST: Incidents = { lastNumber: 0, incidents: [], answers: [] };

/** Makes the incident desk of a site. */
export const makeIncidents = (site: Site): Machine<Incidents> => ({
  id: INCIDENTS,
  initial: FIRST,
  step: (state, event) => step(site, { state, effects: [] }, event),
  expects: (state) => state.incidents.filter(isActive).map((incident) => incident.number),
});

/** What became of a page, by its key. */
type Delivered = { readonly notification: string; readonly isDelivered: boolean; readonly detail: string };

/** Words to people pass the alert desk. */
const say = (notification: Notification): Effect => ({
  kind: 'tell',
  to: ALERTS,
  message: { kind: 'say', notification },
});

const isActive = (incident: Incident): boolean => incident.status !== 'resolved';

const step = (site: Site, turn: Turn, event: Event): Turn => {
  if (event.kind === 'told') return hear(site, turn, event.message, event.at);
  if (event.kind === 'woke') return ring(site, turn, event.name, event.at);
  if (event.kind === 'asked') return takeAsk(turn, event, event.at);
  if (event.kind === 'notified') return takeDelivery(turn, event, event.at);
  return turn;
};

const go = (turn: Turn, change: Partial<Incidents>, effects: readonly Effect[] = []): Turn => ({
  state: { ...turn.state, ...change },
  effects: [...turn.effects, ...effects],
});

const put = (turn: Turn, incident: Incident, effects: readonly Effect[]): Turn => {
  const others = turn.state.incidents.filter((it) => it.number !== incident.number);
  const active = others.filter(isActive);
  const closed = others.filter((it) => !isActive(it)).slice(0, CLOSED_KEPT);
  return go(turn, { incidents: [incident, ...active, ...closed] }, effects);
};

type Note = {
  readonly type: string;
  readonly incident: Incident;
  readonly action?: string;
  readonly outcome?: string;
  readonly by?: Actor;
  readonly refs?: { readonly [key: string]: Json };
};

const record = (at: Instant, note: Note): Effect => ({
  kind: 'record',
  evidence: {
    at,
    actor: { kind: (note.by ?? SERENO).kind, name: (note.by ?? SERENO).name },
    machine: INCIDENTS,
    type: note.type,
    trigger: note.incident.title,
    action: note.action ?? null,
    outcome: note.outcome ?? null,
    refs: {
      incident: note.incident.number,
      subject: note.incident.subject,
      severity: note.incident.severity,
      ...note.refs,
    },
  },
});

/** The chain at a moment: on call rotates by one each week, counted from Monday 1970-01-05. */
export const chainAt = (onCall: readonly PersonId[], at: Instant): readonly PersonId[] => {
  if (onCall.length === 0) return [];
  const week = Math.floor((at / 86_400_000 - 4) / 7);
  const first = ((week % onCall.length) + onCall.length) % onCall.length;
  return [...onCall.slice(first), ...onCall.slice(0, first)];
};

const pageOf = (site: Site, incident: Incident, at: Instant): Notification => {
  const chain = chainAt(site.onCall, incident.openedAt);
  const person = chain.length === 0 ? null : (chain[incident.pages % chain.length] ?? null);
  const steps = incident.ladder.map((line, index) => `${index + 1}. ${line}`);
  const again = incident.pages === 0 ? '' : ` (page ${incident.pages + 1}: nobody has dealt with it)`;
  return {
    key: `page:${incident.number}:${incident.pages}`,
    kind: 'page',
    severity: incident.severity,
    subject: incident.subject,
    title: `${incident.number} ${incident.severity} ${incident.title}${again}`,
    body: [...steps, `Acknowledge: sereno incident ack ${incident.number}`].join('\n'),
    people: person === null ? [] : [person],
    at,
  };
};

const sendPage = (site: Site, turn: Turn, incident: Incident, at: Instant): Turn => {
  const notification = pageOf(site, incident, at);
  const clock = incident.status === 'open' ? ACKNOWLEDGE_MS[incident.severity] : RESOLVE_MS[incident.severity];
  const lookAgainAt = later(at, clock);
  const paged: Incident = {
    ...incident,
    pages: incident.pages + 1,
    paged: [...incident.paged, ...notification.people].slice(-10),
    isUndelivered: false,
    lookAgainAt,
  };
  return put(turn, paged, [
    say(notification),
    { kind: 'wake', name: incident.number, at: lookAgainAt },
    record(at, {
      type: 'incident.paged',
      incident,
      action: `page ${notification.people.join(', ') || 'by the route of its severity'}`,
    }),
  ]);
};

const hear = (site: Site, turn: Turn, message: Message, at: Instant): Turn => {
  if (message.kind === 'escalate') return open(site, turn, message.escalation, at);
  if (message.kind === 'recovered') return resolve(turn, message, at);
  if (message.kind === 'said') return takeDelivery(turn, message, at);
  return turn;
};

const open = (site: Site, turn: Turn, escalation: Escalation, at: Instant): Turn => {
  const same = turn.state.incidents.find((it) => isActive(it) && it.subject === escalation.subject);
  // One incident for one subject: what is known already is not told again.
  if (same !== undefined) return turn;
  const lastNumber = turn.state.lastNumber + 1;
  const year = new Date(at).getUTCFullYear();
  const incident: Incident = {
    number: `INC-${year}-${String(lastNumber).padStart(3, '0')}`,
    subject: escalation.subject,
    severity: escalation.severity,
    status: 'open',
    title: escalation.title,
    ladder: escalation.ladder,
    openedAt: at,
    pages: 0,
    paged: [],
    acknowledgedBy: null,
    resolvedAt: null,
    isUndelivered: false,
    lookAgainAt: null,
  };
  const reasons = JSON.parse(JSON.stringify(escalation.reasons)) as Json; // decoder: reasons are plain JSON
  const opened = put(go(turn, { lastNumber }), incident, [
    record(at, { type: 'incident.opened', incident, refs: { reasons, ladder: [...incident.ladder] } }),
  ]);
  return sendPage(site, opened, incident, at);
};

/** Only what was measured is called well. */
const sayEnd: Record<(Message & { kind: 'recovered' })['how'], (subject: string) => string> = {
  measured: (subject) => `resolved: ${subject} is well again`,
  stopped: (subject) => `closed: ${subject} was stopped`,
  unwatched: (subject) => `closed: ${subject} is not watched any more`,
};

const resolve = (turn: Turn, recovered: Message & { kind: 'recovered' }, at: Instant): Turn => {
  const incident = turn.state.incidents.find((it) => isActive(it) && it.subject === recovered.subject);
  if (incident === undefined) return turn;
  const lasted = sayDuration(elapsedMs(incident.openedAt, at));
  const resolved: Incident = { ...incident, status: 'resolved', resolvedAt: at, lookAgainAt: null };
  const notification: Notification = {
    key: `resolved:${incident.number}`,
    kind: 'recovered',
    severity: incident.severity,
    subject: incident.subject,
    title: `${incident.number} ${sayEnd[recovered.how](incident.subject)} (after ${lasted})`,
    body: `${recovered.how === 'measured' ? 'Measured: ' : ''}${recovered.proof}.`,
    people: incident.paged.slice(-1),
    at,
  };
  return put(turn, resolved, [
    { kind: 'unwake', name: incident.number },
    say(notification),
    record(at, { type: 'incident.resolved', incident, outcome: recovered.proof }),
  ]);
};

const ring = (site: Site, turn: Turn, name: string, at: Instant): Turn => {
  const incident = turn.state.incidents.find((it) => isActive(it) && it.number === name);
  if (incident === undefined) return turn;
  if (!incident.isUndelivered) return sendPage(site, turn, incident, at);
  // The same page to the same person once more: the chain goes on when somebody was reached and did nothing.
  const again = { ...incident, pages: incident.pages - 1, paged: incident.paged.slice(0, -1) };
  return sendPage(site, turn, again, at);
};

const takeDelivery = (turn: Turn, event: Delivered, at: Instant): Turn => {
  const incident = turn.state.incidents.find(
    (it) => isActive(it) && event.notification === `page:${it.number}:${it.pages - 1}`,
  );
  if (incident === undefined || event.isDelivered) return turn;
  // The pause grows with the age of the incident, so that a dead channel does not flood the living ones.
  const ageMs = elapsedMs(incident.openedAt, at);
  const soon = later(at, Math.min(REDELIVER_LONGEST_MS, Math.max(REDELIVER_MS, ageMs)));
  const lookAgainAt = incident.lookAgainAt === null ? soon : earliest(soon, incident.lookAgainAt);
  return put(turn, { ...incident, isUndelivered: true, lookAgainAt }, [
    { kind: 'wake', name: incident.number, at: lookAgainAt },
    record(at, { type: 'incident.page-undelivered', incident, outcome: event.detail }),
  ]);
};

const takeAsk = (turn: Turn, asked: Asked, at: Instant): Turn => {
  if (asked.request.kind !== 'acknowledge' || turn.state.answers.some((it) => it.askKey === asked.askKey)) return turn;
  const { subject } = asked.request;
  const incident = turn.state.incidents.find((it) => isActive(it) && (it.number === subject || it.subject === subject));
  const isAllowed = hasRole(asked.by, 'operator');
  const status = incident === undefined ? 'failed' : isAllowed ? 'completed' : 'denied';
  const detail =
    incident === undefined
      ? `no open incident ${subject}`
      : isAllowed
        ? `${incident.number} is yours`
        : `${asked.by.name} has not the role operator`;
  const answer: Answer = { askKey: asked.askKey, status, reasons: [], detail, approval: null, actionKey: null, at };
  const answered = go(turn, { answers: [answer, ...turn.state.answers].slice(0, CLOSED_KEPT) });
  if (incident === undefined || !isAllowed) return answered;
  const lookAgainAt = later(
    incident.openedAt,
    Math.max(RESOLVE_MS[incident.severity], elapsedMs(incident.openedAt, at) + minutes(15)),
  );
  const acknowledged: Incident = { ...incident, status: 'acknowledged', acknowledgedBy: asked.by.name, lookAgainAt };
  return put(answered, acknowledged, [
    { kind: 'wake', name: incident.number, at: lookAgainAt },
    { kind: 'tell', to: ALERTS, message: { kind: 'acted-on', subject: incident.subject, by: asked.by.name } },
    record(at, { type: 'incident.acknowledged', incident, by: asked.by, action: asked.request.why }),
  ]);
};
