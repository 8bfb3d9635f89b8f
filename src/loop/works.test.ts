// Agreed work: said when it begins and ends, over a restart as well, with what was kept out of the budgets.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AgreedWork } from '#kernel/alert.ts';
import { serviceId } from '#kernel/id.ts';
import type { Maintenance } from '#kernel/maintenance.ts';
import type { Message } from '#kernel/message.ts';
import type { Site } from '#kernel/site.ts';
import { targetId } from '#kernel/target.ts';
import { hours, instant, later, minutes, type Instant } from '#kernel/time.ts';
import { Works } from './works.ts';

const START = instant(Date.UTC(2026, 10, 21, 12));
const [API, DB] = [serviceId('api'), serviceId('db')];
const WORK: Maintenance = {
  services: [API],
  why: 'disks',
  when: { kind: 'once', from: later(START, minutes(5)), to: later(START, minutes(10)) },
};

const siteOf = (maintenance: readonly Maintenance[]): Site =>
  ({
    maintenance,
    services: [API, DB].map((id) => ({ id, targets: [{ id: targetId(id, 'availability') }] })),
  }) as unknown as Site; // decoder: nothing else is read

class Story {
  now: Instant = START;
  site: Site;
  readonly said: Message[] = [];
  readonly asked: string[] = [];
  stops: readonly AgreedWork[] = [];
  readonly works: Works;
  #next: { at: Instant; task: () => void } | null = null;

  constructor(maintenance: readonly Maintenance[], known: readonly AgreedWork[] = [], now = START) {
    this.now = now;
    this.site = siteOf(maintenance);
    this.works = new Works({
      clock: {
        now: () => this.now,
        at: (at, task) => {
          this.#next = { at, task };
          return () => (this.#next = null);
        },
        chance: () => 0.5,
      },
      site: () => this.site,
      stops: () => this.stops,
      excused: (target, share, from, to) => {
        this.asked.push(`${target} ${share} ${(from - START) / 60_000}-${(to - START) / 60_000}`);
        return 7;
      },
      tell: (message) => this.said.push(message),
    });
    this.works.start(known);
  }

  wait(ms: number): void {
    const end = later(this.now, ms);
    for (let next = this.#next; next !== null && next.at <= end; next = this.#next) {
      this.#next = null;
      this.now = next.at;
      next.task();
    }
    this.now = end;
  }
}

const kinds = (story: Story): readonly string[] => story.said.map(({ kind }) => kind);

test('it is said when it begins and when it ends, and what was kept out of which budget', () => {
  const story = new Story([WORK]);
  story.wait(minutes(4));
  assert.deepEqual(kinds(story), []);
  story.wait(minutes(2));
  assert.deepEqual(kinds(story), ['work-began']);
  story.wait(hours(1));
  const over = story.said[1];
  assert.ok(over?.kind === 'work-over' && story.said.length === 2);
  assert.deepEqual(over.excluded, [{ target: 'api.availability', bad: 7 }]);
  assert.deepEqual([over.endedAt, story.asked], [later(START, minutes(10)), ['api.availability maintenance 5-10']]);
});

test('it goes on over a restart, and ends in the run after it', () => {
  const first = new Story([WORK]);
  first.wait(minutes(6));
  const known = first.said.flatMap((message) => (message.kind === 'work-began' ? [message.work] : []));
  const second = new Story([WORK], known, later(START, minutes(7)));
  assert.deepEqual(kinds(second), []);
  const third = new Story([WORK], known, later(START, hours(2)));
  assert.deepEqual(kinds(third), ['work-over']);
});

test('work that is taken out of the configuration ends there and then', () => {
  const story = new Story([{ ...WORK, services: [] }]);
  story.wait(minutes(6));
  story.site = siteOf([]);
  story.works.look();
  const over = story.said[1];
  assert.ok(over?.kind === 'work-over');
  assert.deepEqual([over.endedAt, over.excluded.length], [story.now, 2]);
});

test('what a person stops is said as well, though nothing was agreed on, and nobody knows until when', () => {
  const story = new Story([]);
  const stop: AgreedWork = { key: 'stop:db@1', services: [DB], why: 'stopped by kim', from: START, to: null };
  story.stops = [stop];
  story.works.look();
  story.wait(hours(1));
  assert.deepEqual(kinds(story), ['work-began']);
  story.stops = [];
  story.wait(minutes(1));
  const over = story.said[1];
  assert.ok(over?.kind === 'work-over' && story.said.length === 2);
  assert.deepEqual(story.asked, ['db.availability stopped 0-60.25']);
  assert.deepEqual(over.excluded, [{ target: 'db.availability', bad: 7 }]);
});
