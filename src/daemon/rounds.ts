// The watchman's own rounds: heartbeat, self-watch, signing, verifying, pruning, packing metrics.

import { hours, later, seconds } from '#kernel/time.ts';
import type { Cancel } from '#ports/clock.ts';
import type { RealClock } from '#adapters/clock/clock.ts';
import type { SqliteMetrics } from '#adapters/sqlite/metrics/store.ts';
import type { Engine } from '#loop/engine.ts';
import { startAlertAgain } from './alertAgain.ts';
import { startAnomalyMemory } from './anomalyMemory.ts';
import type { FrontDesk } from './desk.ts';
import { startDockets } from './dockets.ts';
import { every } from './every.ts';
import { startFindings } from './findingsRound.ts';
import { startHeartbeat } from './heartbeat.ts';
import type { House } from './house.ts';
import { startRoomWatch } from './roomWatch.ts';
import { startSelfwatch } from './selfwatch.ts';

const CHECKPOINT_LOOK_MS = seconds(10);
/** The chain is verified daily; model.md, noun 9. */
const VERIFY_MS = hours(24);
const PRUNE_MS = hours(1);

export type RoundsParts = {
  readonly desk: FrontDesk;
  readonly engine: Engine;
  readonly house: House;
  readonly metrics: SqliteMetrics;
  readonly clock: RealClock;
  readonly shout: (line: string) => void;
  readonly isAwake: () => boolean;
};

/** The metrics say themselves when their next turn is due: soon while there is more to pack than a few milliseconds. */
const startMetrics = (clock: RealClock, metrics: SqliteMetrics): Cancel => {
  let cancel: Cancel = () => {};
  const arm = (pauseMs: number): void => {
    cancel = clock.at(later(clock.now(), pauseMs), () => arm(metrics.turn()));
  };
  arm(0);
  return () => cancel();
};

/** Begins all of them; each is ended by its own cancel. */
export const startRounds = (parts: RoundsParts): readonly Cancel[] => {
  const { desk, engine, house, clock, shout } = parts;
  const verify = (): void =>
    desk.verifyEvidence((verification) => {
      if (!verification.isIntact)
        shout(`the evidence chain is broken at record ${verification.badSeq ?? 'unknown'}: ${verification.detail}`);
    });
  verify();
  return [
    startHeartbeat({ clock, heartbeat: () => engine.site().heartbeat, isAwake: parts.isAwake, onTrouble: shout }),
    startSelfwatch(engine, clock),
    startAlertAgain(engine, clock),
    startMetrics(clock, parts.metrics),
    startAnomalyMemory({ directory: house.directory, anomalies: engine.anomalies, clock, shout }),
    startRoomWatch({ engine, metrics: parts.metrics, clock }),
    startFindings({ engine, clock, sources: () => desk.sources(), claims: (service) => desk.claims(service) }),
    startDockets({ directory: house.directory, judging: engine.judging, clock, shout }),
    every(clock, VERIFY_MS, verify),
    every(clock, CHECKPOINT_LOOK_MS, () => {
      const trouble = house.store.checkpointIfDue(clock.now());
      if (trouble !== null) shout(`the evidence could not be signed: ${trouble}`);
    }),
    every(clock, PRUNE_MS, () => {
      const { trouble } = house.store.pruneJournal(clock.now());
      if (trouble !== null) shout(`old journal entries could not be removed: ${trouble}`);
    }),
  ];
};
