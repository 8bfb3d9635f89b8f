// What the alert desk remembers: raw events and their fates, what people know, what is held back and by whom.
//
//   raised ──▶ waiting ──told──▶ notified, or grouped into what is told of the same subject
//                 │ └──cause known──▶ inhibited ──the symptom is told for its own sake after all──▶ notified
//                 ├──a person wanted quiet──▶ silenced ──the quiet is over and it lasts──▶ notified
//                 └──over before anybody was called──▶ grouped into its trouble
//
// Raw events are kept in memory only: after a start everything is looked at anew and raised anew. What people were told,
// what is held back from them, and which targets burn is stored.

import type { AgreedWork, AlertFate, BurnAlert, DeadChannel, OpenTold, RawAlert, Suppression } from '#kernel/alert.ts';
import type { Effect } from '#kernel/effect.ts';
import type { MachineId, ServiceId } from '#kernel/id.ts';
import type { Answer } from '#kernel/message.ts';
import type { Notification } from '#kernel/notification.ts';
import { ALERTS } from '#kernel/site.ts';
import type { Stepped } from '#kernel/step.ts';
import { elapsedMs, hours, minutes, type Instant } from '#kernel/time.ts';
import { CALM, type Damper } from '#judge/noise/damper.ts';
import type { Matcher } from '#judge/noise/matcher.ts';
import type { Call } from '#judge/noise/quality.ts';
import { recordNote, type Note } from './note.ts';
import { allShelved, noShelves, onShelf, shelve, unshelve, type Shelves } from './shelves.ts';

/** Raw events that are over and still shown; all of them are in the evidence. */
export const ENDED_KEPT = 500;
/** Subjects whose damper and whose calls are remembered: beyond that, those that were quiet for longest are forgotten. */
export const SUBJECTS_MAX = 2_000;
/** A raw event that lasts so long without anybody knowing, and without a cause that somebody knows, is told by itself. */
export const WAITING_MAX_MS = minutes(15);
/** A symptom is given so long to be well again, or brought up again, once its cause is over: people know of the cause. */
export const AFTER_CAUSE_MS = minutes(5);
/** Reports of delivery that never come are not waited for longer than this. */
const ON_ITS_WAY_MS = hours(1);

/** A message that is not told now. */
export type Held = {
  readonly notification: Notification;
  readonly from: MachineId;
  /** The suppression that holds it; null: the damper does. */
  readonly by: string | null;
  /** That it is well is told after a fresh look only, which reports by then; not set: none was asked for. */
  readonly lookBy?: { readonly until: Instant; readonly why: string };
};

/** One damper for all words about a subject; a page has a place of its own. */
export type SubjectDamper = Damper & {
  readonly pagedAt: Instant | null;
  readonly pagedAs: string;
};

export const CALM_SUBJECT: SubjectDamper = { ...CALM, pagedAt: null, pagedAs: '' };

/** What people know of a subject; `by` is the key of the first message. */
export type Told = OpenTold & {
  readonly by: string;
  readonly rule: string;
  /** The newest page, as it was said. Not there before the first, nor in what an older Sereno has stored. */
  readonly page?: { readonly key: string; readonly body: string };
};

export type KeptSuppression = Suppression & { readonly matchers: readonly Matcher[] };

/** A target that burns; see burns.ts. */
export type OpenBurn = {
  readonly alert: BurnAlert;
  readonly since: Instant;
  readonly how: 'waiting' | 'covered' | 'page' | 'notice';
  /** What explains it, while it is covered. */
  readonly fate: Pick<AlertFate, 'kind' | 'by' | 'why'> | null;
  /** Since when nothing explains it any more. */
  readonly uncoveredAt: Instant | null;
  /** Null: it is told. */
  readonly lookAt: Instant | null;
  /** It was explained for a while, and still is: from now on a start must know of it. */
  readonly isLasting?: true;
};

/** The burns of one service, by the key of their raw event. */
export type BurnsByKey = Readonly<Record<string, OpenBurn>>;
export type Burns = Shelves<BurnsByKey>;

export type Alerts = {
  /** By subject, then by key. Not stored. */
  readonly open: Shelves<Readonly<Record<string, RawAlert>>>;
  /** The newest first. Not stored. */
  readonly ended: readonly RawAlert[];
  /** Findings that last and were told of, by key, and since when. Not there in what an older Sereno has stored. */
  readonly findings?: Readonly<Record<string, Instant>>;
  /**
   * Targets that burn, by service: a storm has three thousand of them, and each is looked for by its service. Stored, by the
   * key of their raw event, and said again by the judge after a start. Like `works` not there in what an older Sereno has stored.
   */
  readonly burns?: Burns | BurnsByKey;
  /** Agreed work that has begun and is not over, by its key. */
  readonly works?: Readonly<Record<string, AgreedWork>>;
  readonly suppressions: readonly KeptSuppression[];
  readonly lastSuppression: number;
  /** What people were told and is not over, by subject. */
  readonly told: Readonly<Record<string, Told>>;
  /** The newest message about a subject that was held back. */
  readonly held: Readonly<Record<string, Held>>;
  readonly dampers: Readonly<Record<string, SubjectDamper>>;
  /** Who wanted a message told that is on its way. */
  readonly onItsWay: Readonly<Record<string, { readonly from: MachineId; readonly at: Instant }>>;
  readonly deadChannels: readonly DeadChannel[];
  /** Calls to people in the last week, by rule. */
  readonly calls: Readonly<Record<string, readonly Call[]>>;
  /** Rules whose noise was told of, and since when. */
  readonly noisy: Readonly<Record<string, Instant>>;
  readonly answers: readonly Answer[];
  /** The wake `look`; null: nothing waits. */
  readonly lookAt: Instant | null;
};

export const FIRST_ALERTS: Alerts = {
  open: noShelves(),
  ended: [],
  burns: {},
  works: {},
  suppressions: [],
  lastSuppression: 0,
  told: {},
  held: {},
  dampers: {},
  onItsWay: {},
  deadChannels: [],
  calls: {},
  noisy: {},
  answers: [],
  lookAt: null,
};

/**
 * What is stored: all but what is raised anew after a start. The judge says the words of a burn again, and a burn that has
 * just begun as a whole: in a storm of three thousand, each of a hundred commits was 3 MB of burns that nobody was told of.
 */
export const storedAlerts = (alerts: Alerts): Alerts => ({
  ...alerts,
  open: noShelves(),
  ended: [],
  burns: Object.fromEntries(
    allBurns(alerts)
      .filter(({ how, isLasting }) => how === 'page' || how === 'notice' || isLasting === true)
      .map((burn) => [burn.alert.key, { ...burn, alert: { ...burn.alert, title: '', steps: [] } }]),
  ),
});

export type Turn = Stepped<Alerts>;

const isShelved = (burns: Burns | BurnsByKey): burns is Burns => Array.isArray(burns);

const putBurn = (burns: Burns, burn: OpenBurn): Burns => {
  const { service, key } = burn.alert;
  return shelve(burns, service, { ...onShelf(burns, service), [key]: burn });
};

const shelvedBurns = ({ burns = {} }: Pick<Alerts, 'burns'>): Burns =>
  isShelved(burns) ? burns : Object.values(burns).reduce(putBurn, noShelves<BurnsByKey>());

const NO_BURNS: BurnsByKey = {};

/** The burns of one service, by key. */
export const burnsOf = (alerts: Pick<Alerts, 'burns'>, service: ServiceId): BurnsByKey =>
  onShelf(shelvedBurns(alerts), service) ?? NO_BURNS;

export const allBurns = (alerts: Pick<Alerts, 'burns'>): readonly OpenBurn[] =>
  allShelved(shelvedBurns(alerts)).flatMap((ofService) => Object.values(ofService));

export const withBurn = (alerts: Pick<Alerts, 'burns'>, burn: OpenBurn): Burns => putBurn(shelvedBurns(alerts), burn);

export const withoutBurn = (alerts: Pick<Alerts, 'burns'>, { alert }: OpenBurn): Burns => {
  const burns = shelvedBurns(alerts);
  const others = without(burnsOf(alerts, alert.service), alert.key);
  return Object.keys(others).length === 0 ? unshelve(burns, alert.service) : shelve(burns, alert.service, others);
};

export const worksOf = ({ works = {} }: Pick<Alerts, 'works'>): Readonly<Record<string, AgreedWork>> => works;

export const go = (turn: Turn, change: Partial<Alerts>, effects: readonly Effect[] = []): Turn => ({
  state: { ...turn.state, ...change },
  effects: [...turn.effects, ...effects],
});

export const record = (at: Instant, note: Note): Effect => recordNote(ALERTS, at, note);

/** A record of values without one of its keys; itself when the key is not there. */
export const without = <Value>(of: Readonly<Record<string, Value>>, key: string): Readonly<Record<string, Value>> => {
  if (of[key] === undefined) return of;
  const { [key]: _gone, ...others } = of;
  return others;
};

/** A new value, put last; beyond the limit the one that was put longest ago is forgotten. */
export const withNewest = <Value>(
  of: Readonly<Record<string, Value>>,
  key: string,
  value: Value,
): Readonly<Record<string, Value>> => {
  const put = { ...without(of, key), [key]: value };
  const [first] = Object.keys(put);
  return first !== undefined && Object.keys(put).length > SUBJECTS_MAX ? without(put, first) : put;
};

/** Looks again at the latest then. */
export const lookBy = (turn: Turn, at: Instant): Turn => {
  const { lookAt } = turn.state;
  if (lookAt !== null && lookAt <= at) return turn;
  return go(turn, { lookAt: at }, [{ kind: 'wake', name: 'look', at }]);
};

/** Notes who waits for the report of a message. */
export const send = (turn: Turn, from: MachineId, notification: Notification): Turn => {
  const { at } = notification;
  const fresh = Object.entries(turn.state.onItsWay).filter(([, it]) => elapsedMs(it.at, at) < ON_ITS_WAY_MS);
  const onItsWay = { ...Object.fromEntries(fresh), [notification.key]: { from, at } };
  return go(turn, { onItsWay }, [{ kind: 'notify', notification }]);
};
