// Reload notes: what a new configuration leaves as it was, said at once. A reload touches no running process.

import type { ServiceId } from '#kernel/id.ts';
import type { Service } from '#kernel/service.ts';
import { findService, type Site } from '#kernel/site.ts';

/** The pid of a service that runs; null: it does not, or nobody knows. */
export type PidOf = (service: ServiceId) => number | null;

const sayGone = ({ id }: Service, pid: number): string =>
  `${id} was taken out of the configuration and runs on unwatched (pid ${pid}); ` +
  `to end it, put it back and say: sereno service stop ${id}`;

const sayChanged = ({ id }: Service, pid: number): string =>
  `${id} runs on as it was started (pid ${pid}); what was changed takes effect at its next start: sereno service restart ${id}`;

const isStartedAlike = (before: Service, after: Service): boolean =>
  JSON.stringify(before.workload) === JSON.stringify(after.workload);

/** One line for each service whose process is not what the new configuration says. */
export const reloadNotes = (before: Site, after: Site, pidOf: PidOf): readonly string[] =>
  before.services.flatMap((service) => {
    const pid = pidOf(service.id);
    if (pid === null) return [];
    const now = findService(after, service.id);
    if (now === null) return [sayGone(service, pid)];
    return isStartedAlike(service, now) ? [] : [sayChanged(now, pid)];
  });
