// The duties of this release, by the machine that each lives in.

import type { MachineId } from '#kernel/id.ts';
import { CODEX, INCIDENTS, RELEASES, STARTUP, type Site } from '#kernel/site.ts';
import { anyMachine, type AnyMachine } from '#kernel/step.ts';
import { makeChronicle } from '#duties/codex/chronicle.ts';
import { makeIncidents } from '#duties/incidents/incidents.ts';
import { makeReleases } from '#duties/releases/releases.ts';
import { makeStartup } from '#duties/startup/startup.ts';

export const dutyFor = (site: Site, id: MachineId): AnyMachine | null => {
  if (id === STARTUP) return anyMachine(makeStartup(site));
  if (id === CODEX) return anyMachine(makeChronicle());
  if (id === RELEASES) return anyMachine(makeReleases(site));
  return id === INCIDENTS ? anyMachine(makeIncidents(site)) : null;
};
