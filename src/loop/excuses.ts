// Excuses: when the looks at a service did not count, kept as a series of its own beside the looks.
//
// A look says how a service was, and not whose doing that was. Who reads the day before back from the metrics has to leave
// out what was left out at the time: what a need broke, what a person stopped. Only the turns are written, so that a
// service that is never excused has no such series.

import type { ServiceId } from '#kernel/id.ts';
import { seriesKey, type Series } from '#kernel/series.ts';
import { elapsedMs, hours, later, type Instant } from '#kernel/time.ts';
import type { LookHistory } from '#ports/metrics.ts';

/** While it lasts it is written again: its beginning may be older than what the metrics still hold. */
export const SAID_AGAIN_MS = hours(1);

type Mark = { readonly at: Instant | null; readonly isExcused: boolean };

const NEVER: Mark = { at: null, isExcused: false };

/** 1: from this look on they do not count. 0: they do. */
export const excuseSeries = (service: ServiceId): Series => ({
  metric: 'sereno_looks_excused',
  labels: { service },
  kind: 'gauge',
  unit: '1',
  source: 'checks',
  everyMs: SAID_AGAIN_MS,
});

export const excuseKey = (service: ServiceId): ReturnType<typeof seriesKey> => {
  const { metric, labels } = excuseSeries(service);
  return seriesKey(metric, labels);
};

/** Writes down from which look on those at a service do not count, and from which on they do. */
export class Excuses {
  readonly #history: LookHistory;
  readonly #marks = new Map<ServiceId, Mark>();

  constructor(history: LookHistory) {
    this.#history = history;
  }

  note(service: ServiceId, at: Instant, isExcused: boolean): void {
    const last = this.#marks.get(service) ?? this.#readLast(service);
    const isOld = isExcused && last.at !== null && elapsedMs(last.at, at) >= SAID_AGAIN_MS;
    if (last.isExcused === isExcused && !isOld) return;
    // Looks of two checks may come out of order; what is said of the service may not.
    const when = last.at === null || at > last.at ? at : later(last.at, 1);
    this.#history.writer(excuseSeries(service))?.append(when, Number(isExcused));
    this.#marks.set(service, { at: when, isExcused });
  }

  keepOnly(services: ReadonlySet<ServiceId>): void {
    for (const service of this.#marks.keys()) if (!services.has(service)) this.#marks.delete(service);
  }

  /** A run before may have ended while it was excused. */
  #readLast(service: ServiceId): Mark {
    const status = this.#history.status(excuseKey(service));
    const isKnown = status !== null && status.lastAt !== null;
    const last: Mark = isKnown ? { at: status.lastAt, isExcused: status.lastValue === 1 } : NEVER;
    this.#marks.set(service, last);
    return last;
  }
}
