// The charts of a service: how long its looks took, and how many failed; when releases began, and what was expected.

import { useMemo, useState, type ReactNode } from 'react';
import { Clock } from '../frame/moment.tsx';
import { Text } from '../frame/text.tsx';
import { sayCount, sayLatency, sayMoment } from '../frame/words.ts';
import { useAsked, valueOf, type Asked } from '../live/asked.ts';
import { currentPicture, serenoNow } from '../live/store.ts';
import type { SeriesRange, SeriesStep, ServiceView } from '../live/wire.ts';
import { columnsOf, countLooks, marksOf, type Mark } from './columns.ts';
import { drawErrors, drawLatency, type Beside } from './drawings.ts';
import { Plot } from './plot.tsx';

/** Spans that can be chosen, each in 90 to 180 steps. */
const SPANS = {
  '15 min': { ms: 900_000, stepMs: 10_000 },
  '1 h': { ms: 3_600_000, stepMs: 30_000 },
  '6 h': { ms: 6 * 3_600_000, stepMs: 120_000 },
  '24 h': { ms: 24 * 3_600_000, stepMs: 600_000 },
  '7 d': { ms: 7 * 86_400_000, stepMs: 3_600_000 },
  '30 d': { ms: 30 * 86_400_000, stepMs: 4 * 3_600_000 },
} as const;
type SpanName = keyof typeof SPANS;
const SPAN_NAMES: readonly SpanName[] = ['15 min', '1 h', '6 h', '24 h', '7 d', '30 d'];

/** Charts follow; a finer pace would show nothing more at these steps. */
const EVERY_MS = 5_000;
const RELEASES_EVERY_MS = 15_000;
const HEIGHT = 190;

const isoOf = (at: number): string => new Date(at).toISOString();

/** From a whole step on. */
const spanNow = (name: SpanName): { readonly from: number; readonly stepMs: number } => {
  const { ms, stepMs } = SPANS[name];
  return { from: Math.ceil((serenoNow() - ms) / stepMs) * stepMs, stepMs };
};

const useRange = (check: string, name: SpanName): Asked<SeriesRange> => {
  const query = () => {
    const { from, stepMs } = spanNow(name);
    return { check, from: isoOf(from), step: String(stepMs / 1_000) };
  };
  return useAsked('seriesRange', { about: `${check} ${name}`, query, everyMs: EVERY_MS });
};

const useMarks = (service: string): readonly Mark[] => {
  const query = () => ({ machine: 'releases:site', type: 'release.', limit: '200' });
  const asked = useAsked('evidence', { about: 'releases', query, everyMs: RELEASES_EVERY_MS });
  const records = valueOf(asked)?.records;
  return useMemo(() => (records === undefined ? [] : marksOf(records, service)), [records, service]);
};

type PickProps = {
  readonly service: ServiceView;
  readonly check: string;
  readonly span: SpanName;
  readonly onCheck: (check: string) => void;
  readonly onSpan: (span: SpanName) => void;
};

const Pick = ({ service, check, span, onCheck, onSpan }: PickProps): ReactNode => (
  <div className="picks">
    <label>
      Check{' '}
      <select value={check} onChange={(event) => onCheck(event.target.value)}>
        {service.checks.map(({ id }) => (
          <option key={id} value={id}>
            {id}
          </option>
        ))}
      </select>
    </label>
    <fieldset className="spans" aria-label="How far back">
      {SPAN_NAMES.map((name) => (
        <button key={name} type="button" aria-pressed={name === span} onClick={() => onSpan(name)}>
          {name}
        </button>
      ))}
    </fieldset>
  </div>
);

const sayStep = (step: SeriesStep): string => {
  const { outcomes } = step;
  const bad = outcomes === null ? '' : ` · ${outcomes.unhealthy} failed, ${outcomes.unknown} could not look`;
  const took = step.value === null ? 'no good answer' : `mean ${sayLatency(step.value)}`;
  const p99 = step.p99 === null ? '' : ` · p99 ${sayLatency(step.p99)}`;
  const band =
    step.band === null ? '' : ` · expected ${sayLatency(Math.max(0, step.band.low))} to ${sayLatency(step.band.high)}`;
  return `${took}${p99}${band} · ${sayCount(step.count, 'look')}${bad}`;
};

const Table = ({ range }: { readonly range: SeriesRange }): ReactNode => (
  // A long table has a frame of its own; a keyboard must be able to get into it.
  // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls
  <section className="table-frame" tabIndex={0} aria-label="The numbers of the charts">
    <table>
      <thead>
        <tr>
          <th scope="col">From</th>
          <th scope="col">Looks</th>
          <th scope="col">Failed</th>
          <th scope="col">Could not look</th>
          <th scope="col">Mean</th>
          <th scope="col">p50</th>
          <th scope="col">p99</th>
          <th scope="col">Expected</th>
        </tr>
      </thead>
      <tbody>
        {range.steps.toReversed().map((step) => (
          <tr key={step.at}>
            <th scope="row">
              <Clock at={step.at} />
            </th>
            <td>{step.count}</td>
            <td>{step.outcomes?.unhealthy ?? '–'}</td>
            <td>{step.outcomes?.unknown ?? '–'}</td>
            <td>{step.value === null ? '–' : sayLatency(step.value)}</td>
            <td>{step.p50 === null ? '–' : sayLatency(step.p50)}</td>
            <td>{step.p99 === null ? '–' : sayLatency(step.p99)}</td>
            <td>
              {step.band === null ? '–' : `${sayLatency(Math.max(0, step.band.low))} – ${sayLatency(step.band.high)}`}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </section>
);

const Numbers = ({ range }: { readonly range: SeriesRange }): ReactNode => {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className="numbers-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>The numbers as a table</summary>
      {isOpen ? <Table range={range} /> : null}
    </details>
  );
};

const Marks = ({ marks }: { readonly marks: readonly Mark[] }): ReactNode => (
  <p className="quiet marks">
    {marks.length === 0 ? 'No release began in this time.' : 'Releases: '}
    {marks.map((mark, index) => (
      <span key={`${mark.at}-${mark.version}`}>
        {index === 0 ? '' : ' · '}
        <span className="flag" aria-hidden="true">
          ▸
        </span>{' '}
        <Clock at={mark.at} /> <Text className="strong">{mark.version}</Text> (seen by {mark.source},{' '}
        <Text>{mark.by}</Text>)
      </span>
    ))}
  </p>
);

/** Anomalies of this very series, to be marked where they were. */
const useSurprises = (range: SeriesRange): Beside['surprises'] => {
  const asked = useAsked('anomalies', { about: 'anomalies', everyMs: RELEASES_EVERY_MS });
  const anomalies = valueOf(asked)?.anomalies;
  const key = range.series.key;
  return useMemo(
    () => (anomalies ?? []).filter(({ series }) => series === key).map(({ at, value }) => ({ at, value })),
    [anomalies, key],
  );
};

const sayWhole = (range: SeriesRange, name: SpanName): { readonly latency: string; readonly errors: string } => {
  const { looks, failed, unknown } = countLooks(range);
  const newest = range.steps.at(-1);
  const now = newest === undefined ? '' : `; newest step, ${sayMoment(newest.at, serenoNow())}: ${sayStep(newest)}`;
  return {
    latency: `Latency of ${range.series.labels['check'] ?? range.series.key} over the last ${name}${now}`,
    errors: `${failed} of ${sayCount(looks, 'look')} failed and ${unknown} could not be taken over the last ${name}`,
  };
};

type DrawnProps = { readonly range: SeriesRange; readonly marks: readonly Mark[]; readonly span: SpanName };

const Drawn = ({ range, marks, span }: DrawnProps): ReactNode => {
  const [pointed, setPointed] = useState<number | null>(null);
  const surprises = useSurprises(range);
  const columns = useMemo(() => columnsOf(range), [range]);
  const from = range.from;
  const to = from + SPANS[span].ms;
  const shownMarks = useMemo(() => marks.filter(({ at }) => at >= from && at <= to), [marks, from, to]);
  const beside = useMemo(
    () => ({ time: { from, to }, marks: shownMarks, surprises }),
    [from, to, shownMarks, surprises],
  );
  const latency = useMemo(() => drawLatency(columns, beside), [columns, beside]);
  const errors = useMemo(() => drawErrors(columns, beside), [columns, beside]);
  const words = sayWhole(range, span);
  const at = pointed === null ? undefined : columns.at[pointed];
  const step = at === undefined ? undefined : range.steps.find((each) => each.at === at * 1_000);
  const hasBand = columns.high.some((value) => value !== null);
  return (
    <>
      <h4>Latency</h4>
      <p className="legend quiet">
        <span className="key is-mean">mean</span> <span className="key is-p99">p99</span>{' '}
        {hasBand ? (
          <span className="key is-band">where the mean is expected</span>
        ) : (
          <span>no band yet: too little is known of what is usual</span>
        )}
      </p>
      <Plot drawing={latency} height={HEIGHT} words={words.latency} onPoint={setPointed} />
      <h4>Looks that were not answered rightly</h4>
      <p className="legend quiet">
        <span className="key is-failed">failed</span> <span className="key is-unknown-bar">could not look</span>{' '}
        <span>{words.errors}</span>
      </p>
      <Plot drawing={errors} height={HEIGHT - 50} words={words.errors} onPoint={setPointed} />
      <p className="readout numbers" aria-hidden="true">
        {step === undefined ? (
          <span className="quiet">Point at a chart to read it.</span>
        ) : (
          <>
            <Clock at={step.at} /> · {sayStep(step)}
          </>
        )}
      </p>
      <Marks marks={shownMarks} />
      <Numbers range={range} />
    </>
  );
};

const State = ({
  asked,
  marks,
  span,
}: { readonly asked: Asked<SeriesRange> } & Omit<DrawnProps, 'range'>): ReactNode => {
  const range = valueOf(asked);
  if (range === null)
    return (
      <p className="quiet chart-empty">
        {asked.kind === 'failed' ? `The numbers could not be fetched: ${asked.detail}` : 'Asking for the numbers …'}
      </p>
    );
  return (
    <>
      {asked.kind === 'failed' ? <p className="quiet">What you see may be old: {asked.detail}</p> : null}
      {range.steps.length === 0 ? (
        <p className="quiet chart-empty">Nobody looked in this time: there is nothing to draw.</p>
      ) : (
        <Drawn range={range} marks={marks} span={span} />
      )}
      {range.series.isStale && range.steps.length > 0 ? (
        <p className="is-unknown">
          <span className="word">Nothing fresh:</span> the last look is older than two intervals, so this says nothing
          of now.
        </p>
      ) : null}
    </>
  );
};

/** The check whose latency says most: the first that is not about a process or a file of this machine. */
const firstCheck = ({ checks }: ServiceView): string =>
  (checks.find(({ kind }) => kind !== 'process' && kind !== 'file') ?? checks[0])?.id ?? '';

/** In a town that was just begun an hour is mostly empty. */
const firstSpan = (startedAt: number | null): SpanName =>
  startedAt !== null && serenoNow() - startedAt < SPANS['1 h'].ms / 3 ? '15 min' : '1 h';

export const Charts = ({ service }: { readonly service: ServiceView }): ReactNode => {
  const [check, setCheck] = useState(() => firstCheck(service));
  const [span, setSpan] = useState<SpanName>(() => firstSpan(currentPicture().town?.startup.startedAt ?? null));
  const asked = useRange(check, span);
  const marks = useMarks(service.id);
  return (
    <div className="charts">
      <Pick service={service} check={check} span={span} onCheck={setCheck} onSpan={setSpan} />
      <State asked={asked} marks={marks} span={span} />
    </div>
  );
};
