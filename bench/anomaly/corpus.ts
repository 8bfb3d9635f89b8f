// Corpus: a folder in the shape of the Numenta Anomaly Benchmark: data/**.csv, combined_windows.json, and, where they are
// there, the raw scores of published detectors to check the scorer with.
// decoder: the files of the benchmark are read as what their format promises

import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export type Series = {
  /** `realTweets/Twitter_volume_AAPL.csv`; the folder is its category. */
  readonly name: string;
  readonly category: string;
  /** ms since 1970, by row. */
  readonly at: Float64Array;
  readonly values: Float64Array;
  /** First and last row of each window, in order. */
  readonly windows: readonly (readonly [number, number])[];
};

/** One score for each row, by the name of the series. */
export type Scores = ReadonlyMap<string, Float64Array>;

/** `2014-04-10 07:15:00`, with or without a fraction, which the labels have and the data has not. */
const STAMP_LENGTH = 19;

const rowsOf = (text: string): readonly (readonly [string, number])[] =>
  text
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => [line.slice(0, STAMP_LENGTH), Number(line.slice(STAMP_LENGTH + 1))]);

const readSeries = (folder: string, name: string, labels: readonly (readonly [string, string])[]): Series => {
  const rows = rowsOf(readFileSync(join(folder, 'data', name), 'utf8'));
  const stamps = rows.map(([stamp]) => stamp);
  const rowAt = (label: string): number => {
    const row = stamps.indexOf(label.slice(0, STAMP_LENGTH));
    if (row < 0) throw new Error(`${name}: no row at ${label}, where a window begins or ends`);
    return row;
  };
  return {
    name,
    category: name.split('/')[0] ?? '',
    at: Float64Array.from(stamps, (stamp) => Date.parse(`${stamp.replace(' ', 'T')}Z`)),
    values: Float64Array.from(rows, ([, value]) => value),
    windows: labels.map(([first, last]) => [rowAt(first), rowAt(last)]),
  };
};

/** Every series of the folder that has labels, by name. */
export const readCorpus = (folder: string): readonly Series[] => {
  const text = readFileSync(join(folder, 'combined_windows.json'), 'utf8');
  const labels = JSON.parse(text) as Readonly<Record<string, readonly (readonly [string, string])[]>>;
  const names = globSync('**/*.csv', { cwd: join(folder, 'data') }).toSorted();
  const known = names.filter((name) => labels[name] !== undefined);
  if (known.length === 0) throw new Error(`${folder}: no series in data/ has labels in combined_windows.json`);
  return known.map((name) => readSeries(folder, name, labels[name] ?? []));
};

/** A published detector: its raw scores, and what was published of them for these series. */
export type Published = {
  readonly name: string;
  readonly scores: Scores;
  readonly byName: ReadonlyMap<string, { readonly score: number; readonly detections: number }>;
};

export const readPublished = (folder: string, corpus: readonly Series[]): readonly Published[] =>
  globSync('*/standard_scores.csv', { cwd: join(folder, 'detectors') })
    .toSorted()
    .map((path) => {
      const home = join(folder, 'detectors', path.split('/')[0] ?? '');
      const lines = readFileSync(join(home, 'standard_scores.csv'), 'utf8').trim().split(/\r?\n/).slice(1);
      const rows = corpus.filter((series) => existsSync(join(home, `${series.name}.gz`)));
      return {
        name: path.split('/')[0] ?? '',
        scores: new Map(
          rows.map((series) => {
            const text = gunzipSync(readFileSync(join(home, `${series.name}.gz`))).toString();
            return [series.name, Float64Array.from(rowsOf(text), ([, score]) => score)];
          }),
        ),
        byName: new Map(
          lines.map((line) => {
            const [, , series = '', , score, hits, , alarms] = line.split(',');
            return [series, { score: Number(score), detections: Number(hits) + Number(alarms) }];
          }),
        ),
      };
    });

/** The threshold under which a published detector was scored, profile `standard`. */
export const readThreshold = (folder: string, detector: string): number => {
  const all = JSON.parse(readFileSync(join(folder, 'thresholds.json'), 'utf8')) as Readonly<
    Record<string, Readonly<Record<string, { readonly threshold: number }>>>
  >;
  return all[detector]?.['standard']?.threshold ?? Number.NaN;
};
