// Name: how a metric of OpenTelemetry is called in Prometheus: `http.server.request.duration` in `s` becomes
// `http_server_request_duration_seconds` (opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics).

const UNITS: Readonly<Record<string, string>> = {
  d: 'days',
  h: 'hours',
  min: 'minutes',
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  By: 'bytes',
  KiBy: 'kibibytes',
  MiBy: 'mebibytes',
  GiBy: 'gibibytes',
  KBy: 'kilobytes',
  MBy: 'megabytes',
  GBy: 'gigabytes',
  Cel: 'celsius',
  Hz: 'hertz',
  '%': 'percent',
};

const PER: Readonly<Record<string, string>> = { s: 'second', min: 'minute', h: 'hour', d: 'day' };

const word = (text: string): string => text.replaceAll(/[^a-zA-Z0-9]+/g, '_').replaceAll(/^_|_$/g, '');

/** `By/s` becomes `bytes_per_second`; what stands in braces, as in `{request}`, is a remark. */
const unitWord = (unit: string): string => {
  const [main = '', per] = unit.replaceAll(/\{[^}]*\}/g, '').split('/');
  const said = UNITS[main] ?? (main === '1' ? '' : word(main));
  return per === undefined || per === '' ? said : `${said}${said === '' ? '' : '_'}per_${PER[per] ?? word(per)}`;
};

const NAME_LENGTH_MAX = 255;

/** The name, or null when nothing of it could be one. `isRising`: a counter, which ends in `_total`. */
export const metricName = (name: string, unit: string, isRising: boolean, isGauge: boolean): string | null => {
  const base = name
    .slice(0, NAME_LENGTH_MAX)
    .replaceAll(/[^a-zA-Z0-9_:]+/g, '_')
    .replaceAll(/_+$/g, '');
  if (!/[a-zA-Z]/.test(base)) return null;
  const ratio = unit === '1' && isGauge ? 'ratio' : '';
  const suffix = unitWord(unit) === '' ? ratio : unitWord(unit);
  const stem = base.replace(/_total$/, '');
  const named = suffix === '' || stem.endsWith(`_${suffix}`) ? stem : `${stem}_${suffix}`;
  const whole = isRising ? `${named}_total` : base.endsWith('_total') && suffix === '' ? base : named;
  return /^[0-9]/.test(whole) ? `_${whole}` : whole;
};
