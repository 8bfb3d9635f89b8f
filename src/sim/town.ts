// Town: a random site, drawn from the seed: services in two tiers, what they need, how they are checked, and a policy.
//
// The numbers are those of a small company, bent where a day must be short: checks every 10 s that slow down to one
// a minute, three restarts an hour, half a minute of stability. One town in eight has a never-rule, one in eight a
// freeze window, one in eight is supervised by people; the watchman must be right in all of them.

import { hash } from 'node:crypto';
import type { Check, Probe } from '#kernel/check.ts';
import { checkId, personId, serviceId, type ServiceId } from '#kernel/id.ts';
import type { Policy } from '#kernel/policy.ts';
import type { Service, Workload } from '#kernel/service.ts';
import type { Site } from '#kernel/site.ts';
import { hours, instant, later, minutes, seconds, type DurationMs, type Instant } from '#kernel/time.ts';
import type { Chance } from './chance.ts';

/** One service in four answers to a second check of its process. */
const PROCESS_CHECK_RATE = 0.25;
const RARE_RATE = 1 / 8;
/** Services that serve more than the limit of 25 % need a person's leave to be restarted. */
const HEAVY_TRAFFIC_RATE = 0.15;

/** Everything starts on a Saturday night at 22:00 UTC: nobody is awake. */
export const NIGHTFALL: Instant = instant(Date.UTC(2026, 10, 21, 22, 0, 0));

export const OPERATOR = personId('ana');
export const APPROVER = personId('bo');

const checkOf = (service: ServiceId, kind: string, probe: Probe, slowestMs: DurationMs): Check => ({
  id: checkId(`${service}/${kind}`),
  service,
  probe,
  everyMs: seconds(10),
  slowestMs,
  timeoutMs: seconds(2),
  rise: 2,
  fall: 3,
  retries: 0,
});

const httpProbe = (port: number): Probe => ({
  kind: 'http',
  url: `http://127.0.0.1:${port}/health`,
  method: 'GET',
  headers: {},
  expect: { status: [200] },
});

const workloadOf = (chance: Chance, index: number): Workload =>
  chance.hits(0.8)
    ? {
        kind: 'process',
        command: ['/opt/town/program', String(index)],
        cwd: null,
        env: {},
        stopSignal: 'SIGTERM',
        stopTimeoutMs: seconds(5),
        standby: 'none',
      }
    : {
        kind: 'command',
        start: `/opt/town/start ${index}`,
        stop: `/opt/town/stop ${index}`,
        status: null,
        timeoutMs: seconds(10),
      };

/** How slow the checks of a healthy town become. A day of 20 services at a minute is 29,000 probes, at five 6,000. */
const SLOWEST: readonly DurationMs[] = [minutes(1), minutes(2), minutes(5)];

type Plan = { readonly coreCount: number; readonly slowestMs: DurationMs };

const serviceOf = (chance: Chance, index: number, earlier: readonly Service[], plan: Plan): Service => {
  const { coreCount, slowestMs } = plan;
  const isCore = index < coreCount;
  const id = serviceId(isCore ? `core${index}` : `app${index}`);
  const wanted = earlier.length === 0 ? 0 : chance.between(isCore ? 0 : 1, isCore ? 1 : 3);
  const needs = new Set<ServiceId>();
  for (let draw = 0; draw < wanted; draw += 1) {
    const need = chance.pick(earlier);
    if (need !== null) needs.add(need.id);
  }
  const http = checkOf(id, 'http', httpProbe(8_000 + index), slowestMs);
  const isDoubled = chance.hits(PROCESS_CHECK_RATE);
  return {
    id,
    tier: isCore ? 'core' : 'app',
    owner: OPERATOR,
    needs: [...needs],
    mustRun: true,
    trafficPercent: chance.hits(HEAVY_TRAFFIC_RATE) ? chance.between(26, 60) : chance.between(0, 5),
    replicas: 1,
    workload: workloadOf(chance, index),
    checks: isDoubled ? [http, checkOf(id, 'process', { kind: 'process' }, slowestMs)] : [http],
    targets: [],
    restartBudget: { count: 3, windowMs: hours(1) },
    stableAfterMs: seconds(30),
    startTimeoutMs: seconds(20),
  };
};

const policyOf = (chance: Chance): Policy => {
  const neverStop = chance.hits(RARE_RATE);
  const isFrozen = chance.hits(RARE_RATE);
  const isSupervised = chance.hits(RARE_RATE);
  const freezeFrom = later(NIGHTFALL, chance.below(hours(12)));
  return {
    autonomy: isSupervised ? 2 : 4,
    allow: ['restart', 'start', 'stop'],
    approval: [{ kind: 'traffic-over', percent: 25, from: 'approver' }],
    never: neverStop ? [{ text: 'never stop anything at night', forbids: ['stop'] }] : [],
    freeze: isFrozen ? [{ from: freezeFrom, to: later(freezeFrom, hours(1)), except: ['start'] }] : [],
    restartBudget: { count: 3, windowMs: hours(1) },
    trafficLimitPercent: 25,
  };
};

/** Draws a site with `serviceCount` services; those that are needed come before those that need them. */
export const drawTown = (chance: Chance, serviceCount: number): Site => {
  const policy = policyOf(chance);
  const coreCount = Math.max(1, Math.round(serviceCount * 0.25));
  const slowestMs = chance.pick(SLOWEST) ?? minutes(1);
  const services: Service[] = [];
  for (let index = 0; index < serviceCount; index += 1) {
    services.push(serviceOf(chance, index, services, { coreCount, slowestMs }));
  }
  return siteOf(services, policy);
};

/** A site around given services, with the people and routes of every simulated town. */
export const siteOf = (services: readonly Service[], policy: Policy): Site => ({
  name: 'simulated town',
  environment: 'production',
  timezone: 'UTC',
  services,
  sources: [],
  people: [
    { id: OPERATOR, roles: ['operator'], contact: {} },
    { id: APPROVER, roles: ['operator', 'approver'], contact: {} },
  ],
  onCall: [OPERATOR, APPROVER],
  policyAuthor: APPROVER,
  policy,
  channels: [{ name: 'terminal', kind: 'terminal', url: null }],
  routes: { SEV1: ['terminal'], SEV2: ['terminal'], SEV3: ['terminal'], SEV4: ['terminal'] },
  maintenance: [],
  anomaly: { perWeek: 1 },
  metricsCapBytes: null,
  codex: null,
  model: null,
  heartbeat: null,
  declared: [],
  secrets: [],
  digest: hash('sha256', JSON.stringify([services, policy]), 'hex'),
});
