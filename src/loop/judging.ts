// Judging: every look of every check, as an event of the targets of its service.
//
// A look counts once in the slowest pace of its check. What is looked at more often, because it fails or is in doubt, is
// evidence and no more: counted, the bad moments would weigh several times what the good ones do.
//
// Whose a bad look is, is often known only when what the service needs was looked at after it. Until then it is held, with
// whatever follows it (held.ts), and the needs are asked for a look out of their turn.

import { openTarget, restoreTarget, type Taken, type Verdict } from '#judge/budget/judge.ts';
import type { BurnAlert } from '#kernel/alert.ts';
import { longestProbeMs, type Check } from '#kernel/check.ts';
import type { CheckId, ServiceId } from '#kernel/id.ts';
import { maintenanceAt } from '#kernel/maintenance.ts';
import type { Message } from '#kernel/message.ts';
import type { Observation } from '#kernel/observation.ts';
import { isOperable, type Service } from '#kernel/service.ts';
import { findService, type Site } from '#kernel/site.ts';
import { countsAgainst, type BudgetShare, type Target, type TargetId } from '#kernel/target.ts';
import { durationMs, elapsedMs, latest, type DurationMs, type Instant } from '#kernel/time.ts';
import { keptLatencyMs } from '#ports/metrics.ts';
import { HELD_MAX, Waiters, type TargetEvent } from './held.ts';
import { Herald } from './herald.ts';
import { askAfterMs, canBeAsked, checksOfNeeds, isSeenSince, needsSince, type NeedsSeen } from './needs.ts';
import { targetView, type Docket } from './targetViews.ts';
import type { BurndownView, TargetView } from '#kernel/targetView.ts';

/** A beat that comes a little early is a beat all the same. */
const EARLY_SHARE = 0.75;
/** While looks come early because somebody is in doubt, only one at its own time counts. */
const DOUBTED_EARLY_SHARE = 0.95;

/** They look at something on this machine: how long that takes says nothing of the service. */
export const WITHOUT_LATENCY: readonly string[] = ['process', 'file'];

/** What is kept of a docket over a restart. */
export type Kept = Pick<Docket, 'openedAt'> & {
  readonly id: TargetId;
  readonly memory: Uint8Array;
  /** Not there in what an older Sereno has kept. */
  readonly held?: readonly TargetEvent[];
};

export type JudgingParts = {
  readonly now: () => Instant;
  /** The last look at a check; null: none in this run. */
  readonly lastLook: (check: CheckId) => Observation | null;
  /** Whether the watchman sees what is known to be well. */
  readonly canSee: () => boolean;
  /** Whether a person keeps a service from answering; left out where nobody can stop it. */
  readonly isStopped?: (service: ServiceId, at: Instant) => boolean;
  /** Says to the alert desk what people may have to know of a target of this service. */
  readonly tell: (service: ServiceId, message: Message) => void;
  /** Another look at the check after so long, if there is room for it. */
  readonly lookAgain: (check: CheckId, afterMs: DurationMs) => boolean;
  /** Each event that a target took, after it was judged; `bad`: those that count against it. For a replay (replay.ts). */
  readonly onEvent?: (target: TargetId, at: Instant, bad: number) => void;
};

/** A sample is expected this often: as often as its source is asked, or the slowest check with the time of its probe. */
export const everyMsOf = (site: Site, service: Service, { indicator }: Target): DurationMs => {
  const source = 'source' in indicator ? site.sources.find((each) => each.name === indicator.source) : undefined;
  const looks = service.checks.map((check) => check.slowestMs + longestProbeMs(check));
  return source?.everyMs ?? durationMs(Math.max(1_000, ...looks));
};

/** What decides whether a docket may go on after a reload. */
const markOf = (target: Target, everyMs: DurationMs): string => JSON.stringify([target, everyMs]);

export class Judging {
  readonly #parts: JudgingParts;
  readonly #herald: Herald;
  readonly #dockets = new Map<TargetId, Docket>();
  readonly #byService = new Map<ServiceId, readonly Docket[]>();
  readonly #countedAt = new Map<CheckId, Instant>();
  /** Checks that were answered in this run. */
  readonly #answered = new Set<CheckId>();
  /** Checks whose next look was asked for. */
  readonly #doubted = new Set<CheckId>();
  /** Checks that failed while a need did and were not answered since, and when a need was last seen to fail then. */
  readonly #fellWith = new Map<CheckId, Instant>();
  /** Services that hold events, by those whom they need. */
  readonly #waiters = new Waiters();
  /** Since when the watchman watches without a gap. */
  #watchesSince: Instant;
  #site: Site;

  constructor(site: Site, parts: JudgingParts) {
    this.#parts = parts;
    this.#herald = new Herald(parts);
    this.#watchesSince = parts.now();
    this.#site = site;
    this.setSite(site);
  }

  /** A target that is declared as before keeps its budget; a changed one begins anew. */
  setSite(site: Site): void {
    this.#site = site;
    const before = new Map(this.#dockets);
    this.#dockets.clear();
    this.#byService.clear();
    for (const service of site.services) {
      const dockets = service.targets.map((target) => this.#docketFor(service, target, before.get(target.id)));
      this.#byService.set(service.id, dockets);
      for (const docket of dockets) this.#dockets.set(docket.target.id, docket);
    }
    for (const [id, docket] of before) if (this.#dockets.get(id) !== docket) this.#herald.drop(id);
    const known = new Set(site.services.flatMap((service) => service.checks.map((check) => check.id)));
    for (const id of this.#countedAt.keys()) if (!known.has(id)) this.#countedAt.delete(id);
    for (const id of this.#answered) if (!known.has(id)) this.#answered.delete(id);
    for (const id of this.#fellWith.keys()) if (!known.has(id)) this.#fellWith.delete(id);
    this.#doubted.clear();
    this.#waiters.clear();
    for (const { held, target } of this.#dockets.values()) if (held.length > 0) this.#wait(target.service);
  }

  /** One look was taken. Checks of no service, such as the canary, are nobody's event. */
  saw(check: Check, seen: Observation): void {
    for (const service of this.#waiters.on(check.service)) this.#release(service);
    const dockets = this.#byService.get(check.service);
    if (dockets === undefined || dockets.length === 0) return;
    const isExtra = !this.#isDue(check, seen.at);
    for (const docket of dockets) {
      const isGood = goodOf(docket.target, check, seen);
      if (isGood === null) continue;
      const [good, bad] = isGood ? [1, 0] : [0, 1];
      const share = isGood ? 'own' : this.#shareOfLook(docket, check, seen);
      this.#offer(docket, { at: seen.at, good, bad, share, isExtra, check: check.id });
    }
    if (seen.state === 'healthy' || seen.state === 'degraded') this.#answered.add(check.id);
    this.#doubted.delete(check.id);
    this.#release(check.service);
    this.#askAgain(check.id, dockets);
  }

  /** The watchman did not run for a while: nobody looked at a need in that time. */
  resume(): void {
    this.#watchesSince = this.#parts.now();
  }

  /** No look is to come that could say more: what is held is counted as far as is known. For a replay (replay.ts). */
  settle(): void {
    for (const service of this.#byService.keys()) this.#release(service, 'own');
  }

  /** It was just begun to be judged, Sereno starts it, and this check was never answered yet: nothing was promised before. */
  #isComingUp({ target, openedAt }: Docket, check: Check, at: Instant): boolean {
    const service = findService(this.#site, target.service);
    if (service === null || !isOperable(service.workload) || this.#answered.has(check.id)) return false;
    return at - openedAt < service.startTimeoutMs;
  }

  /** When in doubt, look again: the soonest wish of all targets of the service is the one that counts. */
  #askAgain(id: CheckId, dockets: readonly Docket[]): void {
    const wished = dockets.flatMap(({ judge }) => judge.wish()?.afterMs ?? []);
    if (wished.length > 0 && this.#parts.lookAgain(id, durationMs(Math.min(...wished)))) this.#doubted.add(id);
  }

  /** Amounts of a source: so many good and bad events of a target at a time; null when nobody has promised that. */
  sawEvents(id: TargetId, at: Instant, counted: { readonly good: number; readonly bad: number }): Taken | null {
    const docket = this.#dockets.get(id);
    if (docket === undefined) return null;
    const share = counted.bad > 0 ? this.#shareOf(docket.target.service, at) : 'own';
    const taken = this.#offer(docket, { at, ...counted, share, isExtra: false, check: null });
    this.#release(docket.target.service);
    return taken;
  }

  /** What the alert desk was told by an earlier run: it is told of each again, or that it is over. */
  expectBurns(alerts: readonly BurnAlert[]): void {
    this.#herald.takeUp(alerts, (id) => this.#dockets.has(id));
  }

  /** Bad events of this share, of episodes that reach into this time. */
  excused(id: TargetId, share: BudgetShare, from: Instant, to: Instant): number {
    const episodes = this.#dockets.get(id)?.judge.episodes() ?? [];
    return episodes
      .filter((episode) => episode.share === share && episode.from < to && episode.to >= from)
      .reduce((sum, { bad }) => sum + bad, 0);
  }

  verdict(id: TargetId): Verdict | null {
    return this.#dockets.get(id)?.judge.verdict(this.#parts.now()) ?? null;
  }

  view(id: TargetId): TargetView | null {
    const docket = this.#dockets.get(id);
    return docket === undefined ? null : targetView(docket, this.#parts.now());
  }

  burndown(id: TargetId): BurndownView | null {
    const docket = this.#dockets.get(id);
    return docket === undefined ? null : { target: id, ...docket.judge.burndown(this.#parts.now()) };
  }

  /** Of one service, or of all. */
  views(service: ServiceId | null = null): readonly TargetView[] {
    const now = this.#parts.now();
    const dockets = service === null ? [...this.#dockets.values()] : (this.#byService.get(service) ?? []);
    return dockets.map((docket) => targetView(docket, now));
  }

  /** How many targets are judged. */
  count(): number {
    return this.#dockets.size;
  }

  /** What all judges know, to be kept over a restart. */
  kept(): readonly Kept[] {
    return [...this.#dockets.values()].map(({ target, judge, openedAt, held }) => ({
      id: target.id,
      openedAt,
      memory: judge.snapshot(),
      held: [...held],
    }));
  }

  /** Goes on from what was kept. What was declared otherwise since then begins anew; so does the count of this run. */
  takeUp(kept: readonly Kept[]): void {
    for (const { id, openedAt, memory, held = [] } of kept) {
      const docket = this.#dockets.get(id);
      if (docket === undefined) continue;
      const judge = restoreTarget({ target: docket.target, everyMs: docket.everyMs }, memory);
      if (judge === null) continue;
      this.#put({ ...docket, judge, openedAt, held: [...held] });
      if (held.length > 0) this.#wait(docket.target.service);
    }
  }

  #put(docket: Docket): void {
    const { id, service } = docket.target;
    this.#dockets.set(id, docket);
    const others = this.#byService.get(service) ?? [];
    this.#byService.set(
      service,
      others.map((other) => (other.target.id === id ? docket : other)),
    );
  }

  #docketFor(service: Service, target: Target, before: Docket | undefined): Docket {
    const everyMs = everyMsOf(this.#site, service, target);
    if (before !== undefined && markOf(before.target, before.everyMs) === markOf(target, everyMs)) return before;
    const openedAt = this.#parts.now();
    const judge = openTarget({ target, everyMs }, openedAt);
    return { target, judge, everyMs, openedAt, events: { good: 0, bad: 0, excused: 0 }, held: [] };
  }

  #isDue(check: Check, at: Instant): boolean {
    const last = this.#countedAt.get(check.id);
    // A clock that was set back must not silence a check until the old time has come again.
    const share = this.#doubted.has(check.id) ? DOUBTED_EARLY_SHARE : EARLY_SHARE;
    const isDue = last === undefined || at < last || at - last >= share * check.slowestMs;
    if (isDue) this.#countedAt.set(check.id, at);
    return isDue;
  }

  /** Counts an event now, or holds it with those before it. From a clock that is fast nothing can be held. */
  #offer(docket: Docket, event: TargetEvent): Taken {
    const { held, target } = docket;
    const isAhead = event.at > this.#parts.now();
    if (isAhead || (held.length === 0 && event.share !== null)) return this.#count(docket, event, event.share ?? 'own');
    held.push(event);
    const oldest = held.length > HELD_MAX ? held.shift() : undefined;
    if (oldest !== undefined)
      this.#count(docket, oldest, oldest.share ?? this.#shareOf(target.service, oldest.at) ?? 'own');
    if (event.share === null) this.#askNeeds(target.service, event.at);
    return 'taken';
  }

  /** Counts what is in doubt no more, in its order; `otherwise`: whose that is which still is. */
  #release(service: ServiceId, otherwise: BudgetShare | null = null): void {
    const dockets = this.#byService.get(service) ?? [];
    if (dockets.every(({ held }) => held.length === 0)) return;
    const looks = new Set<CheckId>();
    for (const docket of dockets) {
      for (let [next] = docket.held; next !== undefined; [next] = docket.held) {
        const share = next.share ?? this.#shareOf(service, next.at) ?? otherwise;
        if (share === null) break;
        docket.held.shift();
        this.#count(docket, next, share);
        if (next.check !== null) looks.add(next.check);
      }
    }
    if (dockets.every(({ held }) => held.length === 0)) this.#waiters.done(service);
    for (const check of looks) this.#askAgain(check, dockets);
  }

  #count(docket: Docket, event: TargetEvent, share: BudgetShare): Taken {
    const { judge, events } = docket;
    const { good, bad, isExtra } = event;
    const taken = judge.take({ at: event.at, good, bad, share, isExtra }, this.#parts.now());
    if (taken !== 'taken') return taken;
    if (!isExtra) {
      events.good += good;
      events[countsAgainst(share) ? 'bad' : 'excused'] += bad;
    }
    this.#noteFall(docket.target.service, event, share);
    this.#herald.look(docket, bad > 0);
    this.#parts.onEvent?.(docket.target.id, event.at, countsAgainst(share) ? bad : 0);
    return taken;
  }

  #noteFall(service: ServiceId, { check, bad }: TargetEvent, share: BudgetShare): void {
    if (check === null) return;
    if (bad === 0) this.#fellWith.delete(check);
    else if (share === 'upstream' && this.#needsSince(service, this.#parts.now()) === 'failing')
      this.#fellWith.set(check, this.#parts.now());
  }

  /** What fell with its cause has its start timeout to come up again after it. */
  #isComingBack(check: Check, at: Instant): boolean {
    const fellAt = this.#fellWith.get(check.id);
    const service = findService(this.#site, check.service);
    return fellAt !== undefined && service !== null && at - fellAt < service.startTimeoutMs;
  }

  #wait(service: ServiceId): void {
    this.#waiters.wait(
      service,
      checksOfNeeds(this.#site, service).map((check) => check.service),
    );
  }

  /** Whose fault it is stands with the needs: those that were not seen since are looked at soon. */
  #askNeeds(service: ServiceId, since: Instant): void {
    this.#wait(service);
    for (const check of checksOfNeeds(this.#site, service)) {
      const last = this.#parts.lastLook(check.id);
      if (!canBeAsked(check) || isSeenSince(last, since)) continue;
      const afterMs = askAfterMs(check, last, this.#parts.now());
      if (this.#parts.lookAgain(check.id, afterMs)) this.#doubted.add(check.id);
    }
  }

  /** Whose a bad look is; null: that is not known yet. */
  #shareOfLook(docket: Docket, check: Check, seen: Observation): BudgetShare | null {
    const share = this.#shareOf(check.service, seen.at);
    if (share !== null && share !== 'own') return share;
    if (seen.state === 'unknown') return seen.symptom === 'cannot-run' ? 'watchman' : 'no-data';
    if (this.#isComingBack(check, seen.at)) return 'upstream';
    return this.#isComingUp(docket, check, seen.at) ? 'no-data' : share;
  }

  /** Whose the bad events of a moment are; null: that is known when what it needs was looked at. */
  #shareOf(service: ServiceId, at: Instant): BudgetShare | null {
    if (maintenanceAt(this.#site.maintenance, service, at) !== null) return 'maintenance';
    if (this.#parts.isStopped?.(service, at) === true) return 'stopped';
    if (!this.#parts.canSee()) return 'watchman';
    const seen = this.#needsSince(service, at);
    if (seen === 'failing') return 'upstream';
    return seen === 'well' ? 'own' : null;
  }

  #needsSince(service: ServiceId, since: Instant): NeedsSeen {
    const hadMs = elapsedMs(latest(since, this.#watchesSince), this.#parts.now());
    return needsSince(checksOfNeeds(this.#site, service), this.#parts.lastLook, { since, hadMs });
  }
}

/** Whether a look is a good event of this target; null when it is none of its events. */
const goodOf = ({ indicator }: Target, check: Check, seen: Observation): boolean | null => {
  const isAnswered = seen.state === 'healthy' || seen.state === 'degraded';
  if (indicator.kind === 'availability') return isAnswered;
  if (indicator.kind !== 'latency' || !isAnswered || WITHOUT_LATENCY.includes(check.probe.kind)) return null;
  return keptLatencyMs(seen.latencyMs) <= indicator.thresholdMs;
};
