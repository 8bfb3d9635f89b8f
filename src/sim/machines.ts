// Machines: who lives in a town, by address, made anew from the untouched site for the invariants to ask.

import type { Check } from '#kernel/check.ts';
import { checkId, machineKind, machineSubject, serviceId, type MachineId } from '#kernel/id.ts';
import { ALERTS, CODEX, DRIFT, GATE, INCIDENTS, KEEPING, RELEASES, type Site, STARTUP } from '#kernel/site.ts';
import { anyMachine, type AnyMachine } from '#kernel/step.ts';
import { seconds } from '#kernel/time.ts';
import { makeChronicle } from '#duties/codex/chronicle.ts';
import { makeDrift } from '#duties/codex/drift.ts';
import { makeKeeping } from '#duties/codex/keeping.ts';
import { makeIncidents } from '#duties/incidents/incidents.ts';
import { makeReleases } from '#duties/releases/releases.ts';
import { makeStartup } from '#duties/startup/startup.ts';
import { makeAlerts } from '#loop/alerts.ts';
import { makeGate } from '#loop/gate.ts';
import { makeWatch } from '#loop/watch.ts';

/** The check by which the watchman tests its own eyes: the same path as every probe, nothing that fails at its end; paced as in production. */
export const CANARY: Check = {
  id: checkId('sereno/canary'),
  service: serviceId('sereno'),
  probe: { kind: 'http', url: 'http://127.0.0.1:7373/canary', method: 'GET', headers: {}, expect: { status: [200] } },
  everyMs: seconds(2),
  slowestMs: seconds(5),
  timeoutMs: seconds(1),
  rise: 1,
  fall: 2,
  retries: 0,
};

/** The machines of the duties, as the composition root hands them to the engine. */
export const dutyMachine = (site: Site, id: MachineId): AnyMachine | null => {
  if (id === STARTUP) return anyMachine(makeStartup(site));
  if (id === INCIDENTS) return anyMachine(makeIncidents(site));
  if (id === RELEASES) return anyMachine(makeReleases(site));
  if (id === CODEX) return anyMachine(makeChronicle());
  if (id === DRIFT) return site.codex === null ? null : anyMachine(makeDrift());
  if (id === KEEPING) return site.codex === null ? null : anyMachine(makeKeeping());
  return null;
};

/** Any machine of the town; null: nobody lives there. */
export const townMachine = (site: Site, id: MachineId): AnyMachine | null => {
  if (id === GATE) return anyMachine(makeGate(site, [CANARY.id]));
  if (id === ALERTS) return anyMachine(makeAlerts(site));
  if (machineKind(id) !== 'watch') return dutyMachine(site, id);
  const watch = makeWatch(site, serviceId(machineSubject(id)));
  return watch === null ? null : anyMachine(watch);
};
