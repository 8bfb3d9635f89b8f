// The one shape of everything that remembers: (state, event) -> { state, effects }.
// Synchronous, total, pure: no clock (time is event.at), no randomness, no I/O, no logging.

import type { Effect } from './effect.ts';
import type { Event } from './event.ts';
import type { MachineId } from './id.ts';

export type Stepped<State> = { readonly state: State; readonly effects: readonly Effect[] };

export type Step<State> = (state: State, event: Event) => Stepped<State>;

/** One machine: where it starts, how it steps, and its own proof that it is not asleep for ever. */
export type Machine<State> = {
  readonly id: MachineId;
  readonly initial: State;
  readonly step: Step<State>;
  /** The names of the wakes that must be pending in this state; empty when it waits for nothing. Checked by the simulator. */
  readonly expects: (state: State) => readonly string[];
  /**
   * What of the state is stored, in the same shape; all of it unless given. A machine leaves out what `booted` sets anew:
   * with ten thousand services, the lists of a start and of bad news made megabytes of every commit.
   */
  readonly stored?: (state: State) => State;
};

/** A machine as the crank holds it. Its state crosses the store as JSON and only its own step looks inside. */
export type AnyMachine = Machine<unknown>;

/** Forgets the type of the state: the crank never looks inside, and hands back only what this machine's step returned. */
export const anyMachine = <State>(machine: Machine<State>): AnyMachine => machine as unknown as AnyMachine; // brand
