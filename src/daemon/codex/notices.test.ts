// What stands above everything else: the words of the command line, at the moments that the clock says.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sayProblem } from '#kernel/problem.ts';
import { hours, instant, later } from '#kernel/time.ts';
import type { Root } from '#kernel/trust.ts';
import { rootEnding, rootNotice } from './roots.ts';

const END = instant(Date.UTC(2026, 5, 30, 12));

const root: Root = {
  version: 4,
  expires: END,
  keys: [],
  roles: {
    root: { keyIds: [], threshold: 1 },
    head: { keyIds: [], threshold: 1 },
    blessing: { keyIds: [], threshold: 1 },
    review: null,
    'test-result': null,
    revocation: null,
  },
  retired: [],
};

const DAY = hours(24);

test('nothing before the last thirty days, the days that are left, and the end to the millisecond', () => {
  assert.equal(rootEnding(null, END), null);
  assert.equal(rootEnding(root, later(END, -30 * DAY - 1)), null);
  assert.equal(rootEnding(root, later(END, -30 * DAY))?.says, 'root 4 of trust expires in 30 days, on 2026-06-30');
  assert.equal(rootEnding(root, later(END, -1))?.isOver, false);
  assert.equal(rootEnding(root, later(END, -1))?.says, 'root 4 of trust expires in 0 days, on 2026-06-30');
  assert.equal(rootEnding(root, END)?.isOver, true);
  assert.match(rootEnding(root, END)?.says ?? '', /^root 4 of trust has expired on 2026-06-30: nothing new/);
});

test('the command line says the same', () => {
  for (const now of [later(END, -DAY), END]) {
    const [ending, notice] = [rootEnding(root, now), rootNotice(root, now)];
    assert.ok(ending !== null && notice !== null);
    assert.ok(sayProblem(notice).includes(ending.says) && sayProblem(notice).includes(ending.mend));
  }
});
