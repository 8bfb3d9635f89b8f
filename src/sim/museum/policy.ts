// Policy: what people have said is written down, and not kept to.

import { personId } from '#kernel/id.ts';
import type { Site } from '#kernel/site.ts';
import { later, minutes } from '#kernel/time.ts';
import type { Gate } from '#loop/gateState.ts';
import { NIGHTFALL } from '../town.ts';
import { exhibit, ownGuard, type Mutant } from './exhibit.ts';
import { bentGate, bentWatch, onGate } from './graft.ts';
import { DENSE, MINUTE_MS } from './seasons.ts';

const withPolicy = (site: Site, change: Partial<Site['policy']>): Site => ({
  ...site,
  policy: { ...site.policy, ...change },
});

/** Every service serves more than the limit, so that every restart of a working one needs a second person. */
const busyTown = (site: Site): Site => ({
  ...site,
  services: site.services.map((service) => ({ ...service, trafficPercent: 40 })),
});

/** A freeze in the middle of the storm. */
const frozenTown = (site: Site): Site =>
  withPolicy(site, {
    autonomy: 4,
    freeze: [{ from: later(NIGHTFALL, minutes(45)), to: later(NIGHTFALL, minutes(135)), except: ['start'] }],
  });

const supervisedTown = (site: Site): Site => withPolicy(site, { autonomy: 2 });

const neverTown = (site: Site): Site =>
  withPolicy(site, { never: [{ text: 'never stop anything at night', forbids: ['stop'] }] });

/** People ask for much, and the approver is always awake. */
const ASKING = { ...DENSE, people: { ...DENSE.people, askEveryMs: 5 * MINUTE_MS, approveRate: 1 } };
/** Nobody ever decides. */
const SLEEPING = { ...DENSE, people: { ...DENSE.people, askEveryMs: 5 * MINUTE_MS, approveRate: 0 } };

/** As if nobody had asked for what is to be approved, so that everybody may approve it. */
const askedByNobody = (gate: Gate): Gate => ({
  ...gate,
  approvals: gate.approvals.map((approval) => ({ ...approval, requestedBy: 'nobody' })),
});

const APPROVALS: readonly Mutant[] = [
  exhibit(
    {
      name: 'traffic limit unread',
      missing: 'the watchman believes that every action may touch all traffic',
      killers: ['approved'],
    },
    {
      name: 'AWS S3',
      happened: 'One input of a command was wrong, and a larger set of servers was removed than intended.',
      link: 'https://aws.amazon.com/message/41926/',
    },
    { site: (site) => withPolicy(site, { trafficLimitPercent: 100 }), faults: ASKING, town: busyTown },
  ),
  exhibit(
    {
      name: 'approval is a suggestion',
      missing: 'a watchman who has to ask acts without asking',
      killers: ['approved'],
    },
    {
      name: 'AI coding agents (reported to crewAI)',
      happened:
        'Rules were treated as suggestions, not constraints: nothing stopped an action that needed a person, and an account was destroyed.',
      link: 'https://github.com/crewAIInc/crewAI/issues/5979',
    },
    { site: (site) => withPolicy(site, { autonomy: 4 }), town: supervisedTown },
  ),
  ownGuard(
    {
      name: 'silence approves',
      missing: 'what nobody decided in time is carried out',
      killers: ['approved'],
    },
    {
      machine: onGate(() => (gate, event, step) => {
        if (event.kind !== 'woke' || !event.name.startsWith('approval:')) return step(gate, event);
        const approval = event.name.slice('approval:'.length);
        const by = { kind: 'person', name: personId('nobody'), roles: ['approver'] } as const;
        const request = { kind: 'decide-approval', approval, isApproved: true, why: 'time is up' } as const;
        const late = gate.approvals.map((it) =>
          it.id === approval ? { ...it, expiresAt: later(event.at, minutes(1)) } : it,
        );
        return step({ ...gate, approvals: late }, { kind: 'asked', by, request, askKey: event.name, at: event.at });
      }),
      faults: SLEEPING,
      town: busyTown,
    },
  ),
];

const BINDING: readonly Mutant[] = [
  exhibit(
    {
      name: 'who asks may approve',
      missing: 'the gate does not mind who asked for what is approved',
      killers: ['approved'],
    },
    {
      name: 'Prow',
      happened: 'An owner could approve his own change, and so skip the review altogether.',
      link: 'https://github.com/kubernetes/test-infra/issues/17517',
    },
    { machine: onGate(() => (gate, event, step) => step(askedByNobody(gate), event)), faults: ASKING, town: busyTown },
  ),
  exhibit(
    {
      name: 'hold without force',
      missing: 'the gate writes a hold down and forgets it',
      killers: ['nothing-while-held'],
    },
    {
      name: 'LitmusChaos',
      happened: '"Stop on failure" did not stop the experiment.',
      link: 'https://github.com/litmuschaos/litmus/issues/4991',
    },
    { machine: bentGate((gate) => ({ ...gate, hold: null })) },
  ),
  exhibit(
    { name: 'never-rules unread', missing: 'the watchman is told of no never-rule', killers: ['never-rule'] },
    {
      name: 'kubernetes-mcp-server',
      happened: 'In read-only mode an agent exported the kubeconfig with an allowed tool and deleted a secret with it.',
      link: 'https://github.com/containers/kubernetes-mcp-server/issues/1415',
    },
    { site: (site) => withPolicy(site, { never: [] }), town: neverTown },
  ),
  exhibit(
    { name: 'freeze unread', missing: 'the watchman is told of no freeze', killers: ['frozen'] },
    {
      name: 'Argo CD',
      happened:
        'Progressive rollouts did not respect sync windows: with a deny window at all times the sync started right away.',
      link: 'https://github.com/argoproj/argo-cd/issues/11817',
    },
    { site: (site) => withPolicy(site, { freeze: [] }), town: frozenTown },
  ),
  exhibit(
    {
      name: 'stopped is forgotten',
      missing: 'a watch forgets that a person stopped its service',
      killers: ['stopped-stays-stopped'],
    },
    {
      name: 'Docker',
      happened:
        'A container with restart=unless-stopped that was stopped by hand while it was restarting was started again with the daemon.',
      link: 'https://github.com/moby/moby/issues/34028',
    },
    {
      machine: bentWatch((watch) =>
        watch.wanted === 'stopped' ? { ...watch, wanted: 'running', stoppedBy: null } : watch,
      ),
    },
  ),
];

export const POLICY: readonly Mutant[] = [...APPROVALS, ...BINDING];
