// The ledger of noise: raw events in, few notifications out, and for every event a fate that can be asked for.
//
//   event ─dedup─▶ alert ─group─▶ group ─wait over─▶ muted? ─news?─▶ flapping? ─▶ notification
//
// It streams, in virtual time: `advance` does all that was due until then. Grouping, waiting, merging, inhibiting,
// silencing and repeating are those of Alertmanager 0.25 (dispatch, provider, inhibit, notify), and are compared with the
// real one. What it has not: damping of flapping, inhibition along needs, and an answer to "what became of it?".

import { durationMs, elapsedMs, later, seconds, type DurationMs, type Instant } from '#kernel/time.ts';
import { Agenda } from './agenda.ts';
import { fingerprintOf, inOrder, isResolved, mergeAlerts, type Alert, type AlertEvent } from './alert.ts';
import { CALM, change, placeAt, settled, told, type Damper } from './damper.ts';
import type { Fate, GroupedBecause } from './fate.ts';
import { Inhibitor, type InhibitRule, type NeedsOf } from './inhibition.ts';
import { silenceFor, type Silence } from './silence.ts';

export type LedgerRules = {
  readonly groupBy: readonly string[];
  readonly groupWaitMs: DurationMs;
  readonly groupIntervalMs: DurationMs;
  readonly repeatIntervalMs: DurationMs;
  readonly resolveTimeoutMs: DurationMs;
  readonly inhibit: readonly InhibitRule[];
  /** Null: causes are known by rules alone. */
  readonly needsOf: NeedsOf | null;
  readonly isDamped: boolean;
  /** When it began: groups that are empty are put away every thirty seconds from then on, as in Alertmanager. */
  readonly startedAt: Instant;
};

/** Events whose fates are kept, the newest; older ones have long had their end. */
export const FATES_KEPT = 1_000_000;
const PUT_AWAY_EVERY_MS = seconds(30);

export type LedgerNotification = {
  /** 1, 2, 3 … */
  readonly number: number;
  readonly group: string;
  readonly at: Instant;
  /** In order; fingerprints. */
  readonly firing: readonly string[];
  readonly resolved: readonly string[];
  /** Changes of a flapping group that were held back since people were told of it last. */
  readonly held: number;
};

type Member = { alert: Alert; events: number[] };

type Told = { readonly at: Instant; readonly firing: ReadonlySet<string>; readonly resolved: ReadonlySet<string> };

type Group = {
  readonly key: string;
  readonly members: Map<string, Member>;
  nextAt: Instant;
  hasFlushed: boolean;
  emptySince: Instant | null;
  damper: Damper;
};

/** What may be told of one look at a group, and what is held back. */
type Look = {
  readonly firing: readonly Member[];
  readonly resolved: readonly Member[];
};

export class Ledger {
  readonly #rules: LedgerRules;
  readonly #inhibitor: Inhibitor;
  readonly #alerts = new Map<string, Alert>();
  readonly #groups = new Map<string, Group>();
  readonly #agenda = new Agenda<Group>();
  readonly #told = new Map<string, Told>();
  readonly #fates: Fate[] = [];
  #silences: readonly Silence[] = [];
  #events = 0;
  #notifications = 0;
  #out: LedgerNotification[] = [];

  constructor(rules: LedgerRules) {
    this.#rules = rules;
    this.#inhibitor = new Inhibitor(rules.inhibit, rules.needsOf);
  }

  /** Takes one raw event and gives it its number, under which its fate can be asked for. Time never goes back. */
  take(event: AlertEvent, at: Instant): number {
    this.advance(at);
    const id = this.#events++;
    const newer: Alert = {
      fingerprint: fingerprintOf(event.labels),
      labels: event.labels,
      startsAt: event.startsAt,
      endsAt: event.endsAt ?? later(at, this.#rules.resolveTimeoutMs),
      isEndAssumed: event.endsAt === null,
    };
    const known = this.#alerts.get(newer.fingerprint);
    const alert = known === undefined ? newer : mergeAlerts(known, newer, at);
    this.#alerts.set(alert.fingerprint, alert);
    this.#inhibitor.take(alert);
    const isNews =
      known === undefined || isResolved(known, at) !== isResolved(alert, at) || known.startsAt !== alert.startsAt;
    this.#join(alert, { id, isNews }, at);
    return id;
  }

  /** Does what was due until then, in order. */
  advance(to: Instant): void {
    for (let due = this.#agenda.take(to); due !== null; due = this.#agenda.take(to)) {
      // A group that was moved lies in the agenda twice; only its newest time counts.
      if (due.item.nextAt === due.at) this.#flush(due.item, due.at);
    }
  }

  /** When something is due next; null: nothing waits. */
  nextAt(): Instant | null {
    return this.#agenda.nextAt();
  }

  /** Replaces the silences; whoever keeps them sees to it that each has a person and an end. */
  setSilences(silences: readonly Silence[]): void {
    this.#silences = silences;
  }

  /** What became of an event; null: it is not known, or was so long ago that it is not kept. */
  fateOf(event: number): Fate | null {
    if (event < 0 || event >= this.#events || event < this.#events - FATES_KEPT) return null;
    return this.#fates[event % FATES_KEPT] ?? null;
  }

  /** The notifications since the last time that somebody asked. */
  drain(): readonly LedgerNotification[] {
    const out = this.#out;
    this.#out = [];
    return out;
  }

  figures(): {
    readonly events: number;
    readonly notifications: number;
    readonly alerts: number;
    readonly groups: number;
  } {
    return {
      events: this.#events,
      notifications: this.#notifications,
      alerts: this.#alerts.size,
      groups: this.#groups.size,
    };
  }

  #setFate(events: readonly number[], fate: Fate): void {
    for (const event of events) this.#fates[event % FATES_KEPT] = fate;
  }

  #keyOf(alert: Alert): string {
    return this.#rules.groupBy.map((name) => `${name}=${alert.labels[name] ?? ''}`).join(',');
  }

  #join(alert: Alert, event: { readonly id: number; readonly isNews: boolean }, at: Instant): void {
    const group = this.#groupOf(this.#keyOf(alert), at);
    const member = group.members.get(alert.fingerprint);
    if (member !== undefined && !event.isNews) {
      member.alert = alert;
      return this.#setFate([event.id], { kind: 'grouped', into: alert.fingerprint, why: 'same-alert' });
    }
    const events: number[] = member?.events ?? [];
    events.push(event.id);
    group.members.set(alert.fingerprint, { alert, events });
    group.emptySince = null;
    this.#setFate([event.id], { kind: 'waiting', group: group.key });
    // It fires for longer than the group would wait: others had their time to come.
    const isLate = later(alert.startsAt, this.#rules.groupWaitMs) < at;
    if (!group.hasFlushed && isLate) this.#plan(group, at);
    return undefined;
  }

  #groupOf(key: string, at: Instant): Group {
    const known = this.#groups.get(key);
    if (known !== undefined && !this.#isPutAway(known, at)) {
      if (known.emptySince !== null) this.#catchUp(known, at);
      return known;
    }
    const group: Group = {
      key,
      members: new Map(),
      nextAt: at,
      hasFlushed: false,
      emptySince: null,
      damper: known?.damper ?? CALM,
    };
    this.#groups.set(key, group);
    this.#plan(group, later(at, this.#rules.groupWaitMs));
    return group;
  }

  #isPutAway(group: Group, at: Instant): boolean {
    if (group.emptySince === null) return false;
    const round = (time: Instant): number => Math.floor(elapsedMs(this.#rules.startedAt, time) / PUT_AWAY_EVERY_MS);
    return round(at) > round(group.emptySince);
  }

  /** An empty group has no place in the agenda; its beat goes on. */
  #catchUp(group: Group, at: Instant): void {
    const { groupIntervalMs } = this.#rules;
    const beats = Math.max(0, Math.ceil(elapsedMs(group.nextAt, at) / groupIntervalMs));
    this.#plan(group, later(group.nextAt, durationMs(beats * groupIntervalMs)));
  }

  #plan(group: Group, at: Instant): void {
    group.nextAt = at;
    this.#agenda.add(group, at);
  }

  #flush(group: Group, at: Instant): void {
    group.hasFlushed = true;
    const members = [...group.members.values()].sort((a, b) => inOrder(a.alert, b.alert));
    const look = this.#look(members, at);
    const isHeldBack = this.#isNews(group, look, at) && this.#isDamped(group, look, at);
    if (!isHeldBack) this.#tell(group, look, at);
    for (const { alert } of members) {
      if (isResolved(alert, at) && !(isHeldBack && this.#isOwed(group, alert))) this.#drop(group, alert);
    }
    const nextAt = later(at, this.#rules.groupIntervalMs);
    if (group.members.size > 0) this.#plan(group, nextAt);
    else {
      group.nextAt = nextAt;
      group.emptySince = at;
    }
  }

  #drop(group: Group, alert: Alert): void {
    group.members.delete(alert.fingerprint);
    this.#alerts.delete(alert.fingerprint);
    this.#inhibitor.forget(alert);
  }

  /** People were told that it fires: its end is told, even when that must wait. */
  #isOwed(group: Group, alert: Alert): boolean {
    return this.#told.get(group.key)?.firing.has(alert.fingerprint) === true;
  }

  /** Sorts the members into those that fire and those that are over; who is held back is given that as its fate. */
  #look(members: readonly Member[], at: Instant): Look {
    const firing: Member[] = [];
    const resolved: Member[] = [];
    for (const member of members) {
      const { alert, events } = member;
      const cause = this.#inhibitor.causeOf(alert, at);
      const silence = cause === null ? silenceFor(this.#silences, alert.labels, at) : null;
      if (cause !== null) this.#setFate(events, { kind: 'inhibited', by: cause });
      else if (silence !== null) this.#setFate(events, { kind: 'silenced', by: silence.id });
      else if (isResolved(alert, at)) resolved.push(member);
      else firing.push(member);
      if (silence !== null && isResolved(alert, at)) member.events = [];
    }
    return { firing, resolved };
  }

  /** Is there anything that people do not know, or should hear again? After needsUpdate in Alertmanager's dedup stage. */
  #isNews(group: Group, look: Look, at: Instant): boolean {
    // All that is left is held back: nothing can be told, not even that what was told of is not seen any more.
    if (look.firing.length + look.resolved.length === 0) return false;
    const known = this.#told.get(group.key);
    if (known === undefined) return look.firing.length > 0;
    if (look.firing.some((it) => !known.firing.has(it.alert.fingerprint))) return true;
    if (look.firing.length === 0) return known.firing.size > 0;
    if (look.resolved.some((it) => !known.resolved.has(it.alert.fingerprint))) return true;
    return elapsedMs(known.at, at) > this.#rules.repeatIntervalMs;
  }

  #isDamped(group: Group, look: Look, at: Instant): boolean {
    if (!this.#rules.isDamped) return false;
    const hasChanged = [...look.firing, ...look.resolved].some((it) => it.events.length > 0);
    const next = hasChanged ? change(group.damper, at) : this.#again(group.damper, at);
    group.damper = next.damper;
    if (next.isTold) return false;
    this.#end([...look.firing, ...look.resolved], { kind: 'grouped', into: group.key, why: 'flapping' });
    return true;
  }

  /** Nothing new, but something that was held back: told as soon as there is a place. */
  #again(damper: Damper, at: Instant): { readonly isTold: boolean; readonly damper: Damper } {
    const now = settled(damper, at);
    return placeAt(now, at) <= at ? { isTold: true, damper: told(now, at) } : { isTold: false, damper: now };
  }

  #tell(group: Group, look: Look, at: Instant): void {
    const members = [...look.firing, ...look.resolved];
    if (!this.#isNews(group, look, at)) return this.#keepQuiet(group, members);
    const held = group.damper.held;
    this.#notifications += 1;
    const number = this.#notifications;
    const firing = look.firing.map((it) => it.alert.fingerprint);
    const resolved = look.resolved.map((it) => it.alert.fingerprint);
    this.#told.set(group.key, { at, firing: new Set(firing), resolved: new Set(resolved) });
    this.#out.push({ number, group: group.key, at, firing, resolved, held });
    const [first, ...others] = members.filter((it) => it.events.length > 0);
    if (first !== undefined) this.#end([first], { kind: 'notified', notification: number });
    this.#end(others, { kind: 'grouped', into: `notification ${number}`, why: 'same-notification' });
    return undefined;
  }

  #keepQuiet(group: Group, members: readonly Member[]): void {
    const why: GroupedBecause = this.#told.has(group.key) ? 'told-already' : 'over-before-told';
    this.#end(members, { kind: 'grouped', into: group.key, why });
  }

  #end(members: readonly Member[], fate: Fate): void {
    for (const member of members) {
      this.#setFate(member.events, fate);
      member.events = [];
    }
  }
}
