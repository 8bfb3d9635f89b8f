// Tests of virtual time: order, stability, withdrawal, and the floor of 10 M bare events a second (reported, not judged).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chance } from './chance.ts';
import { Timeline } from './timeline.ts';

test('tasks run in time order, and equal times in the order of posting', () => {
  const timeline = new Timeline(0);
  const chance = new Chance(7, 'test');
  const expected: { readonly when: number; readonly order: number }[] = [];
  const seen: { readonly when: number; readonly order: number }[] = [];
  for (let order = 0; order < 2_000; order += 1) {
    const when = chance.below(50);
    expected.push({ when, order });
    timeline.post(when, () => seen.push({ when, order }));
  }
  expected.sort((a, b) => a.when - b.when || a.order - b.order);
  timeline.runTo(100);
  assert.deepEqual(seen, expected);
  assert.equal(timeline.nowMs(), 100);
  assert.equal(timeline.pending(), 0);
});

test('a task in the past runs next, never inside post, and time never runs backwards', () => {
  const timeline = new Timeline(1_000);
  const seen: string[] = [];
  timeline.post(1_500, () => {
    timeline.post(1_200, () => seen.push(`late at ${timeline.nowMs()}`));
    seen.push('first');
  });
  timeline.runTo(2_000);
  assert.deepEqual(seen, ['first', 'late at 1500']);
});

test('a withdrawn task does not run, and an old withdrawal never hits the new owner of its slot', () => {
  const timeline = new Timeline(0);
  const seen: string[] = [];
  const a = timeline.postWithdrawable(10, () => seen.push('a'));
  timeline.postWithdrawable(20, () => seen.push('b'));
  timeline.withdraw(a);
  timeline.runTo(15);
  timeline.post(30, () => seen.push('c'));
  timeline.withdraw(a);
  timeline.runTo(40);
  assert.deepEqual(seen, ['b', 'c']);
});

test('random posting and withdrawing agrees with a sorted list', () => {
  for (let seed = 0; seed < 20; seed += 1) {
    const chance = new Chance(seed, 'model');
    const timeline = new Timeline(0);
    const live = new Map<number, number>();
    const seen: number[] = [];
    const expected: number[] = [];
    for (let id = 0; id < 500; id += 1) {
      const when = timeline.nowMs() + chance.below(30);
      const posted = timeline.postWithdrawable(when, () => seen.push(id));
      live.set(id, when);
      if (chance.hits(0.2)) {
        timeline.withdraw(posted);
        live.delete(id);
      }
      if (!chance.hits(0.3)) continue;
      const end = timeline.nowMs() + chance.below(10);
      timeline.runTo(end);
      const due = [...live].filter(([, at]) => at <= end).sort((a, b) => a[1] - b[1] || a[0] - b[0]);
      for (const [key] of due) live.delete(key);
      expected.push(...due.map(([key]) => key));
      assert.deepEqual(seen, expected, `seed ${seed}`);
    }
  }
});

test('chance: a seed gives the same draws, labels and seeds differ, and the mean is the middle', () => {
  const draws = (seed: number, label: string): readonly number[] => {
    const chance = new Chance(seed, label);
    return Array.from({ length: 20_000 }, () => chance.unit());
  };
  assert.deepEqual(draws(1, 'world'), draws(1, 'world'));
  assert.notDeepEqual(draws(1, 'world'), draws(1, 'people'));
  assert.notDeepEqual(draws(1, 'world'), draws(2, 'world'));
  assert.notDeepEqual(draws(1, 'world'), draws(2 ** 32 + 1, 'world'));
  const mean = draws(3, 'world').reduce((sum, value) => sum + value, 0) / 20_000;
  assert.ok(Math.abs(mean - 0.5) < 0.01, `mean ${mean}`);
});
