// Graft: how a machine or a store is wrapped from outside, so that one guard of it is missing.

import type { Effect } from '#kernel/effect.ts';
import type { Event } from '#kernel/event.ts';
import { machineKind } from '#kernel/id.ts';
import type { AnyMachine, Stepped } from '#kernel/step.ts';
import type { Drift } from '#duties/codex/drift.ts';
import type { Incidents } from '#duties/incidents/incidents.ts';
import type { Startup } from '#duties/startup/startup.ts';
import type { Gate } from '#loop/gateState.ts';
import type { Watch } from '#loop/watchState.ts';
import type { Store } from '#ports/store.ts';
import type { Tampering } from '../tampering.ts';

export type Change = (machine: AnyMachine) => AnyMachine;

/** One step of a machine, with the untouched step at hand. */
export type Act<State> = (
  state: State,
  event: Event,
  step: (state: State, event: Event) => Stepped<State>,
) => Stepped<State>;

type States = {
  readonly drift: Drift;
  readonly gate: Gate;
  readonly watch: Watch;
  readonly incidents: Incidents;
  readonly startup: Startup;
};

/** Replaces the step of one kind of machine. `make` is called for each machine of each run: a memory that dies with it. */
const onStep =
  <Kind extends keyof States>(kind: Kind) =>
  (make: () => Act<States[Kind]>): Change =>
  (machine) => {
    if (machineKind(machine.id) !== kind) return machine;
    const act = make();
    const step = (state: unknown, event: Event): Stepped<States[Kind]> =>
      machine.step(state, event) as Stepped<States[Kind]>; // decoder: the state of this kind of machine
    return { ...machine, step: (state, event) => act(state as States[Kind], event, step) }; // decoder
  };

export const onGate = onStep('gate');
export const onWatch = onStep('watch');
export const onIncidents = onStep('incidents');
export const onStartup = onStep('startup');
export const onDrift = onStep('drift');

/** The gate after each step, bent. */
export const bentGate = (bend: (gate: Gate, event: Event) => Gate): Change =>
  onGate(() => (gate, event, step) => {
    const { state, effects } = step(gate, event);
    return { state: bend(state, event), effects };
  });

/** The watch after each step, bent; `before` is what it was. */
export const bentWatch = (bend: (watch: Watch, before: Watch) => Watch): Change =>
  onWatch(() => (watch, event, step) => {
    const { state, effects } = step(watch, event);
    return { state: bend(state, watch), effects };
  });

export const onKind =
  (kind: string, change: Change): Change =>
  (machine) =>
    machineKind(machine.id) === kind ? change(machine) : machine;

/** Keeps only some of what a machine wants done. */
export const withEffects =
  (keeps: (effect: Effect) => boolean): Change =>
  (machine) => ({
    ...machine,
    step: (state, event) => {
      const { state: next, effects } = machine.step(state, event);
      return { state: next, effects: effects.filter(keeps) };
    },
  });

export const deafTo =
  (isUnheard: (event: Event) => boolean): Change =>
  (machine) => ({
    ...machine,
    step: (state, event) => (isUnheard(event) ? { state, effects: [] } : machine.step(state, event)),
  });

export const onStore =
  (change: (store: Store) => Partial<Store>): Tampering['store'] =>
  (store) => ({
    load: () => store.load(),
    commit: (batch, done) => store.commit(batch, done),
    evidence: (query) => store.evidence(query),
    checkpoints: () => store.checkpoints(),
    ...change(store),
  });

export const isRecord = (type: string) => (effect: Effect) => effect.kind === 'record' && effect.evidence.type === type;
export const isTell = (kind: string) => (effect: Effect) => effect.kind === 'tell' && effect.message.kind === kind;
export const isTold = (event: Event, kind: string): boolean => event.kind === 'told' && event.message.kind === kind;
