// Liveness: nobody sleeps for ever, nobody dies in silence, and when the storm is over everything settles.

import type { MachineId } from '#kernel/id.ts';
import type { AnyMachine } from '#kernel/step.ts';
import { townMachine } from '../machines.ts';
import type { Spot } from '../copies.ts';
import type { Disk } from '../store.ts';
import type { Unit } from '../world.ts';
import type { Finding, Invariant, Scene, Watcher } from '../witness.ts';
import { storedGate, storedIncidents, storedWatch } from './chronicle.ts';

/** A wake that is this late, with a watchman alive and a good disk, will never ring. */
const WAKE_LATE_MS = 60_000;
const CALM_MS = 120_000;
/** How long the alert desk may be silent about what was just told of. */
const DAMPED_MS = 60 * 60_000;
/** Trouble that lasts this long is being mended, or somebody was told. */
const SILENCE_MOST_MS = 10 * 60_000;

const awake = ({ site, disk }: Scene): Watcher => {
  const machines = new Map<MachineId, AnyMachine | null>();
  const machineAt = (id: MachineId): AnyMachine | null => {
    const known = machines.get(id);
    if (known !== undefined) return known;
    const made = townMachine(site, id);
    machines.set(id, made);
    return made;
  };
  return {
    committed: ({ batch }) => {
      for (const { machine, state } of batch.snapshots) {
        const missing = machineAt(machine)
          ?.expects(state)
          .find((name) => !disk.hasWake(machine, name));
        if (missing !== undefined) return `${machine} waits for its wake "${missing}", which is not pending`;
      }
      return null;
    },
  };
};

const wakesRing = ({ disk, nowMs, serenoNowMs, calmSinceMs }: Scene): Watcher => ({
  minute: () => {
    if (nowMs() - calmSinceMs() < CALM_MS) return null;
    const latest = serenoNowMs() - WAKE_LATE_MS;
    for (const ofMachine of disk.wakes.values()) {
      for (const wake of ofMachine.values()) {
        if (wake.at < latest) return `the wake "${wake.name}" of ${wake.machine} is ${serenoNowMs() - wake.at} ms late`;
      }
    }
    return null;
  },
});

const noSilentDeath = ({ world, disk, nowMs, calmSinceMs, site }: Scene): Watcher => {
  /** World time of the last news about each subject, and the subjects of open incidents. */
  const toldAt = new Map<string, number>();
  let open: ReadonlySet<string> = new Set();
  /** Told, and not told yet that it is over: a flicker of health in between needs no second notice. */
  const unfinished = new Set<string>();
  const isTold = (unit: Unit, sinceMs: number, depth: number): boolean => {
    const { id } = unit.service;
    if (unit.isWantedStopped || open.has(id) || unfinished.has(id) || (toldAt.get(id) ?? 0) >= sinceMs) return true;
    return depth < site.services.length && unit.needs.some((need) => isToldOf(need, sinceMs, depth + 1));
  };
  const isToldOf = (index: number, sinceMs: number, depth: number): boolean => {
    const unit = world.units[index];
    return unit !== undefined && isTold(unit, sinceMs, depth);
  };
  const isInHands = (unit: Unit): boolean => {
    const remedy = storedWatch(disk, unit.service.id)?.remedy.kind;
    return remedy === 'acting' || remedy === 'observing';
  };
  const isSilent = (unit: Unit): boolean =>
    unit.brokenSinceMs > 0 &&
    nowMs() - unit.brokenSinceMs >= SILENCE_MOST_MS &&
    !isInHands(unit) &&
    !isTold(unit, unit.brokenSinceMs - 60_000, 0);
  return {
    delivered: (notification) => {
      const { subject, kind, body } = notification;
      // Who comes and goes is told of three times an hour, and the last of them says so.
      toldAt.set(subject, nowMs() + (body.includes('Should it come back') ? DAMPED_MS : 0));
      if (kind === 'recovered') unfinished.delete(subject);
      else unfinished.add(subject);
      return null;
    },
    minute: () => {
      open = openSubjects(disk);
      const isHeld = (storedGate(disk)?.hold ?? null) !== null;
      const isBlind = open.has('watchman') || open.has('selection');
      for (const unit of world.units) {
        const { id } = unit.service;
        // Who stopped it, holds all acting, or has the incident open knows; and for ten minutes more.
        const knownAt = Math.max(toldAt.get(id) ?? 0, nowMs());
        if (isHeld || isBlind || unit.isWantedStopped || open.has(id)) toldAt.set(id, knownAt);
      }
      if (nowMs() - calmSinceMs() < SILENCE_MOST_MS) return null;
      const silent = world.units.find(isSilent);
      return silent === undefined
        ? null
        : `${silent.service.id} has not worked for 10 minutes, and nobody acts or knows`;
    },
  };
};

const openSubjects = (disk: Disk): ReadonlySet<string> => {
  const active = storedIncidents(disk)?.incidents.filter((incident) => incident.status !== 'resolved') ?? [];
  return new Set(active.map((incident) => incident.subject));
};

/** What is not settled yet, or null. Asked again and again in the quiet period. */
export const unsettled = (scene: Scene): Finding => {
  const { world, disk } = scene;
  for (const unit of world.units) {
    const underWay = storedWatch(disk, unit.service.id)?.remedy.kind;
    if (underWay === 'acting' || underWay === 'observing') return `${unit.service.id} is still ${underWay}`;
    if (isExcused(scene, unit)) continue;
    if (!world.works(unit.index)) return `${unit.service.id} does not work`;
    const health = storedWatch(disk, unit.service.id)?.health ?? 'unknown';
    if (health !== 'healthy') return `${unit.service.id} works and is shown ${health}`;
    const remedy = storedWatch(disk, unit.service.id)?.remedy.kind ?? 'none';
    if (remedy !== 'none') return `${unit.service.id} is well and still ${remedy}`;
  }
  const gate = storedGate(disk);
  if (gate === null) return 'the gate was never opened';
  if (gate.leases.length > 0) return `leases are out: ${gate.leases.map((lease) => lease.subject).join(', ')}`;
  if (gate.looking.length > 0) return 'the gate still looks around';
  if (gate.suspicion !== null) return 'the watchman still suspects itself';
  const wrong = scene.copies.spots.find((spot) => spot.wrongSinceMs !== null && mayMend(scene, spot));
  if (wrong !== undefined) return `${wrong.place.copy} is not as it was blessed`;
  const open = storedIncidents(disk)?.incidents.find((incident) => incident.status !== 'resolved');
  if (open !== undefined && !isExcusedSubject(scene, open.subject))
    return `${open.number} (${open.title}) is still open`;
  const [pending] = disk.outbox.values();
  return pending === undefined ? null : `${pending.key} (${pending.effect.kind}) is still in the outbox`;
};

/** A person stopped it, or something that it needs; or nothing can be done for it. */
const isExcused = (scene: Scene, unit: Unit): boolean => unit.isWantedStopped || scene.world.isBeyondHelp(unit);

/** Policy lets Sereno put it back without a person. */
const mayMend = ({ site, disk }: Scene, { place }: Spot): boolean => {
  const { policy } = site;
  const isHeld = (storedGate(disk)?.hold ?? null) !== null;
  const isAllowed = policy.allow.includes('apply-config') && policy.autonomy > 2;
  return isAllowed && !isHeld && place.trafficPercent <= policy.trafficLimitPercent;
};

const isExcusedSubject = (scene: Scene, subject: string): boolean => {
  const spot = scene.copies.spot(subject);
  if (spot !== null) return !mayMend(scene, spot);
  const unit = scene.world.units.find((it) => it.service.id === subject);
  return unit !== undefined && isExcused(scene, unit);
};

export const LIVENESS: readonly Invariant[] = [
  {
    name: 'awake',
    kind: 'liveness',
    claim: 'The wakes that a stored state expects are pending in the store.',
    watch: awake,
  },
  { name: 'wakes-ring', kind: 'liveness', claim: 'A wake that is due rings.', watch: wakesRing },
  {
    name: 'no-silent-death',
    kind: 'liveness',
    claim: 'What has not worked for 10 minutes is in hands, or somebody was told of it or of its cause.',
    watch: noSilentDeath,
  },
  {
    name: 'settles',
    kind: 'liveness',
    claim: 'When faults stop, everything that can be healthy is healthy, leases and outbox are empty.',
    watch: (scene) => ({ over: () => unsettled(scene) }),
  },
];
