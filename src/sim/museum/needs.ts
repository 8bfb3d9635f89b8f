// Needs: symptoms treated for causes, and an order that nobody keeps.

import type { ActionRequest } from '#kernel/action.ts';
import { SERENO } from '#kernel/actor.ts';
import type { Effect } from '#kernel/effect.ts';
import { GATE, INCIDENTS, watchMachine } from '#kernel/site.ts';
import type { Stepped } from '#kernel/step.ts';
import { later, type Instant } from '#kernel/time.ts';
import type { Watch } from '#loop/watchState.ts';
import { exhibit, type Mutant } from './exhibit.ts';
import { deafTo, isTold, onKind, onStartup, onWatch } from './graft.ts';
import { MINUTE_MS, MORTAL } from './seasons.ts';

const isWaitingNow = (before: Watch, after: Watch): boolean =>
  after.remedy.kind === 'waiting' && after.remedy.on !== null && before.remedy.kind !== 'waiting';

const COME_DOWN = { kind: 'come-down' } as const;

/** The request of a start that looks at nobody else. */
const startNow = (watch: Watch, at: Instant): Stepped<Watch> => {
  const token = watch.token + 1;
  const request: ActionRequest = {
    action: 'start',
    subject: watch.service,
    by: SERENO,
    why: 'start-up',
    cause: null,
    isByProbeOnly: false,
    radius: { trafficPercent: 0, services: [] },
    token,
  };
  const remedy = { kind: 'asking', token, action: 'start', since: at, isProbation: false } as const;
  return {
    state: { ...watch, isComingUp: true, token, remedy },
    effects: [
      { kind: 'tell', to: GATE, message: { kind: 'may-i', request } },
      { kind: 'wake', name: 'remedy', at: later(at, MINUTE_MS) },
    ],
  };
};

export const NEEDS: readonly Mutant[] = [
  exhibit(
    {
      name: 'dependencies unknown',
      missing: 'the watchman does not know who needs whom',
      killers: ['cause-first', 'one-page-one-cause'],
    },
    {
      name: 'Kubernetes',
      happened: 'Liveness probes that fail because of a database outside the container provoke endless restart loops.',
      link: 'https://github.com/kubernetes/kubernetes/issues/57187',
    },
    { site: (site) => ({ ...site, services: site.services.map((service) => ({ ...service, needs: [] })) }) },
  ),
  exhibit(
    {
      name: 'all start at once',
      missing: 'start-up does not wait for what a service needs',
      killers: ['needs-first'],
    },
    {
      name: 'supervisord',
      happened:
        'It starts all processes at the same time; users have asked since 2012 that one wait until another is running.',
      link: 'https://github.com/Supervisor/supervisor/issues/122',
    },
    {
      machine: onWatch(() => (watch, event, step) => {
        const isIdle = !watch.isRunning && watch.wanted === 'running' && watch.remedy.kind === 'none';
        return isTold(event, 'come-up') && isIdle ? startNow(watch, event.at) : step(watch, event);
      }),
      faults: MORTAL,
    },
  ),
  exhibit(
    {
      name: 'all stop at once',
      missing: 'an orderly end does not wait for those who need a service',
      killers: ['dependants-first'],
    },
    {
      name: 'podman-compose',
      happened:
        'Down stops services in the order in which they were started: the database goes before the programs that still write to it.',
      link: 'https://github.com/containers/podman-compose/issues/353',
    },
    {
      machine: onStartup(() => (startup, event, step) => {
        const { state, effects } = step(startup, event);
        if (event.kind !== 'shutdown') return { state, effects };
        const all = state.waitingFor.map((id): Effect => ({ kind: 'tell', to: watchMachine(id), message: COME_DOWN }));
        return { state, effects: [...effects, ...all] };
      }),
      faults: MORTAL,
    },
  ),
  exhibit(
    {
      name: 'left waiting',
      missing: 'a service that waits does not hear that what it waits for is back',
      killers: ['unblocked'],
    },
    {
      name: 'systemd',
      happened:
        'When a required service fails and comes back, the service that failed for want of it is not started again.',
      link: 'https://github.com/systemd/systemd/issues/1312',
    },
    {
      machine: onKind(
        'watch',
        deafTo((event) => event.kind === 'told' && event.message.kind === 'health' && event.message.token === null),
      ),
    },
  ),
  exhibit(
    {
      name: 'the symptom is paged',
      missing: 'who waits for something that is down calls people as well',
      killers: ['one-page-one-cause'],
    },
    {
      name: 'Alertmanager',
      happened: 'After a restart the alert that another one inhibits is often sent out once.',
      link: 'https://github.com/prometheus/alertmanager/issues/2628',
    },
    {
      machine: onWatch(() => (watch, event, step) => {
        const { state, effects } = step(watch, event);
        if (!isWaitingNow(watch, state) || state.trouble === null) return { state, effects };
        const { trigger, since } = state.trouble;
        const title = `${state.service}: ${trigger}`;
        const escalation = {
          subject: state.service,
          severity: 'SEV2',
          title,
          ladder: [],
          reasons: state.decided,
          trigger,
          since,
        } as const;
        return {
          state: { ...state, trouble: { ...state.trouble, isNotified: true, isEscalated: true } },
          effects: [...effects, { kind: 'tell', to: INCIDENTS, message: { kind: 'escalate', escalation } }],
        };
      }),
    },
  ),
  exhibit(
    {
      name: 'inhibited is resolved',
      missing: 'a service whose cause was found is reported as well',
      killers: ['recovery-is-true'],
    },
    {
      name: 'Alertmanager',
      happened: 'Alerts that became inhibited by another one were sent out as resolved.',
      link: 'https://github.com/prometheus/alertmanager/issues/891',
    },
    {
      machine: onWatch(() => (watch, event, step) => {
        const { state, effects } = step(watch, event);
        if (!isWaitingNow(watch, state) || state.trouble === null) return { state, effects };
        const notification = {
          key: `recovered:${state.service}@${event.at}`,
          kind: 'recovered',
          severity: 'SEV3',
          subject: state.service,
          title: `${state.service}: well again`,
          body: '',
          people: [],
          at: event.at,
        } as const;
        return { state, effects: [...effects, { kind: 'notify', notification }] };
      }),
    },
  ),
];
