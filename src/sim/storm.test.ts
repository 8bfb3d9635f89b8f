// One cause with 500 dependants down, on the real loop: one message to people, the cause named first, 500 symptoms kept.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkId, serviceId } from '#kernel/id.ts';
import type { Service } from '#kernel/service.ts';
import { hours, seconds } from '#kernel/time.ts';
import { NO_FAULTS } from './faults.ts';
import { DEFAULTS, Simulation } from './simulation.ts';
import { siteOf } from './town.ts';

const DEPENDANTS = 500;

const service = (name: string, needs: readonly string[]): Service => ({
  id: serviceId(name),
  tier: needs.length === 0 ? 'core' : 'app',
  owner: null,
  needs: needs.map((need) => serviceId(need)),
  mustRun: true,
  trafficPercent: 0,
  replicas: 1,
  workload: {
    kind: 'process',
    command: [`/opt/${name}`],
    cwd: null,
    env: {},
    stopSignal: 'SIGTERM',
    stopTimeoutMs: seconds(5),
    standby: 'none',
  },
  checks: [
    {
      id: checkId(`${name}/http`),
      service: serviceId(name),
      probe: { kind: 'http', url: `http://${name}/`, method: 'GET', headers: {}, expect: { status: [200] } },
      everyMs: seconds(2),
      slowestMs: seconds(10),
      timeoutMs: seconds(1),
      rise: 2,
      fall: 3,
      retries: 0,
    },
  ],
  targets: [],
  restartBudget: { count: 3, windowMs: hours(1) },
  stableAfterMs: seconds(30),
  startTimeoutMs: seconds(20),
});

test('one cause with 500 dependants down is one page, and names the cause', () => {
  const apps = Array.from({ length: DEPENDANTS }, (_, index) => service(`app${index}`, ['root']));
  const site = siteOf([service('root', []), ...apps], {
    autonomy: 4,
    allow: ['restart', 'start', 'stop'],
    approval: [],
    never: [],
    freeze: [],
    restartBudget: { count: 3, windowMs: hours(1) },
    trafficLimitPercent: 25,
  });
  const trace: string[] = [];
  const faults = { ...NO_FAULTS, people: { ...NO_FAULTS.people, acknowledgeRate: 0 } };
  const simulation = new Simulation({ ...DEFAULTS, seed: 1, faults, site, onTrace: (line) => trace.push(line) });
  simulation.keeper.begin();
  simulation.runFor(300_000);
  trace.length = 0;
  const root = simulation.world.unit(serviceId('root'));
  assert.ok(root !== null);
  simulation.world.beginTrouble(root, 'stubborn', 30 * 60_000);
  simulation.world.sicken(root, 'hung', Number.POSITIVE_INFINITY);
  simulation.timeline.post(simulation.timeline.nowMs(), () => simulation.world.refresh());
  simulation.runFor(10 * 60_000);
  const told = trace.filter((line) => / told \(/.test(line));
  const pages = told.filter((line) => line.includes('told (page)'));
  assert.equal(pages.length, 1, pages.join('\n'));
  assert.match(pages[0] ?? '', /root/);
  assert.deepEqual(
    told.filter((line) => / app\d+:/.test(line)),
    [],
    'a symptom is told of',
  );
  const inhibited = trace.flatMap((line) => /alert\.inhibited: (app\d+)\/http: .* it needs root/.exec(line)?.[1] ?? []);
  assert.equal(new Set(inhibited).size, DEPENDANTS);
  assert.equal(simulation.report().violation, null);
});
