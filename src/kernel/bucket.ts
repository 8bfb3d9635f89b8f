// A bucket: what one stretch of time of one series holds, so that the points themselves may go. Buckets of neighbouring
// stretches are merged into those of a longer one; that is how minutes become hours and hours a chart.

import type { ByteReader, ByteWriter } from './bytes.ts';
import { canBeReliedOn, type HealthState } from './health.ts';
import { Histogram } from './histogram.ts';
import type { MetricKind } from './series.ts';

const STATES: readonly HealthState[] = ['unknown', 'healthy', 'degraded', 'unhealthy'];

/** A look as one whole number: its latency in tenths of a millisecond, and in the lowest two bits how it ended. */
export const lookCode = (state: HealthState, latencyMs: number): number =>
  Math.round(Math.max(0, Number.isFinite(latencyMs) ? latencyMs : 0) * 10) * 4 + STATES.indexOf(state);
export const lookState = (code: number): HealthState => STATES[code % 4] ?? 'unknown';
export const lookLatencyMs = (code: number): number => Math.floor(code / 4) / 10;

/** By how much a counter rose between two values; a fall means that it began again at 0 (Prometheus, `increase`). */
const rise = (from: number, to: number): number => (to >= from ? to - from : to);

/** Set when the last value is the only one there is, and need not be written twice; or when all looks were healthy. */
const PLAIN = 1;

export class Bucket {
  readonly kind: MetricKind;
  readonly histogram = new Histogram();
  /** Of looks, by the order of `STATES`. */
  readonly outcomes: [number, number, number, number] = [0, 0, 0, 0];
  /** Points; of a histogram series, the values in them. */
  count = 0;
  firstAt = Infinity;
  lastAt = -Infinity;
  last = NaN;
  /** Of a counter. */
  first = NaN;
  increase = 0;

  constructor(kind: MetricKind) {
    this.kind = kind;
  }

  /** Takes in one point. `value` is a look code for a check, and not looked at for a histogram. */
  take(at: number, value: number, histogram: Histogram | null): void {
    if (this.kind === 'counter') return this.#span({ firstAt: at, lastAt: at, first: value, last: value }, 0, 1);
    if (this.kind === 'check') return this.#look(at, value);
    if (histogram === null) this.histogram.record(value);
    else this.histogram.merge(histogram);
    this.count += histogram?.count ?? 1;
    return this.#newest(at, histogram === null ? value : histogram.sum / histogram.count);
  }

  outcomeCounts(): Readonly<Record<HealthState, number>> {
    const [unknown, healthy, degraded, unhealthy] = this.outcomes;
    return { unknown, healthy, degraded, unhealthy };
  }

  /** By how much a counter rose from the last point before this bucket on; null when that one is not known. */
  increaseFrom(before: number | null): number {
    return this.increase + (before === null ? 0 : rise(before, this.first));
  }

  /** Times are written as milliseconds since `base`, which is at or before the first point. */
  write(writer: ByteWriter, base: number): void {
    if (this.kind === 'counter') return this.#writeCounter(writer, base);
    const isPlain = this.kind === 'check' ? this.outcomes[1] === this.count : this.#isConstant();
    writer.varint((this.lastAt - base) * 2 + (isPlain ? PLAIN : 0));
    if (this.kind === 'check' && isPlain) writer.varint(this.count);
    if (this.kind === 'check' && !isPlain) for (const outcome of this.outcomes) writer.varint(outcome);
    if (this.kind === 'check' || !isPlain) writer.double(this.last);
    return this.histogram.write(writer);
  }

  /** Reads what `write` wrote and takes it in. */
  mergeFrom(reader: ByteReader, base: number): void {
    if (this.kind === 'counter') return this.#mergeCounter(reader, base);
    const head = reader.varint();
    const lastAt = base + Math.floor(head / 2);
    const isPlain = head % 2 === PLAIN;
    if (this.kind === 'check') this.#mergeOutcomes(reader, isPlain);
    const written = this.kind === 'check' || !isPlain ? reader.double() : null;
    const countBefore = this.histogram.count;
    const merged = this.histogram.mergeFrom(reader);
    if (this.kind !== 'check') this.count += this.histogram.count - countBefore;
    return this.#newest(lastAt, written ?? merged);
  }

  #look(at: number, code: number): void {
    this.outcomes[code % 4] = (this.outcomes[code % 4] ?? 0) + 1;
    this.count += 1;
    if (canBeReliedOn(lookState(code))) this.histogram.record(lookLatencyMs(code));
    this.#newest(at, lookLatencyMs(code));
  }

  #newest(at: number, value: number): void {
    if (at < this.lastAt) return;
    this.lastAt = at;
    this.last = value;
  }

  #isConstant(): boolean {
    return this.histogram.count > 0 && this.histogram.min === this.last && this.histogram.max === this.last;
  }

  #mergeOutcomes(reader: ByteReader, isPlain: boolean): void {
    const [first, many] = isPlain ? [1, 1] : [0, STATES.length];
    for (let state = first; state < first + many; state += 1) {
      const outcome = reader.varint();
      this.outcomes[state] = (this.outcomes[state] ?? 0) + outcome;
      this.count += outcome;
    }
  }

  #writeCounter(writer: ByteWriter, base: number): void {
    const isPlain = this.increase === this.last - this.first;
    writer.varint((this.lastAt - base) * 2 + (isPlain ? PLAIN : 0));
    writer.varint(this.lastAt - this.firstAt);
    writer.varint(this.count);
    writer.double(this.first);
    writer.double(this.last);
    if (!isPlain) writer.double(this.increase);
  }

  #mergeCounter(reader: ByteReader, base: number): void {
    const head = reader.varint();
    const lastAt = base + Math.floor(head / 2);
    const firstAt = lastAt - reader.varint();
    const count = reader.varint();
    const first = reader.double();
    const last = reader.double();
    this.#span({ firstAt, lastAt, first, last }, head % 2 === PLAIN ? last - first : reader.double(), count);
  }

  /**
   * Takes in a stretch of a counter before or after what is known. A late one in between only counts: without a restart
   * the rise from the first to the last value holds whatever lies between, and a restart there cannot be told any more.
   */
  #span(it: Pick<Bucket, 'firstAt' | 'lastAt' | 'first' | 'last'>, increase: number, count: number): void {
    const isEmpty = this.count === 0;
    this.count += count;
    if (isEmpty) this.increase = increase;
    else if (it.firstAt >= this.lastAt) this.increase += rise(this.last, it.first) + increase;
    else if (it.lastAt <= this.firstAt) this.increase += increase + rise(it.last, this.first);
    else this.#overlap(it);
    if (it.firstAt < this.firstAt) [this.firstAt, this.first] = [it.firstAt, it.first];
    this.#newest(it.lastAt, it.last);
  }

  #overlap(it: Pick<Bucket, 'firstAt' | 'lastAt' | 'first' | 'last'>): void {
    if (it.firstAt < this.firstAt) this.increase += rise(it.first, this.first);
    if (it.lastAt > this.lastAt) this.increase += rise(this.last, it.last);
  }
}
