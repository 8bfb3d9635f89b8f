// Watched: a service that nobody would notice or bring back cannot become active, and circles of need have no beginning.

import { problem } from '#kernel/problem.ts';
import type { Service } from '#kernel/service.ts';
import type { Decoding } from './decoding.ts';
import type { Path } from './document.ts';
import type { SiteText } from './grammar.ts';
import type { Salvage } from './salvage.ts';

/** A gap, and the part of the service that would fill it. */
type Gap = { readonly part: string; readonly lacks: string; readonly mend: string };

/** Who would be told: an owner, a rota, or a channel. */
const hasSomebody = (service: Service, text: SiteText): boolean =>
  service.owner !== null ||
  (text.on_call?.primary ?? []).length > 0 ||
  Object.keys(text.notify ?? {}).some((name) => name !== 'route');

const hasRunbook = (service: Service, text: SiteText): boolean =>
  Object.values(text.runbooks ?? {}).some((runbook) => runbook.on.service === service.id);

const gapsOf = (service: Service, text: SiteText): readonly Gap[] => {
  const declared = text.services?.[service.id];
  const gaps: Gap[] = [];
  const inactive = declared?.checks?.length ?? 0;
  if (service.checks.length === 0)
    gaps.push({
      part: 'checks',
      lacks: inactive > 0 ? 'a check that this release can run' : 'a check',
      mend: 'checks: [ { http: http://127.0.0.1:3000/health } ]',
    });
  if (Object.keys(declared?.targets ?? {}).length === 0)
    gaps.push({ part: 'targets', lacks: 'a target', mend: 'targets: { availability: 99% over 7d }' });
  const isRecoverable = service.workload.kind !== 'none' || hasRunbook(service, text) || hasSomebody(service, text);
  if (!isRecoverable)
    gaps.push({
      part: 'run',
      lacks: 'a way to recover',
      mend: 'add run, a runbook, an owner, on_call or a channel under notify',
    });
  return gaps;
};

/** Problem service-unmonitored: one for each thing that a service lacks. */
export const checkWatched = (decoding: Decoding, { text, cut }: Salvage, services: readonly Service[]): void => {
  const cuts = new Set(cut.map((path) => path.join('\n')));
  const isCut = (path: Path): boolean => path.some((_, index) => cuts.has(path.slice(0, index + 1).join('\n')));
  for (const service of services)
    for (const gap of gapsOf(service, text)) {
      // What is there but wrong was told already.
      if (isCut(['services', service.id, gap.part])) continue;
      decoding.problems.push(
        problem('service-unmonitored', `service ${service.id} has no ${gap.lacks.replace(/^an? /, '')}`, {
          place: decoding.ground.locate(['services', service.id], true),
          expected: `${gap.lacks}; without one a service cannot become active`,
          mend: gap.mend,
        }),
      );
    }
};

/** More circles than this in one file are all told by the first ones. */
const CYCLES_MAX = 20;

type Visit = { readonly name: string; next: number };

/** The circles of need, each as the names in order; every one is told once. Iterative: chains may be 10,000 long. */
export const findCycles = (needs: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] => {
  const cycles: (readonly string[])[] = [];
  const finished = new Set<string>();
  for (const start of needs.keys()) {
    if (finished.has(start)) continue;
    const trail: Visit[] = [{ name: start, next: 0 }];
    const onTrail = new Map<string, number>([[start, 0]]);
    while (trail.length > 0 && cycles.length < CYCLES_MAX) {
      const visit = trail.at(-1);
      if (visit === undefined) break;
      const needed = needs.get(visit.name)?.[visit.next];
      visit.next += 1;
      if (needed === undefined) {
        finished.add(visit.name);
        onTrail.delete(visit.name);
        trail.pop();
        continue;
      }
      const since = onTrail.get(needed);
      if (since !== undefined) cycles.push(trail.slice(since).map((step) => step.name));
      else if (needs.has(needed) && !finished.has(needed)) {
        onTrail.set(needed, trail.length);
        trail.push({ name: needed, next: 0 });
      }
    }
  }
  return cycles;
};

/** Problem config-cycle: services that need each other in a circle, the whole circle named. */
export const checkCycles = (decoding: Decoding, services: readonly Service[]): void => {
  const needs = new Map<string, readonly string[]>(services.map((service) => [service.id, service.needs]));
  for (const cycle of findCycles(needs)) {
    const first = cycle[0] ?? '';
    decoding.problems.push(
      problem('config-cycle', `services need each other in a circle: ${[...cycle, first].join(' needs ')}`, {
        place: decoding.ground.locate(['services', first, 'needs']),
        expected: 'needs that lead to a beginning',
        mend: 'remove one of these needs',
      }),
    );
  }
};
