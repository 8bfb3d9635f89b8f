// The streak, from the evidence: read once at the start, then kept up with each commit.

import type { EvidenceRecord } from '#kernel/evidence.ts';
import type { Site } from '#kernel/site.ts';
import type { Streak } from '#kernel/standing.ts';
import type { Instant } from '#kernel/time.ts';
import { serviceId } from '#kernel/id.ts';
import { BREAK_TYPES, BreakBook } from '#judge/breaks.ts';
import { streakOf } from '#judge/streak.ts';
import type { Store } from '#ports/store.ts';

/** Records in one question, 20 ms; and questions for one type. A town that changes a hundred times a day: three years. */
const PAGE = 10_000;
const PAGES_MAX = 10;

const TYPES: ReadonlySet<string> = new Set(BREAK_TYPES);

/** Newest first, page by page; true: there were more. */
const readAll = (store: Store, type: string, into: EvidenceRecord[]): boolean => {
  let before: number | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const records = store.evidence({ typePrefix: type, limit: PAGE, ...(before === undefined ? {} : { before }) });
    into.push(...records.filter((record) => record.type === type));
    before = records.at(-1)?.seq;
    if (records.length < PAGE) return false;
  }
  return true;
};

export class StreakBook {
  readonly #book = new BreakBook();
  readonly #isCut: boolean;
  #lastAt: Instant | null = null;
  /** Asked with every look at the town; it only moves with a record or the minute. */
  #said: { readonly minute: number; readonly site: Site; readonly streak: Streak } | null = null;

  constructor(store: Store) {
    const records: EvidenceRecord[] = [];
    this.#isCut = BREAK_TYPES.map((type) => readAll(store, type, records)).some(Boolean);
    records.sort((a, b) => a.seq - b.seq);
    for (const record of records) {
      const isStart = record.type === 'sereno.started' || record.type === 'safe-mode.entered';
      const [before] = isStart ? store.evidence({ before: record.seq, limit: 1 }) : [];
      this.#book.take(record, before?.at ?? null);
    }
    this.#lastAt = store.evidence({ limit: 1 })[0]?.at ?? null;
  }

  /** The records of one commit, in their order. */
  take(records: readonly EvidenceRecord[]): void {
    for (const record of records) {
      if (TYPES.has(record.type)) {
        this.#book.take(record, this.#lastAt);
        this.#said = null;
      }
      this.#lastAt = record.at;
    }
  }

  /** `isWatched`: it is declared, and nobody wants it stopped. `blindSince`: the store does not write since then. */
  streak(site: Site, at: Instant, isWatched: (service: string) => boolean, blindSince: Instant | null): Streak {
    const minute = Math.floor(at / 60_000);
    const known = this.#said;
    if (known !== null && known.minute === minute && known.site === site && blindSince === null) return known.streak;
    const watched = new Set(site.services.map((service) => service.id));
    const blind = { kind: 'not-watched', to: null, what: 'the store does not write' } as const;
    const streak = streakOf({
      timezone: site.timezone,
      at,
      watchedSince: this.#book.watchedSince ?? at,
      isCut: this.#isCut,
      breaks: [
        ...this.#book.breaks((service) => watched.has(serviceId(service)) && isWatched(service)),
        ...(blindSince === null ? [] : [{ ...blind, from: blindSince }]),
      ],
    });
    this.#said = blindSince === null ? { minute, site, streak } : null;
    return streak;
  }
}
