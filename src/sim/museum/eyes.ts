// Eyes: probes that say more than they know, less than they saw, or nothing at all.

import type { Check } from '#kernel/check.ts';
import type { Observation } from '#kernel/observation.ts';
import type { Site } from '#kernel/site.ts';
import { instant, later, seconds } from '#kernel/time.ts';
import type { Sensor } from '#ports/sensor.ts';
import { exhibit, flat, type Mutant } from './exhibit.ts';
import { bentGate, deafTo, onGate, onKind, onWatch } from './graft.ts';
import { DENSE, GROPING, HALF_BLIND, HOUR_MS } from './seasons.ts';

type Report = (seen: Observation) => void;

/** Passes on what a probe saw, bent. */
const seeing =
  (bend: (seen: Observation) => Observation) =>
  (sensor: Sensor): Sensor => ({ probe: (check, report) => sensor.probe(check, (seen) => report(bend(seen))) });

const withChecks = (site: Site, change: Partial<Check>): Site => ({
  ...site,
  services: site.services.map((service) => ({
    ...service,
    checks: service.checks.map((check) => ({ ...check, ...change })),
  })),
});

/** One probe after the other: what hangs holds up all that wait behind it. */
const inOneRow = (sensor: Sensor): Sensor => {
  const row: (readonly [Check, Report])[] = [];
  const next = (): void => {
    const first = row[0];
    if (first === undefined) return;
    const [check, report] = first;
    sensor.probe(check, (seen) => {
      row.shift();
      report(seen);
      next();
    });
  };
  return {
    probe: (check, report) => {
      row.push([check, report]);
      if (row.length === 1) next();
    },
  };
};

/** A probe that never came back keeps its check for ever. */
const blockedByLost = (sensor: Sensor): Sensor => {
  const out = new Set<string>();
  return {
    probe: (check, report) => {
      if (out.has(check.id)) return;
      out.add(check.id);
      sensor.probe(check, (seen) => {
        out.delete(check.id);
        report(seen);
      });
    },
  };
};

/** Looks before a check's last answer is repeated for ever, as a page does whose prober has stopped. */
const LOOKS_BEFORE_FROZEN = 20;

const frozenPage = (sensor: Sensor): Sensor => {
  const looks = new Map<string, number>();
  const last = new Map<string, Observation>();
  return {
    probe: (check, report) => {
      const count = (looks.get(check.id) ?? 0) + 1;
      looks.set(check.id, count);
      const kept = last.get(check.id);
      if (count > LOOKS_BEFORE_FROZEN && kept !== undefined) return report(kept);
      return sensor.probe(check, (seen) => {
        if (seen.state === 'healthy') last.set(check.id, seen);
        report(seen);
      });
    },
  };
};

const BELIEVING: readonly Mutant[] = [
  exhibit(
    {
      name: 'unknown is healthy',
      missing: 'what could not be seen is taken for well',
      killers: ['unknown-is-not-healthy', 'down-is-not-healthy'],
    },
    {
      name: 'Kubernetes',
      happened: 'With ExecProbeTimeout=false, probes that took longer than their timeout always counted as a success.',
      link: 'https://github.com/kubernetes/kubernetes/issues/100198',
    },
    {
      sensor: seeing((seen) => (seen.state === 'unknown' ? { ...seen, state: 'healthy', symptom: 'none' } : seen)),
    },
  ),
  exhibit(
    {
      name: 'unknown is down',
      missing: 'a probe that could not be run is taken for a failure of the service',
      killers: ['no-needless-restart'],
    },
    {
      name: 'Kubernetes',
      happened:
        'A liveness probe whose command the runtime could not even start counted as failed, and the healthy container was restarted.',
      link: 'https://github.com/kubernetes/kubernetes/issues/89862',
    },
    {
      sensor: seeing((seen) => (seen.state === 'unknown' ? { ...seen, state: 'unhealthy', symptom: 'timeout' } : seen)),
      faults: { ...DENSE, sensor: { ...GROPING.sensor, cannotRunRate: 0.2 } },
    },
  ),
  exhibit(
    {
      name: 'one failed look is enough',
      missing: 'a failure is believed at the first look',
      killers: ['no-needless-restart'],
    },
    {
      name: 'monit',
      happened: '"For 4 cycles" was not respected: the action came after the first failure.',
      link: 'https://bitbucket.org/tildeslash/monit/issues/1030',
    },
    { site: (site) => withChecks(site, { fall: 1 }), faults: GROPING },
  ),
  exhibit(
    {
      name: 'one row of probes',
      missing: 'a probe waits for the one before it',
      killers: ['seen', 'down-is-not-healthy'],
    },
    {
      name: 'monit',
      happened: 'Tests run one after the other, so one service that hangs delays the tests of all others.',
      link: 'https://bitbucket.org/tildeslash/monit/issues/536',
    },
    { sensor: inOneRow, faults: GROPING },
  ),
  exhibit(
    {
      name: 'a lost probe keeps its check',
      missing: 'a probe that never reports is waited for, for ever',
      killers: ['seen'],
    },
    {
      name: 'Uptime Kuma',
      happened:
        'Monitors got stuck over night: no new checks, nothing on the timeline, until somebody paused and resumed them.',
      link: 'https://github.com/louislam/uptime-kuma/issues/736',
    },
    { sensor: blockedByLost, faults: GROPING },
  ),
  exhibit(
    {
      name: 'a frozen page',
      missing: 'an old answer is shown as if it were a new one',
      killers: ['down-is-not-healthy', 'unknown-is-not-healthy'],
    },
    {
      name: 'Uptime Kuma',
      happened: 'The prober had stopped, and the status page went on to show everything green.',
      link: 'https://github.com/louislam/uptime-kuma/issues/737',
    },
    { sensor: frozenPage },
  ),
];

const DOUBTING: readonly Mutant[] = [
  exhibit(
    { name: 'never in doubt', missing: 'the gate never suspects its own eyes', killers: ['no-needless-restart'] },
    {
      name: 'Uptime Kuma',
      happened: 'When the prober loses its own connection, every service is reported as down.',
      link: 'https://github.com/louislam/uptime-kuma/issues/774',
    },
    {
      machine: bentGate((gate) => ({ ...gate, suspicion: null, canary: null })),
      faults: HALF_BLIND,
      town: flat,
    },
  ),
  exhibit(
    {
      name: 'no correlated guard',
      missing: 'the gate does not hear of trouble that was seen through probes',
      killers: ['no-needless-restart'],
    },
    {
      name: 'Kubernetes',
      happened:
        'A liveness probe that failed on all pods at once restarted all of them, and a degraded application was hard down.',
      link: 'https://github.com/kubernetes/kubernetes/issues/66230',
    },
    {
      machine: onKind(
        'gate',
        deafTo(
          (event) =>
            event.kind === 'told' &&
            event.message.kind === 'health' &&
            event.message.news.health === 'unhealthy' &&
            !event.message.news.isFirstHand,
        ),
      ),
      faults: HALF_BLIND,
      town: flat,
    },
  ),
  exhibit(
    {
      name: 'no look around',
      missing: 'the gate gives leave on the word of a probe without another look',
      killers: ['no-needless-restart'],
    },
    {
      name: 'GitHub',
      happened:
        'A loss of connection of 43 seconds was enough for an automatic failover, and for a day of degraded service.',
      link: 'https://github.blog/2018-10-30-oct21-post-incident-analysis/',
    },
    {
      machine: onGate(() => (gate, event, step) => {
        if (event.kind !== 'told' || event.message.kind !== 'may-i') return step(gate, event);
        const request = { ...event.message.request, isByProbeOnly: false };
        return step(gate, { ...event, message: { kind: 'may-i', request } });
      }),
      faults: { ...HALF_BLIND, sensor: { ...HALF_BLIND.sensor, pathHalfRate: 0 } },
      town: flat,
    },
  ),
  exhibit(
    {
      name: 'dazzled',
      missing: 'right after the eyes opened, what was seen before is acted upon',
      killers: ['no-needless-restart'],
    },
    {
      name: 'Uptime Kuma',
      happened:
        'Its connectivity check had to add a grace period after recovery, because old failures flapped when the connection came back.',
      link: 'https://github.com/louislam/uptime-kuma/pull/6942',
    },
    {
      machine: onGate(() => (gate, event, step) => {
        if (event.kind !== 'told' || event.message.kind !== 'may-i') return step(gate, event);
        const canary = gate.canary === null ? null : { ...gate.canary, since: instant(0) };
        const request = { ...event.message.request, isByProbeOnly: false };
        return step({ ...gate, canary, trustedSince: null }, { ...event, message: { kind: 'may-i', request } });
      }),
      faults: { ...DENSE, sensor: { ...DENSE.sensor, pathBrokenEveryMs: HOUR_MS / 4 } },
      town: flat,
    },
  ),
];

/** One look that fails, right after the start. */
const FIRST_LOOK_MS = 100;

const PATIENCE: readonly Mutant[] = [
  exhibit(
    {
      name: 'a slow start is a failure',
      missing: 'the watchman believes that everything starts within a tenth of a second',
      killers: ['patient'],
    },
    {
      name: 'Prometheus Operator',
      happened:
        'The liveness probe killed Prometheus about three seconds after each start, before it could ever become ready.',
      link: 'https://github.com/prometheus-operator/prometheus-operator/issues/319',
    },
    {
      site: (site) => ({
        ...site,
        services: site.services.map((service) => ({ ...service, startTimeoutMs: seconds(0.1) })),
      }),
    },
  ),
  exhibit(
    {
      name: 'old failures outlive the restart',
      missing: 'after a restart one failing look is enough for the next one',
      killers: ['patient'],
    },
    {
      name: 'monit',
      happened:
        'The fail counter is not reset by a restart: the program was restarted again at its first failing look, while it was still coming up.',
      link: 'https://bitbucket.org/tildeslash/monit/issues/787/fail-counter-does-not-reset-after-program',
    },
    {
      machine: onWatch(() => (watch, event, step) => {
        const { state, effects } = step(watch, event);
        const { remedy } = state;
        if (watch.remedy.kind === 'observing' || remedy.kind !== 'observing' || remedy.epoch === null)
          return { state, effects };
        const until = later(event.at, FIRST_LOOK_MS);
        const trial = { ...remedy.trial, healthyBy: until };
        return {
          state: { ...state, remedy: { ...remedy, trial, until } },
          effects: [...effects, { kind: 'wake', name: 'remedy', at: until }],
        };
      }),
    },
  ),
];

export const EYES: readonly Mutant[] = [...BELIEVING, ...DOUBTING, ...PATIENCE];
