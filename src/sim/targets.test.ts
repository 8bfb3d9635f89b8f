// The invariants of targets: each sees what it is there for, and lets alone what is as it should be.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hours, minutes } from '#kernel/time.ts';
import type { EvidenceRecord } from '#kernel/evidence.ts';
import type { Notification } from '#kernel/notification.ts';
import { TARGETS } from './invariants/targets.ts';
import type { Scene, Watcher } from './witness.ts';
import type { Unit } from './world.ts';

const named = (name: string, scene: Scene): Watcher => TARGETS.find((it) => it.name === name)?.watch(scene) ?? {};

/** Asks each minute; each entry is [minutes since the beginning, bad events, run]. */
const findings = (looks: readonly (readonly [number, number, number])[]): readonly (string | null)[] => {
  let [now, used, run] = [0, 0, 1];
  const target = { id: 'api.availability', window: { kind: 'rolling', lengthMs: hours(1) } };
  const scene = {
    site: { services: [{ targets: [target] }] },
    nowMs: () => minutes(now),
    targets: () => ({ run, views: [{ id: target.id, budget: { used } }] }),
  } as unknown as Scene; // decoder: the invariant looks at nothing else
  const watcher = named('budget-not-given-back', scene);
  return looks.map((look) => {
    [now, used, run] = look;
    return watcher.minute?.() ?? null;
  });
};

test('a budget that is given back is seen', () => {
  assert.match(
    findings([
      [1, 5, 1],
      [2, 4, 1],
    ])[1] ?? '',
    /5 bad events became 4/,
  );
});

test('what leaves its window, and what a run has lost, is no gift', () => {
  assert.deepEqual(
    findings([
      [1, 5, 1],
      [2, 5, 1],
      [61, 4, 1],
      [62, 2, 2],
    ]),
    [null, null, null, null],
  );
  assert.deepEqual(
    findings([
      [1, 5, 1],
      [2, 3, 2],
    ]),
    [null, null],
  );
});

/** Each entry is what is recorded of api, and how many bad events it has of its own seven minutes later. */
const foundWhile = (told: readonly (readonly [Partial<EvidenceRecord>, number])[], isWantedStopped = true) => {
  let [now, used] = [0, 0];
  const service = { id: 'api', targets: [] };
  const watcher = named('stopped-is-not-own', {
    world: { units: [{ index: 0, needs: [], service, isWantedStopped }] },
    nowMs: () => minutes(now),
    targets: () => ({ run: 1, views: [{ id: 'api.availability', service: 'api', budget: { used } }] }),
  } as unknown as Scene); // decoder: the invariant looks at nothing else
  watcher.minute?.();
  return told.map(([record, usedThen]) => {
    watcher.recorded?.({ machine: 'watch:api', actor: { kind: 'person' }, ...record } as unknown as EvidenceRecord); // decoder
    now += 7;
    used = usedThen;
    return watcher.minute?.() ?? null;
  });
};

const STOPPED = { type: 'action.outcome', action: 'stop', outcome: 'effective: it no longer runs' };
const START = { type: 'action.started', action: 'start' };

test('what is taken from a budget by the stop of a person is seen; by others, before it and after it is let alone', () => {
  const [first = '', second] = foundWhile([
    [STOPPED, 3],
    [{}, 3],
  ]);
  assert.match(first ?? '', /0 bad events became 3, though a person has stopped api/);
  assert.equal(second, null);
  assert.deepEqual(foundWhile([[STOPPED, 3]], false), [null], 'nobody has wanted it');
  assert.deepEqual(
    foundWhile([
      [STOPPED, 0],
      [START, 3],
    ]),
    [null, null],
  );
});

/** A town of two in which api needs db, and is promised to answer. */
class Town {
  now: number = minutes(600);
  pathSinceMs = 0;
  readonly #works = [true, true];
  readonly #units = [
    { index: 0, needs: [], service: { id: 'db', targets: [] } },
    { index: 1, needs: [0], service: { id: 'api', targets: [{ id: 'api.availability' }] } },
  ] as unknown as readonly Unit[]; // decoder: the invariants look at nothing else
  readonly #watcher: Watcher;

  constructor(invariant: string) {
    this.#watcher = named(invariant, {
      world: { units: this.#units, works: (index: number) => this.#works[index] },
      nowMs: () => this.now,
      pathSinceMs: () => this.pathSinceMs,
    } as unknown as Scene); // decoder: the invariants look at nothing else
  }

  /** So many seconds later it works, or does not. */
  turn(index: number, works: boolean, afterS = 0): void {
    this.now += afterS * 1_000;
    this.#works[index] = works;
    for (const unit of this.#units) if (unit.index === index) this.#watcher.turned?.(unit);
  }

  paged(subject: string): string | null {
    return this.#record({ type: 'incident.opened', trigger: 'burns', refs: { subject } });
  }

  #record(record: object): string | null {
    return this.#watcher.recorded?.({ action: null, machine: 'x:y', ...record } as unknown as EvidenceRecord) ?? null; // decoder
  }

  told(kind: Notification['kind'], subject: string): void {
    this.#watcher.delivered?.({ kind, subject } as unknown as Notification, null); // decoder
  }

  resolved(subject: string): void {
    this.#record({ type: 'incident.resolved', trigger: '', refs: { subject } });
  }
}

test('a page for a promise that was kept is seen; what the service needs is not its trouble', () => {
  const town = new Town('met-never-pages');
  assert.match(town.paged('api.availability') ?? '', /though api itself was in trouble for 0 ms/);
  town.turn(0, false);
  town.turn(1, false);
  town.turn(0, true, 600);
  town.turn(1, true, 9);
  assert.match(town.paged('api.availability') ?? '', /trouble for 9000 ms/);
  assert.equal(town.paged('api'), null, 'the service itself may be paged for');
  town.turn(1, false, 60);
  town.turn(1, true, 1);
  assert.equal(town.paged('api.availability'), null, 'ten seconds of its own in all');
  town.now += minutes(421);
  assert.notEqual(town.paged('api.availability'), null, 'it is long past');
  town.pathSinceMs = town.now - minutes(60);
  assert.equal(town.paged('api.availability'), null, 'the eyes were bad lately');
});

test('a page for a target of a service that people know of is seen', () => {
  const town = new Town('one-trouble-one-page');
  assert.equal(town.paged('api.availability'), null);
  town.told('trouble', 'api');
  assert.match(town.paged('api.availability') ?? '', /people know about api/);
  assert.equal(town.paged('api'), null);
  town.told('recovered', 'api');
  assert.equal(town.paged('api.availability'), null);
  town.told('page', 'api');
  town.resolved('api');
  assert.equal(town.paged('api.availability'), null);
});
