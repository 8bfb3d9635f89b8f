// The states of the machines, by machine. The crank knows no types; each machine's state is what its own step returned.
// decoder: what the crank holds as unknown is the state type of the machine that it is asked for.

import type { ServiceId } from '#kernel/id.ts';
import type { Answer } from '#kernel/message.ts';
import { ALERTS, CODEX, DRIFT, GATE, INCIDENTS, KEEPING, RELEASES, STARTUP, watchMachine } from '#kernel/site.ts';
import type { Chronicle } from '#duties/codex/chronicle.ts';
import type { Drift } from '#duties/codex/drift.ts';
import type { Keeping } from '#duties/codex/keeping.ts';
import type { Incidents } from '#duties/incidents/incidents.ts';
import type { Releases } from '#duties/releases/releases.ts';
import type { Startup } from '#duties/startup/startup.ts';
import type { Alerts } from '#loop/alertsState.ts';
import type { Engine } from '#loop/engine.ts';
import type { Gate } from '#loop/gateState.ts';
import type { Watch } from '#loop/watchState.ts';

/** Null: the machine was never addressed. */
export const watchOf = (engine: Engine, service: ServiceId): Watch | null =>
  engine.crank.stateOf(watchMachine(service)) as Watch | null;

export const gateOf = (engine: Engine): Gate | null => engine.crank.stateOf(GATE) as Gate | null;

export const startupOf = (engine: Engine): Startup | null => engine.crank.stateOf(STARTUP) as Startup | null;

export const incidentsOf = (engine: Engine): Incidents | null => engine.crank.stateOf(INCIDENTS) as Incidents | null;

export const alertsOf = (engine: Engine): Alerts | null => engine.crank.stateOf(ALERTS) as Alerts | null;

export const releasesOf = (engine: Engine): Releases | null => engine.crank.stateOf(RELEASES) as Releases | null;

export const chronicleOf = (engine: Engine): Chronicle | null => engine.crank.stateOf(CODEX) as Chronicle | null;
/** Null: no codex is watched. */
export const driftOf = (engine: Engine): Drift | null => engine.crank.stateOf(DRIFT) as Drift | null;

export const keepingOf = (engine: Engine): Keeping | null => engine.crank.stateOf(KEEPING) as Keeping | null;

/** What became of a request, wherever it was put. */
export const answerOf = (engine: Engine, askKey: string): Answer | null => {
  for (const id of engine.crank.machineIds()) {
    const state = engine.crank.stateOf(id) as { readonly answers?: readonly Answer[] } | null;
    const found = state?.answers?.find((answer) => answer.askKey === askKey);
    if (found !== undefined) return found;
  }
  return null;
};
