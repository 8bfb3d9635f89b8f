// The fake store keeps the same contract as every real one, whatever the weather.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommitOutcome } from '#ports/store.ts';
import { EMPTY_BATCH, storeContract, type StoreUnderTest } from '#ports/store.contract.ts';
import { Disk, FakeStore, type DiskMood } from './store.ts';
import { Timeline } from './timeline.ts';

const open = (disk: Disk, mood: () => DiskMood, timeline: Timeline): StoreUnderTest => ({
  store: new FakeStore({
    disk,
    mood,
    after: (delayMs, task) => void timeline.post(timeline.nowMs() + delayMs, task),
    onWritten: () => undefined,
  }),
  reopen: () => open(disk, mood, timeline),
  close: () => undefined,
});

storeContract('the simulated disk', () => open(new Disk(), () => ({ kind: 'good' }), new Timeline(0)));

const outcomesOf = (
  mood: DiskMood,
): { readonly outcomes: readonly CommitOutcome['kind'][]; readonly written: number } => {
  const disk = new Disk();
  const timeline = new Timeline(0);
  const outcomes: CommitOutcome['kind'][] = [];
  const fence = { subject: 'api', epoch: 3 };
  const { store } = open(disk, () => mood, timeline);
  store.commit({ ...EMPTY_BATCH, fences: [fence] }, (outcome) => outcomes.push(outcome.kind));
  timeline.runTo(1_000);
  return { outcomes, written: store.load().fences.length };
};

test('moods: a busy or full disk writes nothing, a slow one answers once and later', () => {
  const cases: readonly (readonly [DiskMood, CommitOutcome['kind'], number])[] = [
    [{ kind: 'good' }, 'committed', 1],
    [{ kind: 'busy' }, 'busy', 0],
    [{ kind: 'failed', detail: 'the disk is full' }, 'failed', 0],
    [{ kind: 'later', share: 0.5 }, 'committed', 1],
  ];
  for (const [mood, kind, written] of cases) assert.deepEqual(outcomesOf(mood), { outcomes: [kind], written }, kind);
});
