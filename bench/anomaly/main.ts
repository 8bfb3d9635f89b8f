// Benchmark: the anomaly detector on a corpus in the shape of the Numenta Anomaly Benchmark.
//
//   node bench/anomaly --data DIR
//
// Prints the check of the scorer against published scores (where DIR has them), our score under the three profiles with
// one parameter set, the same with thresholds and parameters chosen on the other categories, the confusion by category,
// microseconds for each point and bytes for each series. Strictly causal: each value is scored when it comes.

import { parseArgs } from 'node:util';
import { Detector, DETECTOR_BYTES, TUNING, type Tuning } from '#judge/anomaly/detector.ts';
import { readCorpus, readPublished, readThreshold, type Scores, type Series } from './corpus.ts';
import { normalised, PROFILES, scoreOf, sweep, worthOf, type Profile } from './nab.ts';

/** What is tried when a category is left out: parameters of the detector that have no reason to be just these. */
const FLOORS = [4, 6, 8, 10, 12];
const BLOCK_SIZES = [8, 9, 10, 11, 12];

const run = (corpus: readonly Series[], tuning: Tuning): Scores =>
  new Map(
    corpus.map((series) => {
      const detector = new Detector(null, tuning);
      return [series.name, series.values.map((value, row) => detector.score(series.at[row] ?? 0, value))];
    }),
  );

const say = (value: number): string => value.toFixed(2).padStart(9);

/** Stored scores are rounded to six digits: where that moves a row over the threshold, the published score is another's. */
const checkScorer = (folder: string, corpus: readonly Series[]): void => {
  const [standard] = PROFILES;
  if (standard === undefined) return;
  for (const { name, scores, byName } of readPublished(folder, corpus)) {
    const threshold = readThreshold(folder, name);
    const compared = corpus.flatMap((series) => {
      const own = scores.get(series.name) ?? new Float64Array(0);
      const told = byName.get(series.name);
      const detections = own.subarray(worthOf(series).from).filter((score) => score >= threshold).length;
      if (told === undefined || detections !== told.detections) return [];
      return [Math.abs(scoreOf(series, own, threshold, standard) - told.score)];
    });
    const worst = Math.max(...compared).toExponential(1);
    const count = `${compared.length} of ${corpus.length}`;
    console.log(`scorer against ${name}: ${count} series have the published detections, largest difference ${worst}`);
    console.log(
      `  its score here                          ${PROFILES.map((it) => say(sweep(corpus, scores, it).score)).join('')}`,
    );
  }
};

const tunings: readonly Tuning[] = FLOORS.flatMap((floor) => BLOCK_SIZES.map((block) => ({ floor, block })));

/** Each category is scored with the tuning and the threshold that were best on all the others. */
const leaveOut = (corpus: readonly Series[], runs: readonly Scores[], profile: Profile): number => {
  const categories = [...new Set(corpus.map((series) => series.category))];
  const total = categories.reduce((sum, category) => {
    const others = corpus.filter((series) => series.category !== category);
    const tried = runs.map((scores) => ({ scores, ...sweep(others, scores, profile) }));
    const chosen = tried.reduce((best, it) => (it.score > best.score ? it : best));
    const own = corpus.filter((series) => series.category === category);
    return own.reduce(
      (part, it) => part + scoreOf(it, chosen.scores.get(it.name) ?? new Float64Array(0), chosen.threshold, profile),
      sum,
    );
  }, 0);
  return normalised(total, corpus, profile);
};

/** By category: windows, windows with a detection, detections outside of all windows, and those for each 1,000 rows. */
const confusion = (corpus: readonly Series[], scores: Scores, threshold: number): void => {
  console.log('\ncategory                  windows   found   alarms outside   in 1,000 rows');
  for (const category of new Set(corpus.map((series) => series.category))) {
    const own = corpus.filter((series) => series.category === category);
    const counts = own.map((series) => {
      const { from, window } = worthOf(series);
      const rows = [...(scores.get(series.name) ?? []).entries()].filter(([row, it]) => row >= from && it >= threshold);
      const hit = new Set(rows.map(([row]) => window[row] ?? -1));
      const outside = rows.filter(([row]) => window[row] === -1).length;
      return { windows: series.windows.length, found: hit.size - Number(hit.has(-1)), outside, rows: window.length };
    });
    const sum = (of: (it: (typeof counts)[number]) => number): number => counts.reduce((all, it) => all + of(it), 0);
    const [outside, rows] = [sum((it) => it.outside), sum((it) => it.rows)];
    const cells = [String(sum((it) => it.windows)).padStart(9), String(sum((it) => it.found)).padStart(8)];
    const alarms = `${String(outside).padStart(17)}${((1_000 * outside) / rows).toFixed(2).padStart(16)}`;
    console.log(`${category.padEnd(24)}${cells.join('')}${alarms}`);
  }
};

const main = (folder: string): void => {
  const corpus = readCorpus(folder);
  const windows = corpus.reduce((sum, series) => sum + series.windows.length, 0);
  const rows = corpus.reduce((sum, series) => sum + series.values.length, 0);
  console.log(`${folder}: ${corpus.length} series, ${rows} rows, ${windows} windows\n`);
  checkScorer(folder, corpus);
  const before = process.cpuUsage();
  const scores = run(corpus, TUNING);
  const used = process.cpuUsage(before);
  const best = PROFILES.map((profile) => sweep(corpus, scores, profile));
  console.log(`\n                                          ${PROFILES.map((it) => it.name.padStart(9)).join('')}`);
  console.log(`one parameter set, one threshold          ${best.map((it) => say(it.score)).join('')}`);
  const runs = tunings.map((tuning) => run(corpus, tuning));
  const held = PROFILES.map((profile) => leaveOut(corpus, runs, profile));
  console.log(`both chosen without the category          ${held.map(say).join('')}`);
  confusion(corpus, scores, best[0]?.threshold ?? 1);
  const microseconds = (used.user + used.system) / rows;
  console.log(
    `\n${microseconds.toFixed(2)} µs of processor a point (${(1e6 / microseconds).toFixed(0)}/s), ${DETECTOR_BYTES} bytes a series`,
  );
};

const { values } = parseArgs({ options: { data: { type: 'string' } } });
if (values.data === undefined) {
  console.error('which corpus? node bench/anomaly --data DIR');
  process.exitCode = 2;
} else main(values.data);
