// Backtest: what the alarms of a target would have been worth over a time that is past. A replay says what happened
// (`took`, `began`, `over`); here it is counted, and compared with the real incidents that stand in the evidence.
//
// An incident is found by an alarm that lasted at some moment between its first bad event and its end. How long that took
// is measured from the first bad event that the target saw of it, which comes before anybody opened an incident.

import type { EvidenceRecord } from '#kernel/evidence.ts';
import type { ServiceId } from '#kernel/id.ts';
import type { Severity } from '#kernel/notification.ts';
import { durationMs, elapsedMs, hours, latest, minutes, seconds, type DurationMs, type Instant } from '#kernel/time.ts';
import { isPage } from './budget/burnRules.ts';

/** One incident as the evidence has it. */
export type RealIncident = {
  readonly number: string;
  readonly subject: string;
  readonly severity: string;
  readonly title: string;
  readonly openedAt: Instant;
  /** Null: it lasts. */
  readonly resolvedAt: Instant | null;
};

/** One time in which people would have been told that a target burns, or that its budget is gone. */
export type ReplayedAlarm = {
  readonly severity: Severity;
  readonly kind: 'target-burn' | 'target-breach';
  readonly from: Instant;
  /** Null: it lasted at the end. */
  readonly to: Instant | null;
};

/** `no-data`: nothing was recorded of it. `not-bad`: no event of this target was bad then. `not-burning`: no rule called. */
export type MissedWhy = 'no-data' | 'not-bad' | 'not-burning';

export type IncidentFate =
  | {
      readonly kind: 'paged' | 'noticed';
      readonly severity: Severity;
      readonly at: Instant;
      /** From the first bad event. */
      readonly tookMs: DurationMs;
      /** Before the incident was opened; below 0: after it. */
      readonly aheadMs: DurationMs;
    }
  | { readonly kind: 'missed'; readonly why: MissedWhy; readonly bad: number };

export type TargetScore = {
  readonly pages: number;
  readonly notices: number;
  /** Null: what was recorded is too short to speak of weeks. */
  readonly pagesPerWeek: number | null;
  readonly noticesPerWeek: number | null;
  /** Pages while people knew of an incident of the service already: they are grouped into it. */
  readonly grouped: number;
  /** Pages of which the evidence knows no incident. */
  readonly unexplained: number;
  /** The newest, oldest first. */
  readonly alarms: readonly ReplayedAlarm[];
  readonly incidents: readonly { readonly number: string; readonly fate: IncidentFate }[];
};

/** Types of the records that incidents are read from, each whole. */
export const INCIDENT_TYPES = ['incident.opened', 'incident.resolved'] as const;

const WEEK_MS = hours(7 * 24);
/** One page in an hour would be 168 a week, of which nobody knows anything. */
const SPEAKS_OF_WEEKS_MS = hours(24);
/** The alert desk waits so long for what explains a burn (loop/burns.ts). */
const GROUP_WAIT_MS = seconds(30);
/** Bad events that are so near are one trouble; so the episodes of a budget are made as well. */
const APART_MS = minutes(5);
/** Of each target, one by one; all of them are counted. */
const ALARMS_TOLD = 1_000;

type Noted = Pick<EvidenceRecord, 'type' | 'at' | 'trigger' | 'refs'>;

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The incidents of these records, in any order, that reach into the span; oldest first. */
export const incidentsIn = (
  records: readonly Noted[],
  { from, to }: { readonly from: Instant; readonly to: Instant },
): readonly RealIncident[] => {
  const ended = new Map<string, Instant>();
  for (const { type, at, refs } of records) if (type === 'incident.resolved') ended.set(textOf(refs['incident']), at);
  return records
    .filter(({ type, refs }) => type === 'incident.opened' && typeof refs['incident'] === 'string')
    .map(({ at, trigger, refs }) => ({
      number: textOf(refs['incident']),
      subject: textOf(refs['subject']),
      severity: textOf(refs['severity']),
      title: trigger,
      openedAt: at,
      resolvedAt: ended.get(textOf(refs['incident'])) ?? null,
    }))
    .filter(({ openedAt, resolvedAt }) => openedAt <= to && (resolvedAt === null || resolvedAt >= from))
    .toSorted((a, b) => a.openedAt - b.openedAt);
};

/** The incidents of each service and of its targets: `api`, `api.availability`. Names may have dots: the longest one owns it. */
export const incidentsByService = (
  incidents: readonly RealIncident[],
  services: readonly ServiceId[],
): ReadonlyMap<ServiceId, readonly RealIncident[]> => {
  const longestFirst = services.toSorted((a, b) => b.length - a.length);
  const byService = new Map<ServiceId, RealIncident[]>();
  for (const incident of incidents) {
    const owner = longestFirst.find((id) => incident.subject === id || incident.subject.startsWith(`${id}.`));
    if (owner === undefined) continue;
    const those = byService.get(owner);
    if (those === undefined) byService.set(owner, [incident]);
    else those.push(incident);
  }
  return byService;
};

/** What one incident was to one target. */
type Sight = {
  readonly incident: RealIncident;
  events: number;
  bad: number;
  /** When the trouble began of which the first bad event near the incident is a part. */
  troubleFrom: Instant | null;
};

type OpenAlarm = { severity: Severity; kind: ReplayedAlarm['kind']; from: Instant; to: Instant | null };

/** Keeps the books of one target through a replay. What grows are its alarms: a page lasts five minutes at least. */
export class TargetBook {
  readonly #service: ServiceId;
  readonly #apartMs: DurationMs;
  readonly #sights: readonly Sight[];
  readonly #alarms: OpenAlarm[] = [];
  readonly #open = new Map<string, OpenAlarm>();
  /** Those that may be seen now, and how many were taken up so far. */
  #near: readonly Sight[] = [];
  #taken = 0;
  #badFrom: Instant | null = null;
  #badAt: Instant | null = null;

  /** `incidents` of the service and its targets, oldest first; a sample is expected every so often. */
  constructor(service: ServiceId, incidents: readonly RealIncident[], everyMs: DurationMs) {
    this.#service = service;
    this.#apartMs = durationMs(Math.max(APART_MS, 2 * everyMs));
    this.#sights = incidents.map((incident) => ({ incident, events: 0, bad: 0, troubleFrom: null }));
  }

  /** An event was judged; times do not fall. */
  took(at: Instant, bad: number): void {
    if (bad > 0) {
      if (this.#badAt === null || at - this.#badAt > this.#apartMs) this.#badFrom = at;
      this.#badAt = at;
    }
    this.#approach(at);
    for (const sight of this.#near) {
      sight.events += 1;
      sight.bad += bad;
      if (bad > 0) sight.troubleFrom ??= this.#badFrom;
    }
  }

  /** People are told, under a key that ends it. */
  began(key: string, { severity, kind }: Pick<ReplayedAlarm, 'severity' | 'kind'>, at: Instant): void {
    const open: OpenAlarm = { severity, kind, from: at, to: null };
    this.#open.set(key, open);
    this.#alarms.push(open);
  }

  over(key: string, at: Instant): void {
    const open = this.#open.get(key);
    if (open !== undefined) open.to = at;
    this.#open.delete(key);
  }

  /** The whole account, of what was judged from `from` to `to`. */
  score(from: Instant, to: Instant): TargetScore {
    const lengthMs = elapsedMs(from, to);
    const perWeek = (count: number): number | null =>
      lengthMs < SPEAKS_OF_WEEKS_MS ? null : (count * WEEK_MS) / lengthMs;
    const pages = this.#alarms.filter(isPaging);
    const notices = this.#alarms.length - pages.length;
    return {
      pages: pages.length,
      notices,
      pagesPerWeek: perWeek(pages.length),
      noticesPerWeek: perWeek(notices),
      grouped: pages.filter((page) => this.#sights.some(({ incident }) => this.#isCovered(page, incident))).length,
      unexplained: pages.filter((page) => !this.#sights.some((sight) => meets(page, sight))).length,
      alarms: this.#alarms.slice(-ALARMS_TOLD).map((alarm) => ({ ...alarm })),
      incidents: this.#sights.map((sight) => ({ number: sight.incident.number, fate: this.#fateOf(sight) })),
    };
  }

  /** Takes up the incidents that begin about now, and lets go of those that are over. */
  #approach(at: Instant): void {
    let next = this.#sights[this.#taken];
    while (next !== undefined && next.incident.openedAt - this.#apartMs <= at) {
      this.#near = [...this.#near, next];
      this.#taken += 1;
      next = this.#sights[this.#taken];
    }
    if (this.#near.some(({ incident }) => !lasts(incident, at)))
      this.#near = this.#near.filter(({ incident }) => lasts(incident, at));
  }

  /**
   * People knew of the service itself: the page would have been grouped. The incident of a target is none that a page is
   * grouped into here, for it is what such a page has made.
   */
  #isCovered({ from }: OpenAlarm, incident: RealIncident): boolean {
    return incident.subject === this.#service && from + GROUP_WAIT_MS >= incident.openedAt && lasts(incident, from);
  }

  #fateOf(sight: Sight): IncidentFate {
    const meeting = this.#alarms.filter((alarm) => meets(alarm, sight));
    const first = meeting.find(isPaging) ?? meeting[0];
    if (first === undefined) return { kind: 'missed', why: whyMissed(sight), bad: sight.bad };
    const { incident, troubleFrom } = sight;
    const since = troubleFrom ?? incident.openedAt;
    return {
      kind: isPaging(first) ? 'paged' : 'noticed',
      severity: first.severity,
      at: first.from,
      tookMs: elapsedMs(since, latest(since, first.from)),
      aheadMs: elapsedMs(first.from, incident.openedAt),
    };
  }
}

/** A budget that is gone is never more than a notice. */
const isPaging = ({ severity, kind }: OpenAlarm): boolean => kind === 'target-burn' && isPage(severity);

const lasts = ({ resolvedAt }: RealIncident, at: Instant): boolean => resolvedAt === null || at <= resolvedAt;

/** The alarm lasted at some moment between the first bad event and the end of the incident. */
const meets = (alarm: OpenAlarm, { incident, troubleFrom }: Sight): boolean => {
  const from = Math.min(troubleFrom ?? incident.openedAt, incident.openedAt);
  return lasts(incident, alarm.from) && (alarm.to === null || alarm.to >= from);
};

const whyMissed = ({ events, bad }: Sight): MissedWhy => {
  if (events === 0) return 'no-data';
  return bad === 0 ? 'not-bad' : 'not-burning';
};
