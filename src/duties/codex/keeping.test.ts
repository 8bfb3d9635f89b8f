// Keeping in a small world: each task once in its time, over starts and years; what does not report is tried again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Effect } from '#kernel/effect.ts';
import type { EventBody } from '#kernel/event.ts';
import { effectKey } from '#kernel/id.ts';
import type { MaintenanceTask } from '#kernel/keeping.ts';
import { KEEPING } from '#kernel/site.ts';
import { hours, instant, later, type Instant } from '#kernel/time.ts';
import { dueNow, makeKeeping, type Keeping } from './keeping.ts';
import { MAINTENANCE } from './maintenance.ts';

const machine = makeKeeping();
const T0 = instant(Date.UTC(2026, 0, 1));
const BOOTED = { kind: 'booted', boot: { isClean: true, uncleanStops: 0, services: 0 } } as const;

class World {
  state: Keeping = machine.initial;
  at: Instant = T0;
  wake: Instant | null = null;
  readonly did: { readonly task: MaintenanceTask; readonly at: Instant; readonly hasBefore: boolean }[] = [];
  readonly types: string[] = [];
  readonly told: string[] = [];
  isWell = true;
  isMute = false;
  #outbox: Effect[] = [];

  put(body: EventBody): this {
    const { state, effects } = machine.step(this.state, { ...body, at: this.at });
    this.state = JSON.parse(JSON.stringify(state)) as Keeping; // decoder: it crosses the store
    for (const effect of effects) this.#take(effect);
    for (const name of machine.expects(this.state)) assert.ok(this.wake !== null, `${name} is waited for`);
    this.deliver();
    return this;
  }

  #take(effect: Effect): void {
    if (effect.kind === 'wake') this.wake = effect.at;
    if (effect.kind === 'record') this.types.push(effect.evidence.type);
    if (effect.kind === 'tell') this.told.push(effect.message.kind);
    if (effect.kind === 'keep-codex') this.#outbox.push(effect);
  }

  /** The outbox hands over what has not reported; after a start again. */
  deliver(): void {
    if (this.isMute) return;
    const [effect, ...rest] = this.#outbox;
    if (effect?.kind !== 'keep-codex') return;
    this.#outbox = rest;
    const { task, before } = effect;
    this.did.push({ task, at: this.at, hasBefore: before !== null });
    const report = { isGood: this.isWell, says: this.isWell ? 'well' : 'not well', figures: { count: 1 } };
    this.put({ kind: 'codex-kept', key: effectKey(KEEPING, 1, 0), task, report });
  }

  forget(): void {
    this.#outbox = [];
  }

  until(end: Instant): this {
    while (this.wake !== null && this.wake <= end) {
      this.at = instant(Math.max(this.at, this.wake));
      this.wake = null;
      this.put({ kind: 'woke', name: 'keeping' });
    }
    this.at = end;
    return this;
  }

  times(task: MaintenanceTask): number {
    return this.did.filter((it) => it.task === task).length;
  }
}

test('a month: each task as often as it should be, in the order of the list, with what came of it the last time', () => {
  const world = new World().put(BOOTED).until(later(T0, hours(719)));
  assert.deepEqual(
    MAINTENANCE.map(({ task }) => world.times(task)),
    [30, 30, 30, 5, 5, 5, 1],
  );
  assert.deepEqual(
    world.did.slice(0, 7).map(({ task }) => task),
    MAINTENANCE.map(({ task }) => task),
  );
  assert.deepEqual(
    world.did.filter(({ hasBefore }) => !hasBefore).map(({ at }) => at),
    Array.from({ length: 7 }, () => later(T0, 10_000)),
  );
  assert.equal(world.types.filter((type) => type === 'keeping.done').length, world.did.length);
});

test('a start repeats nothing, and what was due while Sereno was down is done once after it', () => {
  const world = new World().put(BOOTED).until(later(T0, hours(1)));
  const count = world.did.length;
  world.put(BOOTED).until(later(T0, hours(2)));
  assert.equal(world.did.length, count);
  world.at = later(T0, hours(24 * 10));
  world.wake = null;
  world.put(BOOTED).until(later(T0, hours(24 * 10) + 60_000));
  assert.deepEqual(
    [world.times('disk-room'), world.times('archive-versions'), world.times('performance-review')],
    [2, 2, 1],
  );
});

test('killed before the report: the outbox hands it over again, and the task is not begun twice', () => {
  const world = new World();
  world.isMute = true;
  world.put(BOOTED).until(later(T0, 20_000));
  assert.equal(world.state.doing?.task, 'export-success');
  world.wake = null;
  world.put(BOOTED);
  world.isMute = false;
  world.deliver();
  assert.deepEqual([world.times('export-success'), world.did.length], [1, 7]);
});

test('what never reports is said, is tried again the next hour, and the other tasks go on', () => {
  const world = new World();
  world.isMute = true;
  world.put(BOOTED).until(later(T0, 11 * 60_000));
  world.forget();
  world.isMute = false;
  assert.deepEqual(world.types.slice(0, 2), ['keeping.started', 'keeping.failed']);
  world.until(later(T0, hours(1)));
  assert.deepEqual([world.times('export-success'), world.times('qa-compatibility')], [0, 1]);
  world.until(later(T0, hours(3)));
  assert.equal(world.times('export-success'), 1);
});

test('what is not well is a finding, and over when it is', () => {
  const world = new World();
  world.isWell = false;
  world.put(BOOTED).until(later(T0, hours(1)));
  assert.equal(world.told.filter((kind) => kind === 'found').length, 7);
  world.isWell = true;
  world.until(later(T0, hours(30)));
  assert.equal(world.told.filter((kind) => kind === 'found-over').length, 3);
});

test('who only asks what is due gets the same answer', () => {
  const world = new World().put(BOOTED).until(later(T0, hours(1)));
  assert.deepEqual(dueNow(world.state, later(T0, hours(2))), []);
  assert.deepEqual(
    dueNow(world.state, later(T0, hours(25))).map(({ task }) => task),
    ['export-success', 'disk-room', 'qa-compatibility'],
  );
});
