// What people ask of the alert desk: quiet about something until an end, and the end of it. Only a person may.

import { hasRole, type Actor } from '#kernel/actor.ts';
import type { Answer, Asked } from '#kernel/message.ts';
import { sayInstant } from '#kernel/reason.ts';
import { serviceId } from '#kernel/id.ts';
import { findService, WATCHMAN, type Site } from '#kernel/site.ts';
import type { Instant } from '#kernel/time.ts';
import { matchAll, type Matcher } from '#judge/noise/matcher.ts';
import { meantBy } from '#judge/noise/meaning.ts';
import { silenceTroubles } from '#judge/noise/silence.ts';
import { decide } from './alertsFate.ts';
import { labelsOf, release } from './alertsSay.ts';
import { go, lookBy, record, type KeptSuppression, type Turn } from './alertsState.ts';
import { allShelved } from './shelves.ts';

const ANSWERS_KEPT = 50;
/** A site in which more is held back than this is not watched any more. */
const SUPPRESSIONS_MAX = 100;

type Reply = { readonly status: Answer['status']; readonly detail: string };

const answer = (turn: Turn, asked: Asked, reply: Reply, at: Instant): Turn => {
  const made: Answer = { askKey: asked.askKey, ...reply, reasons: [], approval: null, actionKey: null, at };
  return go(turn, { answers: [made, ...turn.state.answers].slice(0, ANSWERS_KEPT) }, [
    record(at, {
      type: `request.${reply.status}`,
      trigger: `${asked.by.name} asked: ${asked.request.kind} (${asked.request.why})`,
      outcome: reply.detail,
      refs: { askKey: asked.askKey },
      by: asked.by,
    }),
  ]);
};

/** Why this actor may not hold anything back; null: it may. */
const refusal = (by: Actor): Reply | null => {
  if (by.kind !== 'person') {
    return {
      status: 'needs-approval',
      detail: `${by.name} is no person: only a person may keep others from being told`,
    };
  }
  return hasRole(by, 'operator') ? null : { status: 'denied', detail: `${by.name} has not the role operator` };
};

/** Takes one request. A repeated key is the same request. */
export const takeAsk = (site: Site, turn: Turn, asked: Asked, at: Instant): Turn => {
  if (turn.state.answers.some((known) => known.askKey === asked.askKey)) return turn;
  const refused = refusal(asked.by);
  if (refused !== null) return answer(turn, asked, refused, at);
  if (asked.request.kind === 'suppress') return takeSuppress(site, turn, asked, at);
  if (asked.request.kind === 'unsuppress') return takeUnsuppress(site, turn, asked, at);
  return answer(turn, asked, { status: 'denied', detail: 'this is not the alert desk’s to decide' }, at);
};

/** What people are told about besides services. */
const OWN_SUBJECTS: readonly string[] = [WATCHMAN, 'sereno', 'configuration', 'selection', 'evidence'];

/** A name that is not known is no mistake, the service may be declared later; most often it is a slip of the hand. */
const isKnown = (site: Site, subject: string): boolean =>
  OWN_SUBJECTS.includes(subject) || findService(site, serviceId(subject)) !== null;

/** Quiet about a service is quiet about its targets as well. */
const ofService = (site: Site, matcher: Matcher): Matcher =>
  matcher.label === 'subject' && matcher.operator === '=' && findService(site, serviceId(matcher.value)) !== null
    ? { ...matcher, label: 'service' }
    : matcher;

const takeSuppress = (site: Site, turn: Turn, asked: Asked, at: Instant): Turn => {
  const { request, by } = asked;
  if (request.kind !== 'suppress') return turn;
  const { what, until, why } = request;
  const meant = meantBy(what);
  if (meant.kind === 'wrong') return answer(turn, asked, { status: 'failed', detail: meant.whys.join('; ') }, at);
  const { subject } = meant;
  const matchers = meant.matchers.map((matcher) => ofService(site, matcher));
  const troubles = silenceTroubles({ matchers, startsAt: at, endsAt: until, by: by.name, why }, at);
  if (turn.state.suppressions.length >= SUPPRESSIONS_MAX) troubles.push(`${SUPPRESSIONS_MAX} are in force already`);
  if (troubles.length > 0) return answer(turn, asked, { status: 'failed', detail: troubles.join('; ') }, at);
  const lastSuppression = turn.state.lastSuppression + 1;
  const id = `S-${lastSuppression}`;
  const made: KeptSuppression = { id, what, by: by.name, why, since: at, until, held: 0, matchers };
  const kept = go(turn, { lastSuppression, suppressions: [...turn.state.suppressions, made] }, [
    record(at, {
      type: 'suppression.began',
      trigger: `${what}: ${why}`,
      outcome: `until ${sayInstant(until)}`,
      refs: { id, what, until },
      by,
    }),
  ]);
  const told = `${id}: nobody is told about ${what} until ${sayInstant(until)}; watching and acting go on`;
  const detail = subject === null || isKnown(site, subject) ? told : `${told}. No service is called ${subject}`;
  return answer(lookBy(silenceWaiting(site, kept, made, at), until), asked, { status: 'completed', detail }, at);
};

/** Raw events that wait for a word are silenced as well: that word would be held back. */
const silenceWaiting = (site: Site, turn: Turn, by: KeptSuppression, at: Instant): Turn => {
  const why = `${by.by} wants quiet about ${by.what} until ${sayInstant(by.until)}: ${by.why}`;
  const those = allShelved(turn.state.open).map((ofSubject) =>
    Object.values(ofSubject).filter(
      (raw) =>
        raw.fate.kind === 'waiting' &&
        matchAll(by.matchers, labelsOf(site, { subject: raw.subject, severity: raw.severity, kind: 'trouble' })),
    ),
  );
  return those.reduce((open, raws) => decide(open, raws, { kind: 'silenced', by: by.id, why, at }), turn);
};

const takeUnsuppress = (site: Site, turn: Turn, asked: Asked, at: Instant): Turn => {
  const { request, by } = asked;
  if (request.kind !== 'unsuppress') return turn;
  const found = turn.state.suppressions.find((it) => it.id === request.suppression);
  if (found === undefined) {
    return answer(turn, asked, { status: 'failed', detail: `no suppression ${request.suppression}` }, at);
  }
  const over = endSuppression(site, turn, found, { how: `ended by ${by.name}: ${request.why}`, at });
  return answer(over, asked, { status: 'completed', detail: `${found.id} is over` }, at);
};

/** It is over: what it held back and is still so is told. */
export const endSuppression = (
  site: Site,
  turn: Turn,
  it: KeptSuppression,
  { how, at }: { readonly how: string; readonly at: Instant },
): Turn => {
  const over = go(turn, { suppressions: turn.state.suppressions.filter((each) => each.id !== it.id) }, [
    record(at, {
      type: 'suppression.ended',
      trigger: `${it.id} ${it.what}`,
      outcome: how,
      refs: { id: it.id, held: it.held },
    }),
  ]);
  const subjects = Object.entries(turn.state.held).flatMap(([subject, held]) => (held.by === it.id ? [subject] : []));
  const why = `Held back since ${sayInstant(it.since)} by ${it.by}, ${it.id}: ${it.why}.`;
  return waitAgain(
    subjects.reduce((open, subject) => release(site, open, subject, { why, at }), over),
    it.id,
    at,
  );
};

/** A raw event that was silenced and that nobody was told of waits for its word again. */
const waitAgain = (turn: Turn, id: string, at: Instant): Turn => {
  const fate = { kind: 'waiting', by: '', why: `${id} is over, and it lasts`, at } as const;
  return allShelved(turn.state.open)
    .map((ofSubject) => Object.values(ofSubject).filter((raw) => raw.fate.kind === 'silenced' && raw.fate.by === id))
    .reduce((open, raws) => decide(open, raws, fate), turn);
};
