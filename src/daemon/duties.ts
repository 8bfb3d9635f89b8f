// The duties of this release, by the machine that each lives in.

import type { MachineId } from '#kernel/id.ts';
import { CODEX, DRIFT, INCIDENTS, KEEPING, RELEASES, type Site, STARTUP } from '#kernel/site.ts';
import { anyMachine, type AnyMachine } from '#kernel/step.ts';
import { makeChronicle } from '#duties/codex/chronicle.ts';
import { makeDrift } from '#duties/codex/drift.ts';
import { makeKeeping } from '#duties/codex/keeping.ts';
import { makeIncidents } from '#duties/incidents/incidents.ts';
import { makeReleases } from '#duties/releases/releases.ts';
import { makeStartup } from '#duties/startup/startup.ts';

export const dutyFor = (site: Site, id: MachineId): AnyMachine | null => {
  if (id === STARTUP) return anyMachine(makeStartup(site));
  if (id === CODEX) return anyMachine(makeChronicle());
  if (id === RELEASES) return anyMachine(makeReleases(site));
  if (id === DRIFT) return site.codex === null ? null : anyMachine(makeDrift());
  if (id === KEEPING) return site.codex === null ? null : anyMachine(makeKeeping());
  return id === INCIDENTS ? anyMachine(makeIncidents(site)) : null;
};
