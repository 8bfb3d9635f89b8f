// Anomalies: what a series has never done lately, and the band in which it is expected.

import type { ServiceId } from './id.ts';
import type { SeriesKey } from './series.ts';
import type { Instant } from './time.ts';

/** Where the next value is expected. A value outside is a surprise by itself; inside, how it came there may be one. */
export type Band = { readonly low: number; readonly high: number };

/** In what a series was new: the value, its step, its trend, its spread, against its time of day, without the day's level. */
export type AnomalyView = 'value' | 'step' | 'trend' | 'spread' | 'daily' | 'detrended';

/** `returned`: into the band that it had left. `usual`: it stays elsewhere, which is usual by now. `silent`: no values. */
export type AnomalyEnd = 'returned' | 'usual' | 'silent';

/** One event of one series, however many values it lasts. */
export type Anomaly = {
  /** `anomaly:<series>@<ms since 1970>`. */
  readonly key: string;
  readonly series: SeriesKey;
  readonly service: ServiceId | null;
  readonly source: string;
  /** UCUM; empty when the source does not say. Of a counter it is per second. */
  readonly unit: string;
  readonly at: Instant;
  readonly value: number;
  /** Where the value was expected. */
  readonly band: Band;
  readonly view: AnomalyView;
  /** How far outside everything known, in usual steps of that view. */
  readonly steps: number;
  /** How surprising: times the threshold that this series had. At 1 it is what is declared as right so often a week. */
  readonly times: number;
  readonly title: string;
  readonly endedAt: Instant | null;
  readonly end: AnomalyEnd | null;
};

/** The anomalies that last, and the newest of those that are over; and how much is watched for them. */
export type AnomaliesView = {
  readonly isOn: boolean;
  /** False alarms a week that are declared as right, of all series together. */
  readonly perWeek: number;
  readonly seriesWatched: number;
  readonly seriesMax: number;
  /** Series that found no place. */
  readonly seriesLeft: number;
  /** Surprises of this run that had no place within the declared rate, or were explained by something else. */
  readonly heldBack: number;
  readonly anomalies: readonly Anomaly[];
};
