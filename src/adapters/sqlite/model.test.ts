// Whatever batches are committed, refused or cut by a re-opening: the store holds what a few maps in memory hold.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Json } from '#kernel/evidence.ts';
import { effectKey, machineId, serviceId, type EffectKey, type MachineId } from '#kernel/id.ts';
import { instant } from '#kernel/time.ts';
import type { Batch, PendingWake, Snapshot } from '#ports/store.ts';
import { commitNow, draftOf, makeGround, mustOpen, verifyGround } from './ground.ts';

const MACHINES = ['api', 'redis', 'ü/"\''].map((name) => machineId('watch', name));
const NAMES = ['look', 'give up'];

const machine = fc.constantFrom(...MACHINES);
const name = fc.constantFrom(...NAMES);
const key = fc
  .record({ machine, version: fc.nat(3), index: fc.nat(2) })
  .map((it) => ({ machine: it.machine, key: effectKey(it.machine, it.version, it.index) }));

/** What a batch wants; versions are filled in from the model, wrong ones on purpose when `isStale`. */
type Wish = Omit<Batch, 'snapshots' | 'journal'> & {
  readonly states: readonly { readonly machine: MachineId; readonly state: unknown }[];
  readonly isStale: boolean;
  readonly isReopened: boolean;
};

const wish: fc.Arbitrary<Wish> = fc.record({
  states: fc.uniqueArray(fc.record({ machine, state: fc.jsonValue({ maxDepth: 2 }) }), {
    selector: (it) => it.machine,
  }),
  evidence: fc.array(
    fc.record({ index: fc.nat(99), refs: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })) }).map((it) => ({
      ...draftOf(it.index),
      trigger: `${it.index} ${Object.keys(it.refs).join(' ')}`,
      refs: JSON.parse(JSON.stringify(it.refs)) as { [key: string]: Json }, // decoder: plain JSON by construction
    })),
    { maxLength: 4 },
  ),
  outbox: fc.uniqueArray(
    key.map((it) => ({ ...it, effect: { kind: 'examine', service: serviceId('api') } as const })),
    { selector: (it) => it.key, maxLength: 4 },
  ),
  settled: fc.array(
    key.map((it) => it.key),
    { maxLength: 4 },
  ),
  wakes: fc.uniqueArray(
    fc.record({ machine, name, at: fc.double({ noNaN: true, noDefaultInfinity: true }).map(instant) }),
    {
      selector: (it) => `${it.machine} ${it.name}`,
    },
  ),
  unwakes: fc.array(fc.record({ machine, name }), { maxLength: 3 }),
  fences: fc.array(fc.record({ subject: fc.constantFrom('api', '*'), epoch: fc.nat(50) }), { maxLength: 3 }),
  isStale: fc.nat(4).map((it) => it === 0),
  isReopened: fc.nat(4).map((it) => it === 0),
});

class Model {
  readonly snapshots = new Map<MachineId, Snapshot>();
  readonly outbox = new Map<EffectKey, Batch['outbox'][number]>();
  readonly wakes = new Map<string, PendingWake>();
  readonly fences = new Map<string, number>();
  readonly triggers: string[] = [];

  batch({ states, isStale, ...wanted }: Wish): Batch {
    const snapshots = states.map((it) => {
      const stored = this.snapshots.get(it.machine)?.version ?? 0;
      return { ...it, version: stored + 1, expectedVersion: isStale ? stored + 1 : stored };
    });
    const { evidence, outbox, settled, wakes, unwakes, fences } = wanted;
    return { evidence, outbox, settled, wakes, unwakes, fences, snapshots, journal: [] };
  }

  apply(batch: Batch): void {
    for (const { machine: id, version, state } of batch.snapshots)
      this.snapshots.set(id, { machine: id, version, state });
    for (const draft of batch.evidence) this.triggers.push(draft.trigger);
    for (const it of batch.outbox) if (!this.outbox.has(it.key)) this.outbox.set(it.key, it);
    for (const settled of batch.settled) this.outbox.delete(settled);
    for (const it of batch.unwakes) this.wakes.delete(`${it.machine} ${it.name}`);
    for (const it of batch.wakes) this.wakes.set(`${it.machine} ${it.name}`, it);
    for (const { subject, epoch } of batch.fences) {
      this.fences.set(subject, Math.max(epoch, this.fences.get(subject) ?? 0));
    }
  }
}

/** JSON knows no -0; SQLite keeps it. Order is the model's own for the outbox, and by text for all else. */
const plain = (values: Iterable<object>): readonly string[] => [...values].map((it) => JSON.stringify(it)).toSorted();

const run = (wishes: readonly Wish[]): void => {
  const ground = makeGround();
  const model = new Model();
  let store = mustOpen(ground);
  try {
    for (const it of wishes) {
      const batch = model.batch(it);
      const outcome = commitNow(store, batch);
      const isConflict = it.isStale && batch.snapshots.length > 0;
      assert.equal(outcome.kind, isConflict ? 'conflict' : 'committed', JSON.stringify(outcome));
      if (!isConflict) model.apply(batch);
      if (it.isReopened) {
        store.close();
        store = mustOpen(ground);
      }
      const loaded = store.load();
      assert.deepEqual(plain(loaded.snapshots), plain(model.snapshots.values()));
      assert.deepEqual(
        loaded.outbox,
        [...model.outbox.values()].map(({ key: id, machine: of, effect }) => ({ key: id, machine: of, effect })),
      );
      assert.deepEqual(plain(loaded.wakes), plain(model.wakes.values()));
      assert.deepEqual(new Map(loaded.fences.map((fence) => [fence.subject, fence.epoch])), model.fences);
    }
    const told = store.evidence({ limit: 1_000, order: 'oldest-first' }).map(({ trigger }) => trigger);
    assert.deepEqual(told, model.triggers);
    store.close();
    const verification = verifyGround(ground);
    assert.ok(verification.isIntact, verification.detail);
    assert.equal(verification.records, model.triggers.length);
  } finally {
    store.close();
    ground.clear();
  }
};

describe('the store and its model', () => {
  it('agree on any sequence of batches', () => {
    fc.assert(
      fc.property(fc.array(wish, { maxLength: 12 }), (wishes) => run(wishes)),
      { numRuns: 60 },
    );
  });
});
