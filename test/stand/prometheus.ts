// Prometheus stand: a private Prometheus over samples that were made beforehand.
// decoder: its answers are read as its manual describes them

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './port.ts';
import { startServer, temporaryFolder, type Stand } from './server.ts';

/** Starts it on a free port of loopback, over samples in the text form of OpenMetrics; it scrapes nothing. */
export const startPrometheus = async (openMetrics: string): Promise<Stand> => {
  const port = await freePort();
  const folder = temporaryFolder('prometheus');
  const [samples, data, config] = ['samples.om', 'data', 'prometheus.yml'].map((name) => join(folder, name));
  writeFileSync(samples ?? '', openMetrics);
  writeFileSync(config ?? '', 'scrape_configs: []\n');
  // One long block: by default it reads the whole file once for every two hours.
  const words = ['tsdb', 'create-blocks-from', '--max-block-duration=2160h', 'openmetrics', samples ?? '', data ?? ''];
  execFileSync('promtool', words, { stdio: ['ignore', 'ignore', 'inherit'] });
  const argv = [
    'prometheus',
    `--config.file=${config}`,
    `--storage.tsdb.path=${data}`,
    '--storage.tsdb.retention.time=100y',
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const url = `http://127.0.0.1:${port}`;
  return startServer({ argv, ready: 'Server is ready to receive web requests', url, port, folder });
};

export type Range = { readonly query: string; readonly from: number; readonly to: number; readonly stepMs: number };
/** For each series, by its label `s`: the instants at which the query had a value. */
export type Answered = ReadonlyMap<string, readonly number[]>;

type Matrix = {
  readonly data: { readonly result: readonly { metric: { s: string }; values: readonly [number, string][] }[] };
};

/** Evaluates a query at every step; instants are in ms. Throws with what it said when it refuses. */
export const queryRange = async (stand: Stand, { query, from, to, stepMs }: Range): Promise<Answered> => {
  const form = { query, start: String(from / 1_000), end: String(to / 1_000), step: String(stepMs / 1_000) };
  const answer = await fetch(`${stand.url}/api/v1/query_range`, { method: 'POST', body: new URLSearchParams(form) });
  if (!answer.ok) throw new Error(`Prometheus answered ${answer.status}: ${await answer.text()}`);
  const { data } = (await answer.json()) as Matrix;
  return new Map(data.result.map((row) => [row.metric.s, row.values.map(([at]) => Math.round(at * 1_000))]));
};
