// Targets: what must hold of budgets, whatever happens. Drawn towns promise nothing; the towns of stories do.

import type { TargetView } from '#kernel/targetView.ts';
import type { Invariant, Scene, Watcher } from '../witness.ts';

/** What counts against a target, and the run that says so. */
type Seen = { readonly used: number; readonly run: number };

/** Nothing can have left the window yet: it is longer than the run is old, and the watchman sees what passes. */
const isWhole = ({ site }: Scene, view: TargetView, agoMs: number): boolean => {
  const target = site.services.flatMap((service) => service.targets).find((it) => it.id === view.id);
  return target?.window.kind === 'rolling' && agoMs < target.window.lengthMs;
};

/** A new run takes up what was kept a minute ago: what it does not know is no gift. */
const neverGivenBack = (scene: Scene): Watcher => {
  const seen = new Map<string, Seen>();
  const beganMs = scene.nowMs();
  return {
    minute: () => {
      const { run, views } = scene.targets();
      for (const view of views) {
        const used = view.budget?.used ?? 0;
        const before = seen.get(view.id);
        seen.set(view.id, { used, run });
        if (before === undefined || before.run !== run || used >= before.used) continue;
        if (isWhole(scene, view, scene.nowMs() - beganMs))
          return `${view.id}: ${before.used} bad events became ${used}, and none of them has left the window`;
      }
      return null;
    },
  };
};

export const TARGETS: readonly Invariant[] = [
  {
    name: 'budget-not-given-back',
    kind: 'safety',
    claim: 'What was taken from a budget comes back only when it leaves the window.',
    watch: neverGivenBack,
  },
];
