// Releases: what began to run when, and whether it is worse than what ran before it.
//
//   (none) ──marked, or seen──▶ open ──compared──▶ regressed | passed | not-enough-data
//                                │ another release of the service, or no report in time: not-enough-data
//
// A verdict is given once and never taken back; a regression is told once, with its numbers. Whether to roll back is not
// decided here. The comparison itself is an effect that reads only: its sums live in hot memory and are made anew from the
// metrics when Sereno starts. A window in which it was away may end without enough data, and says so.

import { hasRole, SERENO, type Actor } from '#kernel/actor.ts';
import { RELEASE_WINDOW_MS, type Deployment } from '#kernel/deployment.ts';
import type { Effect } from '#kernel/effect.ts';
import type { Event } from '#kernel/event.ts';
import type { Json } from '#kernel/evidence.ts';
import type { Answer, Asked, Message, Request } from '#kernel/message.ts';
import type { Notification } from '#kernel/notification.ts';
import { sayInstant } from '#kernel/reason.ts';
import { findingOf, sayVerdict, type Release, type ReleaseVerdict } from '#kernel/release.ts';
import { ALERTS, findService, RELEASES, watchMachine, type Site } from '#kernel/site.ts';
import type { Machine, Stepped } from '#kernel/step.ts';
import { elapsedMs, later, minutes, seconds, type Instant } from '#kernel/time.ts';

/** Releases whose window is over that are kept for those who ask; all are in the evidence. */
const CLOSED_KEPT = 100;
const ANSWERS_KEPT = 50;
/** The comparison reports at the end of its window; one that never does is given up after this long. */
const REPORT_GRACE_MS = minutes(2);
/** A wake that rings so late found nobody at home: the comparison has only just begun to read back what was seen. */
const LATE_MS = seconds(30);
/** A marker and a changed program this close together are one release: pipelines do the one and then the other. */
const SAME_RELEASE_MS = minutes(10);
/** A finding that was not delivered is told again, with pauses that double, this many times. */
const TELL_AGAIN_MS = seconds(30);
const TELLS_MAX = 8;

export type Releases = {
  /** The newest first. */
  readonly releases: readonly Release[];
  /** Findings that reached nobody yet, by release: how often they were told. */
  readonly untold: Readonly<Record<string, number>>;
  readonly answers: readonly Answer[];
  /** Releases whose report was due while Sereno was away: each is waited for once more. Left out until there is one. */
  readonly late?: readonly string[];
};

type Turn = Stepped<Releases>;
type Marking = Request & { readonly kind: 'mark-deployment' };

const FIRST: Releases = { releases: [], untold: {}, answers: [] };

/** Makes the release desk of a site. */
export const makeReleases = (site: Site): Machine<Releases> => ({
  id: RELEASES,
  initial: FIRST,
  step: (state, event) => step(site, { state, effects: [] }, event),
  expects: (state) => state.releases.filter(isOpen).map(wakeName),
});

const isOpen = (release: Release): boolean => release.verdict === null;
const wakeName = ({ id }: Release): string => `window ${id}`;
const tellName = ({ id }: Release): string => `tell ${id}`;
const newsKey = ({ id }: Release): string => `release:${id}`;

const step = (site: Site, turn: Turn, event: Event): Turn => {
  switch (event.kind) {
    case 'asked':
      return takeAsk(site, turn, event, event.at);
    case 'told':
      return hear(site, turn, event.message, event.at);
    case 'compared':
      return takeVerdict(turn, event.release, event.verdict, event.at);
    case 'woke':
      return wake(turn, event.name, event.at);
    case 'notified':
      return takeDelivery(turn, event.notification, event.isDelivered, event.at);
    default:
      return turn;
  }
};

const hear = (site: Site, turn: Turn, message: Message, at: Instant): Turn => {
  if (message.kind === 'released') return takeSeen(site, turn, message, at);
  return message.kind === 'said' ? takeDelivery(turn, message.notification, message.isDelivered, at) : turn;
};

const go = (turn: Turn, change: Partial<Releases>, effects: readonly Effect[] = []): Turn => ({
  state: { ...turn.state, ...change },
  effects: [...turn.effects, ...effects],
});

type Note = {
  readonly type: string;
  readonly release: Release;
  readonly trigger: string;
  readonly outcome?: string;
  readonly by?: Actor;
  readonly refs?: { readonly [key: string]: Json };
};

const record = (at: Instant, note: Note): Effect => {
  const { id, service, version, source, trafficPercent } = note.release;
  return {
    kind: 'record',
    evidence: {
      at,
      actor: { kind: (note.by ?? SERENO).kind, name: (note.by ?? SERENO).name },
      machine: RELEASES,
      type: note.type,
      trigger: note.trigger,
      action: null,
      outcome: note.outcome ?? null,
      refs: { release: id, service, version, source, trafficPercent, ...note.refs },
    },
  };
};

const newestOf = (turn: Turn, service: Release['service']): Release | null =>
  turn.state.releases.find((release) => release.service === service) ?? null;

const replace = (turn: Turn, changed: Release): readonly Release[] =>
  turn.state.releases.map((release) => (release.id === changed.id ? changed : release));

type Opening = { readonly deployment: Deployment; readonly by: Actor; readonly why: string };

/** Opens the window of a release; the one before it is not compared any more. */
const open = (turn: Turn, opening: Opening, at: Instant): Turn => {
  const { deployment, by, why } = opening;
  const { service, version } = deployment;
  const before = newestOf(turn, service);
  const superseded = { kind: 'not-enough-data', why: `release ${version} took its place` } as const;
  const closed = before === null || !isOpen(before) ? turn : close(turn, before, superseded, at);
  const until = later(at, RELEASE_WINDOW_MS);
  const release: Release = { ...deployment, id: `${service}@${at}`, until, verdict: null, judgedAt: null };
  // Two in one millisecond are one: the second has taken the place of the first.
  const others = closed.state.releases.filter(({ id }) => id !== release.id);
  const kept = [...others.filter(isOpen), ...others.filter((it) => !isOpen(it)).slice(0, CLOSED_KEPT)];
  return go(closed, { releases: [release, ...kept.toSorted((a, b) => b.at - a.at)] }, [
    record(at, { type: 'release.opened', release, trigger: why, by }),
    { kind: 'compare', release: release.id, service, version, since: at, until },
    { kind: 'wake', name: wakeName(release), at: later(until, REPORT_GRACE_MS) },
    { kind: 'tell', to: watchMachine(service), message: { kind: 'deployed', deployment } },
  ]);
};

/** Seen by whoever starts the process. A marker of a moment ago speaks of the same release, and has the better name. */
const takeSeen = (
  site: Site,
  turn: Turn,
  seen: { readonly service: Release['service']; readonly version: string; readonly what: string },
  at: Instant,
): Turn => {
  const { service, version, what } = seen;
  const before = newestOf(turn, service);
  const isKnown = before !== null && (before.version === version || elapsedMs(before.at, at) <= SAME_RELEASE_MS);
  if (isKnown && isOpen(before))
    return go(turn, {}, [record(at, { type: 'release.seen', release: before, trigger: `changed: ${what}` })]);
  if (findService(site, service) === null) return turn;
  const deployment: Deployment = { service, version, at, source: 'process', by: SERENO.name, trafficPercent: 100 };
  return open(turn, { deployment, by: SERENO, why: `changed: ${what}` }, at);
};

const takeAsk = (site: Site, turn: Turn, asked: Asked, at: Instant): Turn => {
  const { request } = asked;
  if (request.kind !== 'mark-deployment') return turn;
  if (turn.state.answers.some((it) => it.askKey === asked.askKey)) return turn;
  if (!hasRole(asked.by, 'operator'))
    return answer(turn, asked, { status: 'denied', detail: `${asked.by.name} has not the role operator` }, at);
  if (findService(site, request.service) === null)
    return answer(turn, asked, { status: 'failed', detail: `no service ${request.service}` }, at);
  return mark(turn, asked, request, at);
};

/** The same version again is the same release; one that was seen a moment ago gets the name that people give it. */
const mark = (turn: Turn, asked: Asked, request: Marking, at: Instant): Turn => {
  const { service, version, trafficPercent, source, why } = request;
  const before = newestOf(turn, service);
  if (before?.version === version) {
    const detail = `known since ${sayInstant(before.at)}: ${sayVerdict(before.verdict)}`;
    return answer(turn, asked, { status: 'completed', detail }, at);
  }
  const deployment: Deployment = { service, version, at, source, by: asked.by.name, trafficPercent };
  const watched = `release ${version} of ${service} is watched for ${RELEASE_WINDOW_MS / 60_000} minutes`;
  const done = answer(turn, asked, { status: 'completed', detail: watched }, at);
  const isSame = before?.source === 'process' && isOpen(before) && elapsedMs(before.at, at) <= SAME_RELEASE_MS;
  if (!isSame) return open(done, { deployment, by: asked.by, why: why === '' ? 'a marker' : why }, at);
  const named: Release = { ...before, version, source, by: asked.by.name, trafficPercent };
  return go(done, { releases: replace(done, named) }, [
    record(at, { type: 'release.named', release: named, trigger: `seen as ${before.version}`, by: asked.by }),
  ]);
};

const answer = (turn: Turn, asked: Asked, reply: Pick<Answer, 'status' | 'detail'>, at: Instant): Turn => {
  const made: Answer = { askKey: asked.askKey, ...reply, reasons: [], approval: null, actionKey: null, at };
  return go(turn, { answers: [made, ...turn.state.answers].slice(0, ANSWERS_KEPT) });
};

/** A report about a window that is closed comes too late: a verdict is given once. */
const takeVerdict = (turn: Turn, id: string, verdict: ReleaseVerdict, at: Instant): Turn => {
  const release = turn.state.releases.find((it) => it.id === id);
  if (release === undefined || !isOpen(release) || verdict.kind === 'watching') return turn;
  return close(turn, release, verdict, at);
};

const close = (turn: Turn, release: Release, verdict: ReleaseVerdict, at: Instant): Turn => {
  const judged: Release = { ...release, verdict: named(verdict, release.version), judgedAt: at };
  const late = turn.state.late?.filter((id) => id !== release.id);
  const closed = go(turn, { releases: replace(turn, judged), ...(late === undefined ? {} : { late }) }, [
    { kind: 'unwake', name: wakeName(release) },
    record(at, {
      type: `release.${verdict.kind}`,
      release: judged,
      trigger: `window of ${sayInstant(release.at)}`,
      outcome: sayVerdict(judged.verdict),
      refs: { verdict: JSON.parse(JSON.stringify(judged.verdict)) as Json }, // decoder: a verdict is plain JSON
    }),
  ]);
  return verdict.kind === 'regressed' ? tell(closed, judged, at) : closed;
};

/** The comparison knows the name that the release had when its window opened. */
const named = (verdict: ReleaseVerdict, version: string): ReleaseVerdict =>
  verdict.kind === 'regressed'
    ? {
        ...verdict,
        reasons: verdict.reasons.map((it) => (it.kind === 'release-worse' ? { ...it, version } : it)),
      }
    : verdict;

const tell = (turn: Turn, release: Release, at: Instant): Turn => {
  const finding = findingOf(release);
  if (finding === null) return turn;
  const tells = turn.state.untold[release.id] ?? 0;
  const again = tells === 0 ? '' : `/${tells}`;
  const notification: Notification = {
    key: `${newsKey(release)}${again}`,
    kind: 'information',
    severity: finding.severityHint,
    subject: release.service,
    title: `${finding.title} (since ${sayInstant(finding.since)})`,
    body: [sayVerdict(release.verdict), `See: sereno deployment list; sereno explain ${release.service}`].join('\n'),
    people: [],
    at,
  };
  return go(turn, { untold: { ...turn.state.untold, [release.id]: tells + 1 } }, [
    { kind: 'tell', to: ALERTS, message: { kind: 'say', notification } },
  ]);
};

const takeDelivery = (turn: Turn, notification: string, isDelivered: boolean, at: Instant): Turn => {
  const release = turn.state.releases.find((it) => notification.split('/')[0] === newsKey(it));
  const tells = release === undefined ? undefined : turn.state.untold[release.id];
  if (release === undefined || tells === undefined) return turn;
  if (!isDelivered && tells < TELLS_MAX)
    return go(turn, {}, [{ kind: 'wake', name: tellName(release), at: later(at, TELL_AGAIN_MS * 2 ** (tells - 1)) }]);
  const untold = Object.fromEntries(Object.entries(turn.state.untold).filter(([id]) => id !== release.id));
  return go(turn, { untold });
};

const wake = (turn: Turn, name: string, at: Instant): Turn => {
  const release = turn.state.releases.find((it) => name === wakeName(it) || name === tellName(it));
  if (release === undefined) return turn;
  if (name === tellName(release)) return turn.state.untold[release.id] === undefined ? turn : tell(turn, release, at);
  if (!isOpen(release)) return turn;
  return isLate(turn, release, at) ? waitOnceMore(turn, release, at) : giveUp(turn, release, at);
};

const isLate = (turn: Turn, { id, until }: Release, at: Instant): boolean =>
  elapsedMs(later(until, REPORT_GRACE_MS), at) > LATE_MS && turn.state.late?.includes(id) !== true;

const waitOnceMore = (turn: Turn, release: Release, at: Instant): Turn => {
  const late = [...(turn.state.late ?? []), release.id];
  return go(turn, { late }, [{ kind: 'wake', name: wakeName(release), at: later(at, REPORT_GRACE_MS) }]);
};

const giveUp = (turn: Turn, release: Release, at: Instant): Turn =>
  close(turn, release, { kind: 'not-enough-data', why: 'its comparison never reported' }, at);
