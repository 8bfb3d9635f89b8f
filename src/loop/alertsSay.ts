// What is told to people, and what is not: a person wanted quiet, or the thing flaps. Whatever is held back is told
// later if it is still so, and stands in the evidence with its reason either way.

import type { AlertFate } from '#kernel/alert.ts';
import type { Event } from '#kernel/event.ts';
import type { MachineId } from '#kernel/id.ts';
import type { Notification } from '#kernel/notification.ts';
import { sayInstant } from '#kernel/reason.ts';
import { findService, WATCHMAN, type Site } from '#kernel/site.ts';
import { serviceId } from '#kernel/id.ts';
import { elapsedMs, later, minutes, seconds, type Instant } from '#kernel/time.ts';
import { change, FLAP_WINDOW_MS, placeAt, told as toldAgain, TELLS_IN_WINDOW } from '#judge/noise/damper.ts';
import { matchAll, type Labels } from '#judge/noise/matcher.ts';
import { called } from '#judge/noise/quality.ts';
import { decide, openOf, pastCauseOf, raise } from './alertsFate.ts';
import {
  CALM_SUBJECT,
  go,
  lookBy,
  record,
  send,
  without,
  withNewest,
  type Held,
  type KeptSuppression,
  type SubjectDamper,
  type Told,
  type Turn,
} from './alertsState.ts';

/** A fresh look at a service reports by then. */
const LOOK_MS = seconds(30);
/** Not well, or not known: the next look before it is told otherwise. */
const LOOK_AGAIN_MS = minutes(1);

/** The service that a subject belongs to: itself, or the one whose target it is; null: it is no service's. */
const serviceOfSubject = (site: Site, subject: string): string | null => {
  for (let end = subject.length; end > 0; end = subject.lastIndexOf('.', end - 1)) {
    const service = findService(site, serviceId(subject.slice(0, end)));
    if (service !== null) return service.id;
  }
  return null;
};

const serviceLabel = (service: string | null): Labels => (service === null ? {} : { service });

/** By what a suppression can name a message. */
export const labelsOf = (site: Site, it: Pick<Notification, 'subject' | 'severity' | 'kind'>): Labels => ({
  subject: it.subject,
  severity: it.severity,
  kind: it.kind,
  ...serviceLabel(serviceOfSubject(site, it.subject)),
});

const suppressionOf = (site: Site, turn: Turn, it: Notification, at: Instant): KeptSuppression | null =>
  turn.state.suppressions.find(
    ({ matchers, since, until }) => since <= at && at < until && matchAll(matchers, labelsOf(site, it)),
  ) ?? null;

/** The first page of an incident, a trouble and its end are changes; what is said again about the same is not. */
const isChange = ({ kind, key }: Notification): boolean =>
  kind === 'recovered' || (kind === 'trouble' && !key.includes('/')) || (kind === 'page' && key.endsWith(':0'));

/** What customers feel as a total outage is never damped. */
const canBeDamped = (it: Notification): boolean => isChange(it) && it.severity !== 'SEV1';

/** That a symptom is brought up again is no news; that a person is needed for it is. */
const canWait = ({ kind, severity }: Notification): boolean => kind === 'trouble' && severity !== 'SEV1';

/** Takes a message that a machine wants told: tells it, or holds it back. */
export const say = (site: Site, turn: Turn, from: MachineId, it: Notification): Turn => {
  const { at, subject } = it;
  if (it.kind === 'information') return send(turn, from, it);
  const isAboutNothing = it.kind === 'recovered' && turn.state.told[subject] === undefined;
  const suppression = suppressionOf(site, turn, it, at);
  if (suppression !== null) return suppress(turn, from, it, { by: suppression, isAboutNothing });
  if (isAboutNothing) return skip(turn, it, 'nobody was told that it began');
  if (isKnown(turn, it)) return skipKnown(turn, it);
  const cause = pastCauseOf(turn, subject);
  if (cause !== null && canWait(it))
    return skip(turn, it, `it failed with ${nameOf(cause)}, which people know; it has a while`);
  if (!canBeDamped(it)) return tell(turn, from, it);
  const { isTold, damper } = weigh(turn.state.dampers[subject] ?? CALM_SUBJECT, it);
  const counted = go(turn, { dampers: withNewest(turn.state.dampers, subject, damper) });
  return isTold ? tell(counted, from, withWarning(it, damper)) : damp(counted, from, it, damper);
};

const nameOf = (cause: string): string => (cause === WATCHMAN ? 'others at once' : cause);

const isRecent = (time: Instant | null, at: Instant): boolean => time !== null && elapsedMs(time, at) < FLAP_WINDOW_MS;

/**
 * Three messages an hour about one subject: of those, one place is kept for a page until there was one, and the first
 * page of an hour always has it. Notices say that Sereno deals with it; a page says that a person must.
 */
const placesFor = (damper: SubjectDamper, at: Instant): number =>
  isRecent(damper.pagedAt, at) ? TELLS_IN_WINDOW : TELLS_IN_WINDOW - 1;

/** When a message of this kind has its place. */
export const placeOf = (damper: SubjectDamper, it: Notification): Instant =>
  it.kind === 'page' && damper.pagedAt !== null
    ? later(damper.pagedAt, FLAP_WINDOW_MS)
    : placeAt(damper, it.at, placesFor(damper, it.at));

const weigh = (
  damper: SubjectDamper,
  it: Notification,
): { readonly isTold: boolean; readonly damper: SubjectDamper } => {
  const { at, kind, key } = it;
  if (kind !== 'page') {
    const weighed = change(damper, at, placesFor(damper, at));
    return { ...weighed, damper: { ...damper, ...weighed.damper } };
  }
  // The same page once more, because it was not delivered, is the same news and needs no other place.
  if (damper.pagedAs === key) return { isTold: true, damper };
  if (isRecent(damper.pagedAt, at)) return { isTold: false, damper: { ...damper, held: damper.held + 1 } };
  return { isTold: true, damper: { ...damper, ...toldAgain(damper, at), pagedAt: at, pagedAs: key } };
};

/** The notice that takes the last place says when the next one comes. */
const withWarning = (it: Notification, damper: SubjectDamper): Notification => {
  if (damper.told.length < placesFor(damper, it.at)) return it;
  const until = sayInstant(placeOf(damper, { ...it, kind: 'trouble' }));
  return { ...it, body: `${it.body}\nShould it come back, you are next told at ${until}, or when a person is needed.` };
};

const withFate = (turn: Turn, it: Notification, fate: AlertFate): Turn => decide(turn, openOf(turn, it.subject), fate);

/** A message about something that no raw event speaks of, such as the watchman's own doubt, is its own raw event. */
const withRaw = (turn: Turn, it: Notification): Turn => {
  if (it.kind === 'recovered' || openOf(turn, it.subject).length > 0) return turn;
  const { subject, severity, title } = it;
  return raise(turn, { key: `incident:${subject}`, subject, service: null, severity, title }, it.at);
};

const suppress = (
  turn: Turn,
  from: MachineId,
  it: Notification,
  how: { readonly by: KeptSuppression; readonly isAboutNothing: boolean },
): Turn => {
  const { by, isAboutNothing } = how;
  const { subject, at } = it;
  const why = `${by.by} wants quiet about ${by.what} until ${sayInstant(by.until)}: ${by.why}`;
  const suppressions = turn.state.suppressions.map((each) => (each === by ? { ...by, held: by.held + 1 } : each));
  // What was held back and is over by now was never more than a line in the evidence.
  const held = isAboutNothing
    ? without(turn.state.held, subject)
    : withNewest(turn.state.held, subject, { notification: it, from, by: by.id });
  const noted = go(withRaw(turn, it), { held, suppressions }, [
    record(at, { type: 'notice.suppressed', trigger: it.title, outcome: why, refs: { key: it.key, by: by.id } }),
  ]);
  return it.kind === 'recovered' ? noted : withFate(noted, it, { kind: 'silenced', by: by.id, why, at });
};

/** That it was well in between was never told: people believe that it is down, and so it is. */
const isKnown = (turn: Turn, { kind, key, subject }: Notification): boolean => {
  const known = turn.state.told[subject];
  return kind === 'trouble' && known !== undefined && !key.includes('/') && key !== known.by;
};

const skipKnown = (turn: Turn, it: Notification): Turn => {
  const { subject, at } = it;
  const why = `people know about ${subject}`;
  const by = turn.state.told[subject]?.by ?? '';
  return withFate(skip(turn, it, why), it, { kind: 'grouped', by, why, at });
};

/** Nobody hears of it, now or later; the reason stands in the evidence. */
const skip = (turn: Turn, it: Notification, outcome: string): Turn =>
  go(turn, { held: without(turn.state.held, it.subject) }, [
    record(it.at, {
      type: 'notice.skipped',
      trigger: it.title,
      outcome,
      refs: { key: it.key },
    }),
  ]);

const damp = (turn: Turn, from: MachineId, it: Notification, damper: SubjectDamper): Turn => {
  const { subject, at } = it;
  const until = placeOf(damper, it);
  const why = `it comes and goes: ${damper.held} changes are held back; people are next told at ${sayInstant(until)}`;
  const noted = go(
    withRaw(turn, it),
    { held: withNewest(turn.state.held, subject, { notification: it, from, by: null }) },
    [record(at, { type: 'notice.damped', trigger: it.title, outcome: why, refs: { key: it.key } })],
  );
  const fated = withFate(noted, it, { kind: 'grouped', by: `flapping of ${subject}`, why, at });
  return lookBy(it.kind === 'recovered' ? noted : fated, until);
};

/**
 * A page that did not arrive is sent again under its key, word for word: what the desk has added when it said it first, that
 * it was held back or when the next one comes, would be another by now.
 */
const asFirstSaid = (known: Told | undefined, it: Notification): Notification =>
  known?.page?.key === it.key ? { ...it, body: known.page.body } : it;

const tell = (turn: Turn, from: MachineId, it: Notification): Turn => {
  const { subject, severity, title, at, key } = it;
  const free = go(withRaw(turn, it), { held: without(turn.state.held, subject) });
  if (it.kind === 'recovered') return send(go(free, { told: without(free.state.told, subject) }), from, it);
  const known = free.state.told[subject];
  const by = known?.by ?? key;
  const first = openOf(free, subject)[0];
  const rule = first?.key ?? subject;
  const said = asFirstSaid(known, it);
  const page = it.kind === 'page' ? { page: { key, body: said.body } } : {};
  const told = {
    ...free.state.told,
    [subject]: { since: at, rule, ...known, ...page, subject, severity, title, by },
  };
  const calls =
    known === undefined
      ? withNewest(free.state.calls, rule, called(free.state.calls[rule] ?? [], at))
      : free.state.calls;
  const sent = send(go(free, { told, calls }), from, said);
  if (known !== undefined) return withFate(sent, it, { kind: 'grouped', by, why: `people know about ${subject}`, at });
  const notified = decide(sent, first === undefined ? [] : [first], { kind: 'notified', by: key, why: title, at });
  const others = openOf(notified, subject).filter((raw) => raw.key !== rule);
  return decide(notified, others, { kind: 'grouped', by: key, why: 'told with others', at });
};

/** What was held back is told now, if it is still worth a word: newest first, under its own key. */
export const release = (site: Site, turn: Turn, subject: string, how: { why: string; at: Instant }): Turn => {
  const held = turn.state.held[subject];
  if (held === undefined) return turn;
  const { at, why } = how;
  const { notification } = held;
  if (notification.kind !== 'recovered') return tellHeld(turn, held, how);
  const isDownAgain = openOf(turn, subject).some((raw) => raw.service !== null);
  if (isDownAgain || turn.state.told[subject] === undefined) {
    return skip(turn, { ...notification, at }, isDownAgain ? 'it is down again' : 'nobody was told that it began');
  }
  const checks = findService(site, serviceId(subject))?.checks ?? [];
  if (checks.length === 0) return tellHeld(turn, held, how);
  // It was well when this was held back. Sereno may have been stopped since, or the next slow look is still to come.
  const until = later(at, LOOK_MS);
  const asked = go(turn, { held: { ...turn.state.held, [subject]: { ...held, by: null, lookBy: { until, why } } } }, [
    { kind: 'confirm', checks: checks.map((check) => check.id), goal: 'settled', until },
  ]);
  return lookBy(asked, until);
};

/** A fresh look has reported: what is well is told as such; about all else another look is waited for. */
export const lookedAt = (site: Site, turn: Turn, seen: Event & { kind: 'confirmed' }, at: Instant): Turn => {
  const states = new Map(seen.checks.map(({ check, state }) => [check, state]));
  return Object.entries(turn.state.held).reduce((open, [subject, held]) => {
    const checks = findService(site, serviceId(subject))?.checks ?? [];
    // Several may be looked at at once, until the same time.
    if (held.lookBy?.until !== seen.until || !checks.every(({ id }) => states.has(id))) return open;
    // What comes at the limit or later was perhaps seen before a standstill.
    const isWell = at < seen.until && checks.every(({ id }) => states.get(id) === 'healthy');
    if (isWell) return tellHeld(open, held, { why: held.lookBy.why, at });
    const next = { ...held.lookBy, until: later(at, LOOK_AGAIN_MS) };
    return lookBy(go(open, { held: { ...open.state.held, [subject]: { ...held, lookBy: next } } }), next.until);
  }, turn);
};

const tellHeld = (
  turn: Turn,
  { notification, from }: Held,
  { why, at }: { readonly why: string; readonly at: Instant },
): Turn => {
  const { subject } = notification;
  const known = turn.state.dampers[subject] ?? CALM_SUBJECT;
  const paged = notification.kind === 'page' ? { pagedAt: at, pagedAs: notification.key } : {};
  const damper = { ...known, ...toldAgain(known, at), ...paged };
  const counted = go(turn, { dampers: withNewest(turn.state.dampers, subject, damper) });
  return tell(counted, from, { ...notification, at, body: `${why}\n${notification.body}` });
};
