// Anomalies from end to end: pushed values, one that was never there, a finding that is told once and outlives a restart.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnomaliesView } from '#kernel/anomaly.ts';
import type { SeriesRangeView } from '#kernel/seriesView.ts';
import { Post, run, until } from './stand/sereno.ts';

const KEY = 'queue_length';
const EVERY_MS = 10_000;

type Row = { readonly at: number; readonly value: number };

/** Ten, give or take two; the same in each run. */
const usual = (row: number): number => 10 + ((row * 7_919) % 41) / 10 - 2;

const push = async (post: Post, token: string, rows: readonly Row[]): Promise<void> => {
  const dataPoints = rows.map(({ at, value }) => ({ timeUnixNano: `${at}000000`, asDouble: value }));
  const metrics = [{ name: KEY, unit: '1', gauge: { dataPoints } }];
  const body = JSON.stringify({ resourceMetrics: [{ resource: {}, scopeMetrics: [{ scope: {}, metrics }] }] });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = await fetch(`${post.url()}/v1/metrics`, { method: 'POST', headers, body });
  assert.equal(answer.status, 200, await answer.text());
};

const anomaliesOf = async (post: Post): Promise<AnomaliesView> =>
  (await (await fetch(`${post.url()}/api/anomalies`)).json()) as AnomaliesView; // decoder: the schema is proven elsewhere

test('a value that was never there is a finding once; chart, figures and command line know it; a restart too', async () => {
  const post = new Post(`
sereno: 1
site: anomalies
people: { ana: {} }
sources: { otlp: { every: 10s } }
services:
  quiet: { owner: ana, checks: [ { http: "http://127.0.0.1:1/", every: 1h } ], targets: { availability: 99% over 7d } }
`);
  await post.up();
  const issued = await run(['token', 'issue', 'app', '--role', 'reporter', ...post.flags().slice(2)]);
  const token = /sereno_\S+/.exec(issued.out)?.[0] ?? '';
  const end = Math.floor(Date.now() / EVERY_MS) * EVERY_MS;
  const rows = Array.from({ length: 700 }, (_, row) => ({ at: end - (700 - row) * EVERY_MS, value: usual(row) }));
  await push(post, token, rows);
  await until('the series is watched', async () => (await anomaliesOf(post)).seriesWatched >= 1);
  assert.deepEqual((await anomaliesOf(post)).anomalies, []);

  await push(post, token, [{ at: end, value: 480 }]);
  await until('the anomaly is found', async () => (await anomaliesOf(post)).anomalies.length === 1);
  const [open] = (await anomaliesOf(post)).anomalies;
  assert.ok(
    open !== undefined && open.value === 480 && open.band.high < 20 && open.source === 'otlp',
    JSON.stringify(open),
  );

  const query = new URLSearchParams({ series: open.series, step: '60' });
  const chart = (await (await fetch(`${post.url()}/api/series/range?${query.toString()}`)).json()) as SeriesRangeView; // decoder: as above
  const banded = chart.steps.filter((step) => step.band !== null && step.value !== null);
  assert.ok(banded.length > 60, `${banded.length} steps with a band`);
  assert.ok((chart.steps.at(-1)?.value ?? 0) > (chart.steps.at(-1)?.band?.high ?? Infinity), 'the last one is outside');
  for (const wrong of [
    '',
    '?series=nobody',
    '?series=a&check=b',
    '?check=a&from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z',
  ]) {
    assert.ok([400, 404].includes((await fetch(`${post.url()}/api/series/range${wrong}`)).status), wrong);
  }

  const figures = await (await fetch(`${post.url()}/metrics`)).text();
  assert.match(figures, /^sereno_anomalies_open 1$/m);
  const listed = await run(['anomaly', 'list', '--url', post.url()]);
  assert.match(listed.out, /lasts.*queue_length.*480, expected/s, `${listed.out}${listed.error}`);
  const alerts = await run(['alert', 'list', '--open', '--url', post.url()]);
  assert.match(alerts.out, /anomaly:queue_length.*notified/s, `${alerts.out}${alerts.error}`);
  assert.equal(await post.down(), 0);

  await post.up();
  await until('the anomaly is known again', async () => (await anomaliesOf(post)).anomalies.length === 1);
  assert.equal((await anomaliesOf(post)).anomalies[0]?.key, open.key);
  const records = (await (await fetch(`${post.url()}/api/evidence?type=finding.&machine=alerts:site`)).json()) as {
    records: readonly unknown[];
  }; // decoder: as above
  assert.equal(records.records.length, 1, 'it was opened once, in both runs together');
  assert.equal(await post.down(), 0);
});
