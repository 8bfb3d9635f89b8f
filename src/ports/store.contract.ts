// The conformance suite of the Store port: run by every adapter and by the simulator's fake.
//
// An implementation hands in how to make an empty store and how to open the same one again, as a new process would.

import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, it } from 'node:test';
import type { KeyedEffect } from '#kernel/effect.ts';
import type { Event } from '#kernel/event.ts';
import { evidenceText, GENESIS_HASH, type EvidenceDraft, type EvidenceRecord } from '#kernel/evidence.ts';
import { effectKey, machineId, serviceId, type MachineId } from '#kernel/id.ts';
import { instant } from '#kernel/time.ts';
import type { Batch, CommitOutcome, PendingWake, SnapshotWrite, Store } from './store.ts';

/** An open store over some lasting medium. */
export type StoreUnderTest = {
  readonly store: Store;
  /** Closes this store and opens the same medium again. */
  readonly reopen: () => StoreUnderTest;
  /** Closes the store and clears the medium away; a second call does nothing. */
  readonly close: () => void;
};

export const EMPTY_BATCH: Batch = {
  journal: [],
  evidence: [],
  snapshots: [],
  outbox: [],
  settled: [],
  wakes: [],
  unwakes: [],
  fences: [],
};

const API = machineId('watch', 'api');
const REDIS = machineId('watch', 'redis');
const AT = instant(1_795_239_865_804);

const draft = (type: string, machine: MachineId = API, refs: EvidenceDraft['refs'] = {}): EvidenceDraft => ({
  at: AT,
  actor: { kind: 'system', name: 'sereno' },
  machine,
  type,
  trigger: 'a check changed',
  action: null,
  outcome: null,
  refs,
});

const snapshot = (machine: MachineId, version: number, state: unknown): SnapshotWrite => ({
  machine,
  version,
  expectedVersion: version - 1,
  state,
});

const examine = (version: number, index: number): KeyedEffect => ({
  key: effectKey(API, version, index),
  machine: API,
  effect: { kind: 'examine', service: serviceId('api') },
});

const wake = (name: string, at: number, machine: MachineId = API): PendingWake => ({ machine, name, at: instant(at) });

const woke = (name: string): Event => ({ kind: 'woke', name, at: AT });

/** Commits and waits for the one answer; a second answer fails the test. */
const commit = (store: Store, parts: Partial<Batch>): Promise<CommitOutcome> =>
  new Promise((resolve) => {
    let answers = 0;
    store.commit({ ...EMPTY_BATCH, ...parts }, (outcome) => {
      answers += 1;
      assert.equal(answers, 1, 'a batch is answered exactly once');
      resolve(outcome);
    });
  });

const mustCommit = async (store: Store, parts: Partial<Batch>): Promise<readonly EvidenceRecord[]> => {
  const outcome = await commit(store, parts);
  assert.equal(outcome.kind, 'committed', JSON.stringify(outcome));
  return outcome.kind === 'committed' ? outcome.records : [];
};

/** What is loaded, in an order that does not depend on the implementation; the outbox keeps its own. */
const remembered = (store: Store) => {
  const { snapshots, outbox, wakes, fences, lastSeq } = store.load();
  const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
  const plain = (values: readonly object[]) => values.map((value) => ({ ...value })).toSorted(byText);
  return { snapshots: plain(snapshots), outbox, wakes: plain(wakes), fences: plain(fences), lastSeq };
};

const assertChained = (records: readonly EvidenceRecord[]): void => {
  let prevHash = GENESIS_HASH;
  for (const [index, record] of records.entries()) {
    assert.equal(record.seq, index + 1, 'sequence numbers have no gaps');
    assert.equal(record.prevHash, prevHash, `record ${record.seq} is chained to the one before`);
    assert.equal(record.hash, hash('sha256', evidenceText(record, record.seq, prevHash)), `hash of ${record.seq}`);
    prevHash = record.hash;
  }
};

const wholeChain = (store: Store): readonly EvidenceRecord[] =>
  store.evidence({ limit: 1_000, order: 'oldest-first' }).map((record) => ({ ...record }));

type Case = { readonly says: string; readonly check: (first: StoreUnderTest) => Promise<void> };

const REFUSALS: readonly Case[] = [
  {
    says: 'a wrong version is a conflict and nothing of the batch is written',
    check: async ({ store }) => {
      await mustCommit(store, { snapshots: [snapshot(API, 1, { a: 1 })], evidence: [draft('health.changed')] });
      const before = remembered(store);
      const outcome = await commit(store, {
        snapshots: [snapshot(REDIS, 1, {}), { ...snapshot(API, 3, { a: 3 }), expectedVersion: 2 }],
        evidence: [draft('health.changed')],
        outbox: [examine(1, 0)],
        wakes: [wake('look', 5)],
        fences: [{ subject: 'api', epoch: 9 }],
      });
      assert.equal(outcome.kind, 'conflict');
      assert.deepEqual(remembered(store), before);
      assert.equal(wholeChain(store).length, 1);
    },
  },
  {
    says: 'a new machine is refused where one stands already',
    check: async ({ store }) => {
      await mustCommit(store, { snapshots: [snapshot(API, 1, { a: 1 })] });
      assert.equal((await commit(store, { snapshots: [snapshot(API, 1, { a: 2 })] })).kind, 'conflict');
      assert.deepEqual(store.load().snapshots[0]?.state, { a: 1 });
    },
  },
  {
    says: 'a machine that is not there is refused when a version is expected',
    check: async ({ store }) => {
      assert.equal((await commit(store, { snapshots: [snapshot(API, 4, {})] })).kind, 'conflict');
      assert.deepEqual(store.load().snapshots, []);
    },
  },
  {
    says: 'after a conflict the chain goes on without a gap',
    check: async ({ store }) => {
      await mustCommit(store, { evidence: [draft('a.one')] });
      await commit(store, { evidence: [draft('a.lost')], snapshots: [snapshot(API, 7, {})] });
      await mustCommit(store, { evidence: [draft('a.two')] });
      assert.deepEqual(
        wholeChain(store).map(({ seq, type }) => [seq, type]),
        [
          [1, 'a.one'],
          [2, 'a.two'],
        ],
      );
      assertChained(wholeChain(store));
    },
  },
];

const MEMORY: readonly Case[] = [
  {
    says: 'an empty store loads as nothing, and an empty batch is committed',
    check: async ({ store }) => {
      assert.deepEqual(remembered(store), { snapshots: [], outbox: [], wakes: [], fences: [], lastSeq: 0 });
      assert.deepEqual(await mustCommit(store, {}), []);
      assert.equal(store.load().lastSeq, 0);
    },
  },
  {
    says: 'what was committed is what is loaded, also by the next process',
    check: async (first) => {
      const state = { phase: 'observing', at: AT, list: [1, null, { text: 'ü\u0000"\\\n😀' }], deep: { a: { b: [] } } };
      await mustCommit(first.store, {
        journal: [{ machine: API, version: 1, event: woke('look') }],
        snapshots: [snapshot(API, 1, state), snapshot(REDIS, 1, null)],
        evidence: [draft('health.changed', API, { text: 'ü😀\u0000' }), draft('gate.denied', REDIS)],
        outbox: [examine(1, 0), examine(1, 1)],
        wakes: [wake('look', AT + 5), wake('look', AT + 2.5, REDIS)],
        fences: [
          { subject: 'api', epoch: 3 },
          { subject: '*', epoch: 1 },
        ],
      });
      const before = remembered(first.store);
      const chain = wholeChain(first.store);
      assert.deepEqual(store1State(before.snapshots), state);
      const second = first.reopen();
      assert.deepEqual(remembered(second.store), before);
      assert.deepEqual(wholeChain(second.store), chain);
      await mustCommit(second.store, { evidence: [draft('health.changed')], snapshots: [snapshot(API, 2, {})] });
      assert.equal(second.store.load().lastSeq, 3);
      assertChained(wholeChain(second.store));
      second.close();
    },
  },
  {
    says: 'the outbox keeps the order in which it was written, and loses what is settled',
    check: async ({ store }) => {
      await mustCommit(store, { outbox: [examine(2, 0), examine(2, 1)] });
      await mustCommit(store, { outbox: [examine(1, 0), examine(10, 0)] });
      assert.deepEqual(
        store.load().outbox.map(({ key }) => key),
        ['watch:api/2/0', 'watch:api/2/1', 'watch:api/1/0', 'watch:api/10/0'],
      );
      await mustCommit(store, { settled: [examine(2, 1).key, examine(10, 0).key, effectKey(REDIS, 9, 9)] });
      await mustCommit(store, { outbox: [examine(3, 0)] });
      assert.deepEqual(store.load().outbox, [examine(2, 0), examine(1, 0), examine(3, 0)]);
    },
  },
  {
    says: 'an effect that is written and settled in one batch is not pending',
    check: async ({ store }) => {
      await mustCommit(store, { outbox: [examine(1, 0), examine(1, 1)], settled: [examine(1, 0).key] });
      assert.deepEqual(store.load().outbox, [examine(1, 1)]);
    },
  },
  {
    says: 'a second wake of the same name replaces the first; an unwake takes it away; in one batch the wake stays',
    check: async ({ store }) => {
      await mustCommit(store, { wakes: [wake('look', 10), wake('give-up', 20), wake('look', 30, REDIS)] });
      await mustCommit(store, {
        wakes: [wake('look', 40)],
        unwakes: [
          { machine: API, name: 'give-up' },
          { machine: API, name: 'never-set' },
        ],
      });
      assert.deepEqual(remembered(store).wakes, [wake('look', 40), wake('look', 30, REDIS)]);
      await mustCommit(store, { wakes: [wake('look', 50)], unwakes: [{ machine: API, name: 'look' }] });
      assert.deepEqual(remembered(store).wakes, [wake('look', 50), wake('look', 30, REDIS)]);
    },
  },
  {
    says: 'a fence only ever rises',
    check: async ({ store }) => {
      const steps: readonly (readonly [number, number])[] = [
        [3, 3],
        [2, 3],
        [3, 3],
        [7, 7],
        [0, 7],
      ];
      for (const [epoch, expected] of steps) {
        await mustCommit(store, { fences: [{ subject: 'api', epoch }] });
        assert.deepEqual(remembered(store).fences, [{ subject: 'api', epoch: expected }]);
      }
    },
  },
];

const EVIDENCE: readonly Case[] = [
  {
    says: 'evidence is gap-free and chained, across batches and re-openings, and comes back as it was answered',
    check: async (first) => {
      let open = first;
      const answered: EvidenceRecord[] = [];
      for (let round = 0; round < 6; round += 1) {
        const drafts = Array.from({ length: round * 3 }, (_, index) => draft('a.b', API, { round, index }));
        answered.push(...(await mustCommit(open.store, { evidence: drafts })));
        if (round === 2) open = open.reopen();
      }
      assertChained(answered);
      assert.equal(answered.length, 45);
      assert.deepEqual(
        wholeChain(open.store),
        answered.map((record) => ({ ...record })),
      );
      open.close();
    },
  },
  {
    says: 'questions to the evidence: bounds, machine, type, order and limit',
    check: async ({ store }) => {
      const types = [
        'health.changed',
        'action.started',
        'action.outcome',
        'health.changed',
        'actions',
        'action.started',
      ];
      const machines = [API, API, API, REDIS, API, REDIS];
      const drafts = types.map((type, index) => draft(type, machines[index] ?? API));
      await mustCommit(store, { evidence: drafts });
      const check = (query: Parameters<Store['evidence']>[0], expected: readonly number[]): void =>
        assert.deepEqual(
          store.evidence(query).map(({ seq }) => seq),
          expected,
          JSON.stringify(query),
        );
      check({ limit: 100 }, [6, 5, 4, 3, 2, 1]);
      check({ limit: 2 }, [6, 5]);
      check({ limit: 0 }, []);
      check({ limit: 2, order: 'oldest-first' }, [1, 2]);
      check({ limit: 100, after: 2, before: 5 }, [4, 3]);
      check({ limit: 2, after: 2, order: 'oldest-first' }, [3, 4]);
      check({ limit: 100, machine: REDIS }, [6, 4]);
      check({ limit: 100, typePrefix: 'action.' }, [6, 3, 2]);
      check({ limit: 2, typePrefix: 'action.', order: 'oldest-first' }, [2, 3]);
      check({ limit: 100, typePrefix: 'action' }, [6, 5, 3, 2]);
      check({ limit: 100, typePrefix: '' }, [6, 5, 4, 3, 2, 1]);
      check({ limit: 100, typePrefix: 'action.', machine: REDIS, after: 1 }, [6]);
      check({ limit: 100, typePrefix: 'nothing' }, []);
    },
  },
];

const store1State = (snapshots: readonly object[]): unknown =>
  snapshots.flatMap((it) => ('machine' in it && it.machine === API && 'state' in it ? [it.state] : []))[0];

/** Registers the whole suite under `name`. Each case gets a fresh store from `make`, closed when the case is over. */
export const storeContract = (name: string, make: () => StoreUnderTest): void => {
  describe(`store contract: ${name}`, () => {
    for (const { says, check } of [...REFUSALS, ...MEMORY, ...EVIDENCE]) {
      it(says, async (t) => {
        const first = make();
        // A case that re-opens closes the last one by itself; closing twice must do no harm.
        t.after(() => first.close());
        await check(first);
      });
    }
  });
};
