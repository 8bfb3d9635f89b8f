// Burns from end to end: targets on a page, on a real Prometheus and on pushed metrics are judged; the burn of one is paged
// once, over a restart, and resolved once; agreed work stands in the evidence.
// decoder: answers of the API are read as the wire contract promises

import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { after, before, suite, test } from 'node:test';
import type { EvidenceRecord } from '#kernel/evidence.ts';
import type { TargetView } from '#kernel/targetView.ts';
import type { AlertsView } from '#kernel/view.ts';
import { startScraper } from './stand/scraper.ts';
import { Post, run, until } from './stand/sereno.ts';
import type { Stand } from './stand/server.ts';

const BURN = 'burn: [ { rate: 2x, over: 1m, short: 30s, severity: SEV2 } ]';
/** The short window and as long again must be quiet before it is over. */
const OVER_MS = 150_000;
const KEY = 'target-burn:web.errors:SEV2';

let post: Post;
let page: Server;
let prometheus: Stand | null = null;
let isBroken = false;
const served = { good: 0, bad: 0 };

/** An application under load: ten requests between two looks at its page. */
const metrics = (): string => {
  served[isBroken ? 'bad' : 'good'] += 10;
  return `# TYPE http_requests_total counter
http_requests_total{code="200"} ${served.good}
http_requests_total{code="500"} ${served.bad}
`;
};

const viewOf = (id: string): Promise<TargetView> => post.get(`/api/targets/${id}`);

const rawOf = async (key: string) => {
  const { alerts } = await post.get<AlertsView>('/api/alerts');
  return alerts.find((it) => it.key === key) ?? null;
};

const recordsOf = async (type: string, subject: string): Promise<readonly EvidenceRecord[]> =>
  (await post.evidence(`&type=${type}`)).filter((record) => JSON.stringify(record).includes(subject));

/** One push as the SDK makes it: a cumulative, monotonic sum. */
const push = async (token: string, ok: number, failed: number): Promise<void> => {
  const time = `${Date.now()}000000`;
  const point = (result: string, count: number) => ({
    asInt: String(count),
    timeUnixNano: time,
    startTimeUnixNano: '1700000000000000000',
    attributes: [{ key: 'result', value: { stringValue: result } }],
  });
  const sum = { aggregationTemporality: 2, isMonotonic: true, dataPoints: [point('ok', ok), point('failed', failed)] };
  const body = { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'orders_total', sum }] }] }] };
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = await fetch(`${post.url()}/v1/metrics`, { method: 'POST', headers, body: JSON.stringify(body) });
  assert.equal(answer.status, 200, await answer.text());
};

suite('burns of targets reach people', () => {
  before(async () => {
    page = createServer((request, response) => {
      const isPage = request.url === '/metrics';
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(isPage ? metrics() : 'well');
    });
    await new Promise<void>((resolve) => {
      page.listen(0, '127.0.0.1', resolve);
    });
    const address = page.address();
    const host = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
    prometheus = await startScraper(host, '/dev/null');
    const [from, to] = [Date.now() - 60_000, Date.now() + 20_000].map((at) =>
      new Date(at).toISOString().replace(/\.\d+Z/, 'Z'),
    );
    post = new Post(`sereno: 1
site: promises
people: { ana: { roles: [operator], contact: { email: ana@example.org } } }
sources:
  page: { scrape: "http://${host}/metrics", every: 1s, timeout: 900ms }
  prometheus: { prometheus: "${prometheus.url}", every: 1s, timeout: 900ms }
  otlp: { every: 5s }
services:
  web:
    owner: ana
    checks: [ { http: "http://${host}/", every: 1s } ]
    targets:
      errors: { good: 'http_requests_total{code="200"}', total: http_requests_total, source: page, objective: 99%, over: 7d, ${BURN} }
      asked: { good: 'sum(http_requests_total{code="200"})', total: sum(http_requests_total), counter: true, objective: 99%, over: 7d }
      scraped: { indicator: 'up{job="sereno"}', above: 0, over: 7d }
      pushed: { good: 'orders_total{result="ok"}', total: orders_total, source: otlp, objective: 99%, over: 7d }
  worked:
    owner: ana
    checks: [ { tcp: "127.0.0.1:1", every: 500ms } ]
    targets: { availability: 99% over 7d }
maintenance: [ { from: "${from ?? ''}", to: "${to ?? ''}", services: [worked], why: new disks } ]
policy: { autonomy: 1, allow: [] }
`);
    await post.up();
  });
  after(async () => {
    await prometheus?.stop();
    page.closeAllConnections();
    page.close();
  });

  test('a page, a real Prometheus and pushed metrics are judged', async () => {
    const issued = await run(['token', 'issue', 'app', '--role', 'reporter', ...post.flags().slice(2)]);
    const token = /sereno_\S+/.exec(issued.out)?.[0] ?? '';
    await until('the token to be known', async () => {
      await push(token, 100, 5);
      return true;
    });
    await push(token, 197, 8);
    assert.deepEqual((await viewOf('web.pushed')).events, { good: 97, bad: 3, excused: 0 });
    for (const name of ['errors', 'asked', 'scraped']) {
      const view = await until(`events of ${name}`, async () => {
        const seen = await viewOf(`web.${name}`);
        return seen.events.good >= 3 && seen.state === 'meeting' ? seen : null;
      });
      assert.deepEqual([view.events.bad, view.budget?.remainingPercent], [0, 100], name);
    }
  });

  test('agreed work stands in the evidence, with what it kept out of the budget', async () => {
    const [ended] = await until('the end of the work', async () => {
      const records = await recordsOf('maintenance.ended', 'worked');
      return records.length > 0 && records;
    });
    const [began, second] = await recordsOf('maintenance.began', 'worked');
    assert.match(began?.trigger ?? '', /agreed work on worked: new disks/);
    assert.equal(second, undefined);
    assert.match(ended?.outcome ?? '', /^\d+ bad events kept out of worked\.availability$/);
  });

  test('a burn is paged once, over a restart too, and resolved once', async () => {
    isBroken = true;
    await until('the burn to be paged', async () => (await rawOf(KEY))?.fate.kind === 'notified', 90_000);
    // A short window of 30 s is one step: it is empty for the moment in which the step turns.
    await until('its rule to hold', async () => (await viewOf('web.errors')).burns.some((burn) => burn.isHolding));
    const listed = await run(['alert', 'list', '--open', ...post.flags()]);
    assert.match(listed.out, /target-burn:web\.errors:SEV2\s+notified/);
    assert.match(post.out, /web\.errors burns its error budget/);
    assert.equal(await post.down(), 0);
    await post.up();
    await until('the burn to be known again', async () => (await rawOf(KEY))?.fate.kind === 'notified', 90_000);
    assert.equal((await recordsOf('incident.paged', 'web.errors')).length, 1);
    isBroken = false;
    await until('its end', async () => (await recordsOf('incident.resolved', 'web.errors')).length > 0, OVER_MS);
    assert.ok(((await rawOf(KEY))?.endedAt ?? null) !== null);
    assert.equal((await recordsOf('incident.paged', 'web.errors')).length, 1);
    assert.equal((await recordsOf('incident.resolved', 'web.errors')).length, 1);
    assert.equal((await recordsOf('incident.paged', 'web.asked')).length, 0, 'one page for one service');
  });
});
