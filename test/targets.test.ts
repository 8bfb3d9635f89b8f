// Targets from end to end: looks are judged and shown, and a real Prometheus that scrapes Sereno burns by our rules.
// decoder: answers of Prometheus are read as its API describes them.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { TargetView } from '#kernel/targetView.ts';
import { freePort } from './stand/port.ts';
import { startScraper } from './stand/scraper.ts';
import { Post, run, until } from './stand/sereno.ts';
import type { Stand } from './stand/server.ts';

const BURN = 'burn: [ { rate: 2x, over: 1m, short: 30s, severity: SEV2 } ]';
/** A rule is evaluated every 15 s, and a window must have been scraped before. */
const RULES_MS = 120_000;

type Rule = { readonly name: string; readonly health: string; readonly lastError?: string };
type Rules = { readonly data: { readonly groups: readonly { readonly rules: readonly Rule[] }[] } };
type Alerts = {
  readonly data: { readonly alerts: readonly { readonly state: string; readonly labels: Record<string, string> }[] };
};
type Vector = {
  readonly data: {
    readonly result: readonly { readonly metric: Record<string, string>; readonly value: readonly [number, string] }[];
  };
};

let post: Post;
let listener: Server;
let prometheus: Stand | null = null;

const ask = async <T>(path: string): Promise<T> => (await (await fetch(`${prometheus?.url ?? ''}${path}`)).json()) as T;

const valueOf = async (metric: string, target: string): Promise<number | null> => {
  const query = encodeURIComponent(`${metric}{target="${target}"}`);
  const { data } = await ask<Vector>(`/api/v1/query?query=${query}`);
  const [found] = data.result;
  return found === undefined ? null : Number(found.value[1]);
};

const viewOf = (id: string): Promise<TargetView> => post.get(`/api/targets/${id}`);

suite('targets, judged by Sereno and by Prometheus', () => {
  before(async () => {
    const [open, shut] = [await freePort(), await freePort()];
    listener = createServer((guest) => guest.destroy()).listen(open, '127.0.0.1');
    const check = (port: number): string => `checks: [ { tcp: "127.0.0.1:${port}", every: 500ms } ]`;
    post = new Post(`sereno: 1
site: promises
people: { ana: {} }
services:
  fine: { owner: ana, ${check(open)}, targets: { availability: { objective: 99%, over: 7d, ${BURN} }, latency: 95% under 300ms over 7d } }
  gone: { owner: ana, ${check(shut)}, targets: { availability: { objective: 99%, over: 7d, ${BURN} } } }
  seen:
    owner: ana
    ${check(open)}
    targets:
      scraped: { indicator: 'up{job="sereno"}', above: 0, over: 7d, ${BURN} }
      slices: { objective: 90%, over: 7d, budgeting: timeslices, slice: 1m, slice_objective: 95%, ${BURN} }
      pages: { good: 'sum(prometheus_http_requests_total)', total: 'sum(prometheus_http_requests_total)', counter: true, objective: 99%, over: 7d }
`);
    await post.up();
  });
  after(async () => {
    await prometheus?.stop();
    listener.close();
  });

  test('the looks of the checks are events, and each target says how it stands', async () => {
    const fine = await until('ten good looks', async () => {
      const view = await viewOf('fine.availability');
      return view.events.good >= 10 && view.state === 'meeting' ? view : null;
    });
    assert.deepEqual([fine.events.bad, fine.budget?.remainingPercent, fine.staleSince], [0, 100, null]);
    const gone = await until('a budget that is gone', async () => {
      const view = await viewOf('gone.availability');
      return view.events.bad >= 10 && view.state !== 'no-data' && view.state !== 'meeting' ? view : null;
    });
    assert.equal(gone.events.good, 0);
    assert.ok((gone.budget?.remainingPercent ?? 100) < 100);
    assert.deepEqual(
      gone.episodes.map((episode) => episode.share),
      ['own'],
    );
    const latency = await viewOf('fine.latency');
    assert.ok(latency.events.good >= 5 && latency.state === 'meeting');
    const scraped = await viewOf('seen.scraped');
    assert.equal(scraped.state, 'no-data');
    assert.ok(scraped.staleSince !== null && scraped.reasons.length === 1);
  });

  test('the command line shows the same', async () => {
    const listed = await run(['target', 'list', ...post.flags()]);
    assert.match(listed.out, /fine\.availability\s+.*meeting.*100 %/);
    const shown = await run(['target', 'show', 'gone.availability', ...post.flags()]);
    assert.equal(shown.code, 0);
    assert.match(shown.out, /gone\.availability is (exhausted|breached|burning): 99% over 7d/);
    assert.match(shown.out, /by whom: own \d+/);
    const lost = await run(['target', 'show', 'gone.nothing', ...post.flags()]);
    assert.equal(lost.code, 1);
    assert.match(lost.out + lost.error, /no target called "gone\.nothing"/);
  });

  test('the exported rules are accepted by promtool, and Prometheus alerts for what burns and for nothing else', async () => {
    const rules = join(post.directory, 'rules.yaml');
    const exported = await run(['target', 'export', '--prometheus', '--output', rules, ...post.flags()]);
    assert.equal(exported.code, 0, exported.error);
    const accepted = execFileSync('promtool', ['check', 'rules', rules], { encoding: 'utf8' });
    assert.match(accepted, /SUCCESS: \d+ rules found/);
    prometheus = await startScraper(new URL(post.url()).host, rules);
    const firing = await until(
      'an alert of Prometheus',
      async () => {
        const { data } = await ask<Alerts>('/api/v1/alerts');
        const fired = data.alerts.filter((alert) => alert.state === 'firing').map((alert) => alert.labels['target']);
        // All groups have been evaluated when the last recorded what it records.
        const isRecorded = (await valueOf('target:sereno_errors:ratio_rate1m', 'seen.slices')) !== null;
        return fired.length > 0 && isRecorded ? fired : null;
      },
      RULES_MS,
    );
    assert.deepEqual([...new Set(firing)], ['gone.availability']);
    assert.equal(await valueOf('target:sereno_errors:ratio_rate1m', 'gone.availability'), 1);
    assert.equal(await valueOf('target:sereno_errors:ratio_rate1m', 'fine.availability'), 0);
    assert.equal(await valueOf('target:sereno_errors:ratio_rate1m', 'seen.scraped'), 0);
    assert.equal(await valueOf('target:sereno_errors:ratio_rate1m', 'seen.slices'), 0);
    const { data } = await ask<Rules>('/api/v1/rules');
    const unwell = data.groups.flatMap((group) => group.rules).filter((rule) => rule.health !== 'ok');
    assert.deepEqual(
      unwell.filter((rule) => rule.lastError !== undefined && rule.lastError !== ''),
      [],
    );
  });

  test('a budget outlives a restart', async () => {
    const earlier = await viewOf('gone.availability');
    const used = earlier.budget?.used ?? 0;
    assert.ok(used >= 10);
    assert.equal(await post.down(), 0);
    await post.up();
    const view = await viewOf('gone.availability');
    assert.ok((view.budget?.used ?? 0) >= used, JSON.stringify(view));
    assert.ok(view.events.bad < used);
  });

  test('what is exported as OpenSLO is imported as it was', async () => {
    const file = join(post.directory, 'slo.yaml');
    const exported = await run(['target', 'export', '--openslo', '--output', file, ...post.flags()]);
    assert.equal(exported.code, 0, exported.error);
    const imported = await run(['target', 'import', file, '--format', 'json']);
    assert.equal(imported.code, 0, imported.error);
    const checked = await run(['check', '--format', 'json', ...post.flags()]);
    const saidOf = (text: string): readonly string[] =>
      [...text.matchAll(/"said": "(.*)"/g)].map((match) => match[1] ?? '');
    assert.ok(saidOf(imported.out).length === 6);
    assert.deepEqual(saidOf(imported.out).toSorted(), saidOf(checked.out).toSorted());
  });
});
