// Judging: every look of every check, as an event of the targets of its service.
//
// A look counts once in the slowest pace of its check. What is looked at more often, because it fails or is in doubt, is
// evidence and no more: counted, the bad moments would weigh several times what the good ones do.

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
import { durationMs, type DurationMs, type Instant } from '#kernel/time.ts';
import { keptLatencyMs } from '#ports/metrics.ts';
import { Herald } from './herald.ts';
import { targetView, type Docket } from './targetViews.ts';
import type { BurndownView, TargetView } from '#kernel/targetView.ts';

/** A beat that comes a little early is a beat all the same. */
const EARLY_SHARE = 0.75;
/** While looks come early because somebody is in doubt, only one at its own time counts. */
const DOUBTED_EARLY_SHARE = 0.95;

/** They look at something on this machine: how long that takes says nothing of the service. */
export const WITHOUT_LATENCY: readonly string[] = ['process', 'file'];

/** What is kept of a docket over a restart. */
export type Kept = Pick<Docket, 'openedAt'> & { readonly id: TargetId; readonly memory: Uint8Array };

export type JudgingParts = {
  readonly now: () => Instant;
  /** The last look at a check; null: none in this run. */
  readonly lastLook: (check: CheckId) => Observation | null;
  /** Whether the watchman sees what is known to be well. */
  readonly canSee: () => boolean;
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
  #site: Site;

  constructor(site: Site, parts: JudgingParts) {
    this.#parts = parts;
    this.#herald = new Herald(parts);
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
    this.#doubted.clear();
  }

  /** One look was taken. Checks of no service, such as the canary, are nobody's event. */
  saw(check: Check, seen: Observation): void {
    const dockets = this.#byService.get(check.service);
    if (dockets === undefined || dockets.length === 0) return;
    const isExtra = !this.#isDue(check, seen.at);
    let share: BudgetShare | null = null;
    for (const docket of dockets) {
      const isGood = goodOf(docket.target, check, seen);
      if (isGood === null) continue;
      if (!isGood) share ??= this.#shareOf(check.service, seen);
      const whose = share === 'own' && this.#isComingUp(docket, check, seen.at) ? 'no-data' : (share ?? 'own');
      take(docket, { at: seen.at, isGood, share: whose, isExtra }, this.#parts.now());
      this.#herald.look(docket, !isGood);
      this.#parts.onEvent?.(docket.target.id, seen.at, Number(!isGood && countsAgainst(whose)));
    }
    if (seen.state === 'healthy' || seen.state === 'degraded') this.#answered.add(check.id);
    this.#carryOut(check, dockets);
  }

  /** It was just begun to be judged, Sereno starts it, and this check was never answered yet: nothing was promised before. */
  #isComingUp({ target, openedAt }: Docket, check: Check, at: Instant): boolean {
    const service = findService(this.#site, target.service);
    if (service === null || !isOperable(service.workload) || this.#answered.has(check.id)) return false;
    return at - openedAt < service.startTimeoutMs;
  }

  /** When in doubt, look again: the soonest wish of all targets of the service is the one that counts. */
  #carryOut({ id }: Check, dockets: readonly Docket[]): void {
    this.#doubted.delete(id);
    const wished = dockets.flatMap(({ judge }) => judge.wish()?.afterMs ?? []);
    if (wished.length > 0 && this.#parts.lookAgain(id, durationMs(Math.min(...wished)))) this.#doubted.add(id);
  }

  /** Amounts of a source: so many good and bad events of a target at a time; null when nobody has promised that. */
  sawEvents(id: TargetId, at: Instant, counted: { readonly good: number; readonly bad: number }): Taken | null {
    const docket = this.#dockets.get(id);
    if (docket === undefined) return null;
    const { target, judge, events } = docket;
    const share = this.#excuseOf(target.service, at) ?? 'own';
    const taken = judge.take({ at, ...counted, share, isExtra: false }, this.#parts.now());
    if (taken !== 'taken') return taken;
    events.good += counted.good;
    events[countsAgainst(share) ? 'bad' : 'excused'] += counted.bad;
    this.#herald.look(docket, counted.bad > 0);
    this.#parts.onEvent?.(id, at, countsAgainst(share) ? counted.bad : 0);
    return taken;
  }

  /** What the alert desk was told by an earlier run: it is told of each again, or that it is over. */
  expectBurns(alerts: readonly BurnAlert[]): void {
    this.#herald.takeUp(alerts, (id) => this.#dockets.has(id));
  }

  /** Bad events that agreed work kept out of the budget, of episodes that reach into this time. */
  excused(id: TargetId, from: Instant, to: Instant): number {
    const episodes = this.#dockets.get(id)?.judge.episodes() ?? [];
    return episodes
      .filter((episode) => episode.share === 'maintenance' && episode.from < to && episode.to >= from)
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
    return [...this.#dockets.values()].map(({ target, judge, openedAt }) => ({
      id: target.id,
      openedAt,
      memory: judge.snapshot(),
    }));
  }

  /** Goes on from what was kept. What was declared otherwise since then begins anew; so does the count of this run. */
  takeUp(kept: readonly Kept[]): void {
    for (const { id, openedAt, memory } of kept) {
      const docket = this.#dockets.get(id);
      if (docket === undefined) continue;
      const judge = restoreTarget({ target: docket.target, everyMs: docket.everyMs }, memory);
      if (judge !== null) this.#put({ ...docket, judge, openedAt });
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
    return { target, judge, everyMs, openedAt, events: { good: 0, bad: 0, excused: 0 } };
  }

  #isDue(check: Check, at: Instant): boolean {
    const last = this.#countedAt.get(check.id);
    // A clock that was set back must not silence a check until the old time has come again.
    const share = this.#doubted.has(check.id) ? DOUBTED_EARLY_SHARE : EARLY_SHARE;
    const isDue = last === undefined || at < last || at - last >= share * check.slowestMs;
    if (isDue) this.#countedAt.set(check.id, at);
    return isDue;
  }

  #shareOf(service: ServiceId, seen: Observation): BudgetShare {
    const excuse = this.#excuseOf(service, seen.at);
    if (excuse !== null) return excuse;
    if (seen.state === 'unknown') return seen.symptom === 'cannot-run' ? 'watchman' : 'no-data';
    return 'own';
  }

  /** Why what fails now is not the service's own fault; null when it is. */
  #excuseOf(service: ServiceId, at: Instant): BudgetShare | null {
    if (maintenanceAt(this.#site.maintenance, service, at) !== null) return 'maintenance';
    if (!this.#parts.canSee()) return 'watchman';
    return this.#hasFailingNeed(service) ? 'upstream' : null;
  }

  /** Somebody that it needs, directly or not, failed the last look at them. */
  #hasFailingNeed(service: ServiceId): boolean {
    const visited = new Set<ServiceId>([service]);
    const open = [...(findService(this.#site, service)?.needs ?? [])];
    for (let need = open.pop(); need !== undefined; need = open.pop()) {
      if (visited.has(need)) continue;
      visited.add(need);
      const needed = findService(this.#site, need);
      if (needed === null) continue;
      if (needed.checks.some((check) => this.#parts.lastLook(check.id)?.state === 'unhealthy')) return true;
      open.push(...needed.needs);
    }
    return false;
  }
}

/** Whether a look is a good event of this target; null when it is none of its events. */
const goodOf = ({ indicator }: Target, check: Check, seen: Observation): boolean | null => {
  const isAnswered = seen.state === 'healthy' || seen.state === 'degraded';
  if (indicator.kind === 'availability') return isAnswered;
  if (indicator.kind !== 'latency' || !isAnswered || WITHOUT_LATENCY.includes(check.probe.kind)) return null;
  return keptLatencyMs(seen.latencyMs) <= indicator.thresholdMs;
};

type Look = {
  readonly at: Instant;
  readonly isGood: boolean;
  readonly share: BudgetShare;
  readonly isExtra: boolean;
};

const take = ({ judge, events }: Docket, look: Look, now: Instant): void => {
  const [good, bad] = look.isGood ? [1, 0] : [0, 1];
  const taken = judge.take({ at: look.at, good, bad, share: look.share, isExtra: look.isExtra }, now);
  if (taken !== 'taken' || look.isExtra) return;
  if (look.isGood) events.good += 1;
  else events[countsAgainst(look.share) ? 'bad' : 'excused'] += 1;
};
