// Releases on real parts: a program that is replaced by a bad one is named as the cause; so are a stop and a new declaration.
// A version that is slow and one that fails are found beside the day before, and told once, over restarts of Sereno.
// decoder: what the webhook brings is read as its manual describes it

import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { after, before, suite, test } from 'node:test';
import { checkId } from '#kernel/id.ts';
import type { ReleaseView } from '#kernel/release.ts';
import type { CauseCandidate, Suspect } from '#kernel/suspect.ts';
import type { TargetView } from '#kernel/targetView.ts';
import { hours, instant, seconds } from '#kernel/time.ts';
import type { Sample } from '#ports/metrics.ts';
import { openMetrics } from '#adapters/sqlite/metrics/store.ts';
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

/** A day of looks before now, as real ones were: the metrics' own writer takes what a real run has recorded, over and over. */
const makeUsual = (state: string, names: readonly string[]): void => {
  const now = Date.now();
  const metrics = openMetrics({
    directory: state,
    clock: { now: () => instant(now) },
    stopwatch: () => performance.now(),
    onNotice: (line) => assert.fail(line),
  });
  for (const name of names) {
    const check = checkId(`${name}/http`);
    const real: Sample[] = [];
    metrics.eachSample(check, { from: instant(now - hours(1)), to: instant(now) }, (it) => real.push(it));
    const good = real.filter((it) => it.state === 'healthy');
    assert.ok(good.length >= 10, `${name}: ${good.length} good looks were recorded`);
    const first = real[0]?.at ?? now;
    for (let at = now - hours(24), nth = 0; at < first; at += seconds(10), nth += 1) {
      metrics.sample(check, instant(at), 'healthy', good[nth % good.length]?.latencyMs ?? 0);
    }
  }
  metrics.settle();
  metrics.close();
};

suite('a release beside the day before it', () => {
  /** Long beside what a busy machine adds to an answer, and in the middle of what the comparison takes for equal. */
  const USUAL_MS = 600;
  const SLOW_MS = 1_800;
  const NAMES = ['slower', 'failing', 'same'] as const;
  type Name = (typeof NAMES)[number];
  /** The evidence needs three looks, half a minute apart, after the minute that a restart is given. */
  const FOUND_MS = 300_000;

  let judged: Post;
  let hook: Server;
  const told: string[] = [];

  const program = (version: number, waitMs: number, status = 200): string => `// version ${version}
import { createServer } from 'node:http';
createServer((request, response) => setTimeout(() => response.writeHead(${status}).end(), ${waitMs}))
  .listen(Number(process.env.PORT), '127.0.0.1');
`;

  const releaseOf = async (name: Name): Promise<ReleaseView | null> => {
    const { deployments: all } = await judged.get<{ deployments: readonly ReleaseView[] }>('/api/deployments');
    return all.find(({ service }) => service === name) ?? null;
  };

  const regressed = (name: Name): Promise<ReleaseView> =>
    until(
      `${name} to be found worse`,
      async () => {
        const release = await releaseOf(name);
        return release?.verdict?.kind === 'regressed' ? release : null;
      },
      FOUND_MS,
    );

  /** Evidence against an open window; null: it is not compared yet in this run. */
  const evidenceOf = async (name: Name): Promise<number | null> => {
    const verdict = (await releaseOf(name))?.verdict ?? null;
    if (verdict === null) return null;
    return verdict.kind === 'watching' || verdict.kind === 'regressed' ? verdict.evidence : 0;
  };

  const toldOf = (name: Name): readonly string[] => told.filter((key) => key.startsWith(`release:${name}@`));

  before(async () => {
    hook = createServer((request, response) => {
      let body = '';
      request.on('data', (part) => (body += String(part)));
      request.on('end', () => {
        told.push((JSON.parse(body) as { readonly key: string }).key);
        response.end();
      });
    });
    await new Promise<void>((resolve) => {
      hook.listen(0, '127.0.0.1', resolve);
    });
    const address = hook.address();
    const at = typeof address === 'object' && address !== null ? address.port : 0;
    const services = await Promise.all(
      NAMES.map(async (name) => {
        const port = await freePort();
        return `
  ${name}:
    owner: ana
    run: { process: { command: [${process.execPath}, ${name}.mjs], env: { PORT: "${port}" } } }
    checks: [ { http: "http://127.0.0.1:${port}/", every: 1s, timeout: 5s } ]
    targets: { availability: 99% over 7d }
    restart: { stable_after: 1s }`;
      }),
    );
    judged = new Post(`sereno: 1
site: judged
people: { ana: { roles: [operator], contact: { email: ana@example.org } } }
services:${services.join('')}
policy: { autonomy: 1, allow: [] }
notify: { hook: { webhook: "http://127.0.0.1:${at}/" }, route: { SEV1: [hook], SEV2: [hook], SEV3: [hook] } }
`);
    for (const name of NAMES) judged.write(`${name}.mjs`, program(1, USUAL_MS));
    await judged.up();
    for (const name of NAMES) {
      await judged.healthy(name);
      await until(`looks at ${name}`, async () => {
        const { checks } = await judged.service(name);
        return (checks[0]?.strip.filter(({ state }) => state === 'healthy').length ?? 0) >= 12;
      });
    }
    assert.equal(await judged.down(), 0);
    makeUsual(judged.state, NAMES);
    await judged.up();
    for (const name of NAMES) await judged.healthy(name);
  });

  after(() => {
    hook.closeAllConnections();
    hook.close();
  });

  test('what became slow and what fails is found and told once, what is the same is not; nothing is lost over a kill', async () => {
    judged.write('slower.mjs', program(2, SLOW_MS));
    judged.write('failing.mjs', program(2, USUAL_MS, 500));
    judged.write('same.mjs', program(2, USUAL_MS));
    for (const name of NAMES) {
      const restarted = await run(['service', 'restart', name, '--no-wait', ...judged.flags()]);
      assert.equal(restarted.code, 0, restarted.error);
    }
    for (const name of NAMES)
      await until(`the release of ${name} to be seen`, async () => (await releaseOf(name))?.source === 'process');

    const known = await until(
      'evidence against the slow one',
      async () => {
        const evidence = await evidenceOf('slower');
        return evidence !== null && evidence > 2 ? evidence : null;
      },
      FOUND_MS,
    );
    // A kill may cost the looks of the last five seconds; the one that counted is to be older than that.
    const knownAt = Date.now();
    await judged.seen(
      'slower',
      'looked at later',
      ({ checks }) => (checks[0]?.strip.at(-1)?.at ?? 0) > knownAt + seconds(10),
    );
    await judged.kill();
    await judged.up();
    const again = await until('the evidence to be read back', () => evidenceOf('slower'));
    assert.ok(again >= known, `evidence of ${known} became ${again} over a restart`);

    const [slower, failing] = [await regressed('slower'), await regressed('failing')];
    assert.match(slower.headline, /worse since/);
    const metricOf = ({ verdict }: ReleaseView) => (verdict?.kind === 'regressed' ? verdict.effect.metric : null);
    assert.match(metricOf(slower) ?? '', /^slow-p9[59]$/);
    assert.equal(metricOf(failing), 'errors');
    for (const name of ['slower', 'failing'] as const)
      await until(`people to be told of ${name}`, () => toldOf(name).length === 1);
    assert.equal((await releaseOf('same'))?.verdict?.kind, 'watching');
  });

  test('after an orderly restart the verdicts stand, nobody is told again, and the open window goes on', async () => {
    const before = await Promise.all(NAMES.map(releaseOf));
    assert.equal(await judged.down(), 0);
    await judged.up();
    await judged.healthy('same');
    const evidence = await until('the window of the same to be compared again', () => evidenceOf('same'));
    assert.ok(evidence < 10, `evidence of ${evidence} against what did not change`);
    const now = await Promise.all(NAMES.map(releaseOf));
    assert.deepEqual(
      now.map((it) => [it?.id, it?.verdict?.kind]),
      before.map((it) => [it?.id, it?.verdict?.kind]),
    );
    assert.deepEqual(
      NAMES.map((name) => toldOf(name).length),
      [1, 1, 0],
    );
    const records = await judged.evidence('&type=release.regressed');
    assert.equal(records.length, 2);
    assert.deepEqual(new Set(records.map(({ refs }) => refs['service'])), new Set(['failing', 'slower']));
  });
});
