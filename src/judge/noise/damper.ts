// The damper: a thing that flaps is told of at most three times an hour, and never not at all.
//
//   calm ──a fourth change within an hour──▶ flapping ──fewer than two changes in an hour──▶ calm
//
// Two thresholds (hysteresis), so that the damper does not flap itself. While it flaps, the newest state is told once an
// hour; what is held back between is counted, and told with it. Compare flap detection in Nagios, which is silent meanwhile.

import { elapsedMs, hours, later, type DurationMs, type Instant } from '#kernel/time.ts';

export const FLAP_WINDOW_MS: DurationMs = hours(1);
export const TELLS_IN_WINDOW = 3;
/** Fewer changes than this within the window: it is quiet again. */
const CALM_BELOW = 2;

export type Damper = {
  /** When people were told, within the window. */
  readonly told: readonly Instant[];
  /** When it changed, within the window; at most as many as tell flapping from calm. */
  readonly changes: readonly Instant[];
  readonly isFlapping: boolean;
  /** Changes that were held back since people were told last. */
  readonly held: number;
};

export const CALM: Damper = { told: [], changes: [], isFlapping: false, held: 0 };

const recent = (times: readonly Instant[], at: Instant): readonly Instant[] =>
  times.filter((time) => elapsedMs(time, at) < FLAP_WINDOW_MS);

/** The earliest moment at which people may be told again, with so many places in the window. */
export const placeAt = (damper: Damper, at: Instant, tellsMax = TELLS_IN_WINDOW): Instant => {
  const told = recent(damper.told, at);
  const last = told.at(-1);
  if (damper.isFlapping && last !== undefined) return later(last, FLAP_WINDOW_MS);
  const oldest = told.at(-tellsMax);
  return oldest === undefined ? at : later(oldest, FLAP_WINDOW_MS);
};

/** What the damper is at a moment, before anything new: flapping ends by itself when it is quiet. */
export const settled = (damper: Damper, at: Instant): Damper => {
  const changes = recent(damper.changes, at);
  const told = recent(damper.told, at);
  return { ...damper, changes, told, isFlapping: damper.isFlapping && changes.length >= CALM_BELOW };
};

/** Something changed: may people be told of it now? The damper after it, either way. */
export const change = (
  damper: Damper,
  at: Instant,
  tellsMax = TELLS_IN_WINDOW,
): { readonly isTold: boolean; readonly damper: Damper } => {
  const before = settled(damper, at);
  const changes = [...before.changes, at].slice(-(TELLS_IN_WINDOW + 1));
  const changed = { ...before, changes, isFlapping: before.isFlapping || changes.length > TELLS_IN_WINDOW };
  const isTold = placeAt(changed, at, tellsMax) <= at;
  return { isTold, damper: isTold ? told(changed, at) : { ...changed, held: changed.held + 1 } };
};

/** People were told of what is so now; nothing is held back any more. */
export const told = (damper: Damper, at: Instant): Damper => ({
  ...damper,
  told: [...recent(damper.told, at), at].slice(-TELLS_IN_WINDOW),
  held: 0,
});
