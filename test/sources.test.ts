// Sources of metrics, end to end: a real Prometheus asked by PromQL, a page that is scraped, a real OpenTelemetry SDK that
// pushes, and this machine. Then the Prometheus dies, and its values stop counting.
// decoder: answers of the API and of Prometheus are read as their manuals describe them

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { OTLPMetricExporter as JsonExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtoExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import {
  AggregationTemporality,
  AggregationType,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { readPage } from '#adapters/prometheus/exposition.ts';
import { seriesKey, type Labels } from '#kernel/series.ts';
import type { SourceView } from '#kernel/source.ts';
import { instant } from '#kernel/time.ts';
import { freePort } from './stand/port.ts';
import { Post, run, until } from './stand/sereno.ts';
import { startServer, temporaryFolder, type Stand } from './stand/server.ts';

const PAGE = `# HELP http_requests_total Requests, "quoted" \\\\ and so on.
# TYPE http_requests_total counter
http_requests_total{code="200",path="/a\\"b\\\\c\\nd"} 1027
http_requests_total { code = "500" , } 3
# TYPE temperature gauge
temperature{place="außen"} -1.5e1
not_a_number NaN
tabbed	7
# TYPE latency_seconds histogram
latency_seconds_bucket{le="0.1"} 4
latency_seconds_bucket{le="+Inf"} 5
latency_seconds_sum 0.9
latency_seconds_count 5
# TYPE rpc summary
rpc{quantile="0.5"} 0.25
rpc_sum 12
rpc_count 40
empty{a=""} 1
twice 1
twice 2
`;

const OPEN_METRICS = `# TYPE jobs counter
# UNIT jobs_seconds seconds
jobs_total{queue="a # b"} 5 # {trace_id="x"} 1 1.5
jobs_created{queue="a # b"} 1520430000.123
# TYPE room gauge
room 3.5
# TYPE feature stateset
feature{feature="on"} 1
# TYPE build info
build_info{version="1.2"} 1
# EOF
`;

const servePage = async (body: () => string, mediaType: string): Promise<{ server: Server; url: string }> => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': mediaType }).end(body());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return {
    server,
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/metrics`,
  };
};

/** A real Prometheus that scrapes these pages every second. */
const startScraper = async (pages: Readonly<Record<string, string>>): Promise<Stand> => {
  const port = await freePort();
  const folder = temporaryFolder('prometheus');
  const jobs = Object.entries(pages).map(([job, url]) => ({
    job_name: job,
    static_configs: [{ targets: [URL.parse(url)?.host] }],
  }));
  const config = { global: { scrape_interval: '1s', scrape_timeout: '1s' }, scrape_configs: jobs };
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config));
  const argv = [
    'prometheus',
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const url = `http://127.0.0.1:${port}`;
  return startServer({ argv, ready: 'Server is ready to receive web requests', url, port, folder });
};

type Vector = { data: { result: readonly { metric: Record<string, string>; value: readonly [number, string] }[] } };

const ingested = async (stand: Stand, job: string): Promise<readonly string[]> => {
  const query = new URLSearchParams({ query: `{job="${job}"}` });
  const answer = (await (await fetch(`${stand.url}/api/v1/query?${query.toString()}`)).json()) as Vector;
  return answer.data.result
    .map(({ metric: { __name__: name = '', job: _job, instance: _instance, ...labels }, value }) => ({
      name,
      labels,
      value,
    }))
    .filter(({ name }) => name !== 'up' && !name.startsWith('scrape_'))
    .filter(({ value }) => Number.isFinite(Number(value[1])))
    .map(({ name, labels, value }) => `${seriesKey(name, labels as Labels)} ${Number(value[1])}`)
    .toSorted();
};

const ours = (page: string, mediaType: string): readonly string[] => {
  const parsed = readPage(Buffer.from(page), mediaType, instant(Date.now()), { seriesMax: 100 });
  assert.equal(parsed.kind, 'page', JSON.stringify(parsed));
  return parsed.kind === 'page'
    ? parsed.page.readings.map((it) => `${seriesKey(it.metric, it.labels)} ${it.value}`).toSorted()
    : [];
};

const TEXT = 'text/plain; version=0.0.4';
const OPEN = 'application/openmetrics-text; version=1.0.0';

test('the parser reads what the real Prometheus ingests, in both formats', async () => {
  const [text, open] = [await servePage(() => PAGE, TEXT), await servePage(() => OPEN_METRICS, OPEN)];
  const prometheus = await startScraper({ text: text.url, open: open.url });
  try {
    await until('both pages ingested', async () => {
      const both = await Promise.all([ingested(prometheus, 'text'), ingested(prometheus, 'open')]);
      if (both.every((it) => it.length > 0)) return true;
      throw new Error(await (await fetch(`${prometheus.url}/api/v1/targets`)).text());
    });
    assert.deepEqual(ours(PAGE, TEXT), await ingested(prometheus, 'text'));
    assert.deepEqual(ours(OPEN_METRICS, OPEN), await ingested(prometheus, 'open'));
  } finally {
    await prometheus.stop();
  }
});

const sourcesOf = async (post: Post): Promise<ReadonlyMap<string, SourceView>> => {
  const { sources } = await post.get<{ sources: readonly SourceView[] }>('/api/sources');
  return new Map(sources.map((it) => [it.name, it]));
};

const seen = (post: Post, name: string, what: string, look: (view: SourceView) => boolean): Promise<SourceView> =>
  until(`source ${name} ${what}`, async () => {
    const view = (await sourcesOf(post)).get(name);
    if (view === undefined) return null;
    if (!look(view)) throw new Error(JSON.stringify(view));
    return view;
  });

const push = async (post: Post, token: string, form: 'proto' | 'json'): Promise<void> => {
  const Exporter = form === 'proto' ? ProtoExporter : JsonExporter;
  const exporter = new Exporter({
    url: `${post.url()}/v1/metrics`,
    headers: { authorization: `Bearer ${token}` },
    temporalityPreference: form === 'proto' ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE,
    ...(form === 'proto' ? { compression: 'gzip' as never } : {}),
  });
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({
    readers: [reader],
    views: [{ instrumentName: 'exponential', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
  });
  const meter = provider.getMeter('test');
  const counter = meter.createCounter(`orders.${form}`);
  for (const round of [1, 2]) {
    counter.add(round, { region: 'eu' });
    meter.createHistogram('http.server.duration', { unit: 's' }).record(0.2 * round);
    meter.createHistogram('exponential').record(round);
    await provider.forceFlush();
  }
  await provider.shutdown();
};

test('four kinds of sources are gathered; one that dies is stale within two intervals and stops nobody else', async () => {
  const page = await servePage(() => PAGE, TEXT);
  const prometheus = await startScraper({ text: page.url });
  const post = new Post(`
sereno: 1
site: sources
people: { ana: {} }
sources:
  prometheus: { prometheus: "${prometheus.url}", every: 1s, timeout: 900ms, queries: { requests: sum(http_requests_total) } }
  page: { scrape: "${page.url}", every: 1s, timeout: 900ms, service: page }
  host: { every: 1s }
  otlp: { every: 1s }
services:
  page:
    owner: ana
    checks: [ { http: "${page.url}", every: 1s } ]
    targets: { availability: 99% over 7d }
    restart: 3 per 1h
`);
  await post.up();
  const alive = (view: SourceView): boolean => view.isUp === true && view.series > 0 && view.staleSince === null;
  for (const name of ['prometheus', 'page', 'host']) await seen(post, name, 'up', alive);
  await seen(post, 'otlp', 'without a push', (view) => view.isUp === false && view.staleSince !== null);

  const refused = await fetch(`${post.url()}/v1/metrics`, { method: 'POST', body: '{}' });
  assert.equal(refused.status, 401, 'without a token nothing is taken');
  const issued = await run(['token', 'issue', 'app', '--role', 'reporter', ...post.flags().slice(2)]);
  const token = /sereno_\S+/.exec(issued.out)?.[0] ?? '';
  for (const form of ['proto', 'json'] as const) await push(post, token, form);
  await seen(post, 'otlp', 'pushed to', (view) => view.series >= 3);

  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/x-protobuf' };
  const send = async (body: Uint8Array<ArrayBuffer>, more: Record<string, string> = {}): Promise<number> =>
    (await fetch(`${post.url()}/v1/metrics`, { method: 'POST', headers: { ...headers, ...more }, body })).status;
  assert.equal(await send(new Uint8Array([255, 255, 255])), 400);
  assert.equal(await send(new Uint8Array(gzipSync(Buffer.alloc(64_000_000))), { 'content-encoding': 'gzip' }), 400);
  assert.equal((await post.post('/api/services/page/restart', {}, token)).status, 403, 'a reporter changes nothing');

  const listed = await run(['source', 'list', '--url', post.url()]);
  assert.match(listed.out, /prometheus.*up/, `${listed.out}${listed.error}`);

  await prometheus.stop();
  const dead = await seen(post, 'prometheus', 'stale', (view) => view.staleSince !== null);
  assert.ok((dead.staleSince ?? 0) - (dead.lastAt ?? 0) <= 2 * dead.everyMs, 'within two intervals');
  assert.match(dead.lastError ?? '', /unreachable/);
  const others = await sourcesOf(post);
  assert.ok(
    ['page', 'host'].every((name) => others.get(name)?.staleSince === null),
    'the others go on',
  );
  const figures = await (await fetch(`${post.url()}/metrics`)).text();
  assert.match(figures, /sereno_source_up\{source="prometheus",kind="prometheus"\} 0/);
  assert.match(figures, /sereno_source_up\{source="page",kind="scrape"\} 1/);
  assert.equal(post.out.match(/source prometheus gives nothing/g)?.length, 1, `told once: ${post.out}`);
  assert.equal(await post.down(), 0);
});
