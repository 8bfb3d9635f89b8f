// A person's stop: from the leave to stop until what was stopped is up again, and of nobody else's doing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ActionKind } from '#kernel/action.ts';
import type { Actor } from '#kernel/actor.ts';
import { serviceId } from '#kernel/id.ts';
import { instant, later, seconds, type Instant } from '#kernel/time.ts';
import { isStoppedByPerson, stopAfterLeave, stopAsWork } from './stopped.ts';
import { firstWatch, type Watch } from './watchState.ts';

const START = instant(Date.UTC(2026, 10, 21));
const KIM: Actor = { kind: 'person', name: 'kim', roles: ['operator'] };
const AGENT: Actor = { kind: 'agent', name: 'tidy', roles: ['operator'] };

/** A watch that is given leave, carries it out and measures, a second after the other. */
class Story {
  watch: Watch = firstWatch(serviceId('redis'));
  now: Instant = START;
  #epoch = 0;

  leave(action: ActionKind, by?: Actor): this {
    this.now = later(this.now, seconds(1));
    this.#epoch += 1;
    const isRevived = this.watch.wanted === 'stopped' && action !== 'stop';
    const stop = stopAfterLeave(this.watch, action, by, this.now);
    const until = later(this.now, seconds(30));
    const remedy = { kind: 'acting', epoch: this.#epoch, action, since: this.now, until } as const;
    this.watch = { ...this.watch, ...stop, ...(isRevived ? { wanted: 'running' } : {}), remedy };
    return this;
  }

  /** It was carried out. What persons and agents stop stays stopped. */
  done(by?: Actor): this {
    this.now = later(this.now, seconds(1));
    const { remedy } = this.watch;
    assert.ok(remedy.kind === 'acting');
    const { action, epoch } = remedy;
    if (action === 'stop') {
      const wanted = by === undefined ? 'running' : 'stopped';
      this.watch = { ...this.watch, wanted, remedy: { kind: 'none' } };
      return this;
    }
    const healthyBy = later(this.now, seconds(30));
    const trial = { since: this.now, healthySince: null, healthyBy, stableMs: seconds(10) };
    this.watch = {
      ...this.watch,
      remedy: { kind: 'observing', epoch, action, isLeaseOut: true, trial, until: healthyBy },
    };
    return this;
  }

  failed(): this {
    this.watch = { ...this.watch, remedy: { kind: 'none' } };
    return this;
  }

  well(): this {
    const { remedy } = this.watch;
    assert.ok(remedy.kind === 'observing');
    this.watch = { ...this.watch, remedy: { ...remedy, trial: { ...remedy.trial, healthySince: this.now } } };
    return this;
  }

  /** Whether a look fails by a person's wish, so many seconds from now. */
  isStopped(afterS = 0): boolean {
    const at = later(this.now, seconds(afterS));
    return isStoppedByPerson(this.watch, at, at);
  }
}

test('from the leave to stop until it is well for the first time, or its start time is over', () => {
  const story = new Story().leave('stop', KIM);
  assert.equal(story.isStopped(), true, 'it runs down');
  story.done(KIM);
  assert.equal(story.isStopped(3_600), true);
  story.leave('start', KIM);
  assert.equal(story.isStopped(), true, 'it is being started');
  story.done();
  assert.deepEqual([story.isStopped(29), story.isStopped(30)], [true, false]);
  story.well();
  assert.equal(story.isStopped(1), false, 'what has answered is judged');
});

test('a look of before the stop is judged as it was then; a clock that was set back ends no stop', () => {
  const { watch, now } = new Story().leave('stop', KIM).done(KIM);
  const before = later(START, -1);
  assert.deepEqual([isStoppedByPerson(watch, before, now), isStoppedByPerson(watch, before, before)], [false, true]);
});

test('a stop or a start that failed is trouble like any other', () => {
  assert.equal(new Story().leave('stop', KIM).failed().isStopped(), false);
  const story = new Story().leave('stop', KIM).done(KIM).leave('start', KIM).failed();
  assert.equal(story.isStopped(), false);
  assert.equal(story.leave('restart').isStopped(), false, 'Sereno mends what is broken, and not what is stopped');
});

test('stopped once more, it is the same stop', () => {
  const story = new Story().leave('stop', KIM).done(KIM);
  const first = stopAsWork(story.watch)?.key;
  story.leave('stop', AGENT).done(AGENT);
  assert.deepEqual([story.isStopped(), stopAsWork(story.watch)?.key], [true, first]);
});

const arbDoing = fc.record({
  action: fc.constantFrom<ActionKind>('stop', 'start', 'restart'),
  by: fc.constantFrom<Actor | undefined>(KIM, AGENT, undefined),
  isDone: fc.boolean(),
});

test('nothing is a person’s stop before a person has stopped it, nor after anybody has started it', () => {
  fc.assert(
    fc.property(fc.array(arbDoing, { maxLength: 12 }), (doings) => {
      const story = new Story();
      let [isEver, isSince] = [false, false];
      for (const { action, by, isDone } of doings) {
        if (action === 'stop' && by?.kind === 'person') isEver = true;
        isSince = action === 'stop' && (isSince || by?.kind === 'person');
        story.leave(action, by);
        if (!isEver) assert.equal(story.isStopped(), false);
        if (isDone) story.done(by);
        else story.failed();
        // A start is excused for its start time and no longer; a stop for as long as it lasts.
        if (story.isStopped(31)) assert.ok(isSince && story.watch.wanted === 'stopped');
      }
    }),
  );
});
