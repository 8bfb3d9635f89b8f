// Host: looks at the machine before anything is started: is there room to work in, and what did an unclean stop leave?
//
// The phases of other adapters (store, evidence, children) are composed by the daemon; here they report nothing found.

import type { SurveyPhase } from '#kernel/effect.ts';
import type { SurveyReport } from '#kernel/event.ts';
import { unreachable } from '#kernel/unreachable.ts';
import type { Clock } from '#ports/clock.ts';
import type { Host } from '#ports/host.ts';
import { sweep } from './leftovers.ts';
import { judgeRoom, readRoom } from './room.ts';

export type HostOptions = {
  /** The state directory: its disk is looked at, and its leftovers are cleared away. */
  readonly directory: string;
  readonly clock: Clock;
};

/** Never rejects: what cannot be read is a finding, and a bug here is one too. */
const surveyPhase = async (phase: SurveyPhase, options: HostOptions): Promise<SurveyReport> => {
  switch (phase) {
    case 'guard':
      return { phase, ...judgeRoom(readRoom(options.directory)) };
    case 'repair':
      return { phase, ...(await sweep(options)) };
    case 'adopt':
      return { phase, isGood: true, findings: [] };
    default:
      return unreachable(phase);
  }
};

/** Makes the surveys of this machine. Each reports once, within 2 s. `isGood` false: start-up should not go on. */
export const makeHost = (options: HostOptions): Host => ({
  survey: (phase, report) => {
    void surveyPhase(phase, options)
      .catch((error: unknown) => ({ phase, isGood: false, findings: [`a bug in the survey: ${String(error)}`] }))
      .then((found) => queueMicrotask(() => report(found)));
  },
});
