// The round: the watchman's walk past every check, over and over.
//
// An observation that changes nothing is a sample and goes to the metrics port; a changed belief is told to the one
// listener, who makes it an event. Each check has one probe in flight (in a burst a few: see track.ts) and waits for
// nobody else's, so half of the targets hanging changes nothing for the rest. A probe whose report never comes is itself
// an observation: unknown.

import { longestProbeMs, type Check } from '#kernel/check.ts';
import type { CheckId } from '#kernel/id.ts';
import type { ConfirmedCheck } from '#kernel/message.ts';
import type { Belief, Observation } from '#kernel/observation.ts';
import { durationMs, later, type DurationMs, type Instant } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import type { Metrics } from '#ports/metrics.ts';
import type { Sensor } from '#ports/sensor.ts';
import { burstPause, firstTrack, forgotten, looksWanted, receive, startingPause, type Track } from '#observe/track.ts';
import { firstLookAt, gridOf, hasBeat, nextBeat, pauseInCrowd } from '#observe/rhythm.ts';
import { Agenda } from './agenda.ts';

/** How long after its own timeout a probe may still report, before it is taken for lost. */
const LOST_PROBE_GRACE_MS = 2_000;

/** Looks of one burst that may be under way at once: a target in trouble is not to be pressed harder than that. */
const OVERLAP_MAX = 4;

type Confirm = {
  readonly goal: 'settled' | 'healthy';
  readonly until: Instant;
  /** A probe with a lower number was sent before the question; it is not an answer to it. */
  readonly firstProbe: number;
  readonly waiting: Set<CheckId>;
  readonly all: readonly CheckId[];
  readonly report: (checks: readonly ConfirmedCheck[]) => void;
};

type Spot = {
  readonly slot: number;
  check: Check;
  track: Track;
  /** The probes in flight by number, oldest first, with the time when each is taken for lost. Other reports are too late. */
  readonly inFlight: Map<number, Instant>;
  /** The last observation, believed or not. */
  last: Observation | null;
  confirms: Confirm[];
  /** Looks since the oldest open confirm began. */
  looks: number;
  /** A judge is in doubt, and asks for the next look after so long. */
  againMs: DurationMs | null;
  /** A report is being taken: the next look is planned when that is over. */
  isTaken: boolean;
};

/**
 * All looks that judges ask for, in a second. Twenty are an eighth of what ten thousand checks a minute need anyway; who is in
 * doubt when all of that is spoken for is looked at in his turn.
 */
const AGAIN_PER_SECOND = 20;
/** So much of it may be asked for at once. */
const AGAIN_AHEAD_MS = 10_000;

/** All is well and the interval was declared: the next look is on its beat. */
const isSteady = ({ check, track }: Spot): boolean =>
  hasBeat(check) && track.candidate === null && track.belief.state === 'healthy';

export type RoundParts = {
  readonly clock: Clock;
  readonly sensor: Sensor;
  readonly metrics: Metrics;
  /** A belief changed. */
  readonly onChange: (check: Check, belief: Belief) => void;
  /** One look was taken, whether anything changed or not. */
  readonly onLook?: (check: Check, seen: Observation) => void;
};

export class Round {
  readonly #parts: RoundParts;
  readonly #agenda: Agenda;
  readonly #spots = new Map<CheckId, Spot>();
  readonly #bySlot = new Map<number, Spot>();
  #nextSlot = 0;
  #nextProbe = 1;
  /** How far apart the moments are at which checks are due. */
  #gridMs = durationMs(1);
  #probesTotal = 0;
  #inFlight = 0;
  #againTotal = 0;
  /** Looks that were asked for are paid for up to this time. */
  #againPaidTo = 0;
  /** The checks that were looked at and are not well. */
  readonly #failing = new Set<Spot>();

  constructor(parts: RoundParts) {
    this.#parts = parts;
    this.#agenda = new Agenda(parts.clock, (slot) => this.#due(slot));
  }

  /** Replaces the set of checks. A check that is declared as before keeps its track; a changed one starts as unknown. */
  setChecks(checks: readonly Check[]): void {
    const wanted = new Map(checks.map((check) => [check.id, check]));
    for (const [id, spot] of this.#spots) {
      if (!wanted.has(id)) this.#remove(spot);
    }
    const now = this.#parts.clock.now();
    this.#gridMs = gridOf(checks);
    checks.forEach((check, index) => {
      const spot = this.#spots.get(check.id);
      if (spot !== undefined && JSON.stringify(spot.check) === JSON.stringify(check)) return;
      if (spot !== undefined) this.#remove(spot);
      const slot = this.#nextSlot++;
      this.#add(check, slot, firstLookAt(check, { index, total: checks.length, slot, gridMs: this.#gridMs }, now));
    });
  }

  /**
   * Nothing ran for a while: what was believed is old, and a probe that was out says nothing. Everything is looked at
   * anew as at a start, evenly spread; what somebody waits for is looked at at once.
   */
  resume(): void {
    const now = this.#parts.clock.now();
    const total = this.#spots.size;
    const gridMs = this.#gridMs;
    let index = 0;
    for (const spot of this.#spots.values()) {
      this.#abandon(spot);
      spot.track = forgotten(spot.check, spot.track, now);
      const { check, slot } = spot;
      this.#agenda.set(slot, spot.confirms.length > 0 ? now : firstLookAt(check, { index, total, slot, gridMs }, now));
      index += 1;
    }
  }

  /**
   * Looks at these checks now and until the goal or the time is reached. Unknown checks are reported as unknown. What is
   * in flight goes on and counts as ever: if each question took the probes before it back, whoever is asked after more
   * often than its timeout would never be seen to hang. Only a start makes them worthless: they went to the one before.
   */
  confirm(ids: readonly CheckId[], goal: Confirm['goal'], until: Instant, report: Confirm['report']): void {
    const spots = ids.map((id) => this.#spots.get(id)).filter((spot) => spot !== undefined);
    const waiting = new Set(spots.map((spot) => spot.check.id));
    const confirm: Confirm = { goal, until, firstProbe: this.#nextProbe, waiting, all: ids, report };
    if (spots.length === 0) return this.#finish(confirm);
    for (const spot of spots) {
      spot.confirms = [...spot.confirms, confirm];
      spot.looks = 0;
      if (goal === 'healthy') this.#abandon(spot);
      if (spot.inFlight.size < OVERLAP_MAX) this.#look(spot);
    }
    return undefined;
  }

  /**
   * A judge is in doubt, and asks for another look after so long. False: there is no room for it, or what is under way or
   * due by then is a look as good. While a look is taken the next one is not planned yet, and the wish is kept for that.
   */
  lookAgain(id: CheckId, afterMs: DurationMs): boolean {
    const spot = this.#spots.get(id);
    if (spot === undefined) return false;
    if (!spot.isTaken) return this.#hasten(spot, later(this.#parts.clock.now(), afterMs));
    if (spot.againMs === null && !this.#payForLook()) return false;
    spot.againMs = durationMs(Math.min(afterMs, spot.againMs ?? afterMs));
    return true;
  }

  belief(id: CheckId): Belief | null {
    return this.#spots.get(id)?.track.belief ?? null;
  }

  lastObservation(id: CheckId): Observation | null {
    return this.#spots.get(id)?.last ?? null;
  }

  nextLookAt(id: CheckId): Instant | null {
    const spot = this.#spots.get(id);
    return spot === undefined ? null : this.#agenda.dueAt(spot.slot);
  }

  figures(): {
    readonly probesTotal: number;
    readonly looksAgainTotal: number;
    readonly inFlight: number;
    readonly checks: number;
  } {
    return {
      probesTotal: this.#probesTotal,
      looksAgainTotal: this.#againTotal,
      inFlight: this.#inFlight,
      checks: this.#spots.size,
    };
  }

  stop(): void {
    this.#agenda.stop();
    this.#spots.clear();
    this.#bySlot.clear();
    this.#failing.clear();
  }

  #add(check: Check, slot: number, lookAt: Instant): void {
    const spot: Spot = {
      slot,
      check,
      track: firstTrack(check, this.#parts.clock.now()),
      inFlight: new Map(),
      last: null,
      confirms: [],
      looks: 0,
      againMs: null,
      isTaken: false,
    };
    this.#spots.set(check.id, spot);
    this.#bySlot.set(spot.slot, spot);
    this.#agenda.set(spot.slot, lookAt);
  }

  #hasten(spot: Spot, lookAt: Instant): boolean {
    const dueAt = this.#agenda.dueAt(spot.slot);
    const isComing = spot.inFlight.size > 0 || (dueAt !== null && dueAt <= lookAt);
    if (isComing || !this.#payForLook()) return false;
    this.#againTotal += 1;
    this.#agenda.set(spot.slot, lookAt);
    return true;
  }

  /** One look out of its turn, if there is room for it. */
  #payForLook(): boolean {
    const now = this.#parts.clock.now();
    const paidTo = Math.max(this.#againPaidTo, now) + 1_000 / AGAIN_PER_SECOND;
    if (paidTo - now > AGAIN_AHEAD_MS) return false;
    this.#againPaidTo = paidTo;
    return true;
  }

  #remove(spot: Spot): void {
    this.#abandon(spot);
    this.#agenda.clear(spot.slot);
    this.#spots.delete(spot.check.id);
    this.#bySlot.delete(spot.slot);
    this.#failing.delete(spot);
    for (const confirm of spot.confirms) this.#tick(confirm, spot);
  }

  #abandon(spot: Spot): void {
    this.#inFlight -= spot.inFlight.size;
    spot.inFlight.clear();
  }

  #due(slot: number): void {
    const spot = this.#bySlot.get(slot);
    if (spot === undefined) return;
    const [oldest] = spot.inFlight;
    if (oldest !== undefined && oldest[1] <= this.#parts.clock.now()) return this.#lost(spot, oldest[0]);
    return this.#look(spot);
  }

  #look(spot: Spot): void {
    const number = this.#nextProbe++;
    const { clock, sensor } = this.#parts;
    spot.inFlight.set(number, later(clock.now(), longestProbeMs(spot.check) + LOST_PROBE_GRACE_MS));
    spot.looks += 1;
    this.#inFlight += 1;
    this.#probesTotal += 1;
    this.#plan(spot, later(clock.now(), burstPause(clock.chance())));
    sensor.probe(spot.check, (observation) => {
      if (this.#end(spot, number)) this.#take(spot, number, observation);
    });
  }

  /** When to come back to this spot: for the next look, or for the oldest report that is out, whichever is first. */
  #plan(spot: Spot, lookAt: Instant): void {
    const [oldest] = spot.inFlight;
    if (oldest === undefined) return this.#agenda.set(spot.slot, lookAt);
    const hasRoom = spot.inFlight.size < Math.min(OVERLAP_MAX, looksWanted(spot.check, spot.track));
    const lostAt = oldest[1];
    return this.#agenda.set(spot.slot, hasRoom && lookAt < lostAt ? lookAt : lostAt);
  }

  /** Takes a probe out of those in flight; false when it was not waited for any more. */
  #end(spot: Spot, number: number): boolean {
    const isAwaited = spot.inFlight.delete(number);
    if (isAwaited) this.#inFlight -= 1;
    return isAwaited;
  }

  #lost(spot: Spot, number: number): void {
    this.#end(spot, number);
    this.#take(spot, number, {
      check: spot.check.id,
      at: this.#parts.clock.now(),
      state: 'unknown',
      symptom: 'cannot-run',
      latencyMs: durationMs(longestProbeMs(spot.check) + LOST_PROBE_GRACE_MS),
      message: 'the probe never reported',
    });
  }

  #take(spot: Spot, number: number, seen: Observation): void {
    const { clock, metrics, onChange } = this.#parts;
    const received = receive(spot.check, spot.track, seen, clock.chance());
    spot.track = received.track;
    spot.last = seen;
    metrics.sample(spot.check.id, seen.at, seen.state, seen.latencyMs);
    spot.isTaken = true;
    this.#parts.onLook?.(spot.check, seen);
    spot.isTaken = false;
    // The burst is decided: what is still under way of it would be counted twice.
    if (received.track.candidate === null) this.#abandon(spot);
    const isAsked = spot.confirms.some((confirm) => number < confirm.firstProbe);
    this.#plan(spot, this.#sooner(spot, this.#nextLook(spot, { wantedMs: received.nextInMs, isAsked })));
    if (received.change !== null) onChange(spot.check, received.change);
    if (spot.confirms.length > 0) this.#settle(spot, number, clock.now());
  }

  /** Only a look that comes before its time costs anything, and is counted. */
  #sooner(spot: Spot, planned: Instant): Instant {
    const { againMs } = spot;
    spot.againMs = null;
    if (againMs === null) return planned;
    const again = later(this.#parts.clock.now(), againMs);
    if (again >= planned) return planned;
    this.#againTotal += 1;
    return again;
  }

  #nextLook(spot: Spot, after: { readonly wantedMs: DurationMs; readonly isAsked: boolean }): Instant {
    const { check, track } = spot;
    const { clock } = this.#parts;
    const now = clock.now();
    const isWell = track.belief.state === 'healthy';
    if (isWell) this.#failing.delete(spot);
    else this.#failing.add(spot);
    if (spot.confirms.some((confirm) => confirm.goal === 'healthy')) return later(now, startingPause(spot.looks));
    if (after.isAsked) return later(now, burstPause(clock.chance()));
    if (isSteady(spot)) return nextBeat(check, { slot: spot.slot, gridMs: this.#gridMs }, now);
    const isInCrowd = !isWell && track.candidate === null && spot.confirms.length === 0;
    return later(now, isInCrowd ? pauseInCrowd(check, after.wantedMs, this.#failing.size) : after.wantedMs);
  }

  #settle(spot: Spot, number: number, now: Instant): void {
    const { belief, candidate } = spot.track;
    for (const confirm of spot.confirms) {
      const isAnswer = number >= confirm.firstProbe && candidate === null;
      const isDecided = isAnswer && (confirm.goal === 'settled' || belief.state === 'healthy');
      if (isDecided || now >= confirm.until) this.#tick(confirm, spot);
    }
  }

  #tick(confirm: Confirm, spot: Spot): void {
    spot.confirms = spot.confirms.filter((open) => open !== confirm);
    confirm.waiting.delete(spot.check.id);
    if (confirm.waiting.size === 0) this.#finish(confirm);
  }

  #finish(confirm: Confirm): void {
    confirm.report(
      confirm.all.map((check) => ({ check, state: this.#spots.get(check)?.track.belief.state ?? 'unknown' })),
    );
  }
}
