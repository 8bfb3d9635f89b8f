// Discover: puts together what the parsers found, so that one thing that was seen twice is written once.

import type { Json } from '#kernel/evidence.ts';
import { discoverCompose } from './discoverCompose.ts';
import { discoverCrontab } from './discoverCrontab.ts';
import { joinDiscoveries, NOTHING, type DiscoveredService, type Discovery } from './discovered.ts';
import { discoverListeners, tcpCheck, type Listener } from './discoverPorts.ts';
import { discoverPackage, discoverSystemd, readPm2, type Pm2App } from './discoverUnits.ts';
import { RESERVED } from './names.ts';
import { findCycles } from './watched.ts';

type FileText = { readonly file: string; readonly text: string };

/** All that was read from a machine; each part is null or empty when it is not there. */
export type HostFacts = {
  readonly listeners: readonly Listener[];
  readonly composeFiles: readonly FileText[];
  /** `systemctl list-units … --output=json` */
  readonly systemd: string | null;
  /** `pm2 jlist` or the dump file. */
  readonly pm2: FileText | null;
  /** `crontab -l` */
  readonly crontab: string | null;
  readonly packageFile: FileText | null;
  /** What could not be read at all. */
  readonly gaps: readonly string[];
};

/** Adds the listening ports of a service's own processes to its checks; returns the listeners that are left. */
type Attached = { readonly services: readonly DiscoveredService[]; readonly rest: readonly Listener[] };

const attach = (
  services: readonly DiscoveredService[],
  listeners: readonly Listener[],
  isOf: (service: DiscoveredService, listener: Listener) => boolean,
): Attached => {
  const taken = new Set<Listener>();
  const attached = services.map((service) => {
    const own = listeners.filter((listener) => isOf(service, listener));
    for (const listener of own) taken.add(listener);
    const fresh = own.filter((listener, index) => {
      const isFirst = own.findIndex((each) => each.port === listener.port) === index;
      return isFirst && !service.ports.includes(listener.port);
    });
    return {
      ...service,
      checks: [...service.checks, ...fresh.map(tcpCheck)],
      ports: [...service.ports, ...fresh.map((listener) => listener.port)],
    };
  });
  return { services: attached, rest: listeners.filter((listener) => !taken.has(listener)) };
};

const isTree = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The unit of a service that systemd runs. */
const unitOfRun = (service: DiscoveredService): Json | null => {
  const systemd = isTree(service.run) ? service.run['systemd'] : undefined;
  return isTree(systemd) ? (systemd['unit'] ?? null) : null;
};

/** Names are made unique: `node`, `node-2`; names that Sereno keeps for itself get a number as well. */
const withUniqueNames = <Named extends { readonly name: string }>(all: readonly Named[]): readonly Named[] => {
  const taken = new Set<string>(RESERVED);
  return all.map((each) => {
    let name = each.name;
    // Ends: each round takes one more name, and there are finitely many things.
    for (let number = 2; taken.has(name); number += 1) name = `${each.name}-${number}`;
    taken.add(name);
    return { ...each, name };
  });
};

/** Needs that no service answers to are dropped: a compose service without a check is not written. */
const withKnownNeeds = (services: readonly DiscoveredService[]): readonly DiscoveredService[] => {
  const names = new Set(services.map((service) => service.name));
  return services.map((service) => ({
    ...service,
    needs: service.needs.filter((need) => names.has(need) && need !== service.name),
  }));
};

type Uncircled = { readonly services: readonly DiscoveredService[]; readonly dropped: readonly string[] };

/** Compose refuses circles itself; two things that were given one name could still make one. The need that closes it goes. */
const withoutCircles = (services: readonly DiscoveredService[]): Uncircled => {
  const needs = new Map<string, readonly string[]>(services.map((service) => [service.name, service.needs]));
  const dropped: string[] = [];
  // Ends: every round removes at least one need.
  for (let cycles = findCycles(needs); cycles.length > 0; cycles = findCycles(needs)) {
    for (const cycle of cycles) {
      const last = cycle.at(-1) ?? '';
      needs.set(
        last,
        (needs.get(last) ?? []).filter((need) => need !== cycle[0]),
      );
      dropped.push(`${last} needs ${cycle[0] ?? ''}`);
    }
  }
  return { services: services.map((service) => ({ ...service, needs: needs.get(service.name) ?? [] })), dropped };
};

const appsOf = (facts: HostFacts): { readonly apps: readonly Pm2App[]; readonly discovery: Discovery } => {
  if (facts.pm2 === null) return { apps: [], discovery: NOTHING };
  const read = readPm2(facts.pm2.text, facts.pm2.file);
  return { apps: read.apps, discovery: { ...NOTHING, notUnderstood: read.notUnderstood } };
};

/** Everything that was found, each thing once: compose services, units and applications take their ports with them. */
export const discover = (facts: HostFacts): Discovery => {
  const compose = joinDiscoveries(facts.composeFiles.map(({ file, text }) => discoverCompose(text, file)));
  const units = facts.systemd === null ? NOTHING : discoverSystemd(facts.systemd);
  const pm2 = appsOf(facts);
  const pids = new Map(pm2.apps.map((app) => [app.service, app.pid]));

  const inCompose = attach(compose.services, facts.listeners, (service, listener) =>
    service.ports.includes(listener.port),
  );
  const inPm2 = attach(
    pm2.apps.map((app) => app.service),
    inCompose.rest,
    (service, listener) => listener.pid !== null && pids.get(service) === listener.pid,
  );
  const inUnits = attach(
    units.services,
    inPm2.rest,
    (service, listener) => listener.unit !== null && unitOfRun(service) === listener.unit,
  );
  const alone = discoverListeners(inUnits.rest);

  const jobs = facts.crontab === null ? NOTHING : discoverCrontab(facts.crontab, 'crontab');
  const scripts =
    facts.packageFile === null ? NOTHING : discoverPackage(facts.packageFile.text, facts.packageFile.file);
  const services = [...inCompose.services, ...inPm2.services, ...inUnits.services, ...alone.services];
  const uncircled = withoutCircles(withKnownNeeds(withUniqueNames(services)));
  return {
    services: uncircled.services,
    jobs: withUniqueNames(jobs.jobs),
    candidates: scripts.candidates,
    notUnderstood: [
      ...[compose, pm2.discovery, units, jobs, scripts].flatMap((each) => each.notUnderstood),
      ...alone.notUnderstood,
      ...uncircled.dropped.map((need) => ({ what: need, why: 'it closes a circle of needs' })),
      ...facts.gaps.map((gap) => ({ what: gap, why: 'it could not be read' })),
    ],
  };
};
