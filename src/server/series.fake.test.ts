// What the desk in memory tells of series: one check's, with an anomaly.

import type { AnomaliesView } from '#kernel/anomaly.ts';
import { checkId, serviceId } from '#kernel/id.ts';
import { checkSeries, seriesKey } from '#kernel/series.ts';
import type { SeriesRangeView, SeriesView } from '#kernel/seriesView.ts';
import { instant, seconds } from '#kernel/time.ts';
import type { Desk, SeriesAsked } from '#ports/desk.ts';

const series = checkSeries(checkId('api/http'), seconds(10));

const FAKE_SERIES: SeriesView = {
  key: seriesKey(series.metric, series.labels),
  ...series,
  lastAt: instant(3_000),
  lastValue: 12.5,
  isStale: false,
};

const fakeRange = ({ span, stepMs }: SeriesAsked): SeriesRangeView => ({
  series: FAKE_SERIES,
  ...span,
  stepMs,
  steps: [
    {
      at: span.from,
      count: 6,
      value: 12.5,
      min: 10,
      max: 14,
      p50: 12,
      p95: 14,
      p99: 14,
      increase: null,
      outcomes: { unknown: 0, healthy: 6, degraded: 0, unhealthy: 0 },
      band: { low: 9, high: 15.5 },
    },
  ],
});

const FAKE_ANOMALIES: AnomaliesView = {
  isOn: true,
  perWeek: 1,
  seriesWatched: 1,
  seriesMax: 2_000,
  seriesLeft: 0,
  heldBack: 2,
  anomalies: [
    {
      key: `anomaly:${FAKE_SERIES.key}@3000`,
      series: FAKE_SERIES.key,
      service: serviceId('api'),
      source: 'checks',
      unit: 'ms',
      at: instant(3_000),
      value: 480,
      band: { low: 9, high: 15.5 },
      view: 'value',
      steps: 210,
      times: 18,
      title: 'api/http took 480 ms, where 9 to 15.5 ms were expected',
      endedAt: null,
      end: null,
    },
  ],
};

export const SERIES_DESK: Pick<Desk, 'anomalies' | 'series' | 'seriesRange'> = {
  anomalies: () => FAKE_ANOMALIES,
  series: () => [FAKE_SERIES],
  seriesRange: (asked) => Promise.resolve(asked.key === FAKE_SERIES.key ? fakeRange(asked) : null),
};
