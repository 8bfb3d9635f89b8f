// What changed lately, from the states of the machines and the evidence, for the ranking of causes.

import { changesOf, type Remembered } from '#judge/causes/changes.ts';
import type { Change } from '#judge/causes/scene.ts';
import type { Service } from '#kernel/service.ts';
import type { Instant } from '#kernel/time.ts';
import type { Engine } from '#loop/engine.ts';
import { alertsView } from '#loop/alertsView.ts';
import { FIRST_ALERTS } from '#loop/alertsState.ts';
import type { Store } from '#ports/store.ts';
import { alertsOf, gateOf, releasesOf, watchOf } from './states.ts';

/** New configurations that are read back: more than this in a day is a pipeline, and its last ones say enough. */
const CONFIGURATIONS_MAX = 50;

const rememberedOf = (engine: Engine, { id }: Service): Remembered | null => {
  const watch = watchOf(engine, id);
  if (watch === null) return null;
  return {
    service: id,
    troubleSince: watch.trouble?.since ?? null,
    actions: watch.actions,
    exit: watch.exit ?? watch.blackBox?.exit ?? null,
    files: watch.blackBox?.recentChanges ?? [],
  };
};

/** Everything that changed within a day before `at`: see judge/causes/changes.ts. Reads the evidence once. */
export const changesNow = (engine: Engine, store: Pick<Store, 'evidence'>, at: Instant): readonly Change[] =>
  changesOf({
    at,
    releases: releasesOf(engine)?.releases ?? [],
    configurations: store.evidence({ typePrefix: 'configuration.changed', limit: CONFIGURATIONS_MAX }),
    services: engine.site().services.flatMap((service) => rememberedOf(engine, service) ?? []),
    approvals: (gateOf(engine)?.approvals ?? []).filter((approval) => approval.status === 'approved'),
    alerts: alertsView(alertsOf(engine) ?? FIRST_ALERTS, at).alerts,
  });
