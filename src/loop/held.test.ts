// Whose a bad look is, when what the service needs is looked at in its own turn: held, then upstream or its own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Check } from '#kernel/check.ts';
import { checkId, serviceId, type CheckId } from '#kernel/id.ts';
import type { Observation } from '#kernel/observation.ts';
import type { Service } from '#kernel/service.ts';
import type { Site } from '#kernel/site.ts';
import { targetId, type Target } from '#kernel/target.ts';
import { durationMs, hours, instant, later, minutes, seconds, type Instant } from '#kernel/time.ts';
import { HELD_MAX } from './held.ts';
import { Judging } from './judging.ts';

const START = instant(Date.UTC(2026, 10, 21));
const API = targetId(serviceId('api'), 'availability');

const checkOf = (service: string, everyMs = seconds(5)): Check => ({
  id: checkId(`${service}/http`),
  service: serviceId(service),
  probe: { kind: 'http', url: 'http://127.0.0.1/', method: 'GET', headers: {}, expect: { status: [200] } },
  everyMs,
  slowestMs: seconds(60),
  timeoutMs: seconds(1),
  rise: 2,
  fall: 3,
  retries: 0,
});

const TARGET: Target = {
  id: API,
  service: serviceId('api'),
  name: 'availability',
  indicator: { kind: 'availability' },
  objectivePercent: 99.9,
  window: { kind: 'rolling', lengthMs: hours(24 * 30) },
  budgeting: { method: 'occurrences' },
  burn: [],
  said: '99.9% over 30d',
};

const serviceOf = (id: string, needs: readonly string[], checks: readonly Check[]): Service =>
  ({
    id: serviceId(id),
    needs: needs.map(serviceId),
    workload: { kind: 'none' },
    checks,
    targets: id === 'api' ? [TARGET] : [],
    startTimeoutMs: seconds(30),
  }) as unknown as Service; // decoder: judging reads nothing else of a service

/** api needs queue, and queue needs db, of which nothing is promised. */
const DB = checkOf('db', minutes(1));
const QUEUE = checkOf('queue');
const HTTP = checkOf('api');
const siteOf = (needs: readonly string[] = ['queue']): Site =>
  ({
    services: [serviceOf('db', [], [DB]), serviceOf('queue', ['db'], [QUEUE]), serviceOf('api', needs, [HTTP])],
    maintenance: [],
    sources: [],
  }) as unknown as Site; // decoder: the rest of a site is of no concern here

class Story {
  now: Instant;
  canSee = true;
  burns = 0;
  asked: (readonly [CheckId, number])[] = [];
  readonly judging: Judging;
  readonly #looks = new Map<CheckId, Observation>();

  constructor(now = START, site = siteOf()) {
    this.now = now;
    this.judging = new Judging(site, {
      now: () => this.now,
      lastLook: (id) => this.#looks.get(id) ?? null,
      canSee: () => this.canSee,
      tell: (_service, { kind }) => (this.burns += kind === 'burn-began' ? 1 : 0),
      lookAgain: (check, afterMs) => this.asked.push([check, afterMs]) > 0,
    });
  }

  /** A look, so long after the last one. */
  look(check: Check, state: Observation['state'], afterMs: number = seconds(1)): void {
    this.now = later(this.now, afterMs);
    const seen = {
      check: check.id,
      at: this.now,
      state,
      symptom: 'none',
      latencyMs: durationMs(20),
      message: '',
    } as const;
    this.#looks.set(check.id, seen);
    this.judging.saw(check, seen);
  }

  /** Each counted event: good, own, excused. */
  counted(): readonly [number, number, number] {
    const view = this.judging.view(API);
    assert.ok(view !== null);
    const { good, bad, excused } = view.events;
    return [good, bad, excused];
  }
}

const HELD = [1, 0, 0] as const;

/** One good look at each, and then a bad one at api. */
const withSymptom = (): Story => {
  const story = new Story();
  for (const check of [DB, QUEUE, HTTP]) story.look(check, 'healthy');
  story.look(HTTP, 'unhealthy', minutes(1));
  assert.deepEqual(story.counted(), HELD);
  return story;
};

test('a symptom that is seen before its cause is not its own', () => {
  const story = withSymptom();
  story.look(QUEUE, 'healthy');
  assert.deepEqual(story.counted(), HELD, 'db may still be the cause');
  story.look(DB, 'unhealthy');
  assert.deepEqual(story.counted(), [1, 0, 1]);
  assert.equal(story.judging.view(API)?.budget?.shares.upstream, 1);
});

test('it is its own when each need has answered after it, whatever they answered before', () => {
  const story = withSymptom();
  story.look(DB, 'healthy');
  assert.deepEqual(story.counted(), HELD);
  story.look(QUEUE, 'degraded');
  assert.deepEqual(story.counted(), [1, 1, 0]);
});

test('nobody waits longer than one pace of the slowest need, and its probe', () => {
  const story = withSymptom();
  story.look(HTTP, 'healthy', seconds(60));
  assert.deepEqual(story.counted(), HELD);
  story.look(HTTP, 'healthy', seconds(1));
  assert.deepEqual(story.counted(), [2, 1, 0]);
});

test('what could not be looked at says nothing', () => {
  const story = withSymptom();
  story.look(QUEUE, 'healthy');
  story.look(DB, 'unknown');
  assert.deepEqual(story.counted(), HELD);
});

test('when the eyes turn out to be bad, it was they', () => {
  const story = withSymptom();
  story.canSee = false;
  story.look(DB, 'unhealthy');
  assert.equal(story.judging.view(API)?.budget?.shares.watchman, 1);
});

test('what comes after it is counted after it', () => {
  const story = withSymptom();
  story.look(HTTP, 'healthy', seconds(50));
  assert.deepEqual(story.counted(), HELD);
  story.look(DB, 'healthy');
  story.look(HTTP, 'unhealthy', seconds(1));
  story.look(QUEUE, 'healthy');
  assert.deepEqual(story.counted(), [2, 1, 0], 'db was not seen after the second one');
  story.look(DB, 'unhealthy');
  assert.deepEqual(story.counted(), [2, 1, 0], 'a look that came early is evidence only');
  assert.deepEqual(
    story.judging.view(API)?.episodes.map(({ share, bad }) => [share, bad]),
    [['own', 1]],
  );
});

test('too many are not held: the oldest is counted as far as is known', () => {
  const story = new Story();
  for (let turn = 0; turn < HELD_MAX + 8; turn += 1) {
    story.now = later(story.now, 100);
    story.judging.sawEvents(API, story.now, { good: 0, bad: 1 });
  }
  assert.deepEqual(story.counted(), [0, 8, 0]);
  story.look(DB, 'unhealthy');
  assert.deepEqual(story.counted(), [0, 8, HELD_MAX]);
});

test('amounts of a source wait like looks; one whose clock is fast cannot', () => {
  const story = new Story();
  assert.equal(story.judging.sawEvents(API, story.now, { good: 5, bad: 2 }), 'taken');
  assert.equal(story.judging.sawEvents(API, later(story.now, hours(1)), { good: 5, bad: 2 }), 'ahead');
  assert.deepEqual(story.counted(), [0, 0, 0]);
  story.look(QUEUE, 'unhealthy');
  assert.deepEqual(story.counted(), [5, 0, 2]);
});

test('needs that were not seen since are asked, no more often than was declared and no sooner than any doubt', () => {
  const story = new Story();
  for (const check of [DB, QUEUE, HTTP]) story.look(check, 'healthy');
  story.look(HTTP, 'unhealthy', seconds(3));
  assert.deepEqual(
    story.asked.toSorted(([a], [b]) => a.localeCompare(b)),
    [
      [DB.id, seconds(15) - seconds(5)],
      [QUEUE.id, seconds(5) - seconds(4)],
    ],
  );
  story.asked = [];
  story.look(QUEUE, 'healthy');
  assert.deepEqual(story.asked, [], 'it is not known yet whether anything is its own');
  story.look(DB, 'healthy');
  assert.deepEqual(story.asked, [[HTTP.id, seconds(15)]], 'now the judge is in doubt, and asks for another look');
});

test('what is held outlives a restart, and the needs get their time anew', () => {
  const before = withSymptom();
  const kept = before.judging.kept();
  const restarted = (): Story => {
    const story = new Story(later(before.now, minutes(10)));
    story.judging.takeUp(kept);
    return story;
  };
  const upstream = restarted();
  upstream.look(HTTP, 'healthy');
  assert.equal(upstream.judging.view(API)?.budget?.used, 0);
  upstream.look(DB, 'unhealthy');
  assert.equal(upstream.judging.view(API)?.budget?.shares.upstream, 1);
  const own = restarted();
  for (const check of [DB, QUEUE]) own.look(check, 'healthy');
  assert.equal(own.judging.view(API)?.budget?.used, 1);
  const older = new Story(before.now);
  older.judging.takeUp(kept.map(({ held: _held, ...rest }) => rest));
  assert.equal(older.judging.view(API)?.budget?.used, 0);
});

test('a standstill is no time in which a need was looked at', () => {
  const story = withSymptom();
  story.now = later(story.now, hours(8));
  story.judging.resume();
  story.look(HTTP, 'healthy');
  assert.deepEqual(story.counted(), HELD);
  story.look(DB, 'unhealthy');
  assert.deepEqual(story.counted(), [2, 0, 1]);
});

test('after a reload it waits for those whom the service needs now', () => {
  const story = withSymptom();
  story.judging.setSite(siteOf());
  story.look(DB, 'unhealthy');
  assert.deepEqual(story.counted(), [1, 0, 1]);
  const freed = withSymptom();
  freed.judging.setSite(siteOf([]));
  freed.look(HTTP, 'healthy', minutes(1));
  assert.deepEqual(freed.counted(), [2, 1, 0]);
});

test('a cause that is seen late makes no burn of its symptoms; an outage of its own is told all the same', () => {
  const run = (need: Observation['state']): Story => {
    const story = new Story();
    for (let turn = 0; turn < 600; turn += 1)
      for (const check of [HTTP, DB, QUEUE]) story.look(check, 'healthy', seconds(20));
    for (let turn = 0; turn < 10; turn += 1) {
      story.look(HTTP, 'unhealthy', seconds(20));
      story.look(DB, need, seconds(20));
      story.look(QUEUE, 'healthy', seconds(20));
    }
    return story;
  };
  assert.equal(run('unhealthy').burns, 0);
  assert.ok(run('healthy').burns > 0);
});

test('what fell with its cause has its start timeout to come back, once', () => {
  const story = withSymptom();
  const needs = (state: Observation['state']): void => [DB, QUEUE].forEach((check) => story.look(check, state));
  story.look(DB, 'unhealthy', seconds(40));
  needs('healthy');
  story.look(HTTP, 'unhealthy', seconds(20));
  needs('healthy');
  assert.deepEqual(story.counted(), [1, 0, 2]);
  story.look(HTTP, 'unhealthy', seconds(60));
  needs('healthy');
  assert.deepEqual(story.counted(), [1, 1, 2], 'it did not come back in time');
  story.look(DB, 'unhealthy');
  story.look(HTTP, 'unhealthy', seconds(60));
  needs('healthy');
  story.look(HTTP, 'healthy');
  story.look(HTTP, 'unhealthy', seconds(20));
  assert.deepEqual(story.counted(), [1, 1, 3], 'it had come back: it is not known yet whose this one is');
});
