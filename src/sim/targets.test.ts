// The invariant of budgets sees a budget that is given back, and lets alone what leaves its window or dies with a run.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hours, minutes } from '#kernel/time.ts';
import { TARGETS } from './invariants/targets.ts';
import type { Scene } from './witness.ts';

const [GIVEN_BACK] = TARGETS;

/** Asks each minute; each entry is [minutes since the beginning, bad events, run]. */
const findings = (looks: readonly (readonly [number, number, number])[]): readonly (string | null)[] => {
  let [now, used, run] = [0, 0, 1];
  const target = { id: 'api.availability', window: { kind: 'rolling', lengthMs: hours(1) } };
  const scene = {
    site: { services: [{ targets: [target] }] },
    nowMs: () => minutes(now),
    targets: () => ({ run, views: [{ id: target.id, budget: { used } }] }),
  } as unknown as Scene; // decoder: the invariant looks at nothing else
  const watcher = GIVEN_BACK?.watch(scene);
  return looks.map((look) => {
    [now, used, run] = look;
    return watcher?.minute?.() ?? null;
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
