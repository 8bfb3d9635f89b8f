// Judging as a story: looks come in, and a target says how it stands and who ate its budget.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Check } from '#kernel/check.ts';
import { checkId, serviceId, type CheckId } from '#kernel/id.ts';
import type { Maintenance } from '#kernel/maintenance.ts';
import type { Message } from '#kernel/message.ts';
import type { Observation } from '#kernel/observation.ts';
import type { Service } from '#kernel/service.ts';
import type { Site } from '#kernel/site.ts';
import { targetId, type Indicator, type Target } from '#kernel/target.ts';
import { durationMs, hours, instant, later, minutes, seconds, type Instant } from '#kernel/time.ts';
import { Judging } from './judging.ts';

const START = instant(Date.UTC(2026, 10, 21));

const checkOf = (service: string, kind: 'http' | 'process' = 'http'): Check => ({
  id: checkId(`${service}/${kind}`),
  service: serviceId(service),
  probe:
    kind === 'process'
      ? { kind }
      : { kind, url: 'http://127.0.0.1/', method: 'GET', headers: {}, expect: { status: [200] } },
  everyMs: seconds(5),
  slowestMs: seconds(30),
  timeoutMs: seconds(1),
  rise: 2,
  fall: 3,
  retries: 0,
});

const targetOf = (service: string, name: string, indicator: Indicator): Target => ({
  id: targetId(serviceId(service), name),
  service: serviceId(service),
  name,
  indicator,
  objectivePercent: 99,
  window: { kind: 'rolling', lengthMs: hours(24 * 7) },
  budgeting: { method: 'occurrences' },
  burn: [],
  said: '99% over 7d',
});

const serviceOf = (id: string, needs: readonly string[], targets: readonly Target[]): Service => ({
  id: serviceId(id),
  tier: 'app',
  owner: null,
  needs: needs.map(serviceId),
  mustRun: false,
  trafficPercent: 0,
  replicas: 1,
  workload: { kind: 'none' },
  checks: [checkOf(id), checkOf(id, 'process')],
  targets,
  restartBudget: { count: 3, windowMs: hours(1) },
  stableAfterMs: seconds(10),
  startTimeoutMs: seconds(30),
});

const LATENCY: Indicator = { kind: 'latency', thresholdMs: durationMs(300) };
const api = serviceOf(
  'api',
  ['queue'],
  [targetOf('api', 'availability', { kind: 'availability' }), targetOf('api', 'latency', LATENCY)],
);

/** A small site: only what judging reads of it. */
const siteOf = (services: readonly Service[], maintenance: readonly Maintenance[] = []): Site =>
  ({ services, maintenance }) as unknown as Site; // decoder: the rest of a site is of no concern here

class Story {
  now: Instant = START;
  canSee = true;
  stoppedSince: Instant | null = null;
  readonly said: Message[] = [];
  readonly looks = new Map<CheckId, Observation>();
  readonly judging: Judging;

  constructor(site: Site, now = START) {
    this.now = now;
    this.judging = new Judging(site, {
      now: () => this.now,
      lastLook: (id) => this.looks.get(id) ?? null,
      canSee: () => this.canSee,
      isStopped: (_service, at) => this.stoppedSince !== null && at >= this.stoppedSince,
      tell: (_service, message) => this.said.push(message),
      lookAgain: () => false,
    });
  }

  look(check: Check, state: Observation['state'], more: Partial<Observation> = {}): void {
    const seen: Observation = {
      check: check.id,
      at: this.now,
      state,
      symptom: 'none',
      latencyMs: durationMs(20),
      message: '',
      ...more,
    };
    this.looks.set(check.id, seen);
    this.judging.saw(check, seen);
  }

  /** So many looks, each half a minute after the last. */
  looksAt(check: Check, count: number, state: Observation['state'], more: Partial<Observation> = {}): void {
    for (let turn = 0; turn < count; turn += 1) {
      this.now = later(this.now, seconds(30));
      this.look(check, state, more);
    }
  }

  /** One look at each check of what api needs, a second later. */
  looksAtNeeds(state: Observation['state']): void {
    this.now = later(this.now, seconds(1));
    for (const check of ['queue', 'db'].flatMap((need) => [checkOf(need), checkOf(need, 'process')]))
      this.look(check, state);
  }

  view(name: string) {
    const view = this.judging.view(targetId(serviceId('api'), name));
    assert.ok(view !== null);
    return view;
  }
}

const town = () => siteOf([serviceOf('db', [], []), serviceOf('queue', ['db'], []), api]);
/** It needs nobody: what is bad is its own at once. */
const alone = () => siteOf([{ ...api, needs: [] }]);
const [http = checkOf('api')] = api.checks;

test('nothing was judged yet', () => {
  const story = new Story(alone());
  const view = story.view('availability');
  assert.deepEqual([view.state, view.budget, view.staleSince], ['no-data', null, START]);
  assert.deepEqual(view.reasons, [{ kind: 'state-unknown', since: START, message: 'nothing judged yet' }]);
});

test('what Sereno has just started for the first time may be deaf for its start timeout, and not again', () => {
  const started: Service = {
    ...api,
    workload: { kind: 'command', start: 'x', stop: 'x', status: null, timeoutMs: seconds(5) },
    needs: [],
  };
  const story = new Story(siteOf([started]));
  const look = (state: Observation['state'], afterMs: number): void => {
    story.now = later(story.now, durationMs(afterMs));
    story.look(http, state);
  };
  look('unhealthy', 1_000);
  look('unhealthy', 23_000);
  assert.deepEqual(story.view('availability').events, { good: 0, bad: 0, excused: 2 });
  look('healthy', 3_000);
  look('unhealthy', 23_000);
  assert.equal(story.view('availability').budget?.shares.own, 1, 'it has answered: now it is down');
  const late = new Story(siteOf([started]));
  late.now = later(late.now, seconds(30));
  late.look(http, 'unhealthy');
  assert.equal(late.view('availability').budget?.shares.own, 1, 'its time is over');
  const foreign = new Story(siteOf([{ ...api, needs: [] }]));
  foreign.look(http, 'unhealthy');
  assert.equal(foreign.view('availability').budget?.shares.own, 1, 'nobody starts it');
});

test('good looks meet the target; bad ones are taken from its budget, and silence is no data', () => {
  const story = new Story(alone());
  story.looksAt(http, 200, 'healthy');
  assert.deepEqual(
    [story.view('availability').state, story.view('availability').budget?.remainingPercent],
    ['meeting', 100],
  );
  story.looksAt(http, 1, 'unhealthy');
  const view = story.view('availability');
  assert.deepEqual(view.events, { good: 200, bad: 1, excused: 0 });
  assert.equal(view.budget?.shares.own, 1);
  assert.ok((view.budget?.remainingPercent ?? 100) < 100);
  const lastAt = story.now;
  story.now = later(story.now, minutes(5));
  const stale = story.view('availability');
  assert.deepEqual([stale.state, stale.staleSince], ['no-data', lastAt]);
});

test('a look counts once in the slowest pace of its check', () => {
  const story = new Story(alone());
  for (let turn = 0; turn < 60; turn += 1) {
    story.now = later(story.now, seconds(1));
    story.look(http, 'unhealthy');
  }
  // In a minute: the first, and one each time 22.5 s have passed.
  assert.deepEqual(story.view('availability').events, { good: 0, bad: 3, excused: 0 });
});

test('latency is told from answered looks of checks that measure it', () => {
  const story = new Story(alone());
  const [, processCheck = http] = api.checks;
  // Kept to a tenth of a millisecond; a replay from the store must judge alike.
  story.looksAt(http, 10, 'healthy', { latencyMs: durationMs(300.04) });
  story.looksAt(http, 2, 'degraded', { latencyMs: durationMs(301) });
  story.looksAt(http, 5, 'unhealthy', { latencyMs: durationMs(1_000) });
  story.looksAt(processCheck, 5, 'healthy', { latencyMs: durationMs(900) });
  assert.deepEqual(story.view('latency').events, { good: 10, bad: 2, excused: 0 });
  assert.deepEqual(story.view('availability').events, { good: 17, bad: 5, excused: 0 });
});

const shared = (
  story: Story,
  share: 'upstream' | 'watchman' | 'maintenance' | 'no-data' | 'stopped',
  count: number,
): void => {
  const { budget, events } = story.view('availability');
  assert.equal(budget?.shares[share], count);
  assert.deepEqual([budget?.used, events.excused], [0, count]);
};

test('what it needs, even through another, is upstream', () => {
  const story = new Story(town());
  story.looksAt(http, 10, 'healthy');
  story.look(checkOf('db'), 'unhealthy');
  story.looksAt(http, 3, 'unhealthy');
  shared(story, 'upstream', 3);
  story.look(checkOf('db'), 'healthy');
  for (const _ of [1, 2]) {
    story.looksAt(http, 1, 'unhealthy');
    story.looksAtNeeds('healthy');
  }
  assert.equal(story.view('availability').budget?.used, 2);
});

test('the watchman answers for his own eyes', () => {
  const story = new Story(alone());
  story.looksAt(http, 10, 'healthy');
  story.canSee = false;
  story.looksAt(http, 3, 'unhealthy');
  story.canSee = true;
  story.looksAt(http, 1, 'unknown', { symptom: 'cannot-run' });
  shared(story, 'watchman', 4);
});

test('what nobody knows is nobody’s fault', () => {
  const story = new Story(alone());
  story.looksAt(http, 10, 'healthy');
  story.looksAt(http, 2, 'unknown');
  shared(story, 'no-data', 2);
});

test('agreed work is excused while it lasts', () => {
  const when = { kind: 'once', from: later(START, minutes(5)), to: later(START, minutes(10)) } as const;
  const story = new Story(siteOf([{ ...api, needs: [] }], [{ services: [], why: 'disks', when }]));
  story.looksAt(http, 9, 'healthy');
  story.looksAt(http, 10, 'unhealthy');
  shared(story, 'maintenance', 10);
  story.looksAt(http, 1, 'unhealthy');
  assert.equal(story.view('availability').budget?.used, 1);
});

test('what a person stopped burns nothing, whatever it needs; before and after, it is its own', () => {
  const story = new Story(town());
  story.looksAt(http, 200, 'healthy');
  story.look(checkOf('db'), 'unhealthy');
  story.stoppedSince = story.now;
  story.looksAt(http, 100, 'unhealthy');
  shared(story, 'stopped', 100);
  assert.deepEqual([story.view('availability').state, story.said], ['meeting', []]);
  story.stoppedSince = null;
  story.looksAtNeeds('healthy');
  story.looksAt(http, 1, 'unhealthy');
  story.stoppedSince = later(story.now, 1);
  story.looksAtNeeds('healthy');
  assert.equal(story.view('availability').budget?.used, 1, 'it was seen before the second stop, and judged in it');
  story.stoppedSince = null;
  story.looksAt(http, 60, 'unhealthy');
  assert.ok(story.said.some(({ kind }) => kind === 'burn-began'));
});

test('after a reload a target that was declared as before goes on; a changed one begins anew', () => {
  const story = new Story(alone());
  story.looksAt(http, 10, 'healthy');
  const [availability, latency] = api.targets;
  assert.ok(availability !== undefined && latency !== undefined);
  story.judging.setSite(siteOf([{ ...api, targets: [availability, { ...latency, objectivePercent: 95 }] }]));
  assert.equal(story.view('availability').events.good, 10);
  assert.equal(story.view('latency').events.good, 0);
  story.judging.setSite(siteOf([]));
  assert.equal(story.judging.view(targetId(serviceId('api'), 'latency')), null);
});

test('amounts of a source', () => {
  const story = new Story(alone());
  const id = targetId(serviceId('api'), 'availability');
  story.judging.sawEvents(id, story.now, { good: 990, bad: 10 });
  assert.deepEqual(story.view('availability').events, { good: 990, bad: 10, excused: 0 });
});

const burns = (story: Story): readonly string[] =>
  story.said.flatMap((message) => {
    if (message.kind === 'burn-began') return [`began ${message.alert.key}`];
    return message.kind === 'burn-over' ? [`over ${message.key} ${message.how}`] : [];
  });

const PAGE = 'target-burn:api.availability:SEV2';

/** A day of good looks and one hour of bad ones. */
const burning = (): Story => {
  const story = new Story(alone());
  story.looksAt(http, 2_880, 'healthy');
  story.looksAt(http, 120, 'unhealthy');
  return story;
};

test('a burn is told when it begins and when it is over, once', () => {
  const story = burning();
  const began = burns(story);
  assert.deepEqual([...new Set(began)], began, 'nothing is told twice');
  assert.equal(began[0], `began ${PAGE}`);
  const [first] = story.said;
  assert.ok(first?.kind === 'burn-began');
  assert.match(
    first.alert.steps.join(' '),
    /The rule: more than .* times as fast .*sereno target show api\.availability/,
  );
  story.looksAt(http, 7 * 2_880, 'healthy');
  assert.deepEqual(
    burns(story).filter((line) => line.includes(PAGE)),
    [`began ${PAGE}`, `over ${PAGE} measured`],
  );
  assert.deepEqual(
    began.map((line) => line.replace('began', 'over')).toSorted(),
    burns(story)
      .slice(began.length)
      .map((line) => line.replace(' measured', ''))
      .toSorted(),
  );
});

test('what is left of the budget is told when nothing is, and again when there is something', () => {
  const story = new Story(alone());
  const key = 'target-breach:api.availability';
  story.looksAt(http, 1_000, 'healthy');
  story.looksAt(http, 700, 'unhealthy');
  assert.equal(story.view('availability').state, 'exhausted');
  assert.deepEqual(
    burns(story).filter((line) => line.includes(key)),
    [`began ${key}`],
  );
  story.looksAt(http, 8 * 2_880, 'healthy');
  assert.deepEqual(
    burns(story).filter((line) => line.includes(key)),
    [`began ${key}`, `over ${key} measured`],
  );
});

test('a burn outlives a restart; what was forgotten is over when it could have burned again', () => {
  const story = burning();
  const known = story.said.flatMap((message) => (message.kind === 'burn-began' ? [message.alert] : []));
  const kept = story.judging.kept();
  const restarted = (isKept: boolean): Story => {
    const next = new Story(alone(), story.now);
    if (isKept) next.judging.takeUp(kept);
    next.judging.expectBurns(known);
    return next;
  };
  const goesOn = restarted(true);
  goesOn.looksAt(http, 10, 'unhealthy');
  assert.deepEqual(burns(goesOn).toSorted(), burns(story).toSorted());
  const forgotten = restarted(false);
  forgotten.looksAt(http, 10, 'healthy');
  assert.deepEqual(burns(forgotten), [], 'five minutes are less than its windows');
  forgotten.looksAt(http, 20 * 120, 'healthy');
  assert.deepEqual(burns(forgotten).toSorted(), known.map(({ key }) => `over ${key} measured`).toSorted());
});

test('a target that is taken out, or promised otherwise, burns no more', () => {
  const story = burning();
  const began = burns(story);
  story.judging.setSite(siteOf([]));
  assert.deepEqual(
    burns(story).slice(began.length),
    began.map((line) => `${line.replace('began', 'over')} unwatched`),
  );
  const next = new Story(siteOf([]));
  next.judging.expectBurns(story.said.flatMap((message) => (message.kind === 'burn-began' ? [message.alert] : [])));
  assert.equal(burns(next).length, began.length);
});

test('a target that is missed without burning as its rules say is shown, and nobody is called until its budget is gone', () => {
  const slow = { severity: 'SEV2', longMs: hours(1), shortMs: minutes(5), factor: 90 } as const;
  const promised = api.targets.map((target) => ({ ...target, burn: [slow] }));
  const story = new Story(siteOf([{ ...api, needs: [], targets: promised }]));
  for (let turn = 0; turn < 40; turn += 1) {
    story.looksAt(http, 9, 'healthy');
    story.looksAt(http, 1, 'unhealthy');
  }
  assert.deepEqual([story.view('availability').state, burns(story)], ['breached', []]);
  story.looksAt(http, 200, 'unhealthy');
  assert.deepEqual(
    [story.view('availability').state, burns(story).filter((line) => !line.includes('target-burn'))],
    ['exhausted', ['began target-breach:api.availability']],
  );
});
