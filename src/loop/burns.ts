// Burns: what the alert desk makes of a target that burns, or whose budget is gone.
//
//   began ──half a minute, nothing explains it──▶ told ──over──▶ the same people are told that it is over
//     │ └──its service, or what that needs, is in trouble──▶ covered ──the trouble is over, and it lasts──▶ told
//     └──its service is in trouble of which nobody has said a word yet──▶ waiting, two minutes ──▶ told, or covered
//                                                                          └──the word is said──▶ covered, at once
//
// What people were told of, and what was explained for a while, is stored, unlike other raw events: a burn that goes on over
// a restart is known, and not told again.

import type { AlertFate, BurnAlert } from '#kernel/alert.ts';
import { serviceId, type ServiceId } from '#kernel/id.ts';
import type { Message } from '#kernel/message.ts';
import type { Notification } from '#kernel/notification.ts';
import { ALERTS, findService, INCIDENTS, type Site } from '#kernel/site.ts';
import { elapsedMs, instant, later, minutes, sayDuration, seconds, type Instant } from '#kernel/time.ts';
import { isPage } from '#judge/budget/burnRules.ts';
import { clear, decide, openOf, raise } from './alertsFate.ts';
import { say } from './alertsSay.ts';
import { allBurns, burnsOf, go, lookBy, withBurn, withoutBurn, type OpenBurn, type Turn } from './alertsState.ts';

/**
 * So long what explains it may still come to light: the third bad look makes a burn before it makes a trouble, and what a
 * service needs is looked at in its own turn. Alertmanager waits as long (`group_wait`).
 */
const GROUP_WAIT_MS = seconds(30);
/** Whoever watches the service has so long to say what the trouble is: a page for its burn would be the second one. */
const WORD_MS = minutes(2);
/** How often it is looked whether a burn is still explained. */
const COVER_LOOK_MS = minutes(5);
/** Looks at burns are made together: of three thousand that began within a minute each would be one of its own. */
const TOGETHER_MS = seconds(1);
/** And those at what is explained, of which nobody waits for one, even more so: each writes down all that burns. */
const COVERS_TOGETHER_MS = minutes(1);

type Cover =
  /** People are told of something that explains it. */
  | { readonly kind: 'known'; readonly fate: Pick<AlertFate, 'kind' | 'by' | 'why'> }
  /** Somebody may be about to say it. */
  | { readonly kind: 'unsure' }
  | { readonly kind: 'none' };

const put = (turn: Turn, burn: OpenBurn): Turn => go(turn, { burns: withBurn(turn.state, burn) });

const rawOf = (turn: Turn, { key, subject }: BurnAlert) => openOf(turn, subject).filter((raw) => raw.key === key);

/** A target burns. The same key again, after a start, is the same burn. */
export const beginBurn = (site: Site, turn: Turn, alert: BurnAlert, at: Instant): Turn => {
  const { kind: _kind, target: _target, steps: _steps, lingersMs: _lingers, ...raised } = alert;
  const open = raise(turn, raised, at);
  const stored = burnsOf(turn.state, alert.service)[alert.key];
  if (stored === undefined) {
    return weigh(site, open, { alert, since: at, how: 'waiting', fate: null, uncoveredAt: null, lookAt: null }, at);
  }
  const known = { ...stored, alert };
  const fate = known.fate ?? {
    kind: 'notified',
    by: turn.state.told[alert.subject]?.by ?? alert.key,
    why: alert.title,
  };
  if (known.how === 'waiting') return weigh(site, open, known, at);
  const again = known.how === 'covered' ? unseen(open, known, at) : put(open, known);
  return decide(again, rawOf(again, alert), { ...fate, at });
};

/** Looks again at the burns that are due. */
export const lookAtBurns = (site: Site, turn: Turn, at: Instant): Turn =>
  allBurns(turn.state)
    .filter(({ lookAt }) => lookAt !== null && lookAt <= at)
    .reduce((open, burn) => {
      const lasting: OpenBurn = burn.how === 'covered' ? { ...burn, isLasting: true } : burn;
      return isSeen(open, burn) ? weigh(site, open, lasting, at) : unseen(open, lasting, at);
    }, turn);

/** People were told of a service: burns of it that waited for that word are explained by it, also when it is over soon. */
export const coverBurns = (site: Site, turn: Turn, subject: string, at: Instant): Turn =>
  Object.values(burnsOf(turn.state, serviceId(subject)))
    .filter(({ how }) => how === 'waiting')
    .reduce((open, burn) => (isSeen(open, burn) ? weigh(site, open, burn, at) : open), turn);

/** After a start nothing is told of it before the judge has said again that it burns. */
const isSeen = (turn: Turn, { alert }: OpenBurn): boolean => rawOf(turn, alert).length > 0;

/** How long it lasts is not counted over a time in which nobody watched. */
const unseen = (turn: Turn, burn: OpenBurn, at: Instant): Turn =>
  wait(turn, { ...burn, uncoveredAt: null }, later(at, COVER_LOOK_MS));

/** When each burn that is not told is looked at again. */
export const burnTimes = ({ state }: Turn): readonly Instant[] =>
  allBurns(state).flatMap(({ lookAt }) => (lookAt === null ? [] : [lookAt]));

const weigh = (site: Site, turn: Turn, burn: OpenBurn, at: Instant): Turn => {
  const { alert, since } = burn;
  const cover = coverOf(site, turn, alert);
  if (cover.kind === 'known') {
    const { fate } = cover;
    const covered = decide(turn, rawOf(turn, alert), { ...fate, at });
    return wait(covered, { ...burn, how: 'covered', fate, uncoveredAt: null }, later(at, COVER_LOOK_MS));
  }
  if (burn.how === 'covered') return uncovered(site, turn, burn, at);
  const wordBy = later(since, cover.kind === 'unsure' ? WORD_MS : GROUP_WAIT_MS);
  return at < wordBy ? wait(turn, burn, wordBy) : tell(site, turn, burn, at);
};

const wait = (turn: Turn, burn: OpenBurn, wanted: Instant): Turn => {
  const togetherMs = burn.fate === null ? TOGETHER_MS : COVERS_TOGETHER_MS;
  const lookAt = instant(Math.ceil(wanted / togetherMs) * togetherMs);
  return lookBy(put(turn, { ...burn, lookAt }), lookAt);
};

/** The windows of its rules still hold what the trouble has left there: only what lasts longer is told by itself. */
const uncovered = (site: Site, turn: Turn, burn: OpenBurn, at: Instant): Turn => {
  const uncoveredAt = burn.uncoveredAt ?? at;
  const tellAt = later(uncoveredAt, burn.alert.lingersMs);
  return at >= tellAt ? tell(site, turn, burn, at) : wait(turn, { ...burn, uncoveredAt }, tellAt);
};

/** What explains a burn, if people know of it already. */
const coverOf = (site: Site, turn: Turn, { subject, target, service, severity }: BurnAlert): Cover => {
  const { told } = turn.state;
  const same = told[subject] ?? told[target];
  if (same !== undefined && same.severity <= severity) return grouped(same.by, target);
  const own = told[service];
  if (own !== undefined) return grouped(own.by, service);
  const sibling = Object.values(burnsOf(turn.state, service)).find(
    ({ alert, how }) => alert.subject !== subject && isTold(how) && alert.severity <= severity,
  );
  if (sibling !== undefined) return grouped(told[sibling.alert.subject]?.by ?? sibling.alert.key, sibling.alert.target);
  const raws = openOf(turn, service);
  const symptom = raws.find((raw) => raw.fate.kind === 'inhibited');
  if (symptom !== undefined) return { kind: 'known', fate: symptom.fate };
  const cause = causeOf(site, turn, service);
  if (cause !== null) {
    const why = `${service} needs ${cause}, which is in trouble`;
    return { kind: 'known', fate: { kind: 'inhibited', by: cause, why } };
  }
  return { kind: raws.length > 0 ? 'unsure' : 'none' };
};

const isTold = (how: OpenBurn['how']): boolean => how === 'page' || how === 'notice';

const grouped = (by: string, about: string): Cover => ({
  kind: 'known',
  fate: { kind: 'grouped', by, why: `people know about ${about}` },
});

const isBurning = (turn: Turn, service: ServiceId): boolean => Object.keys(burnsOf(turn.state, service)).length > 0;

/** Somebody whom the service needs, at any distance, is in trouble or burns. */
const causeOf = (site: Site, turn: Turn, service: ServiceId): ServiceId | null => {
  const seen = new Set([service]);
  const line = [service];
  for (let next = line.shift(); next !== undefined; next = line.shift()) {
    for (const need of findService(site, next)?.needs ?? []) {
      if (seen.has(need)) continue;
      if (isBurning(turn, need) || turn.state.told[need] !== undefined || openOf(turn, need).length > 0) return need;
      seen.add(need);
      line.push(need);
    }
  }
  return null;
};

const tell = (site: Site, turn: Turn, burn: OpenBurn, at: Instant): Turn => {
  const { alert } = burn;
  const { key, subject, severity, title, steps, kind } = alert;
  const how = kind === 'target-burn' && isPage(severity) ? 'page' : 'notice';
  const noted = put(turn, { ...burn, how, fate: null, uncoveredAt: null, lookAt: null });
  if (how === 'page') {
    const escalation = { subject, severity, title, ladder: steps, reasons: [], trigger: key, since: burn.since };
    return go(noted, {}, [{ kind: 'tell', to: INCIDENTS, message: { kind: 'escalate', escalation } }]);
  }
  const notice: Notification = {
    key: `${key}@${burn.since}`,
    kind: 'trouble',
    severity,
    subject,
    title,
    body: steps.join('\n'),
    people: [],
    at,
  };
  return say(site, noted, ALERTS, notice);
};

/** A burn is over: its raw event ends, and who was told of it is told. The notice to be said, if there is one. */
export const endBurn = (
  turn: Turn,
  over: Message & { readonly kind: 'burn-over' },
  at: Instant,
): { readonly turn: Turn; readonly notice: Notification | null } => {
  const burn = burnsOf(turn.state, over.service)[over.key] ?? null;
  const { subject, proof, how } = over;
  const closed = clear(burn === null ? turn : go(turn, { burns: withoutBurn(turn.state, burn) }), over, at);
  if (burn?.how === 'page') {
    const message = { kind: 'recovered', subject, proof, how, at } as const;
    return { turn: go(closed, {}, [{ kind: 'tell', to: INCIDENTS, message }]), notice: null };
  }
  if (burn?.how !== 'notice') return { turn: closed, notice: null };
  const lasted = sayDuration(elapsedMs(burn.since, at));
  const title =
    how === 'measured' ? `${subject}: over after ${lasted}: ${proof}` : `${subject}: not judged any more, ${proof}`;
  const notice: Notification = {
    key: `over:${over.key}@${burn.since}`,
    kind: 'recovered',
    severity: burn.alert.severity,
    subject,
    title,
    body: `Measured: ${proof}.`,
    people: [],
    at,
  };
  return { turn: closed, notice };
};
