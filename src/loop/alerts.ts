// The alert desk: as every change to the world passes the gate, every word to people passes here. It gives every raw
// event its fate, damps what flaps, holds back what a person wants held back, and counts what came of each call.
//
// It is one machine beside the gate, not a duty: it needs the judge's matchers and damper, and every watch talks to it.
// If it breaks, messages go out as they are (draft.ts): a fault in here must never make the watchman mute.

import type { ChannelReport } from '#kernel/notification.ts';
import type { Event } from '#kernel/event.ts';
import type { RawAlert } from '#kernel/alert.ts';
import type { Message } from '#kernel/message.ts';
import type { Notification } from '#kernel/notification.ts';
import { serviceId } from '#kernel/id.ts';
import { ALERTS, findService, WATCHMAN, type Site } from '#kernel/site.ts';
import type { Machine } from '#kernel/step.ts';
import { elapsedMs, later, sayDuration, type Instant } from '#kernel/time.ts';
import { FLAP_WINDOW_MS } from '#judge/noise/damper.ts';
import { amend, noiseOf, QUALITY_WINDOW_MS } from '#judge/noise/quality.ts';
import { endSuppression, takeAsk } from './alertsAsk.ts';
import { clear, clearAll, decide, openOf, pastCauseOf, raise, settle, spokenOfAt } from './alertsFate.ts';
import { find, findingOver } from './alertsFinding.ts';
import { lookedAt, placeOf, release, say } from './alertsSay.ts';
import {
  AFTER_CAUSE_MS,
  CALM_SUBJECT,
  FIRST_ALERTS,
  go,
  lookBy,
  record,
  send,
  storedAlerts,
  without,
  withNewest,
  type Alerts,
  type Turn,
} from './alertsState.ts';
import { beginBurn, burnTimes, coverBurns, endBurn, lookAtBurns } from './burns.ts';
import { workBegan, workOver } from './alertsWork.ts';
import { allShelved } from './shelves.ts';

/** Makes the alert desk of a site. */
export const makeAlerts = (site: Site): Machine<Alerts> => ({
  id: ALERTS,
  initial: FIRST_ALERTS,
  step: (state, event) => step(site, { state, effects: [] }, event),
  expects: ({ lookAt }) => (lookAt === null ? [] : ['look']),
  stored: storedAlerts,
});

const step = (site: Site, turn: Turn, event: Event): Turn => {
  if (event.kind === 'told') return hear(site, turn, event, event.at);
  if (event.kind === 'notified') return takeReport(site, turn, event, event.at);
  if (event.kind === 'asked') return takeAsk(site, turn, event, event.at);
  if (event.kind === 'confirmed') return lookedAt(site, turn, event, event.at);
  return event.kind === 'woke' ? look(site, turn, event.at) : turn;
};

const hear = (site: Site, turn: Turn, told: Event & { kind: 'told' }, at: Instant): Turn => {
  const { message } = told;
  switch (message.kind) {
    case 'raised':
      return raise(turn, message.alert, at);
    case 'cleared':
      return clear(turn, message, at);
    case 'found':
      return find(site, turn, message.finding, at);
    case 'found-over':
      return findingOver(turn, message, at);
    case 'burn-began':
      return beginBurn(site, turn, message.alert, at);
    case 'burn-over':
      return burnOver(site, turn, message, at);
    case 'work-began':
      return workBegan(turn, message.work, at);
    case 'work-over':
      return workOver(turn, message, at);
    case 'blamed':
      return blame(turn, message, at);
    case 'doubted':
      return doubt(site, turn, message, at);
    case 'acted-on':
      return actedOn(turn, message.subject);
    case 'trouble-over':
      return troubleOver(turn, message, at);
    case 'say':
      return hearWord(site, turn, told, at);
    default:
      return turn;
  }
};

const hearWord = (site: Site, turn: Turn, { message, from }: Event & { kind: 'told' }, at: Instant): Turn => {
  if (message.kind !== 'say') return turn;
  const { notification } = message;
  const said = ended(say(site, turn, from, notification), turn, notification);
  return notification.kind === 'recovered' ? said : coverBurns(site, said, notification.subject, at);
};

const burnOver = (site: Site, turn: Turn, message: Message & { kind: 'burn-over' }, at: Instant): Turn => {
  const { turn: closed, notice } = endBurn(turn, message, at);
  return notice === null ? closed : ended(say(site, closed, ALERTS, notice), closed, notice);
};

/** A message that something is over ends its call, whether people hear of it or not. */
const ended = (turn: Turn, earlier: Turn, it: Notification): Turn => {
  if (it.kind !== 'recovered') return turn;
  const isService = openOf(turn, it.subject).some((raw) => raw.service !== null);
  const closed = isService ? turn : clearAll(turn, it.subject, it.at);
  return callOver(closed, earlier.state.told[it.subject]?.rule ?? null, it.at);
};

const blame = (turn: Turn, { subject, on }: Message & { kind: 'blamed' }, at: Instant): Turn => {
  const raws = openOf(turn, subject);
  if (on !== null) {
    const why = `it needs ${on}, which is down`;
    const waiting = raws.filter((it) => it.fate.kind === 'waiting');
    return decide(turn, waiting, { kind: 'inhibited', by: on, why, at });
  }
  const freed = raws.filter((it) => it.fate.kind === 'inhibited');
  const [first] = freed;
  if (first === undefined) return turn;
  const why = 'what it needs is back, and it is not well';
  return lookBy(decide(turn, freed, { kind: 'waiting', by: first.fate.by, why, at }), later(at, AFTER_CAUSE_MS));
};

/** The watchman doubts what it sees of several: people hear of the doubt, and of nobody who is in it. */
const doubt = (site: Site, turn: Turn, { subject, why }: Message & { kind: 'doubted' }, at: Instant): Turn => {
  const raws = openOf(turn, subject);
  if (why !== null) {
    const waiting = raws.filter((it) => it.fate.kind === 'waiting');
    return coverBurns(site, decide(turn, waiting, { kind: 'inhibited', by: WATCHMAN, why, at }), subject, at);
  }
  const freed = raws.filter((it) => it.fate.kind === 'inhibited' && it.fate.by === WATCHMAN);
  if (freed.length === 0) return turn;
  const over = 'the doubt is over, and it is not well';
  return lookBy(decide(turn, freed, { kind: 'waiting', by: WATCHMAN, why: over, at }), later(at, AFTER_CAUSE_MS));
};

const actedOn = (turn: Turn, subject: string): Turn => {
  const rule = turn.state.told[subject]?.rule;
  const calls = rule === undefined ? undefined : turn.state.calls[rule];
  if (rule === undefined || calls === undefined || calls.at(-1)?.isActedOn !== false) return turn;
  const acted = amend(calls, (call) => ({ ...call, isActedOn: true }));
  return go(turn, { calls: { ...turn.state.calls, [rule]: acted } });
};

/** Over without a word of its own: a person stopped it, or nobody was told. */
const troubleOver = (turn: Turn, over: Message & { kind: 'trouble-over' }, at: Instant): Turn => {
  const { subject, isStopped } = over;
  const { told, held } = turn.state;
  const settled = settle(turn, openOf(turn, subject), at);
  // Of what a person stopped nobody is told that it is well, even if it was for a while.
  const isOwed = !isStopped && held[subject]?.notification.kind === 'recovered';
  const free = go(settled, {
    told: isOwed ? told : without(told, subject),
    held: isOwed ? held : without(held, subject),
  });
  return isOwed ? free : callOver(free, told[subject]?.rule ?? null, at);
};

/** A call is over. A rule that calls again and again for nothing is a finding, told once a week. */
const callOver = (turn: Turn, rule: string | null, at: Instant): Turn => {
  const calls = rule === null ? undefined : turn.state.calls[rule];
  if (rule === null || calls === undefined) return turn;
  const over = amend(calls, (call) => ({ ...call, isOver: true }));
  const closed = go(turn, { calls: { ...turn.state.calls, [rule]: over } });
  const finding = noiseOf(rule, over, at);
  const since = turn.state.noisy[rule];
  if (finding === null || (since !== undefined && elapsedMs(since, at) < QUALITY_WINDOW_MS)) return closed;
  const body = 'Mend what makes it call, raise its threshold, or take it out: sereno alert quality';
  const notification = {
    key: `${finding.key}@${at}`,
    kind: 'information',
    severity: finding.severityHint,
    subject: rule,
    title: finding.title,
    body,
    people: [],
    at,
  } as const;
  const noted = go(closed, { noisy: withNewest(turn.state.noisy, rule, at) }, [
    record(at, {
      type: 'finding.opened',
      trigger: finding.title,
      refs: { kind: finding.kind, key: finding.key, rule },
    }),
  ]);
  return send(noted, ALERTS, notification);
};

/** A message arrived, or did not: who wanted it told hears of it, and a dead channel is told of through a living one. */
const takeReport = (site: Site, turn: Turn, event: Event & { kind: 'notified' }, at: Instant): Turn => {
  const { notification, isDelivered, detail, channels = [] } = event;
  const sender = turn.state.onItsWay[notification];
  const heard = go(turn, { onItsWay: without(turn.state.onItsWay, notification) });
  const isOther = sender !== undefined && sender.from !== ALERTS;
  const message = { kind: 'said', notification, isDelivered, detail } as const;
  const passed = isOther ? go(heard, {}, [{ kind: 'tell', to: sender.from, message }]) : heard;
  const declared = new Set(site.channels.map((it) => it.name));
  const deadChannels = passed.state.deadChannels.filter((it) => declared.has(it.name));
  return channels.reduce(
    (open, channel) => takeChannel(open, channel, { isAnyAlive: isDelivered, at }),
    deadChannels.length === passed.state.deadChannels.length ? passed : go(passed, { deadChannels }),
  );
};

const takeChannel = (
  turn: Turn,
  { name, isDelivered, detail }: ChannelReport,
  now: { readonly isAnyAlive: boolean; readonly at: Instant },
): Turn => {
  const { at, isAnyAlive } = now;
  const known = turn.state.deadChannels.find((it) => it.name === name);
  if (isDelivered === (known === undefined)) return turn;
  const others = turn.state.deadChannels.filter((it) => it.name !== name);
  const deadChannels = isDelivered ? others : [...others, { name, since: at, detail }];
  const title =
    known === undefined
      ? `the channel ${name} does not deliver: ${detail}`
      : `the channel ${name} delivers again, after ${sayDuration(elapsedMs(known.since, at))}`;
  const noted = go(turn, { deadChannels }, [
    record(at, { type: isDelivered ? 'channel.recovered' : 'channel.failed', trigger: title, refs: { channel: name } }),
  ]);
  // Where none delivers, nobody would hear of it; the message that was lost is sent again by who wanted it told.
  if (!isAnyAlive) return noted;
  const key = `channel:${name}:${isDelivered ? `over:${known?.since ?? at}` : at}`;
  const body = isDelivered ? 'Messages go there again.' : 'The other channels of that severity took the message.';
  return send(noted, ALERTS, {
    key,
    kind: 'information',
    severity: 'SEV3',
    subject: 'sereno',
    title,
    body,
    people: [],
    at,
  });
};

/** The wake `look`: quiet that is over, damped words that have a place, raw events that nobody has said a word about. */
const look = (site: Site, turn: Turn, at: Instant): Turn => {
  const rung = go(turn, { lookAt: null });
  const over = rung.state.suppressions.filter((it) => it.until <= at);
  const awake = over.reduce((open, it) => endSuppression(site, open, it, { how: 'its end has come', at }), rung);
  const why = 'It came and went; this is how it is now.';
  const told = damped(awake)
    .filter(({ placedAt }) => placedAt <= at)
    .reduce((open, { subject }) => release(site, open, subject, { why, at }), awake);
  const weighed = lookAtBurns(site, told, at);
  const asked = overdue(weighed, at).reduce((open, raws) => speakUp(site, open, raws, at), weighed);
  return planNext(tidied(site, asked, at), at);
};

const damped = (turn: Turn): readonly { readonly subject: string; readonly placedAt: Instant }[] =>
  Object.entries(turn.state.held).flatMap(([subject, { by, notification, lookBy: asked }]) => {
    if (by !== null) return [];
    const placedAt = placeOf(turn.state.dampers[subject] ?? CALM_SUBJECT, notification);
    return [{ subject, placedAt: asked !== undefined && asked.until > placedAt ? asked.until : placedAt }];
  });

const waiting = (turn: Turn): readonly (readonly RawAlert[])[] =>
  allShelved(turn.state.open)
    .map((ofSubject) => Object.values(ofSubject).filter((raw) => raw.fate.kind === 'waiting'))
    .filter((raws) => raws.length > 0);

const overdue = (turn: Turn, at: Instant): readonly (readonly RawAlert[])[] =>
  waiting(turn).filter((raws) => raws.some((raw) => spokenOfAt(raw) <= at));

/** Somebody whom it needs, at any distance, is in trouble that has a fate of its own. */
const causeOf = (site: Site, turn: Turn, subject: string): string | null => {
  const seen = new Set([subject]);
  const line = [subject];
  for (let next = line.shift(); next !== undefined; next = line.shift()) {
    for (const need of findService(site, serviceId(next))?.needs ?? []) {
      if (openOf(turn, need).length > 0) return need;
      if (!seen.has(need)) line.push(need);
      seen.add(need);
    }
  }
  return null;
};

const unsaidWhy = (pastCause: string | null): string => {
  if (pastCause === null) return 'Nothing was done about it, and nobody was told.';
  if (pastCause === WATCHMAN) return 'It failed together with others; that is over, and it is not well.';
  return `It failed with ${pastCause}, which is well again, and it is not.`;
};

/** Nobody has said a word about it for a quarter of an hour: it is a symptom, or it is told as it is. */
const speakUp = (site: Site, turn: Turn, raws: readonly RawAlert[], at: Instant): Turn => {
  const [first] = raws;
  if (first === undefined) return turn;
  const { subject, severity, title, key } = first;
  const cause = causeOf(site, turn, subject);
  if (cause !== null) {
    return decide(turn, raws, { kind: 'inhibited', by: cause, why: `it needs ${cause}, which is in trouble`, at });
  }
  const notification: Notification = {
    key: `unsaid:${key}@${first.since}`,
    kind: 'information',
    severity,
    subject,
    title,
    body: `So for ${sayDuration(elapsedMs(first.since, at))}. ${unsaidWhy(pastCauseOf(turn, subject))}`,
    people: [],
    at,
  };
  const why = 'nobody had said a word about it';
  return decide(send(turn, ALERTS, notification), raws, { kind: 'notified', by: notification.key, why, at });
};

/** What was quiet for long is forgotten. */
const tidied = (site: Site, turn: Turn, at: Instant): Turn => {
  const { dampers, calls, noisy } = turn.state;
  const recent = (last: Instant | undefined, ms: number): boolean => last !== undefined && elapsedMs(last, at) < ms;
  const gone = allShelved(turn.state.open)
    .flatMap((ofSubject) => Object.values(ofSubject).slice(0, 1))
    .filter((raw) => raw.service !== null && findService(site, raw.service) === null);
  // What is not declared any more is not watched any more.
  const declared = gone.reduce((open, raw) => clearAll(open, raw.subject, at), turn);
  return go(declared, {
    dampers: Object.fromEntries(
      Object.entries(dampers).filter(([, it]) => it.held > 0 || recent(it.told.at(-1), FLAP_WINDOW_MS)),
    ),
    calls: Object.fromEntries(Object.entries(calls).filter(([, it]) => recent(it.at(-1)?.at, QUALITY_WINDOW_MS))),
    noisy: Object.fromEntries(Object.entries(noisy).filter(([, it]) => recent(it, QUALITY_WINDOW_MS))),
  });
};

const planNext = (turn: Turn, at: Instant): Turn => {
  const times = [
    ...burnTimes(turn),
    ...turn.state.suppressions.map((it) => it.until),
    ...damped(turn).map(({ placedAt }) => placedAt),
    ...waiting(turn).flatMap((raws) => raws.map(spokenOfAt)),
  ];
  return times.reduce((open, time) => lookBy(open, time > at ? time : later(at, 1_000)), turn);
};
