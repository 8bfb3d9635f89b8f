// Breaks: what the evidence says about when people were called, when nobody watched, and what could not be seen.
//
// Taken record by record, oldest first, so that it is the same after a restart as it was before. A start is measured from
// the record before it: after an orderly end that is the end itself; after a kill nobody knows how long the watch went on,
// and what cannot be shown is not counted as watched.

import type { EvidenceRecord } from '#kernel/evidence.ts';
import { machineSubject } from '#kernel/id.ts';
import { sayInstant } from '#kernel/reason.ts';
import type { Break } from '#kernel/standing.ts';
import { instant, type Instant } from '#kernel/time.ts';
import { TOLERATED_MS } from './streak.ts';

/** Types of the records that are needed, each whole. */
export const BREAK_TYPES = [
  'incident.opened',
  'incident.resolved',
  'sereno.started',
  'safe-mode.entered',
  'sereno.resumed',
  'watch.began',
  'health.changed',
  'finding.opened',
  'finding.closed',
] as const;

/** Closed breaks that are kept, the newest; ten a day are a year. */
const KEPT_MAX = 3_650;

export type Taken = Pick<EvidenceRecord, 'type' | 'at' | 'machine' | 'outcome' | 'trigger' | 'refs'>;

const numberOf = (refs: Taken['refs']): string => (typeof refs['incident'] === 'string' ? refs['incident'] : '');

const isStart = (type: string): boolean => type === 'sereno.started' || type === 'safe-mode.entered';

export class BreakBook {
  #closed: Break[] = [];
  readonly #incidents = new Map<string, Break>();
  /** Services that cannot be seen, and since when. */
  readonly #unseen = new Map<string, Instant>();
  /** Sources that bring nothing and targets without data, by the key of the finding; the service, null for the site. */
  readonly #silences = new Map<string, Break & { readonly service: string | null }>();
  #watchedSince: Instant | null = null;

  /** Takes the next record; `before`: when the record before it in the chain was written, null for the first. */
  take(record: Taken, before: Instant | null): void {
    this.#watchedSince ??= record.at;
    if (isStart(record.type)) this.#start(record, before);
    else if (record.type === 'sereno.resumed') this.#resume(record);
    else if (record.type === 'incident.opened') this.#open(record);
    else if (record.type === 'incident.resolved') this.#resolve(record);
    else if (record.type === 'watch.began') this.#unseen.set(machineSubject(record.machine), record.at);
    else if (record.type === 'health.changed') this.#change(record);
    else if (record.type === 'finding.opened') this.#silent(record);
    else if (record.type === 'finding.closed') this.#heard(record);
  }

  /** Null: there is no evidence yet. */
  get watchedSince(): Instant | null {
    return this.#watchedSince;
  }

  /** All that is over, the incidents that last, and what cannot be seen now of the services that are watched. */
  breaks(isWatched: (service: string) => boolean): readonly Break[] {
    const unseen = [...this.#unseen]
      .filter(([service]) => isWatched(service))
      .map(([service, from]): Break => ({ kind: 'unknown', from, to: null, what: `${service} cannot be seen` }));
    const silent = [...this.#silences.values()]
      .filter(({ service }) => service === null || isWatched(service))
      .map(({ service: _service, ...it }): Break => it);
    return [...this.#closed, ...this.#incidents.values(), ...unseen, ...silent];
  }

  #close(it: Break): void {
    this.#closed.push(it);
    if (this.#closed.length > 2 * KEPT_MAX) this.#closed = this.#closed.slice(-KEPT_MAX);
  }

  #start({ at }: Taken, before: Instant | null): void {
    if (before === null) return;
    const what = `Sereno did not run, or cannot show that it did, from ${sayInstant(before)} to ${sayInstant(at)}`;
    this.#close({ kind: 'not-watched', from: before, to: at, what });
  }

  #resume({ at, trigger, refs }: Taken): void {
    const { since } = refs;
    if (typeof since === 'number') this.#close({ kind: 'not-watched', from: instant(since), to: at, what: trigger });
  }

  #open({ at, refs, trigger }: Taken): void {
    const number = numberOf(refs);
    this.#incidents.set(number, { kind: 'incident', from: at, to: null, what: `${number}: ${trigger}` });
  }

  #resolve({ at, refs }: Taken): void {
    const number = numberOf(refs);
    const open = this.#incidents.get(number);
    if (open !== undefined) this.#close({ ...open, to: at });
    this.#incidents.delete(number);
  }

  /** Missing data is never good news: a day on which something brought nothing was not seen to be smooth. */
  #silent({ at, refs, trigger }: Taken): void {
    const { kind, key, service, since } = refs;
    if (kind !== 'stale-source' || typeof key !== 'string') return;
    const from = typeof since === 'number' ? instant(since) : at;
    const whose = typeof service === 'string' ? service : null;
    this.#silences.set(key, { kind: 'unknown', from, to: null, what: trigger, service: whose });
  }

  #heard({ at, refs }: Taken): void {
    const key = typeof refs['key'] === 'string' ? refs['key'] : '';
    const silence = this.#silences.get(key);
    this.#silences.delete(key);
    if (silence === undefined) return;
    const { service: _service, ...it } = silence;
    this.#close({ ...it, to: at });
  }

  #change({ at, machine, outcome, refs }: Taken): void {
    const service = machineSubject(machine);
    const from = this.#unseen.get(service);
    if (from !== undefined && at - from > TOLERATED_MS) {
      this.#close({ kind: 'unknown', from, to: at, what: `${service} could not be seen` });
    }
    this.#unseen.delete(service);
    if (outcome?.endsWith('→ unknown') !== true) return;
    this.#unseen.set(service, typeof refs['since'] === 'number' ? instant(refs['since']) : at);
  }
}
