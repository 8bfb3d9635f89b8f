// Reading sites: the contract, the defaults, short forms equal to long forms, includes, secrets, digests.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Check } from '#kernel/check.ts';
import { sayProblem } from '#kernel/problem.ts';
import type { Site } from '#kernel/site.ts';
import { instant } from '#kernel/time.ts';
import { memoryFiles } from './files.ts';
import { readSite, type SiteReading } from './readSite.ts';

const NOW = instant(Date.UTC(2026, 10, 21));
const CONTRACT = readFileSync(join(import.meta.dirname, '../../examples/sereno.yaml'), 'utf8');

type Texts = Readonly<Record<string, string>>;

const read = (texts: string | Texts, env: Texts = {}): SiteReading =>
  readSite({
    file: '/etc/sereno/sereno.yaml',
    env,
    now: NOW,
    files: memoryFiles(typeof texts === 'string' ? { '/etc/sereno/sereno.yaml': texts } : texts),
  });

const siteOf = (texts: string | Texts, env: Texts = {}): Site => {
  const { site, problems } = read(texts, env);
  if (site === null) throw new assert.AssertionError({ message: problems.map(sayProblem).join('\n') });
  return site;
};

const around = (service: string, more = ''): string =>
  `sereno: 1\nsite: town\npeople: { ana: {} }\non_call: { primary: ana }\n${more}\nservices:\n  api: ${service}\n`;

const checkOf = (check: string): Check => {
  const found = siteOf(around(`{ targets: { availability: 99% over 7d }, checks: [ ${check} ] }`)).services[0]
    ?.checks[0];
  if (found === undefined) throw new assert.AssertionError({ message: `no check in ${check}` });
  return found;
};

test('the contract loads on a machine without its variables, and says what cannot work', () => {
  const { site, problems, warnings } = read(CONTRACT);
  assert.deepEqual(problems, []);
  const cannotRun = site?.services
    .flatMap((service) => service.checks)
    .filter((check) => check.cannotRun !== undefined);
  assert.deepEqual(
    cannotRun?.map((check) => [check.id, check.cannotRun]),
    [['db/postgres', 'environment variable DATABASE_URL is not set']],
  );
  const missing = warnings.filter((warning) => warning.code === 'config-secret-missing').map((it) => it.message);
  for (const name of ['DATABASE_URL', 'SLACK_WEBHOOK', 'PAGERDUTY_KEY', 'SMTP_URL', 'HEARTBEAT_URL', 'LITELLM_KEY'])
    assert.equal(missing.filter((message) => message.includes(name)).length, 1, name);
});

test('every section of the contract that is not carried out is listed as declared', () => {
  const paths = siteOf(CONTRACT).declared.map((it) => it.path);
  const expected =
    'jobs.kpi-snapshot jobs.trend-scan jobs.content-calendar guard model costs runbooks.api-not-answering runbooks.disk-cleanup chaos.kill-redis notify.chat notify.page notify.mail services.db.run.systemd services.api.run.docker services.web.run.pm2 policy.allow[1] policy.never[0]'.split(
      ' ',
    );
  assert.deepEqual(
    expected.filter((path) => !paths.includes(path)),
    [],
  );
  assert.equal(new Set(paths).size, paths.length);
});

test('with its variables the contract is complete, and their values are known as secrets', () => {
  const env = {
    DATABASE_URL: 'postgres://night:s3cret%21@127.0.0.1/db',
    HEARTBEAT_URL: 'https://beat.example.org/x',
    SLACK_WEBHOOK: 'https://hooks.example.org/T0',
    PAGERDUTY_KEY: 'pd-routing-key',
    SMTP_URL: 'smtp://u:mail-pass@mail.example.org',
    LITELLM_KEY: 'sk-litellm',
  };
  const { site, warnings } = read(CONTRACT, env);
  assert.deepEqual(
    warnings.filter((warning) => warning.code === 'config-secret-missing'),
    [],
  );
  for (const secret of [...Object.values(env), 's3cret%21', 's3cret!', 'mail-pass'])
    assert.ok(site?.secrets.includes(secret), secret);
  assert.deepEqual(site?.heartbeat, { url: env.HEARTBEAT_URL, everyMs: 60_000 });
  assert.equal(
    site.services.flatMap((service) => service.checks).some((check) => check.cannotRun !== undefined),
    false,
  );
});

test('defaults of a service', () => {
  const [service] = siteOf(
    around('{ checks: [ { tcp: 80 } ], targets: { availability: 99% over 7d }, run: { process: a } }'),
  ).services;
  assert.deepEqual(service, {
    id: 'api',
    tier: 'app',
    owner: null,
    needs: [],
    mustRun: false,
    trafficPercent: 0,
    replicas: 1,
    workload: {
      kind: 'process',
      command: ['a'],
      cwd: '/etc/sereno',
      env: {},
      stopSignal: 'SIGTERM',
      stopTimeoutMs: 10_000,
      standby: 'none',
    },
    checks: [
      {
        id: 'api/tcp',
        service: 'api',
        probe: { kind: 'tcp', host: '127.0.0.1', port: 80 },
        everyMs: 5_000,
        slowestMs: 30_000,
        timeoutMs: 1_000,
        rise: 2,
        fall: 3,
        retries: 0,
      },
    ],
    targets: [
      {
        id: 'api.availability',
        service: 'api',
        name: 'availability',
        indicator: { kind: 'availability' },
        objectivePercent: 99,
        window: { kind: 'rolling', lengthMs: 604_800_000 },
        budgeting: { method: 'occurrences' },
        burn: [],
        said: '99% over 7d',
      },
    ],
    restartBudget: { count: 3, windowMs: 3_600_000 },
    stableAfterMs: 10_000,
    startTimeoutMs: 30_000,
  });
});

test('defaults of a site', () => {
  const site = siteOf(around('{ checks: [ { tcp: 80 } ], targets: { availability: 99% over 7d } }'));
  assert.equal(site.environment, 'production');
  assert.equal(site.timezone, 'UTC');
  assert.deepEqual(site.policy, {
    autonomy: 3,
    allow: ['restart', 'start', 'stop'],
    approval: [],
    never: [],
    freeze: [],
    restartBudget: { count: 3, windowMs: 3_600_000 },
    trafficLimitPercent: 25,
  });
  assert.deepEqual(site.channels, [{ name: 'terminal', kind: 'terminal', url: null }]);
  assert.deepEqual(site.routes, { SEV1: ['terminal'], SEV2: ['terminal'], SEV3: ['terminal'], SEV4: [] });
});

test('short forms of checks equal their long forms', () => {
  const pairs = [
    ['{ http: http://a/ }', '{ http: { url: http://a/, method: GET, expect: { status: [200] } } }'],
    ['{ http: http://a/, expect: { contains: x } }', '{ http: { url: http://a/, expect: { contains: x } } }'],
    ['{ tcp: 127.0.0.1:80 }', '{ tcp: { host: 127.0.0.1, port: 80 } }'],
    ['{ tcp: 80 }', '{ tcp: { port: 80 } }'],
    ['{ tcp: "[::1]:80" }', '{ tcp: { host: "::1", port: 80 } }'],
    ['{ redis: redis://a:1 }', '{ redis: { url: redis://a:1 } }'],
    ['{ postgres: postgres://a/b }', '{ postgres: { url: postgres://a/b, query: select 1 } }'],
    ['{ command: pgrep x }', '{ command: { run: [/bin/sh, -c, pgrep x], exit_code: 0 } }'],
    ['{ process: }', '{ process: {} }'],
    ['{ process: nginx }', '{ process: { pattern: nginx } }'],
    ['{ file: out/x }', '{ file: { path: /etc/sereno/out/x } }'],
    ['{ tcp: 80, every: 1m }', '{ tcp: 80, every: 60s }'],
    [
      '{ golden: { url: http://a/, cases: [ { input: 1, expect: 2 } ] } }',
      '{ golden: { url: http://a/, cases: [ { name: case 1, input: 1, expect: 2 } ], budget: 10ms, chunk: 100 } }',
    ],
  ] as const;
  for (const [short, long] of pairs) assert.deepEqual(checkOf(short), checkOf(long), short);
});

test('an interval that was declared is kept; one that was not slows down to a minute at most', () => {
  const rhythm = (check: string): readonly number[] => [checkOf(check).everyMs, checkOf(check).slowestMs];
  assert.deepEqual(rhythm('{ tcp: 80 }'), [5_000, 30_000]);
  assert.deepEqual(rhythm('{ tcp: 80, every: 2s }'), [2_000, 2_000]);
  assert.deepEqual(rhythm('{ tcp: 80, every: 5m }'), [300_000, 300_000]);
});

test('checks are named by kind and number, or by their own name', () => {
  const checks =
    '{ checks: [ { tcp: 80 }, { tcp: 81 }, { tcp: 82, name: door }, { process: } ], targets: { availability: 99% over 7d } }';
  const ids = siteOf(around(checks)).services[0]?.checks.map((check) => check.id);
  assert.deepEqual(ids, ['api/tcp', 'api/tcp-2', 'api/door', 'api/process']);
});

test('workloads: a line is split into words as a shell would, a list is taken as it is', () => {
  const workloadOf = (run: string) =>
    siteOf(around(`{ checks: [ { tcp: 80 } ], targets: { availability: 99% over 7d }, run: ${run} }`)).services[0]
      ?.workload;
  const base = {
    kind: 'process',
    cwd: '/etc/sereno',
    env: {},
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 10_000,
    standby: 'none',
  };
  assert.deepEqual(workloadOf(`{ process: 'redis-server --port 6390 --save ""' }`), {
    ...base,
    command: ['redis-server', '--port', '6390', '--save', ''],
  });
  assert.deepEqual(
    workloadOf(
      `{ process: { command: [a, 6390], cwd: sub, env: { N: 1, B: true }, stop_signal: SIGINT, stop_timeout: 1m, standby: warm } }`,
    ),
    {
      kind: 'process',
      command: ['a', '6390'],
      cwd: '/etc/sereno/sub',
      env: { N: '1', B: 'true' },
      stopSignal: 'SIGINT',
      stopTimeoutMs: 60_000,
      standby: 'warm',
    },
  );
  assert.deepEqual(workloadOf('{ command: { start: a, stop: b } }'), {
    kind: 'command',
    start: 'a',
    stop: 'b',
    status: null,
    timeoutMs: 30_000,
  });
  assert.deepEqual(workloadOf('{ docker: web }'), workloadOf('{ docker: { container: web } }'));
  assert.deepEqual(workloadOf('{ systemd: a.service }'), workloadOf('{ systemd: { unit: a.service } }'));
});

test('never-rules forbid what they name, too much rather than too little', () => {
  const forbids = (rule: string) =>
    siteOf(
      around('{ checks: [ { tcp: 80 } ], targets: { availability: 99% over 7d } }', `policy: { never: [ "${rule}" ] }`),
    ).policy.never[0]?.forbids;
  assert.deepEqual(forbids('restart'), ['restart']);
  assert.deepEqual(forbids('stop services'), ['stop']);
  assert.deepEqual(forbids('start or stop any service'), ['start', 'stop']);
  assert.deepEqual(forbids('restart db in business hours'), ['restart']);
  assert.deepEqual(forbids('restarting or stopping redis'), ['restart', 'stop']);
  assert.deepEqual(forbids('modify application code'), []);
  assert.deepEqual(forbids('touch the startup script'), []);
});

test('a file of golden cases lies beside the configuration', () => {
  const site = siteOf({
    '/etc/sereno/sereno.yaml': around(
      '{ checks: [ { golden: { command: [cat], cases: g/cases.json } } ], targets: { availability: 99% over 7d } }',
    ),
    '/etc/sereno/g/cases.json': '[{ "name": "one", "input": { "a": 1 }, "expect": [1] }]',
  });
  const probe = site.services[0]?.checks[0]?.probe;
  assert.deepEqual(probe?.kind === 'golden' ? probe.cases : null, [{ name: 'one', input: { a: 1 }, expect: [1] }]);
});

test('includes are merged by name, and all files are named as sources', () => {
  const service = '{ checks: [ { tcp: 80 } ], targets: { availability: 99% over 7d } }';
  const { site, sources } = read({
    '/etc/sereno/sereno.yaml': around(service),
    '/etc/sereno/sereno.d/a.yaml': `services: { web: ${service} }`,
    '/etc/sereno/sereno.d/b.yml': `services: { db: ${service} }\npolicy: { autonomy: 2 }`,
    '/etc/sereno/sereno.d/c.txt': 'not: read',
  });
  assert.deepEqual(
    site?.services.map((each) => each.id),
    ['api', 'web', 'db'],
  );
  assert.equal(site?.policy.autonomy, 2);
  assert.deepEqual(sources, ['/etc/sereno/sereno.yaml', '/etc/sereno/sereno.d/a.yaml', '/etc/sereno/sereno.d/b.yml']);
});

test('a file reference is trimmed of its last line end only, and is a secret', () => {
  const service =
    '{ checks: [ { http: { url: http://a/, headers: { authorization: "Bearer ${file:token}" } } } ], targets: { availability: 99% over 7d } }';
  const site = siteOf({ '/etc/sereno/sereno.yaml': around(service), '/etc/sereno/token': ' abc \n' });
  const probe = site.services[0]?.checks[0]?.probe;
  assert.deepEqual(probe?.kind === 'http' ? probe.headers : null, { authorization: 'Bearer  abc ' });
  assert.ok(site.secrets.includes(' abc '));
});

test('the digest follows what was declared, not its layout and not its secrets', () => {
  const service = '{ checks: [ { http: "http://${env:HOST}/" } ], targets: { availability: 99% over 7d } }';
  const digest = siteOf(around(service), { HOST: 'one' }).digest;
  assert.match(digest, /^[0-9a-f]{64}$/);
  assert.equal(siteOf(around(service), { HOST: 'two' }).digest, digest);
  assert.equal(siteOf(`# more\n${around(service)}`, { HOST: 'one' }).digest, digest);
  assert.notEqual(siteOf(around(service.replace('99%', '98%')), { HOST: 'one' }).digest, digest);
});

test('a site is frozen all the way down, and reading twice gives the same', () => {
  const site = siteOf(CONTRACT);
  assert.ok(Object.isFrozen(site.services[0]?.checks[0]?.probe));
  assert.deepEqual(siteOf(CONTRACT), site);
});

test('no file: one problem that says what to run', () => {
  const { site, problems } = read({});
  assert.equal(site, null);
  assert.deepEqual(
    problems.map((it) => it.code),
    ['config-not-found'],
  );
  assert.match(problems[0]?.mend ?? '', /sereno init/);
});

test('10,000 services with a check each are read', () => {
  const services = (from: number): string =>
    Array.from(
      { length: 2_000 },
      (_, n) =>
        `  s${from + n}: { checks: [ { tcp: 80 } ], targets: { availability: 99% over 7d }, run: { process: a }, needs: [${from + n === 0 ? '' : `s${from + n - 1}`}] }`,
    ).join('\n');
  const texts: Record<string, string> = { '/etc/sereno/sereno.yaml': 'sereno: 1\nsite: town\n' };
  for (let file = 0; file < 5; file += 1)
    texts[`/etc/sereno/sereno.d/${file}.yaml`] = `services:\n${services(file * 2_000)}\n`;
  assert.equal(siteOf(texts).services.length, 10_000);
});
