// The alert desk as people see it.

import type { RawAlert } from '#kernel/alert.ts';
import type { Instant } from '#kernel/time.ts';
import type { AlertsView } from '#kernel/view.ts';
import { noiseOf, qualityOf } from '#judge/noise/quality.ts';
import type { Alerts } from './alertsState.ts';
import { allShelved } from './shelves.ts';

const newestFirst = (a: RawAlert, b: RawAlert): number => b.since - a.since || (a.key < b.key ? -1 : 1);

/** Raw events that last, then those that are over; what is held back and by whom; how each rule has done this week. */
export const alertsView = (alerts: Alerts, at: Instant): AlertsView => ({
  alerts: [
    ...allShelved(alerts.open)
      .flatMap((ofSubject) => Object.values(ofSubject))
      .toSorted(newestFirst),
    ...alerts.ended,
  ],
  suppressions: alerts.suppressions.map(({ matchers: _matchers, ...shown }) => shown),
  deadChannels: alerts.deadChannels,
  quality: Object.entries(alerts.calls)
    .map(([rule, calls]) => ({ ...qualityOf(rule, calls, at), isNoise: noiseOf(rule, calls, at) !== null }))
    .toSorted((a, b) => b.fired - a.fired || (a.rule < b.rule ? -1 : 1)),
});
