// When in doubt, look again: the real round and the real judges in virtual time, with and without the extra looks.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Check } from '#kernel/check.ts';
import { checkId, serviceId } from '#kernel/id.ts';
import type { Service } from '#kernel/service.ts';
import type { Site } from '#kernel/site.ts';
import { targetId, type Target } from '#kernel/target.ts';
import { durationMs, hours, instant, minutes, seconds, type Instant } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import { Judging } from './judging.ts';
import { Round } from './round.ts';

/** Runs timers in their order, in no time. */
const makeVirtualClock = () => {
  let now = 1_800_000_000_000;
  let tasks: { readonly at: Instant; readonly task: () => void }[] = [];
  const clock: Clock = {
    now: () => instant(now),
    at: (when, task) => {
      const entry = { at: when, task };
      tasks.push(entry);
      return () => (tasks = tasks.filter((it) => it !== entry));
    },
    chance: () => 0.5,
  };
  const runFor = (ms: number): void => {
    const end = now + ms;
    for (;;) {
      const next = tasks.toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > end) break;
      tasks = tasks.filter((it) => it !== next);
      now = Math.max(now, next.at);
      next.task();
    }
    now = end;
  };
  return { clock, runFor };
};

/** One look a minute: the traffic of a prober, and the least that 99.9 % is promised of. */
const townOf = (services: number): Site => {
  const those = Array.from({ length: services }, (_, index): Service => {
    const id = serviceId(`s${index}`);
    const target: Target = {
      id: targetId(id, 'latency'),
      service: id,
      name: 'latency',
      indicator: { kind: 'latency', thresholdMs: durationMs(300) },
      objectivePercent: 99.9,
      window: { kind: 'rolling', lengthMs: hours(24 * 30) },
      budgeting: { method: 'occurrences' },
      burn: [],
      said: '99.9% under 300ms over 30d',
    };
    const check: Check = {
      id: checkId(`${id}/http`),
      service: id,
      probe: { kind: 'http', url: 'http://127.0.0.1/', method: 'GET', headers: {}, expect: { status: [200] } },
      everyMs: minutes(1),
      slowestMs: minutes(1),
      timeoutMs: seconds(5),
      rise: 2,
      fall: 3,
      retries: 0,
    };
    return { id, workload: { kind: 'none' }, needs: [], checks: [check], targets: [target] } as unknown as Service; // decoder: nothing else is read
  });
  return { services: those, maintenance: [], sources: [] } as unknown as Site; // decoder: nothing else is read
};

/** The same town; each service after the first needs the one before it, and is promised to answer. */
const chainOf = (services: number): Site => {
  const site = townOf(services);
  const chained = site.services.map((service, index) => ({
    ...service,
    needs: index === 0 ? [] : [serviceId(`s${index - 1}`)],
    targets: service.targets.map((target) => ({ ...target, indicator: { kind: 'availability' } as const })),
  }));
  return { ...site, services: chained };
};

/** How long an answer takes; null: there is none. */
type Town = { readonly latencyMs: (service: string) => number | null };

/** Runs a town for a day, and then until each answer is slow. `canLookAgain`: wishes are carried out. */
const stage = (services: number, canLookAgain: boolean, site = townOf(services)) => {
  const { clock, runFor } = makeVirtualClock();
  const told: { readonly service: string; readonly at: Instant }[] = [];
  const looks: Instant[] = [];
  let town: Town = { latencyMs: () => 20 };
  const judging = new Judging(site, {
    now: () => clock.now(),
    lastLook: (id) => round.lastObservation(id),
    canSee: () => true,
    tell: (service, message) => {
      if (message.kind === 'burn-began' && message.alert.severity === 'SEV2') told.push({ service, at: clock.now() });
    },
    lookAgain: (check, afterMs) => canLookAgain && round.lookAgain(check, afterMs),
  });
  const round: Round = new Round({
    clock,
    sensor: {
      probe: (check, report) => {
        looks.push(clock.now());
        const answeredMs = town.latencyMs(check.service);
        const state = answeredMs === null ? 'unhealthy' : 'healthy';
        const latencyMs = durationMs(answeredMs ?? 5_000);
        const at = instant(clock.now() + 5);
        clock.at(at, () => report({ check: check.id, at, state, symptom: 'none', latencyMs, message: '' }));
      },
    },
    metrics: { sample: () => {}, recent: () => [] },
    onChange: () => {},
    onLook: (check, seen) => judging.saw(check, seen),
  });
  round.setChecks(site.services.flatMap((service) => service.checks));
  return {
    clock,
    runFor,
    judging,
    round,
    told,
    looks,
    become: (next: Town) => {
      town = next;
    },
  };
};

/** Seconds from the first slow answer possible to the page. */
const detect = (canLookAgain: boolean): { readonly seconds: number; readonly looksAgain: number } => {
  const { clock, runFor, told, become, round } = stage(1, canLookAgain);
  runFor(hours(24));
  const brokeAt = clock.now();
  become({ latencyMs: () => 900 });
  runFor(minutes(10));
  const [first] = told;
  assert.ok(first !== undefined, 'the burn is told');
  return { seconds: (first.at - brokeAt) / 1_000, looksAgain: round.figures().looksAgainTotal };
};

test('an outage at one look a minute is told more than a minute sooner, for a few looks', () => {
  const [plain, again] = [detect(false), detect(true)];
  assert.ok(plain.seconds > 120 && plain.seconds <= 181, `${plain.seconds} s without`);
  assert.ok(again.seconds <= 91, `${again.seconds} s with`);
  assert.equal(plain.looksAgain, 0);
  assert.ok(again.looksAgain >= 2 && again.looksAgain <= 20, `${again.looksAgain} looks`);
});

test('a single slow answer costs at most five minutes of looks, and the extra ones weigh nothing in the budget', () => {
  const { runFor, become, told, looks, round, judging } = stage(1, true);
  runFor(hours(24));
  const before = looks.length;
  let isFirst = true;
  become({ latencyMs: () => (isFirst ? ((isFirst = false), 900) : 20) });
  runFor(hours(1));
  assert.deepEqual(told, []);
  const { looksAgainTotal } = round.figures();
  assert.ok(looksAgainTotal >= 1 && looksAgainTotal <= 20, `${looksAgainTotal} looks`);
  assert.ok(looks.length - before <= 60 + looksAgainTotal + 1);
  const view = judging.view(targetId(serviceId('s0'), 'latency'));
  assert.equal(view?.events.bad, 1);
  const good = (view?.events.good ?? 0) - 24 * 60;
  assert.ok(good >= 55 && good <= 60, `${good} good looks counted in the hour`);
});

test('a thousand doubts at once are no storm: there is room for twenty looks a second, ten seconds ahead', () => {
  const { round, runFor, clock } = stage(1_000, true);
  runFor(hours(2));
  const ask = (): number =>
    townOf(1_000)
      .services.flatMap((service) => service.checks)
      .filter((check) => round.lookAgain(check.id, seconds(15))).length;
  assert.equal(ask(), 200);
  assert.equal(round.lookAgain(checkId('nobody/http'), seconds(15)), false);
  const asked = clock.now();
  runFor(minutes(2));
  assert.ok(clock.now() > asked && round.figures().looksAgainTotal <= 200);
  assert.equal(ask(), 200, 'room comes back');
});

/** Of a chain of three the last ones fail; which services are told to burn, and how many seconds after the fault. */
const breakFrom = (first: number): { readonly told: readonly string[]; readonly seconds: number } => {
  const { clock, runFor, told, become } = stage(3, true, chainOf(3));
  runFor(hours(24));
  const brokeAt = clock.now();
  become({ latencyMs: (service) => (Number(service.slice(1)) >= first ? null : 20) });
  runFor(minutes(30));
  return { told: told.map(({ service }) => service), seconds: ((told[0]?.at ?? brokeAt) - brokeAt) / 1_000 };
};

test('of a chain that fails, only its cause burns; needs are asked, so that it is told hardly later', () => {
  const results = [0, 1, 2].map(breakFrom);
  assert.deepEqual(
    results.map(({ told }) => told),
    [['s0'], ['s1'], ['s2']],
  );
  for (const { seconds: afterS } of results) assert.ok(afterS > 0 && afterS <= 91 + 20, `${afterS} s`);
});

test('a look that is asked for from outside comes then, unless one is under way or due', () => {
  const { round, runFor, clock, looks } = stage(1, true);
  while (looks.length < 10) runFor(seconds(1));
  runFor(seconds(1));
  const id = checkId('s0/http');
  const dueAt = round.nextLookAt(id) ?? clock.now();
  const before = looks.length;
  assert.equal(round.lookAgain(id, durationMs(dueAt - clock.now() + 1)), false, 'it is due by then');
  assert.equal(round.lookAgain(id, seconds(1)), true);
  assert.equal(round.lookAgain(id, seconds(1)), false, 'it was asked for already');
  runFor(seconds(1));
  assert.equal(round.lookAgain(id, seconds(1)), false, 'it is under way');
  runFor(seconds(1));
  assert.equal(looks.length, before + 1);
  assert.equal(round.figures().looksAgainTotal, 1);
});
