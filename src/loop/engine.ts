// The engine: one crank, one round, and the machines of a site, over whatever ports it is given.
// The daemon gives it real ports, the simulator fake ones; nothing in here knows which.

import { pathsOf } from '#judge/paths.ts';
import type { AgreedWork } from '#kernel/alert.ts';
import type { Check } from '#kernel/check.ts';
import type { Boot, EventBody } from '#kernel/event.ts';
import type { EvidenceRecord } from '#kernel/evidence.ts';
import { machineKind, machineSubject, serviceId, type CheckId, type MachineId, type ServiceId } from '#kernel/id.ts';
import { maintenanceAt } from '#kernel/maintenance.ts';
import { isOperable, type Service } from '#kernel/service.ts';
import {
  allChecks,
  ALERTS,
  DRIFT,
  findService,
  GATE,
  INCIDENTS,
  KEEPING,
  STARTUP,
  watchMachine,
  type Site,
} from '#kernel/site.ts';
import type { MetricSource } from '#kernel/source.ts';
import { anyMachine, type AnyMachine } from '#kernel/step.ts';
import type { Instant } from '#kernel/time.ts';
import type { Actuator } from '#ports/actuator.ts';
import type { Clock } from '#ports/clock.ts';
import type { Copies } from '#ports/copies.ts';
import type { Host } from '#ports/host.ts';
import type { LookHistory, Metrics } from '#ports/metrics.ts';
import type { Notifier } from '#ports/notifier.ts';
import type { Sensor } from '#ports/sensor.ts';
import type { Reading } from '#ports/source.ts';
import type { Store } from '#ports/store.ts';
import { makeAlerts } from './alerts.ts';
import { Anomalies } from './anomalies.ts';
import { FIRST_ALERTS, allBurns, worksOf, type Alerts } from './alertsState.ts';
import { Crank } from './crank.ts';
import { declaredAnew } from './declared.ts';
import { dispatchTo, patienceFor, type Switchboard } from './dispatch.ts';
import { Feeding } from './feeding.ts';
import { GapClock } from './gapClock.ts';
import { makeGate } from './gate.ts';
import type { Ground } from './gatePermit.ts';
import { Judging } from './judging.ts';
import { Lookout, type Excuse } from './lookout.ts';
import { Round } from './round.ts';
import { Tally } from './tally.ts';
import { isStoppedByPerson, stopAsWork } from './stopped.ts';
import { Works } from './works.ts';
import { makeWatch, postFor } from './watch.ts';
import type { Post } from './watchNotes.ts';
import type { Watch } from './watchState.ts';

export type EngineParts = {
  readonly site: Site;
  readonly clock: Clock;
  readonly store: Store;
  readonly sensor: Sensor;
  readonly metrics: Metrics & LookHistory;
  readonly actuator: Actuator;
  readonly notifier: Notifier;
  readonly host: Host;
  readonly copies: Copies;
  /** Checks through the same path as all others, of something that is known to be well: Sereno itself. */
  readonly canary: readonly Check[];
  /** The machines of the duties, by id; null: none of theirs. */
  readonly dutyFor: (site: Site, id: MachineId) => AnyMachine | null;
  /** Sees each machine when it is made and may put another in its place: how the simulator takes out one guard. */
  readonly replaceMachine?: (machine: AnyMachine) => AnyMachine;
  readonly onCommitted: (moved: readonly MachineId[], records: readonly EvidenceRecord[]) => void;
  readonly onStoreTrouble: (detail: string | null, isFatal: boolean) => void;
  /** Milliseconds with fractions, from any origin: for measuring, never for deciding. */
  readonly stopwatch: () => number;
};

/** Why what is seen of a service now is not its own doing, as its watch knows it. */
const excuseOf = (state: unknown, service: Service): Excuse | null => {
  const watch = state as Watch | null; // decoder: what the crank holds of a watch is its step's own state
  if (watch === null) return null;
  const isUnstarted = isOperable(service.workload) && !watch.isRunning && watch.exit === null;
  const isUnwanted = watch.wanted === 'stopped' || watch.isComingDown;
  if (watch.impairedBy !== null || isUnwanted || isUnstarted) return 'explained';
  return watch.isComingUp && watch.isUnproven ? 'starting' : null;
};

/** Who watches over the codex, where there is one. */
const codexMachines = ({ codex }: Site): readonly MachineId[] => (codex === null ? [] : [DRIFT, KEEPING]);

const isStopOfPerson = ({ type, action, actor }: EvidenceRecord): boolean =>
  type === 'action.started' && action === 'stop' && actor.kind === 'person';

export class Engine {
  readonly round: Round;
  readonly lookout: Lookout;
  readonly crank: Crank;
  readonly judging: Judging;
  readonly anomalies: Anomalies;
  readonly #tally: Tally;
  readonly #feeding: Feeding;
  readonly #works: Works;
  readonly #parts: EngineParts;
  readonly #canaryIds: ReadonlySet<CheckId>;
  #site: Site;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#site = parts.site;
    this.#canaryIds = new Set(parts.canary.map((check) => check.id));
    const { sensor, metrics, store, actuator, notifier, host, copies } = parts;
    const clock = new GapClock(parts.clock, (since) => this.#resume(since));
    const canSee = (): boolean => parts.canary.every((check) => this.round.belief(check.id)?.state !== 'unhealthy');
    this.judging = this.#makeJudging(clock, canSee);
    this.anomalies = this.#makeAnomalies(clock, canSee);
    this.#tally = new Tally(parts.site, this.judging);
    this.#feeding = new Feeding(parts.site, this.judging);
    this.#works = this.#makeWorks(clock);
    this.lookout = new Lookout({
      clock,
      checksOf: (service) => (findService(this.#site, service)?.checks ?? []).map((check) => check.id),
      history: metrics,
      excuseOf: (id) => {
        const service = findService(this.#site, id);
        return service === null ? null : excuseOf(this.crank.stateOf(watchMachine(id)), service);
      },
    });
    this.round = new Round({
      clock,
      sensor: {
        probe: (check, report) =>
          sensor.probe(check, (seen) => {
            clock.feel();
            if (!this.#canaryIds.has(check.id)) this.lookout.see(check.service, seen);
            report(seen);
          }),
      },
      metrics,
      onChange: (check, belief) => {
        this.crank.put(this.#canaryIds.has(check.id) ? GATE : watchMachine(check.service), { kind: 'checked', belief });
      },
      onLook: (check, seen) => {
        this.judging.saw(check, seen);
        this.anomalies.sawLook(check, seen);
      },
    });
    const board: Switchboard = {
      site: () => this.#site,
      ports: { actuator, notifier, host, copies },
      round: this.round,
      lookout: this.lookout,
      crank: () => this.crank,
      now: () => clock.now(),
    };
    this.crank = new Crank({
      store,
      clock,
      machineFor: (id) => this.#machineFor(id),
      dispatch: (keyed, report) => dispatchTo(board, keyed, report),
      patience: (keyed) => patienceFor(keyed, clock.now()),
      onCommitted: (moved, records) => this.#committed(moved, records),
      onStoreTrouble: parts.onStoreTrouble,
      stopwatch: parts.stopwatch,
    });
    actuator.onExit((service, exit) => this.crank.put(watchMachine(service.id), { kind: 'exited', exit }));
  }

  #makeAnomalies(clock: Clock, canSee: () => boolean): Anomalies {
    return new Anomalies(this.#site, {
      now: () => clock.now(),
      isExcused: (service, at) =>
        !canSee() ||
        (service !== null &&
          (maintenanceAt(this.#site.maintenance, service, at) !== null || this.#isStopped(service, at))),
      tell: (message) => this.crank.put(ALERTS, { kind: 'told', from: ALERTS, message }),
    });
  }

  #makeJudging(clock: Clock, canSee: () => boolean): Judging {
    return new Judging(this.#site, {
      now: () => clock.now(),
      lastLook: (id) => this.round.lastObservation(id),
      canSee,
      isStopped: (service, at) => this.#isStopped(service, at),
      lookAgain: (check, afterMs) => this.round.lookAgain(check, afterMs),
      tell: (service, message) => this.crank.put(ALERTS, { kind: 'told', from: watchMachine(service), message }),
    });
  }

  #makeWorks(clock: Clock): Works {
    return new Works({
      clock,
      site: () => this.#site,
      stops: () => this.#stops(),
      excused: (target, share, from, to) => this.judging.excused(target, share, from, to),
      tell: (message) => this.crank.put(ALERTS, { kind: 'told', from: GATE, message }),
    });
  }

  #watchOf(service: ServiceId): Watch | null {
    return this.crank.stateOf(watchMachine(service)) as Watch | null; // decoder: what the crank holds of a watch is its step's own state
  }

  #isStopped(service: ServiceId, at: Instant): boolean {
    const watch = this.#watchOf(service);
    return watch !== null && isStoppedByPerson(watch, at, this.#parts.clock.now());
  }

  /** Of services of which something is promised: only there anything is kept out of a budget. */
  #stops(): readonly AgreedWork[] {
    const now = this.#parts.clock.now();
    const promised = this.#site.services.filter(({ targets }) => targets.length > 0);
    const watches = promised.flatMap(({ id }) => this.#watchOf(id) ?? []);
    return watches.flatMap((watch) => (isStoppedByPerson(watch, now, now) ? (stopAsWork(watch) ?? []) : []));
  }

  #committed(moved: readonly MachineId[], records: readonly EvidenceRecord[]): void {
    if (records.some(isStopOfPerson)) this.#works.look();
    this.#parts.onCommitted(moved, records);
  }

  site(): Site {
    return this.#site;
  }

  /** What a source has brought: events of the targets that ask it, and values that may be unusual. */
  sawReadings(source: MetricSource, readings: readonly Reading[]): void {
    this.#tally.feed(source.name, readings);
    this.#feeding.take(source, readings);
    this.anomalies.sawReadings(source, readings);
  }

  /** What the gate knows beside its state: for dry runs. */
  ground(): Ground {
    return { site: this.#site, canaryChecks: [...this.#canaryIds], paths: pathsOf(this.#site.services) };
  }

  /** What a watch knows beside its state: for dry runs. */
  postOf(service: Service): Post {
    return postFor(this.#site, service);
  }

  /** Takes up what the store holds and begins: every machine is told that Sereno has started. */
  start(boot: Boot): void {
    const body: EventBody = { kind: 'booted', boot };
    const watches = this.#site.services.map((service) => watchMachine(service.id));
    const openings = [GATE, ...watches, STARTUP, ...codexMachines(this.#site)].map((machine) => ({ machine, body }));
    this.crank.start(this.#parts.store.load(), openings);
    const desk = (this.crank.stateOf(ALERTS) ?? FIRST_ALERTS) as Alerts; // decoder: what the crank holds is its step's own state
    this.#works.start(Object.values(worksOf(desk)));
    this.judging.expectBurns(allBurns(desk).map(({ alert }) => alert));
    this.round.setChecks([...this.#parts.canary, ...allChecks(this.#site)]);
  }

  /** Replaces the configuration as a whole. Services that are new are brought up; those that are gone are let go. */
  reload(site: Site): void {
    const before = this.#site;
    this.#site = site;
    this.crank.replaceMachines();
    const body: EventBody = { kind: 'reconfigured', digest: site.digest, services: site.services.length, changed: {} };
    this.crank.put(GATE, { ...body, changed: declaredAnew(before, site) });
    for (const machine of codexMachines(site)) this.crank.put(machine, before.codex === null ? this.#newcomer() : body);
    for (const gone of before.services.filter((it) => findService(site, it.id) === null)) this.#letGo(gone);
    for (const service of site.services) {
      const isNew = findService(before, service.id) === null;
      this.crank.put(watchMachine(service.id), isNew ? this.#newcomer() : body);
    }
    this.judging.setSite(site);
    this.anomalies.setSite(site);
    this.#tally.setSite(site);
    this.#feeding.setSite(site);
    this.#works.look();
    this.round.setChecks([...this.#parts.canary, ...allChecks(site)]);
    this.lookout.keepOnly(new Set(site.services.map((service) => service.id)));
    for (const service of site.services) if (findService(before, service.id) === null) this.#bringUp(service);
  }

  /** It may run already: it was taken out earlier, and what ran of it runs on. */
  #bringUp(service: Service): void {
    const machine = watchMachine(service.id);
    const comeUp: EventBody = { kind: 'told', from: STARTUP, message: { kind: 'come-up' } };
    if (!isOperable(service.workload)) return this.crank.put(machine, comeUp);
    return this.#parts.actuator.find(service, ({ isRunning, pid }) => {
      this.crank.put(machine, { kind: 'found', isRunning, pid });
      this.crank.put(machine, comeUp);
    });
  }

  /** Sereno itself did not run since then: nobody knows how anything is, until it was looked at. */
  #resume(since: Instant): void {
    const body: EventBody = { kind: 'resumed', since };
    const watches = this.#site.services.map((service) => ({ machine: watchMachine(service.id), body }));
    const codex = codexMachines(this.#site).map((machine) => ({ machine, body }));
    this.crank.resume([{ machine: GATE, body }, ...watches, ...codex]);
    this.judging.resume();
    this.round.resume();
  }

  /** Stops turning and watching, as in a crash: an orderly end is asked of the startup machine first. */
  stop(): void {
    this.crank.stop();
    this.lookout.stop();
    this.#works.stop();
    this.round.stop();
  }

  /** Nobody can mend what is not declared any more: its incident is closed as such. What runs is left running. */
  #letGo(service: Service): void {
    const { clock } = this.#parts;
    const proof = 'it was taken out of the configuration; what runs of it runs on';
    const message = { kind: 'recovered', subject: service.id, proof, how: 'unwatched', at: clock.now() } as const;
    this.crank.put(INCIDENTS, { kind: 'told', from: GATE, message });
  }

  #newcomer(): EventBody {
    return { kind: 'booted', boot: { isClean: true, uncleanStops: 0, services: this.#site.services.length } };
  }

  #machineFor(id: MachineId): AnyMachine | null {
    const machine = this.#makeMachine(id);
    return machine === null ? null : (this.#parts.replaceMachine?.(machine) ?? machine);
  }

  #makeMachine(id: MachineId): AnyMachine | null {
    const kind = machineKind(id);
    if (id === GATE) return anyMachine(makeGate(this.#site, [...this.#canaryIds]));
    if (id === ALERTS) return anyMachine(makeAlerts(this.#site));
    if (kind === 'watch') {
      const watch = makeWatch(this.#site, serviceId(machineSubject(id)));
      return watch === null ? null : anyMachine(watch);
    }
    if (id === STARTUP || id === INCIDENTS || kind !== 'watch') return this.#parts.dutyFor(this.#site, id);
    return null;
  }
}
