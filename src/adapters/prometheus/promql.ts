// PromQL: a server with Prometheus' HTTP API as a source (Prometheus, VictoriaMetrics, Thanos, Mimir).
//
// Each look asks every declared query for its value now. After a gap it first asks for what was missed, because such a
// server remembers: the values between the last look and now, at most an hour of them.

import type { MetricSource, Query, SourceOrigin } from '#kernel/source.ts';
import { later, type Instant } from '#kernel/time.ts';
import type { Cancel, Clock } from '#ports/clock.ts';
import { failedLook, type Look, type NumberReading, type Source } from '#ports/source.ts';
import { readAnswer, type Answered } from './answer.ts';
import { download } from './download.ts';

/** An answer with 10,000 series has some 2 MB. */
const BYTES_MAX = 16 * 1_048_576;
/** What is older is history for reports, not for watching. */
const MISSED_MAX_MS = 3_600_000;
/** A look that is late by less than this share of its interval missed nothing. */
const GAP_FACTOR = 1.5;

/** Asked when nothing is declared: is it there at all? */
const PRESENCE: Query = { metric: 'presence', text: 'vector(1)', isSingle: true };

type Question = { readonly query: Query; readonly from: Instant | null };

export type PromqlOrigin = Extract<SourceOrigin, { readonly kind: 'prometheus' }>;

/** One look: its questions one after another, because a watchman should not press what he watches. */
class Inquiry {
  readonly #clock: Clock;
  readonly #declared: MetricSource;
  readonly #origin: PromqlOrigin;
  readonly #now: Instant;
  readonly #readings: NumberReading[] = [];
  readonly #notes: string[] = [];
  #skipped = 0;
  #refused = 0;
  #cancel: Cancel = () => {};

  constructor(clock: Clock, declared: MetricSource, origin: PromqlOrigin) {
    this.#clock = clock;
    this.#declared = declared;
    this.#origin = origin;
    this.#now = clock.now();
  }

  ask(questions: readonly Question[], report: (look: Look) => void): void {
    const [question, ...rest] = questions;
    if (question === undefined) return report(this.#conclude());
    const leftMs = this.#declared.timeoutMs - (this.#clock.now() - this.#now);
    if (leftMs <= 0)
      return report(failedLook('timeout', `not all queries were answered in ${this.#declared.timeoutMs} ms`));
    this.#send(question, leftMs, (answered) => {
      if (answered.kind === 'failed') return report(answered.look);
      this.#take(question, answered);
      return this.ask(rest, report);
    });
    return undefined;
  }

  cancel(): void {
    this.#cancel();
  }

  #send({ query, from }: Question, timeoutMs: number, take: (answered: Answered) => void): void {
    const { url, headers } = this.#origin;
    const { seriesMax, everyMs } = this.#declared;
    const seconds = (at: Instant): string => (at / 1_000).toFixed(3);
    const how = from === null ? 'instant' : 'range';
    const form = new URLSearchParams({ query: query.text });
    if (from === null) form.set('time', seconds(this.#now));
    else {
      form.set('start', seconds(from));
      form.set('end', seconds(later(this.#now, -1)));
      form.set('step', String(everyMs / 1_000));
    }
    const address = `${url.replace(/\/+$/, '')}/api/v1/${from === null ? 'query' : 'query_range'}`;
    const wanted = { url: address, headers, form, timeoutMs, bytesMax: BYTES_MAX };
    this.#cancel = download(this.#clock, wanted, (got) => take(readAnswer(got, { query, how, seriesMax })));
  }

  #take({ query, from }: Question, answered: Exclude<Answered, { readonly kind: 'failed' }>): void {
    if (answered.kind === 'bad-query') {
      if (from === null) this.#refused += 1;
      this.#notes.push(`${query.metric}: ${answered.detail}`);
      return;
    }
    this.#skipped += answered.skipped;
    this.#notes.push(...answered.notes);
    if (query !== PRESENCE) this.#readings.push(...answered.readings);
  }

  #conclude(): Look {
    const { length } = this.#origin.queries;
    if (length > 0 && this.#refused >= length) return failedLook('bad-answer', this.#notes.slice(0, 3).join('; '));
    const readings = this.#readings.toSorted((a, b) => a.at - b.at);
    return { kind: 'seen', readings, skipped: this.#skipped, notes: [...new Set(this.#notes)] };
  }
}

const missedFrom = (since: Instant | null, now: Instant, everyMs: number): Instant | null => {
  if (since === null || now - since < everyMs * GAP_FACTOR) return null;
  return later(now - since > MISSED_MAX_MS ? later(now, -MISSED_MAX_MS) : since, everyMs);
};

/** Makes a source that asks the declared queries. */
export const makePromqlSource = (clock: Clock, declared: MetricSource, origin: PromqlOrigin): Source => ({
  look: (since, report) => {
    const from = missedFrom(since, clock.now(), declared.everyMs);
    const queries = origin.queries.length === 0 ? [PRESENCE] : origin.queries;
    const missed = from === null || origin.queries.length === 0 ? [] : queries.map((query) => ({ query, from }));
    const inquiry = new Inquiry(clock, declared, origin);
    inquiry.ask([...missed, ...queries.map((query) => ({ query, from: null }))], report);
    return () => inquiry.cancel();
  },
});
