// The fake actuator keeps the same contract as every real driver; its notifier and sensor keep theirs.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { effectKey, machineId } from '#kernel/id.ts';
import type { Notification } from '#kernel/notification.ts';
import type { Observation } from '#kernel/observation.ts';
import { instant } from '#kernel/time.ts';
import { actuatorContract, type ActuatorUnderTest } from '#ports/actuator.contract.ts';
import { FakeActuator } from './actuator.ts';
import { Chance } from './chance.ts';
import { NO_FAULTS, STORM, type Faults } from './faults.ts';
import { Hands } from './hands.ts';
import { CANARY } from './machines.ts';
import { FakeNotifier, Mailbox } from './notifier.ts';
import { FakeSensor } from './sensor.ts';
import { NO_TAMPERING } from './tampering.ts';
import { Timeline } from './timeline.ts';
import { drawTown, NIGHTFALL } from './town.ts';
import { Weather } from './weather.ts';
import { World, type Unit } from './world.ts';

type Ground = { readonly timeline: Timeline; readonly world: World; readonly weather: Weather; readonly hands: Hands };

const makeGround = (faults: Faults): Ground => {
  const timeline = new Timeline(NIGHTFALL);
  const world = new World(drawTown(new Chance(1, 'town'), 4), timeline, new Chance(1, 'world'));
  const weather = new Weather(timeline, new Chance(1, 'weather'), faults);
  const hands = new Hands({
    world,
    chance: new Chance(1, 'hands'),
    faults: () => faults,
    listener: { began: () => undefined, ended: () => undefined },
    minds: NO_TAMPERING,
  });
  return { timeline, world, weather, hands };
};

const afterIn =
  ({ timeline }: Ground) =>
  (delayMs: number, task: () => void): void =>
    void timeline.post(timeline.nowMs() + delayMs, task);

const firstUnit = ({ world }: Ground): Unit => world.units[0] ?? assert.fail('a town has a first service');

const open = (ground: Ground, count: { starts: number }): ActuatorUnderTest => {
  const { timeline, world, weather, hands } = ground;
  const unit = firstUnit(ground);
  const actuator = new FakeActuator({
    world,
    hands,
    weather,
    chance: new Chance(1, 'actuator'),
    run: 1,
    now: () => instant(timeline.nowMs()),
    after: afterIn(ground),
    onDispatched: () => undefined,
  });
  return {
    actuator,
    service: unit.service,
    settle: (ms) => {
      timeline.runTo(timeline.nowMs() + ms);
      return Promise.resolve();
    },
    copies: () => unit.copies,
    starts: () => count.starts,
    crash: () => world.end(unit, { code: 1, signal: null, isOutOfMemory: false, isOwn: false }),
    tellsExits: true,
    reopen: () => open(ground, count),
    close: () => Promise.resolve(),
  };
};

actuatorContract('the simulated hands', () => {
  const ground = makeGround(NO_FAULTS);
  const count = { starts: 0 };
  ground.world.listen({
    ended: () => undefined,
    turned: () => undefined,
    spawned: () => {
      count.starts += 1;
    },
  });
  return open(ground, count);
});

test('a notifier reports once; the far side drops a key that it has had, and compares the news', () => {
  const ground = makeGround(NO_FAULTS);
  const had: (readonly [string, boolean])[] = [];
  const mailbox = new Mailbox((news, earlier) => had.push([news.title, earlier === null]));
  const notifier = new FakeNotifier({
    mailbox,
    weather: ground.weather,
    chance: new Chance(1, 'notifier'),
    after: afterIn(ground),
  });
  const news: Notification = {
    key: 'trouble:api@1',
    kind: 'trouble',
    severity: 'SEV3',
    subject: 'api',
    title: 'api: down',
    body: '',
    people: [],
    at: instant(NIGHTFALL),
  };
  let reports = 0;
  for (const round of [1, 2]) {
    const key = effectKey(machineId('watch', 'api'), round, 0);
    notifier.deliver(key, news, ({ isDelivered }) => {
      assert.equal(isDelivered, true);
      reports += 1;
    });
  }
  ground.timeline.runTo(ground.timeline.nowMs() + 10_000);
  assert.deepEqual(had, [
    ['api: down', true],
    ['api: down', false],
  ]);
  assert.equal(reports, 2);
});

test('a sensor sees the world as it is, and a broken path as unknown or as silence', () => {
  const ground = makeGround(NO_FAULTS);
  const unit = firstUnit(ground);
  const { timeline, weather, world } = ground;
  const sensor = new FakeSensor({
    world,
    weather,
    chance: new Chance(1, 'sensor'),
    now: () => instant(timeline.nowMs()),
    after: afterIn(ground),
  });
  const [check] = unit.service.checks;
  assert.ok(check !== undefined);
  const look = (asked: typeof check): string => {
    const seen: Observation[] = [];
    sensor.probe(asked, (observation) => seen.push(observation));
    timeline.runTo(timeline.nowMs() + asked.timeoutMs + 1);
    assert.equal(seen.length, 1, 'one report for one probe, within the timeout');
    return `${seen[0]?.state} ${seen[0]?.symptom}`;
  };
  assert.equal(look(check), 'unhealthy refused');
  world.spawn(unit);
  timeline.runTo(timeline.nowMs() + 5_000);
  assert.equal(look(check), 'healthy none');
  world.sicken(unit, 'hung', Number.POSITIVE_INFINITY);
  assert.equal(look(check), 'unhealthy timeout');
  assert.equal(look(CANARY), 'healthy none');
  weather.breakPath(60_000, true);
  assert.equal(look(CANARY), 'unknown cannot-run');
  weather.breakPath(60_000, false);
  assert.equal(look(CANARY), 'unhealthy timeout');
});

test('a storm loses and repeats reports, and still carries each key out once', () => {
  const faults: Faults = { ...STORM, actuator: { ...STORM.actuator, loseReportRate: 0.3, repeatReportRate: 0.3 } };
  const ground = makeGround(faults);
  const count = { starts: 0 };
  ground.world.listen({
    ended: () => undefined,
    turned: () => undefined,
    spawned: () => {
      count.starts += 1;
    },
  });
  const under = open(ground, count);
  const key = effectKey(machineId('watch', under.service.id), 1, 0);
  const operation = { action: 'start', subject: under.service.id, epoch: 1, timeoutMs: CANARY.timeoutMs } as const;
  for (let ask = 0; ask < 50; ask += 1) under.actuator.operate(key, operation, under.service, () => undefined);
  ground.timeline.runTo(ground.timeline.nowMs() + 60_000);
  assert.ok(count.starts <= 1, `${count.starts} starts`);
});
