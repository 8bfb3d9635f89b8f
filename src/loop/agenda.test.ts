// The agenda against a plain list, for many orders of setting, moving, clearing and time going on.

import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { instant } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import { Agenda } from './agenda.ts';

/** A clock that is set by hand and runs what is due, in order. */
const makeHandClock = () => {
  let now = 0;
  let tasks: { readonly at: number; readonly task: () => void }[] = [];
  const clock: Clock = {
    now: () => instant(now),
    at: (when, task) => {
      const entry = { at: when, task };
      tasks.push(entry);
      return () => {
        tasks = tasks.filter((other) => other !== entry);
      };
    },
    chance: () => 0,
  };
  const goTo = (time: number): void => {
    now = time;
    for (let due = tasks.find((it) => it.at <= now); due !== undefined; due = tasks.find((it) => it.at <= now)) {
      tasks = tasks.filter((other) => other !== due);
      due.task();
    }
  };
  return { clock, goTo, timers: () => tasks.length };
};

type Move = { readonly kind: 'set' | 'clear' | 'go'; readonly slot: number; readonly ms: number };

const move: fc.Arbitrary<Move> = fc.record({
  kind: fc.constantFrom('set', 'set', 'clear', 'go'),
  slot: fc.integer({ min: 0, max: 20 }),
  ms: fc.integer({ min: 0, max: 50 }),
});

test('what is due runs once, first what was due first, and one timer is enough for all', () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 200 }), (moves) => {
      const { clock, goTo, timers } = makeHandClock();
      const ran: number[] = [];
      const agenda = new Agenda(clock, (slot) => ran.push(slot));
      const dues = new Map<number, number>();
      let now = 0;
      for (const { kind, slot, ms } of moves) {
        if (kind === 'set') {
          agenda.set(slot, instant(now + ms + 1));
          dues.set(slot, now + ms + 1);
        } else if (kind === 'clear') {
          agenda.clear(slot);
          dues.delete(slot);
        } else {
          now += ms;
          goTo(now);
          const due = [...dues].filter(([, at]) => at <= now).toSorted((a, b) => a[1] - b[1] || a[0] - b[0]);
          assert.deepEqual(
            ran.splice(0),
            due.map(([each]) => each),
          );
          for (const [each] of due) dues.delete(each);
        }
        assert.equal(agenda.dueAt(slot), dues.get(slot) ?? null);
        assert.ok(timers() <= 1, `${timers()} timers`);
      }
    }),
  );
});
