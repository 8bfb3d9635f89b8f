// Hands: operations that come too late, twice, all at once, or on top of what runs already.

import type { Lease } from '#kernel/action.ts';
import { GATE } from '#kernel/site.ts';
import { later, type Instant } from '#kernel/time.ts';
import { exhibit, ownGuard, type Mutant } from './exhibit.ts';
import { isTell, isTold, onGate, onKind, withEffects } from './graft.ts';
import { HOUR_MS, LATE, MORTAL } from './seasons.ts';

type Lines = readonly Lease[];

const ON_ITS_WAY = 'an operation that is on its way for minutes cannot know what has happened meanwhile';

/** The gate decides as if only these leases were out; the others stay as they are. */
const judgingBy = (make: () => (leases: Lines, asked: { subject: string; at: Instant }) => Lines) =>
  onGate(() => {
    const visible = make();
    return (gate, event, step) => {
      if (event.kind !== 'told' || event.message.kind !== 'may-i') return step(gate, event);
      const { subject } = event.message.request;
      const seen = visible(gate.leases, { subject, at: event.at });
      const { state, effects } = step({ ...gate, leases: seen }, event);
      const given = state.leases.filter((lease) => !seen.includes(lease));
      return { state: { ...state, leases: [...gate.leases, ...given] }, effects };
    };
  });

/** How old what a racing scheduler reads may be. */
const STALE_MS = 10_000;

const RACES: readonly Mutant[] = [
  exhibit(
    { name: 'old epochs', missing: 'the hands do not look at the epoch', killers: ['no-old-epoch'] },
    {
      name: 'AWS DynamoDB',
      happened:
        'A delayed worker applied an old DNS plan over a newer one; its check that the plan was new was long out of date.',
      link: 'https://aws.amazon.com/message/101925/',
    },
    {
      handsMindEpochs: false,
      faults: LATE,
      unasked: {
        fenced: ON_ITS_WAY,
        adopted: ON_ITS_WAY,
        'no-needless-restart': ON_ITS_WAY,
        'dependants-first': ON_ITS_WAY,
      },
    },
  ),
  exhibit(
    {
      name: 'keys forgotten',
      missing: 'the hands carry the same key out again',
      killers: ['no-overlap', 'restarts-carried-out', 'no-needless-restart'],
    },
    {
      name: 'Celery',
      happened:
        'Tasks that waited longer than the visibility timeout were handed out again and executed several times.',
      link: 'https://github.com/celery/celery/issues/2599',
    },
    { handsMindKeys: false },
  ),
  exhibit(
    {
      name: 'leases unseen',
      missing: 'the gate gives leave as if nothing were in hands',
      killers: ['few-in-hands', 'no-overlap'],
    },
    {
      name: 'StackStorm',
      happened: 'A concurrency policy of one let several executions run at once.',
      link: 'https://github.com/StackStorm/st2/issues/4481',
    },
    { machine: judgingBy(() => () => []) },
  ),
  exhibit(
    {
      name: 'leases read late',
      missing: 'the gate decides by the leases as they were some seconds ago',
      killers: ['few-in-hands', 'no-overlap'],
    },
    {
      name: 'StackStorm',
      happened:
        'Between counting what runs and scheduling the next, another execution slips through: a race in the concurrency policy.',
      link: 'https://github.com/StackStorm/st2/issues/4779',
    },
    {
      machine: judgingBy(() => {
        const firstSeen = new Map<number, Instant>();
        return (leases, { at }) =>
          leases.filter((lease) => {
            const seenAt = firstSeen.get(lease.epoch) ?? at;
            firstSeen.set(lease.epoch, seenAt);
            return at - seenAt >= STALE_MS;
          });
      }),
    },
  ),
  exhibit(
    {
      name: 'all at once',
      missing: 'only the service itself counts, not how many others are in hands',
      killers: ['few-in-hands'],
    },
    {
      name: 'Kubernetes (OpenKruise)',
      happened: 'Restarts on failed liveness have no rate: users ask for a limit such as a fifth of the pods at once.',
      link: 'https://github.com/openkruise/kruise/issues/641',
    },
    {
      machine: judgingBy(
        () =>
          (leases, { subject }) =>
            leases.filter((lease) => lease.subject === subject),
      ),
    },
  ),
];

const COPIES: readonly Mutant[] = [
  exhibit(
    {
      name: 'hands do not look',
      missing: 'a start does not look whether a process runs already',
      killers: ['one-copy'],
    },
    {
      name: 'process-compose',
      happened: 'Two restarts of one process at the same time left three copies of it running.',
      link: 'https://github.com/F1bonacc1/process-compose/issues/347',
    },
    { handsLookFirst: false },
  ),
  exhibit(
    {
      name: 'nothing is adopted',
      missing: 'a new run does not see what the old one has left running',
      killers: ['adopted'],
    },
    {
      name: 'supervisord',
      happened:
        'After a kill -9 the programs run on, and a new supervisord knows nothing of them and starts them again.',
      link: 'https://github.com/Supervisor/supervisor/pull/199',
    },
    {
      actuator: (actuator) => ({
        operate: (key, operation, service, report) => actuator.operate(key, operation, service, report),
        examine: (service, report) => actuator.examine(service, report),
        find: (service, report) => actuator.find(service, () => report({ isRunning: false, pid: null })),
        onExit: (listener) => actuator.onExit(listener),
      }),
      faults: MORTAL,
    },
  ),
  exhibit(
    {
      name: 'nothing is adopted, and hands do not look',
      missing: 'a new run starts everything again, whatever runs',
      killers: ['one-copy'],
    },
    {
      name: 'supervisord',
      happened: 'A restart of the service does not end the old programs and adds new ones: every program runs twice.',
      link: 'https://github.com/Supervisor/supervisor/issues/600',
    },
    {
      actuator: (actuator) => ({
        operate: (key, operation, service, report) => actuator.operate(key, operation, service, report),
        examine: (service, report) => actuator.examine(service, report),
        find: (service, report) => actuator.find(service, () => report({ isRunning: false, pid: null })),
        onExit: (listener) => actuator.onExit(listener),
      }),
      handsLookFirst: false,
      faults: MORTAL,
    },
  ),
];

const LEASES: readonly Mutant[] = [
  exhibit(
    { name: 'leases never end', missing: 'the gate does not set the wakes of its leases', killers: ['awake'] },
    {
      name: 'kured',
      happened:
        'The lock of a node that was gone was held for ever, and no other node was rebooted until a person removed it.',
      link: 'https://github.com/kubereboot/kured/issues/822',
    },
    {
      machine: onKind(
        'gate',
        withEffects((effect) => effect.kind !== 'wake' || !effect.name.startsWith('lease:')),
      ),
    },
  ),
  exhibit(
    {
      name: 'a lease is not given back',
      missing: 'a lease that is returned stays out, and its end is put off for ever',
      killers: ['settles'],
    },
    {
      name: 'kured',
      happened: '"Lock already held" by a node that does not exist any more: nothing was rebooted for two months.',
      link: 'https://github.com/kubereboot/kured/issues/173',
    },
    {
      machine: onGate(() => (gate, event, step) => {
        const subject = event.kind === 'woke' && event.name.startsWith('lease:') ? event.name.slice(6) : null;
        if (subject === null) return isTold(event, 'lease-returned') ? { state: gate, effects: [] } : step(gate, event);
        const until = later(event.at, 24 * HOUR_MS);
        const leases = gate.leases.map((lease) => (lease.subject === subject ? { ...lease, until } : lease));
        return { state: { ...gate, leases }, effects: [{ kind: 'wake', name: `lease:${subject}`, at: until }] };
      }),
    },
  ),
  ownGuard(
    {
      name: 'leave unrecorded',
      missing: 'the gate gives leave without a record',
      killers: ['leave-first'],
    },
    {
      machine: onKind(
        'gate',
        withEffects((effect) => effect.kind !== 'record' || effect.evidence.type !== 'gate.allowed'),
      ),
    },
  ),
  ownGuard(
    { name: 'nobody answers', missing: 'the gate never answers', killers: ['settles', 'no-silent-death'] },
    {
      machine: (machine) =>
        machine.id === GATE ? withEffects((effect) => !isTell('you-may')(effect))(machine) : machine,
    },
  ),
];

export const HANDS: readonly Mutant[] = [...RACES, ...COPIES, ...LEASES];
