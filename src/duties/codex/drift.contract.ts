// A small world for the watch over copies: a disk that people edit, a gate with a policy, reports that get lost, stops in between.

import assert from 'node:assert/strict';
import { digest, itemId, type Digest, type ItemId } from '#kernel/codex.ts';
import {
  copyId,
  type ActiveRevision,
  type ConfigOrder,
  type CopyId,
  type CopySeen,
  type CopyState,
} from '#kernel/drift.ts';
import type { Effect } from '#kernel/effect.ts';
import type { EventBody } from '#kernel/event.ts';
import { effectKey } from '#kernel/id.ts';
import type { Message } from '#kernel/message.ts';
import { DRIFT, GATE } from '#kernel/site.ts';
import { instant, later, minutes, type Instant } from '#kernel/time.ts';
import type { Copy } from './copy.ts';
import { makeDrift, type Drift } from './drift.ts';

export const ITEM = itemId('describe');
export const OTHER = itemId('extract');
const placeOf = (item: ItemId) => ({ copy: copyId(item, null), item, path: `output/${item}.yaml`, trafficPercent: 10 });
const machine = makeDrift();
const KEY = effectKey(DRIFT, 1, 0);
export const T0 = instant(Date.UTC(2026, 0, 1));
export const hash = (text: string): Digest => digest(text.padEnd(64, '0'));
export const revision = (version: number, isBlessed = true): ActiveRevision => ({
  version,
  digest: hash(`b${version}`),
  isBlessed,
});

/** In these stories, the fourth version has no signatures. */
const NEVER_BLESSED = revision(4, false);

export type Reporting = 'prompt' | 'lost';

const itemOf = (copy: CopyId): ItemId => itemId(copy.slice('codex:'.length));

/** The world around the machine. What it writes and reads is all that the machine can know. */
export class World {
  state: Drift = machine.initial;
  at: Instant = T0;
  readonly disk = new Map<ItemId, Digest | 'unreadable' | 'folder'>();
  /** Permission bits of the files on the disk, where they are not those that Sereno sets. */
  readonly modes = new Map<ItemId, number>();
  readonly wakes = new Map<string, Instant>();
  readonly records: Extract<Effect, { readonly kind: 'record' }>['evidence'][] = [];
  readonly told: Message[] = [];
  isAllowed = true;
  /** What is not allowed will be, by itself. */
  isFrozen = false;
  reporting: Reporting = 'prompt';
  revoked: number | null = null;
  /** What writing does: puts the revision there, fails, is undone at once by somebody else, or does not report. */
  writing: 'works' | 'fails' | 'undone' | 'slow' = 'works';
  writes = 0;
  #epoch = 0;
  readonly #leases = new Map<CopyId, number>();
  readonly #outbox: Effect[] = [];

  put(body: EventBody): this {
    const { state, effects } = machine.step(this.state, { ...body, at: this.at });
    this.state = JSON.parse(JSON.stringify(state)) as Drift; // decoder: it crosses the store
    for (const effect of effects) this.#take(effect);
    for (const name of machine.expects(this.state))
      assert.ok(this.wakes.has(name), `${name} is waited for, and never comes`);
    while (this.#outbox.length > 0) this.#dispatch(this.#outbox.shift());
    return this;
  }

  #take(effect: Effect): void {
    if (effect.kind === 'record') this.records.push(effect.evidence);
    else if (effect.kind === 'wake') this.wakes.set(effect.name, effect.at);
    else if (effect.kind === 'tell') this.#hear(effect.message);
    else if (this.reporting === 'prompt') this.#outbox.push(effect);
  }

  #hear(message: Message): void {
    this.told.push(message);
    if (message.kind === 'config-lease-returned' && this.#leases.get(message.subject) === message.epoch)
      this.#leases.delete(message.subject);
    if (message.kind !== 'may-apply') return;
    this.#outbox.push({ kind: 'tell', to: GATE, message });
  }

  #dispatch(effect: Effect | undefined): void {
    if (effect?.kind === 'tell' && effect.message.kind === 'may-apply') this.#decide(effect.message.request);
    if (effect?.kind === 'inspect-copy') {
      const { copy, look } = effect;
      this.put({ kind: 'inspected', key: KEY, copy, look, seen: this.seen(itemOf(copy)) });
    }
    if (effect?.kind === 'apply-revision') this.#write(effect.order);
  }

  #decide({ subject, token }: { readonly subject: CopyId; readonly token: number }): void {
    const answer = (message: Message): unknown => this.put({ kind: 'told', from: GATE, message });
    if (!this.isAllowed)
      return void answer({
        kind: 'you-may-not-apply',
        subject,
        token,
        approval: null,
        reasons: [{ kind: 'not-allowed', action: 'apply-config' }],
        lookAgainAt: this.isFrozen ? later(this.at, minutes(3)) : null,
      });
    this.#epoch += 1;
    this.#leases.set(subject, this.#epoch);
    const lease = { subject, action: 'apply-config', epoch: this.#epoch, until: later(this.at, minutes(2)) } as const;
    return void answer({ kind: 'you-may-apply', lease, token });
  }

  #write({ copy, item, epoch, digest: bytes }: ConfigOrder): void {
    assert.equal(this.#leases.get(copy), epoch, 'nothing is written without a lease');
    assert.notEqual(bytes, NEVER_BLESSED.digest, 'nothing is written that nobody blessed');
    this.writes += 1;
    if (this.writing === 'works') this.disk.set(item, bytes);
    if (this.writing === 'works') this.modes.delete(item);
    if (this.writing === 'slow') return;
    const kind = this.writing === 'fails' ? 'failed' : 'written';
    this.put({ kind: 'revision-applied', key: KEY, copy, epoch, outcome: { kind, detail: 'as asked' } });
  }

  seen(item: ItemId): CopySeen {
    const found = this.disk.get(item);
    if (found === 'unreadable') return { kind: 'unreadable', why: 'EACCES' };
    if (found === 'folder') return { kind: 'foreign', why: 'a folder is in its place' };
    if (found === undefined) return { kind: 'missing' };
    return { kind: 'read', digest: found, mode: this.modes.get(item) ?? 0o444, bytes: 10 };
  }

  activate(active: ActiveRevision | null, item = ITEM): this {
    const revoked = active === null ? this.revoked : null;
    return this.tell({ kind: 'should-be', place: placeOf(item), active, revoked });
  }

  tell(message: Message): this {
    return this.put({ kind: 'told', from: DRIFT, message });
  }

  /** Lets the next timer ring. */
  ring(): this {
    const [next] = [...this.wakes].toSorted((a, b) => a[1] - b[1]);
    if (next === undefined) return this;
    this.wakes.delete(next[0]);
    this.at = instant(Math.max(this.at, next[1]));
    return this.put({ kind: 'woke', name: next[0] });
  }

  rings(count: number): this {
    for (let index = 0; index < count; index += 1) this.ring();
    return this;
  }

  copy(item = ITEM): Copy {
    const copy = this.state.copies.find((it) => it.copy === copyId(item, null));
    assert.ok(copy !== undefined);
    return copy;
  }

  is(state: CopyState, item = ITEM): this {
    assert.equal(this.copy(item).state, state);
    return this;
  }

  count(kind: Message['kind']): number {
    return this.told.filter((message) => message.kind === kind).length;
  }

  types(): readonly string[] {
    return this.records.map(({ type }) => type);
  }
}

/** A world in which the first revision lies where it should. */
export const settled = (): World => {
  const world = new World();
  world.disk.set(ITEM, hash('b1'));
  world.activate(revision(1)).activate(null, OTHER);
  return world.is('in-sync').is('in-sync', OTHER);
};
