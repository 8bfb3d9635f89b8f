// Backtest from end to end: a real Sereno records an outage; while it runs, and after it ended, a changed declaration is
// judged over what it recorded, beside the running one.
// decoder: the JSON of the command line is read as the types that it prints

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import type { Backtest } from '#daemon/backtest.ts';
import type { Problem } from '#kernel/problem.ts';
import type { TargetView } from '#kernel/targetView.ts';
import { Post, run, until } from './stand/sereno.ts';

const rule = (rate: string): string => `burn: [ { rate: ${rate}, over: 1m, short: 30s, severity: SEV2 } ]`;
const TARGET = 'web.availability';

let post: Post;
let page: Server;
let isBroken = false;
let text = '';

const backtest = (words: readonly string[] = []) => run(['target', 'backtest', ...words, ...post.flags()]);

const judged = async (words: readonly string[] = []): Promise<Backtest> => {
  const { code, out, error } = await backtest([...words, '--format', 'json']);
  assert.equal(code, 0, out + error);
  return JSON.parse(out) as Backtest;
};

const codesOf = (out: string): readonly string[] =>
  (JSON.parse(out) as { problems: readonly Problem[] }).problems.map(({ code }) => code);

const sideOf = (done: Backtest, which: 'running' | 'changed') => {
  const side = done.targets.find(({ id }) => id === TARGET)?.[which];
  assert.ok(side !== undefined && side !== null && side.score !== null, JSON.stringify(done));
  return { ...side, score: side.score };
};

suite('a changed declaration over an outage that was recorded', () => {
  before(async () => {
    page = createServer((_request, response) => {
      response.writeHead(isBroken ? 500 : 200).end('well');
    });
    await new Promise<void>((resolve) => {
      page.listen(0, '127.0.0.1', resolve);
    });
    const address = page.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    text = `sereno: 1
site: past
people: { ana: { roles: [operator], contact: { email: ana@example.org } } }
services:
  web:
    owner: ana
    checks: [ { http: "http://127.0.0.1:${port}/", every: 500ms } ]
    targets: { availability: { objective: 99%, over: 7d, ${rule('2x')} }, month: 99.9% over 30d }
policy: { autonomy: 1, allow: [] }
`;
    post = new Post(text);
    await post.up();
    await post.healthy('web');
    await until('some good looks', async () => (await viewOf()).events.good >= 20);
    isBroken = true;
    await until('the incident', async () => (await post.evidence('&type=incident.opened')).length > 0);
    await until(
      'the target to burn',
      async () => (await viewOf()).state !== 'meeting' && (await viewOf()).events.bad >= 10,
    );
    isBroken = false;
    await until('its end', async () => (await post.evidence('&type=incident.resolved')).length > 0, 120_000);
  });
  after(() => {
    page.closeAllConnections();
    page.close();
  });

  const viewOf = (): Promise<TargetView> => post.get(`/api/targets/${TARGET}`);

  test('while Sereno runs: the running declaration finds the outage, and its budget is what Sereno says itself', async () => {
    const bad = (await viewOf()).budget?.used ?? 0;
    // The last five seconds may not be in the file yet; and what lies on the edge of a beat, by less than the millisecond
    // that is kept, may be counted on the other side of it.
    const done = await until('the record to reach the end of the outage', async () => {
      const seen = await judged();
      return Math.abs((sideOf(seen, 'running').budget?.used ?? 0) - bad) <= 1 && seen;
    });
    const { score } = sideOf(done, 'running');
    const [incident] = done.incidents;
    assert.equal(incident?.subject, 'web');
    assert.deepEqual([score.pages, score.grouped, score.pagesPerWeek], [1, 1, null]);
    assert.equal(score.incidents[0]?.fate.kind, 'paged');
    assert.deepEqual(
      done.stretches.map(({ level }) => level),
      ['detail'],
    );
    assert.equal(done.targets[0]?.changed, null);
  });

  test('a rule that is too lax misses it, a sharper one finds it; the budget follows the objective', async () => {
    const lax = post.write('lax.yaml', text.replace(rule('2x'), rule('99.9x')));
    const done = await judged([lax]);
    const [now, changed] = [sideOf(done, 'running'), sideOf(done, 'changed')];
    assert.deepEqual([now.score.pages, changed.score.pages], [1, 0]);
    assert.equal(changed.score.incidents[0]?.fate.kind, 'missed');
    assert.equal(changed.budget?.used, now.budget?.used);
    const looser = post.write('looser.yaml', text.replace('objective: 99%', 'objective: 90%'));
    const { budget } = sideOf(await judged([looser, '--target', TARGET, '--since', '1h']), 'changed');
    assert.ok((budget?.allowed ?? 0) > 9 * (changed.budget?.allowed ?? Infinity), JSON.stringify(budget));
    const { code, out } = await backtest([lax]);
    assert.equal(code, 0);
    assert.match(out, /web\.availability +now +.* 1 of 1\n/);
    assert.match(out, /web\.availability +changed +.* 0 of 1\n/);
    assert.match(
      out,
      /INC-\d+-001 .* of web .*: now pages \(SEV2\) .* after the first bad event.*; changed misses it: /,
    );
  });

  test('the example of the manual works as it is written', async () => {
    const manual =
      readFileSync(join(import.meta.dirname, '..', 'docs', 'targets.md'), 'utf8').split('## Backtest')[1] ?? '';
    const lines = (/\n\n((?: {4}.*\n)+)/.exec(manual)?.[1] ?? '').replaceAll(/^ {4}/gm, '');
    assert.match(lines, /^sereno target backtest/m);
    const bin = join(import.meta.dirname, '..', 'bin', 'sereno.js');
    const script = `set -e\nsereno() { "$NODE" "$BIN" "$@" --state "$STATE"; }\n${lines}`;
    const env = { ...process.env, NODE: process.execPath, BIN: bin, STATE: post.state };
    const { stdout } = await promisify(execFile)('sh', ['-c', script], { cwd: post.directory, env });
    assert.match(stdout, /web\.month +now +99\.9% over 30d/);
    assert.match(stdout, /web\.month +changed +99% over 30d/);
  });

  test('what cannot be answered is said with its code', async () => {
    const cases: readonly (readonly [readonly string[], number, string])[] = [
      [['--target', 'web.nothing'], 1, 'not-found'],
      [['nowhere.yaml'], 2, 'config-not-found'],
      [['--since', 'yesterday'], 2, 'bad-request'],
      [['--since', '3000d'], 2, 'bad-request'],
      [['--url', post.url()], 2, 'bad-request'],
      [['--since', '1ms'], 5, 'no-history'],
    ];
    for (const [words, exit, problem] of cases) {
      const { code, out } = await backtest([...words, '--format', 'json']);
      assert.deepEqual([code, codesOf(out)], [exit, [problem]], words.join(' '));
    }
    const empty = join(post.directory, 'empty');
    mkdirSync(empty);
    const nowhere = await run(['target', 'backtest', '--config', post.config, '--state', empty, '--format', 'json']);
    assert.deepEqual([nowhere.code, codesOf(nowhere.out)], [5, ['no-history']]);
    const other = post.write('other.yaml', text.replace('  web:', '  shop:'));
    const shop = await backtest([other, '--target', 'shop.availability', '--format', 'json']);
    assert.deepEqual([shop.code, codesOf(shop.out)], [5, ['no-history']]);
  });

  test('the same when Sereno does not run, and from a copy; the files stay as they are', async () => {
    assert.equal(await post.down(), 0);
    const metrics = join(post.state, 'metrics.db');
    const before = readFileSync(metrics);
    const done = await judged();
    assert.deepEqual(readFileSync(metrics), before);
    const copy = join(post.directory, 'copy');
    cpSync(post.state, copy, { recursive: true });
    const { out } = await run(['target', 'backtest', '--config', post.config, '--state', copy, '--format', 'json']);
    const again = JSON.parse(out) as Backtest;
    const counts = (it: Backtest) => [sideOf(it, 'running').budget?.used, sideOf(it, 'running').score.incidents];
    assert.deepEqual(counts(again), counts(done));
    assert.equal(sideOf(done, 'running').score.pages, 1);
  });
});
