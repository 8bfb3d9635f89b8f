// The watchman of one run: engine, desk, server and his own rounds, put together here and nowhere else.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { ServiceId } from '#kernel/id.ts';
import { GATE, STARTUP, watchMachine, type Site } from '#kernel/site.ts';
import { makeRedact, type Redact } from '#kernel/secret.ts';
import { hours, later, seconds, type Instant } from '#kernel/time.ts';
import type { Problem } from '#kernel/problem.ts';
import type { Actuator } from '#ports/actuator.ts';
import type { Cancel, Clock } from '#ports/clock.ts';
import type { Host } from '#ports/host.ts';
import type { Notifier } from '#ports/notifier.ts';
import type { Probers } from '#ports/sensor.ts';
import { makeMemoryMetrics } from '#adapters/memory/metrics.ts';
import { Engine } from '#loop/engine.ts';
import type { Watch } from '#loop/watchState.ts';
import type { Startup } from '#duties/startup/startup.ts';
import { startServer } from '#server/server.ts';
import { composeActuator, type Drivers } from './actuators.ts';
import { FrontDesk } from './desk.ts';
import { dutyFor } from './duties.ts';
import { startHeartbeat } from './heartbeat.ts';
import type { House } from './house.ts';
import { composeNotifier, type ChannelNotifier } from './notifiers.ts';
import { startSelfwatch } from './selfwatch.ts';
import { canaryCheck, makeSensor } from './sensors.ts';

/** The event loop's worst lag is told over this long. */
const LAG_WINDOW_MS = seconds(10);
const CHECKPOINT_LOOK_MS = seconds(10);
const VERIFY_MS = hours(24);
const PRUNE_MS = hours(1);

/** Everything that reaches outside, chosen by the caller. */
export type Outside = {
  readonly clock: Clock;
  /** `pidOf`: the supervised child of a service, as its watch knows it. */
  readonly probers: (pidOf: (service: ServiceId) => number | null) => Probers;
  readonly drivers: Drivers;
  readonly host: Host;
  readonly terminal: Notifier;
  readonly channel: ChannelNotifier;
};

export type WatchmanParts = {
  readonly site: Site;
  readonly house: House;
  readonly outside: Outside;
  readonly listen: { readonly host: string; readonly port: number; readonly webDirectory: string | null };
  readonly version: string;
  /** Loud, for a person at the terminal or for the log. */
  readonly shout: (line: string) => void;
  /** Another process has moved the store on: this one must end. */
  readonly onTakenOver: () => void;
  /** Start-up, or the orderly end, has moved on. */
  readonly onStartup: (startup: Startup) => void;
};

export type Watchman = {
  readonly url: string;
  readonly reload: (site: Site) => void;
  readonly refuseConfiguration: (problems: string) => void;
  readonly beginShutdown: () => void;
  readonly close: () => Promise<void>;
};

export type Posting =
  { readonly kind: 'posted'; readonly watchman: Watchman } | { readonly kind: 'refused'; readonly problem: Problem };

const every = (clock: Clock, ms: number, task: () => void): Cancel => {
  let cancel: Cancel = () => {};
  const arm = (): void => {
    cancel = clock.at(later(clock.now(), ms), () => {
      task();
      arm();
    });
  };
  arm();
  return () => cancel();
};

/** Lag of the event loop, memory, failures of the store: the watchman's own figures, measured. */
const makeGauges = (
  clock: Clock,
): { readonly read: () => Gauges; readonly storeFailed: () => void; readonly stop: Cancel } => {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const startedAt = clock.now();
  let storeFailures = 0;
  let loopLagMs = 0;
  const roll = (): void => {
    loopLagMs = Math.max(0, delay.max / 1e6 - 20);
    delay.reset();
  };
  const cancel = every(clock, LAG_WINDOW_MS, roll);
  return {
    read: () => ({ startedAt, loopLagMs, memoryBytes: process.memoryUsage.rss(), storeFailures }),
    storeFailed: () => {
      storeFailures += 1;
    },
    stop: () => {
      cancel();
      delay.disable();
    },
  };
};

type Gauges = {
  readonly startedAt: Instant;
  readonly loopLagMs: number;
  readonly memoryBytes: number;
  readonly storeFailures: number;
};

/** Puts the watchman on his post: he answers at his address before he looks at anything, and acts after that. */
export const postWatchman = async (parts: WatchmanParts): Promise<Posting> => {
  const { house, outside, shout, version } = parts;
  const { clock } = outside;
  const { store } = house;
  let redact: Redact = makeRedact(parts.site.secrets);
  let configProblem: string | null = null;
  let isStoreWell = true;
  const metrics = makeMemoryMetrics();
  const gauges = makeGauges(clock);
  const desk = new FrontDesk({
    engine: () => engine,
    store,
    metrics,
    clock,
    version,
    verify: store.verify,
    ownFigures: gauges.read,
    configProblem: () => configProblem,
  });
  desk.startAt(store.load().lastSeq);
  // The desk needs the engine and the canary needs the server's port: the engine is made last and no request can come
  // before, because requests are taken up by the event loop and nothing is awaited between listening and the engine.
  const pidOf = (service: ServiceId): number | null => watchOf(engine, service)?.pid ?? null;
  const makeEngine = (url: string): Engine =>
    new Engine({
      site: parts.site,
      clock,
      store,
      sensor: makeSensor(outside.probers(pidOf), () => redact),
      metrics,
      actuator: makeActuator(parts, () => redact),
      notifier: composeNotifier({
        site: () => engine.site(),
        terminal: outside.terminal,
        channel: outside.channel,
        redact: () => redact,
      }),
      host: outside.host,
      canary: [canaryCheck(url)],
      dutyFor,
      stopwatch: () => performance.now(),
      onCommitted: (moved, records) => {
        desk.committed(moved, records);
        const startup = moved.includes(STARTUP) ? startupOf(engine) : null;
        if (startup !== null) parts.onStartup(startup);
      },
      onStoreTrouble: (detail, isFatal) => {
        isStoreWell = detail === null;
        if (detail !== null) gauges.storeFailed();
        shout(
          detail === null
            ? 'the store writes again'
            : `the store does not write: ${detail}; nothing is acted upon, watching goes on`,
        );
        if (isFatal) parts.onTakenOver();
      },
    });
  const started = await startServer({
    desk,
    tokens: house.tokens,
    host: parts.listen.host,
    port: parts.listen.port,
    hostNames: [],
    webDirectory: parts.listen.webDirectory,
    redact: (text) => redact(text),
    now: () => clock.now(),
    version,
    onFault: (thrown) => shout(`the server met a fault: ${thrown instanceof Error ? thrown.message : String(thrown)}`),
  });
  if (started.kind === 'failed') {
    gauges.stop();
    return { kind: 'refused', problem: started.problem };
  }
  const engine = makeEngine(started.url);
  house.writeAddress(started.url);
  engine.start({ ...house.lastRun, services: parts.site.services.length });
  const rounds = startRounds({
    desk,
    engine,
    house,
    clock,
    shout,
    isAwake: () => isStoreWell && engine.crank.brokenMachines().length === 0,
  });
  const watchman: Watchman = {
    url: started.url,
    reload: (site) => {
      redact = makeRedact(site.secrets);
      configProblem = null;
      engine.reload(site);
      desk.townMoved();
    },
    refuseConfiguration: (problems) => {
      configProblem = redact(problems);
      engine.crank.put(GATE, { kind: 'configuration-refused', detail: configProblem });
      desk.townMoved();
    },
    beginShutdown: () => engine.crank.put(STARTUP, { kind: 'shutdown' }),
    close: async () => {
      for (const cancel of rounds) cancel();
      gauges.stop();
      engine.stop();
      desk.close();
      await started.close();
    },
  };
  return { kind: 'posted', watchman };
};

const makeActuator = (parts: WatchmanParts, redact: () => Redact): Actuator =>
  composeActuator(parts.outside.drivers, redact, () => parts.outside.clock.now());

const watchOf = (engine: Engine, service: ServiceId): Watch | null =>
  engine.crank.stateOf(watchMachine(service)) as Watch | null; // decoder: the machine's own state

const startupOf = (engine: Engine): Startup | null => engine.crank.stateOf(STARTUP) as Startup | null; // decoder: the machine's own state

type RoundsParts = {
  readonly desk: FrontDesk;
  readonly engine: Engine;
  readonly house: House;
  readonly clock: Clock;
  readonly shout: (line: string) => void;
  readonly isAwake: () => boolean;
};

/** The watchman's own rounds: heartbeat, self-watch, signing, verifying, pruning. */
const startRounds = (parts: RoundsParts): readonly Cancel[] => {
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
