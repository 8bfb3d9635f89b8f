// Mutants: one guard taken out at a time, and the invariants that must notice it.
//
// Production code has no switch for this: a mutant wraps a socket between real parts (tampering.ts), or tells the
// machines of a site that is not the declared one. A mutant that no invariant notices is a guard that nothing proves,
// and a weather in which the untouched watchman fails would prove nothing: both are tested.

import type { Effect } from '#kernel/effect.ts';
import type { Event } from '#kernel/event.ts';
import { machineKind } from '#kernel/id.ts';
import { GATE } from '#kernel/site.ts';
import type { AnyMachine, Stepped } from '#kernel/step.ts';
import type { Gate } from '#loop/gateState.ts';
import type { Watch } from '#loop/watchState.ts';
import type { Store } from '#ports/store.ts';
import { NO_FAULTS, STORM, type Faults } from './faults.ts';
import { NO_TAMPERING, type Tampering } from './tampering.ts';

export type Mutant = {
  readonly name: string;
  /** Which guard is missing, in one sentence. */
  readonly missing: string;
  /** Any of these may notice it first. */
  readonly killers: readonly string[];
  readonly tampering: Tampering;
  readonly faults: Faults;
  /** Nobody needs anybody: what fails at once has no excuse in a dependency. */
  readonly isFlat: boolean;
};

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** Short worlds need dense weather: a service ails every two hours, and people meddle every quarter of an hour. */
const DENSE: Faults = {
  ...STORM,
  services: { ...STORM.services, ailEveryMs: 2 * HOUR_MS, hostTroubleEveryMs: 4 * HOUR_MS },
  sensor: { ...STORM.sensor, pathBrokenEveryMs: HOUR_MS },
  people: { ...STORM.people, askEveryMs: 15 * MINUTE_MS, holdForMs: 10 * MINUTE_MS },
  clock: { ...STORM.clock, jumpEveryMs: 2 * HOUR_MS, jumpMs: HOUR_MS, stopEveryMs: 2 * HOUR_MS },
};

/** Operations reach the hands late, so that old ones meet newer ones; nobody holds, which hands cannot know of. */
const LATE: Faults = {
  ...DENSE,
  actuator: { ...DENSE.actuator, lateRate: 0.9, lateForMs: 10 * MINUTE_MS },
  people: { ...DENSE.people, askEveryMs: 0 },
};

/** The probes' path breaks, but not the canary's, under a watchman who has been awake for a while. */
const HALF_BLIND: Faults = {
  ...DENSE,
  engine: NO_FAULTS.engine,
  people: NO_FAULTS.people,
  services: { ...DENSE.services, ailEveryMs: 12 * HOUR_MS },
  sensor: { ...DENSE.sensor, pathBrokenEveryMs: HOUR_MS / 2, pathCannotRunRate: 0, pathHalfRate: 1 },
};

type Change = (machine: AnyMachine) => AnyMachine;

const onKind =
  (kind: string, change: Change): Change =>
  (machine) =>
    machineKind(machine.id) === kind ? change(machine) : machine;

const withEffects =
  (keeps: (effect: Effect) => boolean): Change =>
  (machine) => ({
    ...machine,
    step: (state, event) => {
      const { state: next, effects } = machine.step(state, event);
      return { state: next, effects: effects.filter(keeps) };
    },
  });

const deafTo =
  (isUnheard: (event: Event) => boolean): Change =>
  (machine) => ({
    ...machine,
    step: (state, event) => (isUnheard(event) ? { state, effects: [] } : machine.step(state, event)),
  });

const onGate = (change: (gate: Gate, stepped: Stepped<Gate>, event: Event) => Gate): Change =>
  onKind('gate', (machine) => ({
    ...machine,
    step: (state, event) => {
      const stepped = machine.step(state, event) as Stepped<Gate>; // decoder: the gate's own state
      return { ...stepped, state: change(state as Gate, stepped, event) }; // decoder
    },
  }));

const onWatch = (change: (watch: Watch) => Watch): Change =>
  onKind('watch', (machine) => ({
    ...machine,
    step: (state, event) => {
      const stepped = machine.step(state, event) as Stepped<Watch>; // decoder: the watch's own state
      return { ...stepped, state: change(stepped.state) };
    },
  }));

const onStore =
  (change: (store: Store) => Partial<Store>): Tampering['store'] =>
  (store) => ({
    load: () => store.load(),
    commit: (batch, done) => store.commit(batch, done),
    evidence: (query) => store.evidence(query),
    checkpoints: () => store.checkpoints(),
    ...change(store),
  });

const isRecord = (type: string) => (effect: Effect) => effect.kind === 'record' && effect.evidence.type === type;
const isTell = (kind: string) => (effect: Effect) => effect.kind === 'tell' && effect.message.kind === kind;

const make = (
  name: string,
  missing: string,
  killers: readonly string[],
  tampering: Partial<Tampering> & { readonly faults?: Faults },
): Mutant => {
  const { faults, ...rest } = tampering;
  return {
    name,
    missing,
    killers,
    tampering: { ...NO_TAMPERING, ...rest },
    faults: faults ?? DENSE,
    isFlat: faults === HALF_BLIND,
  };
};

const AUTHORITY: readonly Mutant[] = [
  make('old epochs', 'the hands do not look at the epoch', ['no-old-epoch'], {
    handsMindEpochs: false,
    faults: LATE,
  }),
  make('no restart budget', 'the watchman believes that every budget is a hundred', ['restart-budget'], {
    site: (site) => ({
      ...site,
      services: site.services.map((service) => ({
        ...service,
        restartBudget: { ...service.restartBudget, count: 100 },
      })),
    }),
  }),
  make('hold without force', 'the gate writes a hold down and forgets it', ['nothing-while-held'], {
    machine: onGate((_, stepped) => ({ ...stepped.state, hold: null })),
  }),
  make('never-rules unread', 'the watchman is told of no never-rule', ['never-rule'], {
    site: (site) => ({ ...site, policy: { ...site.policy, never: [] } }),
  }),
  make('leave unrecorded', 'the gate gives leave without a record', ['leave-first'], {
    machine: onKind(
      'gate',
      withEffects((effect) => !isRecord('gate.allowed')(effect)),
    ),
  }),
  make(
    'stopped is forgotten',
    'a watch forgets that a person stopped its service',
    ['stopped-stays-stopped', 'awake'],
    {
      machine: onWatch((watch) =>
        watch.wanted === 'stopped' ? { ...watch, wanted: 'running', stoppedBy: null } : watch,
      ),
    },
  ),
];

const TOUCH: readonly Mutant[] = [
  make('dependencies unknown', 'the watchman does not know who needs whom', ['cause-first', 'one-page-one-cause'], {
    site: (site) => ({ ...site, services: site.services.map((service) => ({ ...service, needs: [] })) }),
  }),
  make('never in doubt', 'the gate never suspects its own eyes', ['no-needless-restart'], {
    machine: onGate((_, stepped) => ({ ...stepped.state, suspicion: null, canary: null })),
    faults: HALF_BLIND,
  }),
  make(
    'no correlated guard',
    'the gate does not hear of trouble that was seen through probes',
    ['no-needless-restart'],
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
    },
  ),
  make(
    'keys forgotten',
    'the hands carry the same key out again',
    ['no-overlap', 'restarts-carried-out', 'no-needless-restart'],
    {
      handsMindKeys: false,
    },
  ),
  make('leases unseen', 'the gate gives leave as if nothing were in hands', ['few-in-hands', 'no-overlap'], {
    machine: onKind('gate', (machine) => ({
      ...machine,
      step: (state, event) => {
        const gate = state as Gate; // decoder: the gate's own state
        const isRequest = event.kind === 'told' && event.message.kind === 'may-i';
        if (!isRequest) return machine.step(state, event);
        const { state: next, effects } = machine.step({ ...gate, leases: [] }, event);
        const after = next as Gate; // decoder
        return { state: { ...after, leases: [...gate.leases, ...after.leases] }, effects };
      },
    })),
  }),
];

const HONESTY: readonly Mutant[] = [
  make(
    'unknown is healthy',
    'what could not be seen is taken for well',
    ['unknown-is-not-healthy', 'down-is-not-healthy'],
    {
      sensor: (sensor) => ({
        probe: (check, report) =>
          sensor.probe(check, (seen) =>
            report(seen.state === 'unknown' ? { ...seen, state: 'healthy', symptom: 'none' } : seen),
          ),
      }),
    },
  ),
  make('outcomes unrecorded', 'what an action was worth is not written down', ['triple'], {
    machine: onKind(
      'watch',
      withEffects((effect) => !isRecord('action.outcome')(effect)),
    ),
  }),
  make('state without evidence', 'the store drops the records of a batch', ['evidence-with-state'], {
    store: onStore((store) => ({ commit: (batch, done) => store.commit({ ...batch, evidence: [] }, done) })),
  }),
  make('a clock without memory', 'a run starts at the wall clock, even if that was set back', ['forward'], {
    clockRemembers: false,
  }),
  make('sleep unnoticed', 'nobody hears that the watchman did not run', ['gap-is-told'], {
    machine: deafTo((event) => event.kind === 'resumed'),
  }),
  make('one key for all news', 'the notifier names news by their subject only', ['one-news-one-key'], {
    notifier: (notifier) => ({
      deliver: (key, news, report) => notifier.deliver(key, { ...news, key: news.subject }, report),
    }),
  }),
];

const LIVENESS: readonly Mutant[] = [
  make('a watch sleeps', 'a watch does not set its wake "remedy"', ['awake'], {
    machine: onKind(
      'watch',
      withEffects((effect) => effect.kind !== 'wake' || effect.name !== 'remedy'),
    ),
  }),
  make('leases never end', 'the gate does not set the wakes of its leases', ['awake'], {
    machine: onKind(
      'gate',
      withEffects((effect) => effect.kind !== 'wake' || !effect.name.startsWith('lease:')),
    ),
  }),
  make('incidents sleep', 'the incident desk sets no wake', ['awake'], {
    machine: onKind(
      'incidents',
      withEffects((effect) => effect.kind !== 'wake'),
    ),
  }),
  make('wakes die with the run', 'a new run does not take up the wakes of the store', ['wakes-ring'], {
    store: onStore((store) => ({ load: () => ({ ...store.load(), wakes: [] }) })),
  }),
  make('outbox dies with the run', 'a new run does not take up the outbox', ['settles', 'no-silent-death'], {
    store: onStore((store) => ({ load: () => ({ ...store.load(), outbox: [] }) })),
  }),
  make('nobody is told', 'trouble is neither notified nor escalated', ['no-silent-death'], {
    machine: onKind(
      'watch',
      withEffects((effect) => effect.kind !== 'notify' && !isTell('escalate')(effect)),
    ),
  }),
  make('recovery is not told', 'a watch does not say that its trouble is over', ['settles'], {
    machine: onKind(
      'watch',
      withEffects((effect) => !isTell('recovered')(effect)),
    ),
  }),
  make('nobody answers', 'the gate never answers', ['settles', 'no-silent-death'], {
    machine: (machine) =>
      machine.id === GATE ? withEffects((effect) => !isTell('you-may')(effect))(machine) : machine,
  }),
];

export const MUTANTS: readonly Mutant[] = [...AUTHORITY, ...TOUCH, ...HONESTY, ...LIVENESS];

export const findMutant = (name: string): Mutant | null => MUTANTS.find((mutant) => mutant.name === name) ?? null;
