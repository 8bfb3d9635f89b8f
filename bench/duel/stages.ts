// Stages: where the time between a kill and the next answer goes, read from what Sereno wrote into the evidence.

import type { EvidenceRecord } from '#kernel/evidence.ts';
import { quantile } from '../measure.ts';
import type { Watchman } from '../watchman.ts';

/** One blow: who was struck and when, and when another answered, in milliseconds since the epoch. */
export type Blow = { readonly pid: number; readonly at: number; readonly backAt: number };

const STAGES = ['kill → told', 'told → cause known', 'cause known → next process', 'next process → serving'];

/** One sentence with the median and the 90th percentile of each stage. */
export const sayStages = async (watchman: Watchman, blows: readonly Blow[]): Promise<string> => {
  const marks = await Promise.all(
    ['workload.exited', 'decision', 'action.applied'].map((it) => recordsOf(watchman, it)),
  );
  const spans = blows.map((blow) => spansOf(blow, marks)).filter((it) => it !== null);
  const parts = STAGES.map((name, index) => {
    const values = spans.map((it) => it[index] ?? Number.NaN);
    return `${name} ${quantile(values, 0.5).toFixed(0)} (p90 ${quantile(values, 0.9).toFixed(0)})`;
  });
  return `Where Sereno's time goes, in ms, median of ${spans.length}: ${parts.join(', ')}.`;
};

/** Oldest first. */
const recordsOf = async (watchman: Watchman, type: string): Promise<readonly EvidenceRecord[]> => {
  const page = await watchman.get<{ records: readonly EvidenceRecord[] }>(`/api/evidence?limit=1000&type=${type}`);
  return page.records.toSorted((a, b) => a.seq - b.seq);
};

/** The lengths of the stages of one blow; null when its trace is not there. */
const spansOf = (blow: Blow, marks: readonly (readonly EvidenceRecord[])[]): readonly number[] | null => {
  const [exits = [], ...later] = marks;
  const exit = exits.find((it) => it.refs['pid'] === blow.pid);
  if (exit === undefined) return null;
  const after = later.map((records) => records.find((it) => it.seq > exit.seq)?.at);
  const instants = [blow.at, exit.at, ...after, blow.backAt];
  if (instants.includes(undefined)) return null;
  return instants.slice(1).map((at, index) => (at ?? 0) - (instants[index] ?? 0));
};
