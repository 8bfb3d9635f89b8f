// The collector: asks each source of metrics on its beat and hands on what it sees.
//
// One timer for all, one look in flight for each; nobody waits for anybody else. A source that fails is asked less and
// less often, up to eight times its interval. A look that never reports is itself a failure. Values are never made up:
// when a source stops, its series simply get no new points, and are stale after two intervals (kernel/series.ts).

import { isStale, type Labels } from '#kernel/series.ts';
import type { MetricSource, SourceView } from '#kernel/source.ts';
import { instant, later, type Instant } from '#kernel/time.ts';
import type { Cancel, Clock } from '#ports/clock.ts';
import { lostAfterMs, type Look, type MakeSource, type Reading, type Source } from '#ports/source.ts';
import { Agenda } from './agenda.ts';

/** A failing source is asked after 1, 2, 4, then 8 of its intervals: it costs little, and its return is soon seen. */
const SLOWEST_FACTOR = 8;
/** But at the latest after this: nobody should wait longer than five minutes to see it back. */
const SLOWEST_MS = 300_000;
/** The first looks of all sources are spread over this share of their interval. */
const FIRST_WITHIN = 0.2;
/** Notes of one look that are told. */
const NOTES_MAX = 3;

/** What was seen of a source at once. */
export type Batch = { readonly source: MetricSource; readonly readings: readonly Reading[] };

/** A source has become usable, or has stopped being so. */
export type SourceChange = { readonly name: string; readonly isUp: boolean; readonly detail: string };

export type CollectorParts = {
  readonly clock: Clock;
  readonly make: MakeSource;
  /** Takes the values, oldest first. */
  readonly onReadings: (batch: Batch) => void;
  /** Told once for each change, and for the first look. */
  readonly onChange: (change: SourceChange) => void;
};

type Spot = {
  readonly slot: number;
  readonly declared: MetricSource;
  /** Null: it pushes by itself. */
  readonly source: Source | null;
  readonly since: Instant;
  /** The look in flight, and when it is taken for lost. */
  looking: { readonly cancel: Cancel; readonly lostAt: Instant } | null;
  failures: number;
  lastAt: Instant | null;
  lastError: string | null;
  isUp: boolean | null;
  series: number;
};

/** What the source itself says under one of our names is kept as `exported_…`, as Prometheus does. */
const withLabels = (reading: Reading, labels: Labels): Reading => {
  const own = Object.entries(reading.labels).map(
    ([name, value]) =>
      [labels[name] === undefined || labels[name] === value ? name : `exported_${name}`, value] as const,
  );
  return { ...reading, labels: { ...Object.fromEntries(own), ...labels } };
};

const labelled = (readings: readonly Reading[], labels: Labels): readonly Reading[] =>
  Object.keys(labels).length === 0 ? readings : readings.map((reading) => withLabels(reading, labels));

const sayNotes = (notes: readonly string[]): string | null => {
  if (notes.length === 0) return null;
  const more = notes.length > NOTES_MAX ? `; and ${notes.length - NOTES_MAX} more` : '';
  return `${notes.slice(0, NOTES_MAX).join('; ')}${more}`;
};

const pauseAfter = (spot: Spot): number => {
  const { everyMs } = spot.declared;
  if (spot.failures < 2) return everyMs;
  const factor = Math.min(2 ** (spot.failures - 1), SLOWEST_FACTOR);
  return Math.max(everyMs, Math.min(everyMs * factor, SLOWEST_MS));
};

export class Collector {
  readonly #parts: CollectorParts;
  readonly #agenda: Agenda;
  readonly #spots = new Map<string, Spot>();
  readonly #bySlot = new Map<number, Spot>();
  #nextSlot = 0;

  constructor(parts: CollectorParts) {
    this.#parts = parts;
    this.#agenda = new Agenda(parts.clock, (slot) => this.#due(slot));
  }

  /** Replaces the set of sources. One that is declared as before goes on; a changed one begins anew. */
  setSources(sources: readonly MetricSource[]): void {
    const wanted = new Map(sources.map((it) => [it.name, it]));
    for (const spot of this.#spots.values()) {
      if (JSON.stringify(wanted.get(spot.declared.name)) !== JSON.stringify(spot.declared)) this.#remove(spot);
    }
    for (const declared of wanted.values()) if (!this.#spots.has(declared.name)) this.#add(declared);
  }

  /** Values that a source has pushed. */
  push(name: string, readings: readonly Reading[], series: number): void {
    const spot = this.#spots.get(name);
    if (spot === undefined) return;
    this.#seen(spot, { kind: 'seen', readings, skipped: 0, notes: [] });
    spot.series = series;
    // For the moment when nothing comes any more.
    this.#agenda.set(spot.slot, later(this.#parts.clock.now(), 2 * spot.declared.everyMs + 1));
  }

  /** The declaration of the source of this kind, if there is one. */
  find(kind: MetricSource['origin']['kind']): MetricSource | null {
    return [...this.#spots.values()].find((spot) => spot.declared.origin.kind === kind)?.declared ?? null;
  }

  views(): readonly SourceView[] {
    const now = this.#parts.clock.now();
    return [...this.#spots.values()].map((spot) => {
      const { name, origin, everyMs } = spot.declared;
      const { lastAt, lastError, isUp, series } = spot;
      const isOld = isStale({ everyMs }, lastAt, now) && now - spot.since > 2 * everyMs;
      const staleSince = isOld ? later(lastAt ?? spot.since, 2 * everyMs) : null;
      return { name, kind: origin.kind, everyMs, lastAt, lastError, isUp, series, staleSince };
    });
  }

  stop(): void {
    for (const spot of this.#spots.values()) spot.looking?.cancel();
    this.#agenda.stop();
    this.#spots.clear();
    this.#bySlot.clear();
  }

  #add(declared: MetricSource): void {
    const { clock, make } = this.#parts;
    const now = clock.now();
    const slot = this.#nextSlot++;
    const spot: Spot = {
      slot,
      declared,
      source: declared.cannotLook === null ? make(declared) : null,
      since: now,
      looking: null,
      failures: 0,
      lastAt: null,
      lastError: declared.cannotLook,
      isUp: null,
      series: 0,
    };
    this.#spots.set(declared.name, spot);
    this.#bySlot.set(slot, spot);
    if (declared.cannotLook !== null) return this.#failed(spot, `it cannot be asked: ${declared.cannotLook}`);
    const firstMs = spot.source === null ? 2 * declared.everyMs + 1 : clock.chance() * FIRST_WITHIN * declared.everyMs;
    return this.#agenda.set(slot, later(now, firstMs));
  }

  #remove(spot: Spot): void {
    spot.looking?.cancel();
    this.#agenda.clear(spot.slot);
    this.#spots.delete(spot.declared.name);
    this.#bySlot.delete(spot.slot);
  }

  #due(slot: number): void {
    const spot = this.#bySlot.get(slot);
    if (spot === undefined) return;
    if (spot.looking !== null) return this.#lost(spot);
    if (spot.source === null) return this.#failed(spot, 'nothing was pushed for two intervals');
    return this.#look(spot, spot.source);
  }

  #look(spot: Spot, source: Source): void {
    const { clock } = this.#parts;
    const now = clock.now();
    const lostAt = later(now, lostAfterMs(spot.declared.timeoutMs));
    let isOpen = true;
    const end = source.look(spot.lastAt, (look) => {
      if (!isOpen) return;
      isOpen = false;
      spot.looking = null;
      this.#take(spot, look);
      this.#plan(spot, now);
    });
    const cancel = (): void => {
      isOpen = false;
      end();
    };
    if (!isOpen) return;
    spot.looking = { cancel, lostAt };
    this.#agenda.set(spot.slot, lostAt);
  }

  #lost(spot: Spot): void {
    spot.looking?.cancel();
    spot.looking = null;
    this.#failed(spot, 'the look never reported');
    this.#plan(spot, this.#parts.clock.now());
  }

  /** On the beat: the pause is counted from the beginning of the look, so that a slow source is not asked less often. */
  #plan(spot: Spot, beganAt: Instant): void {
    const now = this.#parts.clock.now();
    const pause = pauseAfter(spot);
    const missed = Math.max(1, Math.ceil((now - beganAt) / pause));
    this.#agenda.set(spot.slot, later(beganAt, missed * pause));
  }

  #take(spot: Spot, look: Look): void {
    if (look.kind === 'failed') return this.#failed(spot, `${look.why}: ${look.detail}`);
    this.#seen(spot, look);
    spot.series = look.readings.length;
    return undefined;
  }

  #seen(spot: Spot, look: Extract<Look, { readonly kind: 'seen' }>): void {
    const wasUp = spot.isUp;
    spot.failures = 0;
    spot.lastAt = instant(Math.floor(this.#parts.clock.now()));
    spot.lastError = sayNotes(look.notes);
    spot.isUp = true;
    if (look.readings.length > 0) {
      this.#parts.onReadings({ source: spot.declared, readings: labelled(look.readings, spot.declared.labels) });
    }
    if (wasUp === true) return;
    const count = look.readings.length;
    this.#parts.onChange({ name: spot.declared.name, isUp: true, detail: `it answers: ${count} values` });
  }

  #failed(spot: Spot, detail: string): void {
    const wasUp = spot.isUp;
    spot.failures += 1;
    spot.lastError = detail;
    spot.isUp = false;
    if (wasUp !== false) this.#parts.onChange({ name: spot.declared.name, isUp: false, detail });
  }
}
