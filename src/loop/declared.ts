// What a new configuration declares otherwise, service by service: for the evidence, and for who asks what changed.

import type { ServiceId } from '#kernel/id.ts';
import type { Service } from '#kernel/service.ts';
import { findService, type Site } from '#kernel/site.ts';

/** Of each service that is declared otherwise, what of it: `checks, workload`, `new` or `gone`. */
export type DeclaredAnew = Readonly<Record<ServiceId, string>>;

/** Nothing breaks by these: they are for people, for promises, and for the pace of repairs. */
const BREAKS_NOTHING: ReadonlySet<string> = new Set(['owner', 'tier', 'targets', 'trafficPercent', 'restartBudget']);
/** A record of more services than this would say nothing that its digest does not. */
const NAMED_MAX = 100;

const partsChanged = (before: Service, after: Service): string => {
  const now = new Map<string, unknown>(Object.entries(after));
  return Object.entries(before)
    .filter(([part, was]) => !BREAKS_NOTHING.has(part) && JSON.stringify(was) !== JSON.stringify(now.get(part)))
    .map(([part]) => part)
    .join(', ');
};

/** The first hundred, in the order of the new configuration; what is gone comes last. */
export const declaredAnew = (before: Site, after: Site): DeclaredAnew => {
  const kept = after.services.map(({ id }): readonly [ServiceId, string] => {
    const [was, is] = [findService(before, id), findService(after, id)];
    return [id, was === null || is === null ? 'new' : partsChanged(was, is)];
  });
  const gone = before.services
    .filter(({ id }) => findService(after, id) === null)
    .map(({ id }): readonly [ServiceId, string] => [id, 'gone']);
  return Object.fromEntries([...kept, ...gone].filter(([, parts]) => parts !== '').slice(0, NAMED_MAX));
};
