// Presence: whoever did not run saw nothing, and says so before he says anything else.

import type { Instant } from '#kernel/time.ts';
import type { Gap } from '../keeper.ts';
import type { Invariant, Scene, Watcher } from '../witness.ts';

/** The canary is looked at every 5 s at least, and ten seconds late is a gap: by then each gap is noticed. */
const NOTICED_MS = 20_000;
/** Nobody is told of the night in the first minutes of the morning, unless something is broken. */
const MORNING_MS = 5 * 60_000;
/** What has worked for so long before the gap was not in anybody's hands. */
const SETTLED_MS = 5 * 60_000;

const JUDGEMENTS = new Set([
  'health.changed',
  'decision',
  'finding.opened',
  'gate.allowed',
  'gate.denied',
  'action.outcome',
  'escalated',
  'incident.paged',
]);

/** World time of what carries Sereno's: what was decided before the gap may come to light after it. */
const worldMs = ({ nowMs, serenoNowMs }: Scene, dated: { readonly at: Instant }): number =>
  nowMs() + dated.at - serenoNowMs();

const gapIsTold = (scene: Scene): Watcher => {
  const { gap } = scene;
  let told: Gap | null = null;
  return {
    committed: ({ records, run }) => {
      const last = gap();
      if (last === null || last === told || last.run !== run || last.untilMs - last.sinceMs < NOTICED_MS) return null;
      for (const record of records) {
        if (worldMs(scene, record) < last.untilMs) continue;
        if (record.type === 'sereno.resumed') {
          told = last;
          return null;
        }
        if (JUDGEMENTS.has(record.type))
          return `${record.machine} ${record.type} (record ${record.seq}) comes before the gap of ${last.untilMs - last.sinceMs} ms is told`;
      }
      return null;
    },
  };
};

const noPageForSleep = (scene: Scene): Watcher => ({
  delivered: (notification, earlier) => {
    const { gap, world, weather, nowMs, pathSinceMs } = scene;
    const last = gap();
    if (last === null || earlier !== null || nowMs() < last.untilMs || nowMs() > last.untilMs + MORNING_MS) return null;
    const isNews = notification.kind === 'trouble' || notification.key.endsWith(':0');
    const unit = world.units.find((it) => it.service.id === notification.subject);
    const isOpen = weather.path() === 'good' && pathSinceMs() < last.sinceMs - SETTLED_MS;
    if (!isNews || unit === undefined || !isOpen) return null;
    const isWell = unit.brokenSinceMs === 0 && unit.worksSinceMs < last.sinceMs - SETTLED_MS;
    const isCalm = unit.condition === 'well' && unit.trouble === null;
    return isWell && isCalm && worldMs(scene, notification) >= last.untilMs
      ? `people are told of ${notification.subject}, which has worked since long before the gap ("${notification.title}")`
      : null;
  },
});

export const PRESENCE: readonly Invariant[] = [
  {
    name: 'gap-is-told',
    kind: 'safety',
    claim: 'After it did not run for 20 s, Sereno writes that down before it judges, decides or permits anything.',
    watch: gapIsTold,
  },
  {
    name: 'no-page-for-sleep',
    kind: 'safety',
    claim: 'In the five minutes after a gap nobody is told of trouble with what has worked all along.',
    watch: noPageForSleep,
  },
];
