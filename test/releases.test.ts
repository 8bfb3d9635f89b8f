// Releases on real parts: a program that is replaced by a bad one is named as the cause; so are a stop and a new declaration.

import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import type { ReleaseView } from '#kernel/release.ts';
import type { CauseCandidate, Suspect } from '#kernel/suspect.ts';
import type { TargetView } from '#kernel/targetView.ts';
import { freePort } from './stand/port.ts';
import { Post, run, until } from './stand/sereno.ts';

const server = (status: number): string => `import { createServer } from 'node:http';
createServer((request, response) => response.writeHead(${status}).end()).listen(Number(process.env.PORT), '127.0.0.1');
`;

let post: Post;
let ports: { base: number; api: number };

/** The api is well when the base answers, whatever runs of it. */
const configure = (more = ''): string => `sereno: 1
site: releases
people: { ana: { roles: [operator] } }
services:
  base:
    owner: ana
    run: { process: { command: [${process.execPath}, base.mjs], env: { PORT: "${ports.base}" } } }
    checks: [ { http: "http://127.0.0.1:${ports.base}/", every: 500ms } ]
    targets: { availability: 99% over 7d }
    restart: { budget: 1 per 1h, stable_after: 1s }
  front:
    owner: ana
    needs: [base]
    checks: [ { http: "http://127.0.0.1:${ports.base}/", every: 500ms } ]
    targets: { availability: 99% over 7d }
  quiet:
    owner: ana
    checks: [ { http: "http://127.0.0.1:${ports.base}/", every: 500ms } ]
    targets: { availability: 99% over 7d }
  api:
    owner: ana
    run: { process: { command: [${process.execPath}, api.mjs], env: { PORT: "${ports.api}" } } }
    checks: [ { http: "http://127.0.0.1:${ports.api}/", every: 500ms${more} } ]
    targets: { availability: 99% over 7d }
    restart: { budget: 20 per 1h, stable_after: 1s }
`;

const deployments = async (): Promise<readonly ReleaseView[]> =>
  (await post.get<{ deployments: readonly ReleaseView[] }>('/api/deployments')).deployments;

/** The first suspect of the group that a service is in. */
const suspectOf = async (service: string): Promise<Suspect | null> => {
  const { causes } = await post.get<{ causes: readonly CauseCandidate[] }>('/api/causes');
  return causes.find((cause) => cause.services.some((id) => id === service))?.suspects[0] ?? null;
};

suite('releases and what changed', () => {
  before(async () => {
    ports = { base: await freePort(), api: await freePort() };
    post = new Post(configure());
    post.write('base.mjs', server(200));
    post.write('api.mjs', server(200));
    await post.up();
    await post.healthy('api');
    await post.healthy('front');
  });

  test('a marker by the command line opens a window; the same again does not; nonsense is refused', async () => {
    const marked = await run(['deployment', 'mark', 'quiet', '1.0.0', '--why', 'first', ...post.flags()]);
    assert.equal(marked.code, 0, marked.error);
    assert.match(marked.out, /release 1\.0\.0 of quiet is watched for 30 minutes/);
    const again = await run(['deployment', 'mark', 'quiet', '1.0.0', ...post.flags()]);
    assert.match(again.out, /known since/);
    const bad = await run(['deployment', 'mark', 'api', 'one two', '--traffic', '0', ...post.flags()]);
    assert.equal(bad.code, 2);
    assert.match(bad.error, /is no version[^]*is no share of traffic/);
    const [release] = await deployments();
    assert.deepEqual([release?.version, release?.source, release?.isOpen], ['1.0.0', 'cli', true]);
  });

  test('a marker by the API is one too, and an unknown service is not', async () => {
    const marked = await post.post('/api/services/front/deployments?version=f-7&traffic=5', { why: 'canary' });
    assert.equal(marked.status, 200, JSON.stringify(marked.body));
    const release = (await deployments()).find(({ service }) => service === 'front');
    assert.deepEqual([release?.source, release?.trafficPercent], ['api', 5]);
    assert.equal((await post.post('/api/services/nobody/deployments?version=1')).status, 404);
    assert.equal((await post.post('/api/services/api/deployments')).status, 400);
  });

  test('a program that was replaced is seen at its restart, and is the first suspect when it fails', async () => {
    post.write('base.mjs', server(500));
    const restarted = await run(['service', 'restart', 'base', '--no-wait', ...post.flags()]);
    assert.equal(restarted.code, 0, restarted.error);
    const seen = await until('the changed program to be seen', async () => {
      const found = (await deployments()).find(({ service, source }) => service === 'base' && source === 'process');
      return found ?? null;
    });
    await post.seen('front', 'unhealthy', (view) => view.health === 'unhealthy');
    const first = await until('a suspect', () => suspectOf('front'));
    assert.deepEqual([first.kind, first.subject], ['deployment', 'base'], JSON.stringify(first));
    const marked = await run(['deployment', 'mark', 'base', '2.0.0', ...post.flags()]);
    assert.equal(marked.code, 0, marked.error);
    const named = (await deployments()).filter(({ service }) => service === 'base');
    assert.deepEqual(
      named.map(({ id, version }) => [id, version]),
      [[seen.id, '2.0.0']],
    );
    const told = await run(['incident', 'causes', ...post.flags()]);
    assert.match(told.out, /\d+ % {2}deployment: release 2\.0\.0 of base, by/);
  });

  test('what a new configuration declares otherwise is in the evidence, and is the first suspect', async () => {
    post.configure(configure(', expect: { status: 204 }'));
    const [record] = await until('the new configuration', async () => {
      const records = await post.evidence('&type=configuration.changed');
      return records.length > 0 ? records : null;
    });
    assert.deepEqual(record?.refs['changed'], { api: 'checks' });
    await post.seen('api', 'unhealthy', (view) => view.health === 'unhealthy');
    const first = await until('a suspect', () => suspectOf('api'));
    assert.deepEqual([first.kind, first.subject], ['configuration', 'api'], JSON.stringify(first));
    post.configure(configure());
    await post.healthy('api');
  });

  test('what a person stopped is the first suspect for those that need it', async () => {
    post.write('base.mjs', server(200));
    assert.equal((await run(['service', 'stop', 'base', ...post.flags()])).code, 0);
    assert.equal((await run(['service', 'start', 'base', ...post.flags()])).code, 0);
    await post.healthy('front');
    assert.equal((await run(['service', 'stop', 'base', '--why', 'work', ...post.flags()])).code, 0);
    await post.seen('front', 'unhealthy', (view) => view.health === 'unhealthy');
    const first = await until('a suspect', () => suspectOf('front'));
    assert.deepEqual([first.kind, first.subject], ['operation', 'base'], JSON.stringify(first));
    const sharesOf = async () => (await post.get<TargetView>('/api/targets/base.availability')).budget?.shares;
    const before = await sharesOf();
    const after = await until('looks at what was stopped', async () => {
      const shares = await sharesOf();
      return (shares?.stopped ?? 0) > (before?.stopped ?? 0) && shares;
    });
    assert.equal(after?.own, before?.own, 'a stop by a person is no error of the service');
    const begun = await post.evidence('&type=stop.began');
    assert.match(begun.at(-1)?.trigger ?? '', /^base stopped by /);
  });

  test('releases survive a restart of Sereno', async () => {
    const before = (await deployments()).map(({ id, version }) => [id, version]);
    assert.equal(await post.down(), 0);
    await post.up();
    assert.deepEqual(
      (await deployments()).map(({ id, version }) => [id, version]),
      before,
    );
  });
});
