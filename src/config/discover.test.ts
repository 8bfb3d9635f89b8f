// Discovery as data: what lies on a machine, and what is written about it. Whatever is written, `readSite` accepts.

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Json } from '#kernel/evidence.ts';
import { sayProblem } from '#kernel/problem.ts';
import type { Site } from '#kernel/site.ts';
import { instant } from '#kernel/time.ts';
import { discover, type HostFacts } from './discover.ts';
import { discoverCompose } from './discoverCompose.ts';
import { discoverCrontab } from './discoverCrontab.ts';
import { readSockets, unitOf, type Listener } from './discoverPorts.ts';
import { memoryFiles } from './files.ts';
import { readHost } from './hostFacts.ts';
import { readSite } from './readSite.ts';
import { writeDiscovery } from './writeDiscovery.ts';

const NOWHERE: HostFacts = {
  listeners: [],
  composeFiles: [],
  systemd: null,
  pm2: null,
  crontab: null,
  packageFile: null,
  gaps: [],
};

/** Writes what was found and reads it again. */
const roundTrip = (facts: HostFacts): { readonly site: Site; readonly text: string } => {
  const text = writeDiscovery(discover(facts), { site: 'my machine', timezone: 'Europe/Berlin' });
  const { site, problems } = readSite({
    file: 's.yaml',
    env: {},
    now: instant(0),
    files: memoryFiles({ 's.yaml': text }),
  });
  if (site === null) throw new assert.AssertionError({ message: `${problems.map(sayProblem).join('\n')}\n${text}` });
  return { site, text };
};

const COMPOSE = `
services:
  web:
    image: nginx
    ports: ["8080:80", "127.0.0.1:8443:443"]
    depends_on: [api, cache]
    container_name: town-web
    healthcheck: { test: ["CMD", "curl", "-f", "http://localhost/health"], interval: 30s, timeout: 3s, retries: 5 }
  api:
    ports: [{ target: 3000, published: "3500", protocol: tcp }]
    depends_on: { cache: { condition: service_healthy } }
    healthcheck: { test: "wget -qO- http://127.0.0.1:3000/ready || exit 1" }
  cache:
    ports: ["6390:6379"]
    healthcheck: { test: ["CMD", "redis-cli", "ping"] }
  db:
    ports: ["5432:5432"]
    healthcheck: { test: ["CMD-SHELL", "pg_isready -U town"] }
  worker: { image: worker, environment: { API_TOKEN: very-secret } }
  dns: { ports: ["53:53/udp"] }
  ranges: { ports: ["9000-9010:9000-9010", "80"] }
`;

test('compose: healthchecks that can be asked from outside are translated, others are named', () => {
  const { services, notUnderstood } = discoverCompose(COMPOSE, 'compose.yaml');
  const checks: Readonly<Record<string, readonly Json[]>> = Object.fromEntries(
    services.map((each) => [each.name, each.checks]),
  );
  assert.deepEqual(checks, {
    web: [{ http: 'http://127.0.0.1:8080/health', every: '30s', timeout: '3s', fall: 5 }],
    api: [{ http: 'http://127.0.0.1:3500/ready' }],
    cache: [{ redis: 'redis://127.0.0.1:6390' }],
    db: [{ tcp: '127.0.0.1:5432' }],
  });
  assert.deepEqual(services.find((each) => each.name === 'web')?.run, { docker: { container: 'town-web' } });
  assert.deepEqual(services.find((each) => each.name === 'api')?.needs, ['cache']);
  const said = notUnderstood.map((each) => each.what).join('\n');
  for (const name of ['db, healthcheck', 'worker', 'dns, port', 'ranges, port']) assert.ok(said.includes(name), name);
  assert.ok(!JSON.stringify({ services, notUnderstood }).includes('very-secret'));
});

test('crontab: schedules become jobs, everything else is named', () => {
  const text = [
    '# comment',
    'MAILTO=ana@example.org',
    '0 17 * * *  /usr/bin/node /srv/jobs/kpi.mjs --day',
    '*/5 * * * * cd /srv && ./pull.sh >/dev/null 2>&1',
    '@daily backup.sh',
    '@reboot /srv/start.sh',
    '0 1 * * * date +%Y',
    '0 2 * * * date +\\%Y > /tmp/x',
    '0 3 * * * curl -H "Authorization: Bearer abc" http://a/',
    'nonsense',
  ].join('\n');
  const { jobs, notUnderstood } = discoverCrontab(text, 'crontab');
  assert.deepEqual(
    jobs.map((job) => [job.name, job.schedule, job.run]),
    [
      ['kpi', '0 17 * * *', '/usr/bin/node /srv/jobs/kpi.mjs --day'],
      ['pull', '*/5 * * * *', 'cd /srv && ./pull.sh >/dev/null 2>&1'],
      ['backup', '@daily', 'backup.sh'],
      ['date', '0 2 * * *', 'date +%Y > /tmp/x'],
    ],
  );
  assert.equal(notUnderstood.length, 5);
  assert.ok(!JSON.stringify(notUnderstood).includes('abc'));
});

test('/proc/net/tcp: only listening sockets, with their addresses', () => {
  const tcp = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 111 1 0 100 0 0 10 0
   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 222 1 0 100 0 0 10 0
   2: 0100007F:1F90 0100007F:A0B0 01 00000000:00000000 00:00000000 00000000  1000        0 333 1 0 20 4 30 10 -1`;
  assert.deepEqual(readSockets(tcp), [
    { address: '127.0.0.1', port: 8_080, inode: '111' },
    { address: '0.0.0.0', port: 22, inode: '222' },
  ]);
  const line = (address: string): string => `0: ${address}:0050 ${'0'.repeat(32)}:0000 0A 0:0 0:0 0 0 0 1`;
  const tcp6 = [
    '0'.repeat(32),
    `${'0'.repeat(24)}01000000`,
    '0000000000000000FFFF00000100007F',
    'B80D0120000000000000000001000000',
  ];
  assert.deepEqual(
    tcp6.map((address) => readSockets(line(address))[0]?.address),
    ['::', '::1', '127.0.0.1', '2001:db8:0:0:0:0:0:1'],
  );
});

test('control groups name units of the system, not sessions of people', () => {
  assert.equal(unitOf('0::/system.slice/nginx.service\n'), 'nginx.service');
  assert.equal(
    unitOf('0::/system.slice/system-postgresql.slice/postgresql@15-main.service\n'),
    'postgresql@15-main.service',
  );
  assert.equal(unitOf('0::/user.slice/user-1000.slice/user@1000.service/app.slice/x.service\n'), null);
});

const listener = (port: number, more: Partial<Listener> = {}): Listener => ({
  address: '0.0.0.0',
  port,
  pid: port,
  program: 'node',
  unit: null,
  ...more,
});

const TOWN: HostFacts = {
  listeners: [
    listener(8_080, { pid: 1, program: 'docker-proxy' }),
    listener(5_433, { pid: 2, program: 'postgres', unit: 'postgresql@15-main.service' }),
    listener(3_000, { pid: 77 }),
    listener(7_000),
    listener(7_001, { pid: 7_000, address: '::1' }),
    listener(9_100, { pid: null, program: null }),
    listener(9_200, { pid: 5, program: 'gate' }),
  ],
  composeFiles: [{ file: 'compose.yaml', text: COMPOSE }],
  systemd: JSON.stringify([
    { unit: 'postgresql@15-main.service', load: 'loaded', active: 'active', sub: 'running', description: 'x' },
    { unit: 'systemd-journald.service', load: 'loaded', active: 'active', sub: 'running', description: 'x' },
  ]),
  pm2: {
    file: 'pm2 jlist',
    text: JSON.stringify([
      { name: 'front end', pid: 77, pm2_env: { pm_exec_path: '/srv/web/server.js', SECRET: 'very-secret' } },
      { pid: 3 },
    ]),
  },
  crontab: '0 17 * * * kpi "a: b" # ${env:X} {\n',
  packageFile: { file: 'package.json', text: '{ "name": "@town/app", "scripts": { "start": "node .", "test": "x" } }' },
  gaps: [],
};

test('one thing that is seen twice is written once, with its ports', () => {
  const { site, text } = roundTrip(TOWN);
  const checks = Object.fromEntries(
    site.services.map((service) => [service.id, service.checks.map((check) => check.probe.kind).join(' ')]),
  );
  assert.deepEqual(checks, {
    web: 'http',
    api: 'http',
    cache: 'redis',
    db: 'tcp',
    'front-end': 'process tcp',
    'postgresql-15-main': 'command tcp',
    node: 'tcp tcp',
    'port-9100': 'tcp',
    'gate-2': 'tcp',
  });
  assert.ok(!text.includes('very-secret'));
  for (const said of ['scripts test', 'systemd-journald.service', 'pm2 jlist: an application', '9100', '# ', 'npm'])
    assert.ok(text.includes(said), said);
  assert.deepEqual(
    site.declared.filter((each) => each.path.startsWith('jobs')).map((each) => each.path),
    ['jobs.kpi'],
  );
});

test('a candidate that is switched on by removing the # is accepted', () => {
  const text = writeDiscovery(discover(TOWN), { site: 'x', timezone: 'UTC' });
  const on = text.replaceAll(/^ {2}# (?=(?:app|town-app|"?@?town.*):|  )/gm, '  ');
  const { site, problems } = readSite({
    file: 's.yaml',
    env: {},
    now: instant(0),
    files: memoryFiles({ 's.yaml': on }),
  });
  assert.deepEqual(problems.map(sayProblem), []);
  assert.deepEqual(site?.services.find((service) => service.id === 'town-app')?.workload.kind, 'process');
});

test('of a program with hundreds of ports the first get a check, and the others are counted', () => {
  const { site, text } = roundTrip({
    ...NOWHERE,
    listeners: Array.from({ length: 130 }, (_, index) => listener(20_000 + index, { pid: 9, program: 'crowd' })),
  });
  assert.equal(site.services[0]?.checks.length, 20);
  assert.match(text, /# 110 more ports that it listens on were left out/);
});

test('an empty machine gives a file that loads and says that nothing is there', () => {
  const { site, text } = roundTrip(NOWHERE);
  assert.deepEqual(site.services, []);
  assert.match(text, /Nothing was found/);
});

/** Texts that break naive writers of YAML, in every place where a text can come from. */
const wild = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('${env:X}', '$${file:y}', '- a\nb: *c', '"', '`', 'null', 'true', '1e3', '~', ': ', '# x'),
);
const anyService = fc.dictionary(wild, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 });
const anyFacts = fc.record({
  listeners: fc.array(
    fc.record({
      address: fc.constantFrom('0.0.0.0', '::', '::1', '10.0.0.1', 'fe80:0:0:0:0:0:0:1'),
      port: fc.integer({ min: 1, max: 65_535 }),
      pid: fc.option(fc.nat(9)),
      program: fc.option(wild),
      unit: fc.option(wild),
    }),
    { maxLength: 4 },
  ),
  composeFiles: fc.array(
    fc.record({
      file: wild,
      text: fc.oneof(
        wild,
        fc
          .dictionary(
            wild,
            fc.oneof(
              anyService,
              fc.record({
                ports: fc.constant(['80:80']),
                container_name: wild,
                depends_on: fc.array(wild, { maxLength: 2 }),
              }),
            ),
            { maxKeys: 3 },
          )
          .map((services) => JSON.stringify({ services })),
      ),
    }),
    { maxLength: 2 },
  ),
  systemd: fc.option(
    fc.oneof(
      wild,
      wild.map((name) => JSON.stringify([{ unit: `${name}.service` }])),
    ),
  ),
  pm2: fc.option(
    fc.record({
      file: wild,
      text: fc.oneof(
        wild,
        wild.map((name) => JSON.stringify([{ name, pm_exec_path: name, pid: 3 }])),
      ),
    }),
  ),
  crontab: fc.option(
    fc.oneof(
      wild,
      wild.map((line) => `0 1 * * * ${line}`),
    ),
  ),
  packageFile: fc.option(
    fc.record({
      file: wild,
      text: fc.oneof(
        wild,
        wild.map((name) => JSON.stringify({ name, scripts: { start: name, [name]: name } })),
      ),
    }),
  ),
  gaps: fc.array(wild, { maxLength: 2 }),
});
test('whatever stands in the sources, it never throws and what is written loads', () => {
  fc.assert(
    fc.property(anyFacts, (each) => roundTrip(each).site.name === 'my-machine'),
    { numRuns: 200 },
  );
});

test('this machine: a port that is opened here is not reported, for it is our own', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  try {
    const facts = readHost(import.meta.dirname);
    assert.ok(!facts.listeners.some((each) => each.port === port));
    roundTrip(facts);
  } finally {
    server.close();
  }
});
