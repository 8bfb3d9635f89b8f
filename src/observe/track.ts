// One check's track: from single observations to a belief, and when to look again.
//
// A belief changes only after enough equal observations in a row: `fall` for the worse (and for unknown), `rise` for
// the way back from trouble. The first observation that disagrees with the belief starts a burst: the check is
// repeated every 100 to 250 ms until it is decided, so trouble is found quickly without a higher steady load. The looks
// of a burst do not wait for each other: a hang is decided after two timeouts, not after `fall` of them.
// Unknown is a candidate like any other: it never counts as a pass, and it ends a belief in health.

import type { Check } from '#kernel/check.ts';
import type { HealthState } from '#kernel/health.ts';
import type { Belief, Observation, Symptom } from '#kernel/observation.ts';
import { durationMs, elapsedMs, type DurationMs, type Instant } from '#kernel/time.ts';

/** Shortest and longest pause inside a confirm burst: research asks for 100 to 250 ms. */
const BURST_SHORTEST_MS = 100;
const BURST_SPREAD_MS = 150;
/** While a check fails it is looked at at least once a second, so that recovery is seen at once. */
const FAILING_MS = 1_000;
/** A healthy check slows down by half at a time: from 1 s to 60 s takes eleven passes. */
const SLOW_DOWN = 1.5;
/** So many intervals without a look that proves anything, and what was believed is old. */
const VOID_INTERVALS = 2;
/** Jitter of the steady interval, as a share, only ever earlier: it keeps checks from marching in step. */
const JITTER = 0.05;

export type Track = {
  readonly belief: Belief;
  /** The state that the last observations agree on, when it is not the believed one. */
  readonly candidate: HealthState | null;
  readonly count: number;
  /** Trouble was believed since the check was last well: the way back needs `rise` passes. */
  readonly isMending: boolean;
  /** It still fails, and the last looks agree that it fails in another way than is believed. */
  readonly restated: { readonly symptom: Symptom; readonly count: number } | null;
  /** Since when no look has proven anything, because Sereno itself was held up; null: the last one did. */
  readonly voidSince: Instant | null;
  readonly intervalMs: DurationMs;
};

export type Received = {
  readonly track: Track;
  /** Set when the belief changed. */
  readonly change: Belief | null;
  readonly nextInMs: DurationMs;
};

/** A check that was never looked at: unknown. */
export const firstTrack = (check: Check, at: Instant): Track => ({
  belief: { check: check.id, state: 'unknown', symptom: 'none', since: at, message: 'not looked at yet' },
  candidate: null,
  count: 0,
  isMending: false,
  restated: null,
  voidSince: null,
  intervalMs: check.everyMs,
});

/** A check that was not looked at for too long: unknown again. The way back from trouble still needs `rise` passes. */
export const forgotten = (check: Check, track: Track, at: Instant): Track => ({
  ...firstTrack(check, at),
  isMending: track.isMending,
});

const neededCount = (check: Check, track: Track, candidate: HealthState): number => {
  const isBetter = candidate === 'healthy' || (candidate === 'degraded' && track.belief.state !== 'healthy');
  if (!isBetter) return check.fall;
  return track.isMending ? check.rise : 1;
};

/** The pause between two looks of a burst. */
export const burstPause = (chance: number): DurationMs => durationMs(BURST_SHORTEST_MS + BURST_SPREAD_MS * chance);

const pause = (check: Check, track: Track, chance: number): DurationMs => {
  if (track.candidate !== null) return burstPause(chance);
  const steady = track.belief.state === 'healthy' ? track.intervalMs : Math.min(FAILING_MS, check.everyMs);
  return durationMs(steady * (1 - JITTER * chance));
};

/** How many equal looks may be under way at once: as many as are still needed to decide a burst, otherwise one. */
export const looksWanted = (check: Check, track: Track): number =>
  track.candidate === null ? 1 : Math.max(1, neededCount(check, track, track.candidate) - track.count);

const agree = (check: Check, track: Track): Track => {
  const slower =
    track.belief.state === 'healthy' ? Math.min(check.slowestMs, track.intervalMs * SLOW_DOWN) : check.everyMs;
  if (track.candidate === null && slower === track.intervalMs) return track;
  return { ...track, candidate: null, count: 0, intervalMs: durationMs(slower) };
};

const believe = (check: Check, track: Track, seen: Observation): Track => ({
  belief: { check: check.id, state: seen.state, symptom: seen.symptom, since: seen.at, message: seen.message },
  candidate: null,
  count: 0,
  isMending: seen.state === 'unhealthy' || (track.isMending && seen.state !== 'healthy'),
  restated: null,
  voidSince: null,
  intervalMs: check.everyMs,
});

/**
 * A look that proves nothing is passed over: what was believed is believed for two intervals more. If it were unknown at
 * once, one second in which Sereno is held up would be ten thousand changes to write down, and hold it up again.
 */
const passOver = (track: Track, at: Instant): Track | null => {
  if (track.belief.state === 'unknown') return null;
  const voidSince = track.voidSince ?? at;
  return elapsedMs(voidSince, at) < VOID_INTERVALS * track.intervalMs ? { ...track, voidSince } : null;
};

/**
 * The way in which it fails is believed as slowly as the failure itself: a service that refused while it started and now
 * answers wrongly has another cause, but one that fails in turns is not told anew with every look.
 */
const restate = (check: Check, track: Track, seen: Observation): Track => {
  const { belief, restated } = track;
  if (belief.state !== 'unhealthy') return track;
  if (seen.symptom === belief.symptom) return restated === null ? track : { ...track, restated: null };
  const count = restated?.symptom === seen.symptom ? restated.count + 1 : 1;
  if (count < check.fall) return { ...track, restated: { symptom: seen.symptom, count } };
  return { ...track, restated: null, belief: { ...belief, symptom: seen.symptom, message: seen.message } };
};

/**
 * Takes one observation into the track.
 * `chance` in [0, 1) spreads the next look. Returns the same track object when nothing changed.
 */
export const receive = (check: Check, track: Track, seen: Observation, chance: number): Received => {
  const kept = seen.isVoid === true ? passOver(track, seen.at) : null;
  if (kept !== null) return { track: kept, change: null, nextInMs: pause(check, kept, chance) };
  const counted = seen.isVoid === true || track.voidSince === null ? track : { ...track, voidSince: null };
  return receiveProof(check, counted, seen, chance);
};

const receiveProof = (check: Check, track: Track, seen: Observation, chance: number): Received => {
  if (seen.state === 'unknown' && track.belief.state === 'unknown' && seen.symptom !== track.belief.symptom) {
    // Still unknown, but now it is known why.
    const told = { ...track, belief: { ...track.belief, symptom: seen.symptom, message: seen.message } };
    return { track: told, change: told.belief, nextInMs: pause(check, told, chance) };
  }
  if (seen.state === track.belief.state) {
    const agreed = restate(check, agree(check, track), seen);
    const isTold = agreed.belief !== track.belief;
    if (isTold) return { track: agreed, change: agreed.belief, nextInMs: pause(check, agreed, chance) };
    return { track: agreed, change: null, nextInMs: pause(check, agreed, chance) };
  }
  const count = seen.state === track.candidate ? track.count + 1 : 1;
  if (count >= neededCount(check, track, seen.state)) {
    const believed = believe(check, track, seen);
    return { track: believed, change: believed.belief, nextInMs: pause(check, believed, chance) };
  }
  const doubting: Track = { ...track, candidate: seen.state, count, intervalMs: check.everyMs };
  return { track: doubting, change: null, nextInMs: pause(check, doubting, chance) };
};

/**
 * The pause while a service comes up: 20 ms, and a fiftieth longer with each look, up to 250 ms. So its first answer is
 * seen late by at most a fiftieth of its own start and 20 ms; a chain of starts adds all of that up.
 */
export const startingPause = (looks: number): DurationMs => durationMs(Math.min(250, 20 * 1.02 ** looks));
