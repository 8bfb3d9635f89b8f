// Hour: the same crash loops in the simulator, where an hour costs a second: the real engine, a clock of its own.

import { checkId, serviceId } from '#kernel/id.ts';
import type { RestartBudget, Service } from '#kernel/service.ts';
import type { Site } from '#kernel/site.ts';
import { seconds } from '#kernel/time.ts';
import { NO_FAULTS } from '#sim/faults.ts';
import { DEFAULTS, Simulation } from '#sim/simulation.ts';
import { siteOf } from '#sim/town.ts';

/** A loop: how long the first life of all lasts, and every later one. */
export type Loop = { readonly name: string; readonly firstMs: number; readonly lifeMs: number };

/** What one loop did in one world. */
export type Outcome = {
  readonly restarts: readonly number[];
  /** Most restarts in any window of the length of the budget. */
  readonly worstWindow: number;
  /** From the moment of quarantine to the page; null when there was none. */
  readonly pagedAfterMs: number | null;
  readonly pages: number;
  /** From the end of the fault to the start that lasted; null when it did not come in the hours that were watched. */
  readonly healedAfterMs: number | null;
  readonly isHealthy: boolean;
  readonly violation: string | null;
};

const MINUTE_MS = 60_000;
const SETTLE_MS = MINUTE_MS;

const serviceOf = (budget: RestartBudget): Service => ({
  id: serviceId('unit'),
  tier: 'app',
  owner: null,
  needs: [],
  mustRun: true,
  trafficPercent: 0,
  replicas: 1,
  workload: {
    kind: 'process',
    command: ['/opt/unit'],
    cwd: null,
    env: {},
    stopSignal: 'SIGTERM',
    stopTimeoutMs: seconds(5),
    standby: 'none',
  },
  checks: [
    {
      id: checkId('unit/http'),
      service: serviceId('unit'),
      probe: { kind: 'http', url: 'http://unit/', method: 'GET', headers: {}, expect: { status: [200] } },
      everyMs: seconds(1),
      slowestMs: seconds(1),
      timeoutMs: seconds(1),
      rise: 2,
      fall: 3,
      retries: 0,
    },
  ],
  targets: [],
  restartBudget: budget,
  stableAfterMs: seconds(10),
  startTimeoutMs: seconds(10),
});

const townOf = (budget: RestartBudget): Site =>
  siteOf([serviceOf(budget)], {
    autonomy: 4,
    allow: ['restart', 'start', 'stop'],
    approval: [],
    never: [],
    freeze: [],
    restartBudget: budget,
    trafficLimitPercent: 25,
  });

/** Lets a loop run for `faultMs`, and the world go on for `restMs` after it. */
export const simulateLoop = (
  loop: Loop,
  budget: RestartBudget,
  span: { readonly seed: number; readonly faultMs: number; readonly restMs: number },
): Outcome => {
  const pages: number[] = [];
  const simulation = new Simulation({
    ...DEFAULTS,
    seed: span.seed,
    faults: { ...NO_FAULTS, people: { ...NO_FAULTS.people, acknowledgeRate: 0 } },
    site: townOf(budget),
    onTrace: (line) => {
      if (line.includes('told (page)')) pages.push(simulation.timeline.nowMs());
    },
  });
  const { world, timeline } = simulation;
  simulation.keeper.begin();
  simulation.runFor(SETTLE_MS);
  const faultEndMs = timeline.nowMs() + span.faultMs;
  const restarts: number[] = [];
  const unit = world.unit(serviceId('unit'));
  if (unit === null) throw new Error('the town has no unit');
  const dieAfter = (lifeMs: number): void => {
    const { pid } = unit;
    timeline.post(timeline.nowMs() + lifeMs, () => {
      if (unit.pid !== pid) return;
      world.end(unit, { code: 1, signal: null, isOutOfMemory: false, isOwn: false });
      world.refresh();
    });
  };
  world.listen({
    ended: () => undefined,
    turned: () => undefined,
    spawned: () => {
      restarts.push(timeline.nowMs());
      if (timeline.nowMs() < faultEndMs) dieAfter(loop.lifeMs);
    },
  });
  dieAfter(loop.firstMs);
  simulation.runFor(span.faultMs + span.restMs);
  const quarantine = simulation.disk.evidence.find((record) => record.type === 'quarantined')?.at ?? null;
  const firstPage = pages[0];
  const cure = restarts.find((at) => at >= faultEndMs);
  return {
    restarts,
    worstWindow: worst(restarts, budget.windowMs),
    pagedAfterMs: quarantine === null || firstPage === undefined ? null : firstPage - quarantine,
    pages: pages.length,
    healedAfterMs: cure === undefined ? null : cure - faultEndMs,
    isHealthy: world.works(0),
    violation: simulation.report().violation?.detail ?? null,
  };
};

/** Most instants in any window of this length, wherever it is laid; half open, as the budget counts. */
export const worst = (instants: readonly number[], windowMs: number): number =>
  Math.max(0, ...instants.map((start) => instants.filter((at) => at >= start && at < start + windowMs).length));
