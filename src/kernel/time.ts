// Instants and durations: the only two ways in which Sereno speaks of time.

declare const instantBrand: unique symbol;
declare const durationBrand: unique symbol;

/** A point in time: milliseconds since 1970-01-01T00:00:00Z, always UTC. */
export type Instant = number & { readonly [instantBrand]: true };
/** A length of time in milliseconds. */
export type DurationMs = number & { readonly [durationBrand]: true };

/** Brands a number of milliseconds since the epoch as an Instant. */
export const instant = (epochMs: number): Instant => epochMs as Instant; // brand

/** Brands a number of milliseconds as a duration. */
export const durationMs = (ms: number): DurationMs => ms as DurationMs; // brand

export const seconds = (count: number): DurationMs => durationMs(count * 1_000);
export const minutes = (count: number): DurationMs => durationMs(count * 60_000);
export const hours = (count: number): DurationMs => durationMs(count * 3_600_000);

/** The instant that lies `ms` after `at`. */
export const later = (at: Instant, ms: number): Instant => instant(at + ms);

/** Milliseconds from `from` to `to`; negative when `to` comes first. */
export const elapsedMs = (from: Instant, to: Instant): DurationMs => durationMs(to - from);

export const earliest = (a: Instant, b: Instant): Instant => (a <= b ? a : b);
export const latest = (a: Instant, b: Instant): Instant => (a >= b ? a : b);

/** A duration as a person says it: `850 ms`, `2.5 s`, `3 min`, `1 h 20 min`, `2 d 3 h`. */
export const sayDuration = (ms: number): string => {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${Number((ms / 1_000).toFixed(1))} s`;
  const wholeMinutes = Math.floor(ms / 60_000);
  if (wholeMinutes < 60) return `${wholeMinutes} min`;
  const wholeHours = Math.floor(wholeMinutes / 60);
  if (wholeHours < 48) return wholeMinutes % 60 === 0 ? `${wholeHours} h` : `${wholeHours} h ${wholeMinutes % 60} min`;
  return wholeHours % 24 === 0 ? `${wholeHours / 24} d` : `${Math.floor(wholeHours / 24)} d ${wholeHours % 24} h`;
};
