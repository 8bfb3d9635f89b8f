// Drift in a small world: a disk that people edit, a gate with a policy, reports that get lost, stops in between.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { digest, itemId, type Digest, type ItemId } from '#kernel/codex.ts';
import type { ActiveRevision, CopySeen, CopyState, DriftEffect, DriftEvent, DriftMessage } from '#kernel/drift.ts';
import { GATE } from '#kernel/site.ts';
import { instant, later, minutes, type Instant } from '#kernel/time.ts';
import type { Copy } from './copy.ts';
import { makeDrift, type Drift } from './drift.ts';
import { DRIFT } from './driftNotes.ts';

const ITEM = itemId('describe');
const OTHER = itemId('extract');
const PLACES = [ITEM, OTHER].map((item) => ({ item, path: `output/${item}.yaml`, trafficPercent: 10 }));
const machine = makeDrift(PLACES);
const T0 = instant(Date.UTC(2026, 0, 1));
const hash = (text: string): Digest => digest(text.padEnd(64, '0'));
const revision = (version: number, isBlessed = true): ActiveRevision => ({
  version,
  digest: hash(`b${version}`),
  isBlessed,
});

/** In these stories, the fourth version has no signatures. */
const NEVER_BLESSED = revision(4, false);

type EventBody = DriftEvent extends infer Each ? (Each extends DriftEvent ? Omit<Each, 'at'> : never) : never;
type Reporting = 'prompt' | 'lost';

/** The world around the machine. What it writes and reads is all that the machine can know. */
class World {
  state: Drift = machine.initial;
  at: Instant = T0;
  readonly disk = new Map<ItemId, Digest | 'unreadable'>();
  readonly wakes = new Map<string, Instant>();
  readonly records: Extract<DriftEffect, { readonly kind: 'record' }>['evidence'][] = [];
  readonly told: DriftMessage[] = [];
  isAllowed = true;
  reporting: Reporting = 'prompt';
  /** What writing does: puts the revision there, fails, is undone at once by somebody else, or does not report. */
  writing: 'works' | 'fails' | 'undone' | 'slow' = 'works';
  writes = 0;
  #epoch = 0;
  readonly #leases = new Map<ItemId, number>();
  readonly #outbox: DriftEffect[] = [];

  put(body: EventBody): this {
    const { state, effects } = machine.step(this.state, { ...body, at: this.at } as DriftEvent); // decoder: a body with its time
    this.state = JSON.parse(JSON.stringify(state)) as Drift; // decoder: it crosses the store
    for (const effect of effects) this.#take(effect);
    for (const name of machine.expects(this.state))
      assert.ok(this.wakes.has(name), `${name} is waited for, and never comes`);
    while (this.#outbox.length > 0) this.#dispatch(this.#outbox.shift());
    return this;
  }

  #take(effect: DriftEffect): void {
    if (effect.kind === 'record') this.records.push(effect.evidence);
    else if (effect.kind === 'wake') this.wakes.set(effect.name, effect.at);
    else if (effect.kind === 'tell') this.#hear(effect.message);
    else if (this.reporting === 'prompt') this.#outbox.push(effect);
  }

  #hear(message: DriftMessage): void {
    this.told.push(message);
    if (message.kind === 'config-lease-returned' && this.#leases.get(message.subject) === message.epoch)
      this.#leases.delete(message.subject);
    if (message.kind !== 'may-apply') return;
    this.#outbox.push({ kind: 'tell', to: GATE, message });
  }

  #dispatch(effect: DriftEffect | undefined): void {
    if (effect?.kind === 'tell' && effect.message.kind === 'may-apply') this.#decide(effect.message.request);
    if (effect?.kind === 'inspect-copy') {
      const { item, look } = effect;
      this.put({ kind: 'inspected', item, look, seen: this.seen(item) });
    }
    if (effect?.kind === 'apply-revision') this.#write(effect);
  }

  #decide({ subject, token }: { readonly subject: ItemId; readonly token: number }): void {
    const answer = (message: DriftMessage): unknown => this.put({ kind: 'told', from: GATE, message });
    if (!this.isAllowed)
      return void answer({ kind: 'you-may-not-apply', subject, token, reasons: [], lookAgainAt: null });
    this.#epoch += 1;
    this.#leases.set(subject, this.#epoch);
    const lease = { subject, action: 'apply-config', epoch: this.#epoch, until: later(this.at, minutes(2)) } as const;
    return void answer({ kind: 'you-may-apply', lease, token, reasons: [] });
  }

  #write(effect: Extract<DriftEffect, { readonly kind: 'apply-revision' }>): void {
    const { item, epoch } = effect;
    assert.equal(this.#leases.get(item), epoch, 'nothing is written without a lease');
    assert.notEqual(effect.digest, NEVER_BLESSED.digest, 'nothing is written that nobody blessed');
    this.writes += 1;
    if (this.writing === 'works') this.disk.set(item, effect.digest);
    if (this.writing === 'slow') return;
    const outcome = this.writing === 'fails' ? 'failed' : 'written';
    this.put({ kind: 'revision-applied', item, epoch, outcome, detail: 'as asked' });
  }

  seen(item: ItemId): CopySeen {
    const found = this.disk.get(item);
    if (found === 'unreadable') return { kind: 'unreadable', why: 'EACCES' };
    return found === undefined ? { kind: 'missing' } : { kind: 'read', digest: found };
  }

  activate(active: ActiveRevision | null, item = ITEM): this {
    return this.put({ kind: 'told', from: DRIFT, message: { kind: 'should-be', item, active } });
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
    const copy = this.state.copies.find((it) => it.item === item);
    assert.ok(copy !== undefined);
    return copy;
  }

  is(state: CopyState, item = ITEM): this {
    assert.equal(this.copy(item).state, state);
    return this;
  }

  count(kind: DriftMessage['kind']): number {
    return this.told.filter((message) => message.kind === kind).length;
  }

  types(): readonly string[] {
    return this.records.map(({ type }) => type);
  }
}

/** A world in which the first revision lies where it should. */
const settled = (): World => {
  const world = new World();
  world.disk.set(ITEM, hash('b1'));
  world.activate(revision(1)).activate(null, OTHER);
  return world.is('in-sync').is('in-sync', OTHER);
};

test('acceptance case 9: an edited file is detected, becomes a finding, is put back within policy, with the evidence triple', () => {
  const world = settled();
  world.disk.set(ITEM, hash('e1'));
  const before = world.records.length;
  world.rings(2).is('in-sync');
  assert.equal(world.disk.get(ITEM), hash('b1'));
  assert.deepEqual([world.count('found'), world.count('found-over'), world.writes], [1, 1, 1]);
  assert.deepEqual(world.types().slice(before), [
    'drift.drifted',
    'action.started',
    'action.written',
    'action.outcome',
  ]);
  const [seen, started, , outcome] = world.records.slice(before);
  assert.equal(seen?.refs['found'], `sha256 ${hash('e1')}`);
  assert.match(started?.trigger ?? '', /is not what was blessed: found sha256 e1/);
  assert.equal(started?.action, 'apply-config describe@1');
  assert.equal(outcome?.outcome, `effective: found sha256 ${hash('b1')}`);
});

test('a missing file is put back; a file that nobody blessed is a finding and stays', () => {
  const world = settled();
  world.disk.delete(ITEM);
  world.disk.set(OTHER, hash('x'));
  world.rings(4).is('in-sync').is('drifted', OTHER);
  assert.deepEqual([world.writes, world.count('found'), world.disk.get(OTHER)], [1, 2, hash('x')]);
  assert.equal(world.copy(OTHER).fault, 'unblessed');
});

test('an active revision that the signatures do not prove blessed is a finding, and is written nowhere', () => {
  const world = settled();
  world.activate(revision(2, false)).rings(20).is('drifted');
  assert.deepEqual([world.writes, world.disk.get(ITEM)], [0, hash('b1')]);
  assert.equal(world.count('found'), 1);
});

test('what policy does not allow is not done, is looked at again, and is done when it is allowed', () => {
  const world = settled();
  world.isAllowed = false;
  world.disk.set(ITEM, hash('e1'));
  world.rings(30).is('drifted');
  assert.deepEqual([world.writes, world.count('found')], [0, 1]);
  assert.ok(world.count('may-apply') > 2);
  world.isAllowed = true;
  world.put({ kind: 'told', from: GATE, message: { kind: 'hands-free' } }).is('in-sync');
});

test('what does not help twice is not tried a third time: a person is called, once, and hears of the end', () => {
  const world = settled();
  world.writing = 'undone';
  world.disk.set(ITEM, hash('e1'));
  world.rings(20).is('drifted');
  assert.deepEqual([world.writes, world.count('escalate')], [2, 1]);
  assert.ok(world.records.some(({ outcome }) => outcome?.startsWith('ineffective') === true));
  world.disk.set(ITEM, hash('b1'));
  world.rings(2).is('in-sync');
  assert.equal(world.count('recovered'), 1);
});

test('a write that fails is tried again with care, for as long as it takes', () => {
  const world = settled();
  world.writing = 'fails';
  world.disk.delete(ITEM);
  while (world.at < later(T0, minutes(150))) world.ring();
  assert.ok(world.writes >= 3 && world.writes <= 5, `${world.writes} writes in 150 minutes`);
  world.writing = 'works';
  while (world.at < later(T0, minutes(220))) world.ring();
  world.is('in-sync');
});

test('an unreadable file is unknown, and people hear of it when it stays so', () => {
  const world = settled();
  world.disk.set(ITEM, 'unreadable');
  world.rings(2).is('unknown');
  assert.equal(world.count('found'), 0);
  world.rings(20).is('unknown');
  assert.deepEqual([world.count('found'), world.writes], [1, 0]);
  world.disk.set(ITEM, hash('b1'));
  world.rings(2).is('in-sync');
  assert.equal(world.count('found-over'), 1);
});

test('a new active revision is brought to its place, which is no finding; the old one put there later is', () => {
  const world = settled();
  world.activate(revision(2)).is('in-sync');
  assert.deepEqual([world.disk.get(ITEM), world.count('found')], [hash('b2'), 0]);
  world.disk.set(ITEM, hash('b1'));
  world.rings(2).is('in-sync');
  assert.deepEqual([world.disk.get(ITEM), world.count('found')], [hash('b2'), 1]);
});

test('a new active revision that may not be brought to its place is told when it lasts', () => {
  const world = settled();
  world.isAllowed = false;
  world.activate(revision(2)).is('drifted');
  assert.equal(world.count('found'), 0);
  world.rings(20).is('drifted');
  assert.equal(world.count('found'), 1);
});

test('what was tried for the revision before does not count for the new one', () => {
  const world = settled();
  world.writing = 'undone';
  world.activate(revision(2)).rings(10);
  world.writing = 'works';
  world.activate(revision(3)).is('in-sync');
  assert.equal(world.disk.get(ITEM), hash('b3'));
});

test('a write that is under way when another revision becomes active is recorded as what it was', () => {
  const world = settled();
  world.disk.set(ITEM, hash('e1'));
  world.writing = 'slow';
  world.rings(2);
  assert.equal(world.copy().phase, 'applying');
  world.activate(revision(2)).writing = 'works';
  world.rings(3).is('in-sync');
  const outcomes = world.records
    .filter(({ type }) => type.startsWith('action.'))
    .map(({ type, action }) => [type, action]);
  assert.deepEqual(outcomes.slice(0, 2), [
    ['action.started', 'apply-config describe@1'],
    ['action.failed', 'apply-config describe@1'],
  ]);
  assert.equal(world.disk.get(ITEM), hash('b2'));
});

test('leave that comes too late is given back, and nothing is written', () => {
  const world = settled();
  const lease = { subject: ITEM, action: 'apply-config', epoch: 77, until: later(world.at, 1) } as const;
  world.put({ kind: 'told', from: GATE, message: { kind: 'you-may-apply', lease, token: 1, reasons: [] } });
  assert.deepEqual([world.writes, world.told.at(-1)], [0, { kind: 'config-lease-returned', subject: ITEM, epoch: 77 }]);
});

const disturb =
  (act: (world: World) => unknown): ((world: World) => void) =>
  (world) =>
    void act(world);

const disturbances = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(disturb((world) => world.ring())) },
    fc
      .constantFrom(hash('e1'), hash('e2'), 'unreadable' as const)
      .map((found) => disturb((world) => world.disk.set(ITEM, found))),
    fc.constant(disturb((world) => world.disk.delete(ITEM))),
    fc
      .integer({ min: 1, max: 5 })
      .map((version) => disturb((world) => world.activate(revision(version, version !== 4)))),
    fc.boolean().map((isAllowed) =>
      disturb((world) => {
        world.isAllowed = isAllowed;
      }),
    ),
    fc.constantFrom<Reporting>('prompt', 'lost').map((reporting) =>
      disturb((world) => {
        world.reporting = reporting;
      }),
    ),
    fc.constantFrom('works', 'fails', 'undone').map((writing) =>
      disturb((world) => {
        world.writing = writing;
      }),
    ),
    fc.constant(
      disturb((world) => world.put({ kind: 'booted', boot: { isClean: false, uncleanStops: 1, services: 0 } })),
    ),
    fc.constant(disturb((world) => world.put({ kind: 'told', from: GATE, message: { kind: 'hands-free' } }))),
  ),
  { maxLength: 60 },
);

test('whatever happens: only blessed bytes are written, under a lease; and when it is over, all is as blessed', () => {
  fc.assert(
    fc.property(disturbances, (moves) => {
      const world = settled();
      for (const move of moves) move(world);
      Object.assign(world, { isAllowed: true, reporting: 'prompt', writing: 'works' });
      if (world.disk.get(ITEM) === 'unreadable') world.disk.set(ITEM, hash('e9'));
      const active = revision(5);
      world.activate(active);
      const until = later(world.at, minutes(70));
      while (world.at < until) world.ring();
      world.is('in-sync');
      assert.equal(world.disk.get(ITEM), active.digest);
      assert.equal(world.copy().isTold, false);
      assert.ok(world.count('found') >= world.count('found-over'));
      assert.ok(world.count('escalate') === world.count('recovered'));
    }),
    { numRuns: 300 },
  );
});
