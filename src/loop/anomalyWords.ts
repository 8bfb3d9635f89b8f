// Anomalies in words: what was seen, where it was expected, and in what it was new.

import type { Anomaly, AnomalyView } from '#kernel/anomaly.ts';

const IN_WHAT: Record<AnomalyView, string> = {
  value: 'a value that it has not had lately',
  step: 'a jump that it has not made lately',
  trend: 'a trend that it has not had lately',
  spread: 'more or less unrest than it has had lately',
  daily: 'not what is usual at this time of day',
  detrended: 'not the shape that its day has',
};

/** Four digits that mean something: `12.46`, `1204`. */
const say = (value: number): string => String(Number(value.toPrecision(4)));

/** One sentence: `api/http: 480 ms, expected 9 to 15.5 ms; a value that it has not had lately, 210 usual steps off`. */
export const anomalyTitle = ({
  name,
  unit,
  value,
  band,
  view,
  steps,
}: Pick<Anomaly, 'unit' | 'value' | 'band' | 'view' | 'steps'> & { readonly name: string }): string => {
  const in_ = unit === '' || unit === '1' ? '' : ` ${unit}`;
  const expected = `expected ${say(band.low)} to ${say(band.high)}${in_}`;
  return `${name}: ${say(value)}${in_}, ${expected}; ${IN_WHAT[view]}, ${say(steps)} usual steps off`;
};
