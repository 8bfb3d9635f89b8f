// Hostile: named attacks on a real Sereno, from far sides that it checks, from children, from clients and from files.
// After each: it lives, its memory is bounded, it says what was wrong, nothing draws on a terminal, and the rest goes on.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ATTACKS, body, LINES, OK, PIECE, pour, WELL } from './hostile/attacks.ts';
import { Post, run, until } from './stand/sereno.ts';

/** What a terminal would obey, line ends excepted. */
const DRAWS = /[^\P{Cc}\n]|[\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/u;
const MEMORY_MB_MAX = 250;

const portOf = (server: Server): number => (server.address() as AddressInfo).port; // decoder: it listens on a port

const open = new Set<Socket>();
const servers: Server[] = [];
/** Connections to where redirects lead. */
let followed = 0;
let isWellAnswer = true;

const listen = async (manner: (socket: Socket, head: string) => void): Promise<number> => {
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
    socket.once('data', (head) => manner(socket, head.toString('latin1')));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return portOf(server);
};

const CHILD = `
process.stdout.write('x'.repeat(50_000_000));
process.stdout.write('y'.repeat(50_000_000) + '\\u001b[2J\\0');
setInterval(() => {}, 1000);
`;

let post: Post;
let memoryBefore = 0;

const memoryMb = (): number => {
  const status = readFileSync(`/proc/${post.child?.pid ?? 0}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_000;
};

before(async () => {
  const elsewhere = await listen((socket) => {
    followed += 1;
    socket.end(body('all is well'));
  });
  const far = await listen((socket, head) => {
    const name = /^GET \/(\w+)/.exec(head)?.[1];
    if (name === 'well') return socket.end(isWellAnswer ? body('all is well') : 'HTTP/1.1 503 Busy\r\n\r\n');
    return ATTACKS.find((attack) => attack.name === name)?.answer(socket, elsewhere);
  });
  const checks = ATTACKS.map(
    ({ name, expect }) =>
      `      - { name: ${name}, http: { url: "http://127.0.0.1:${far}/${name}", expect: ${expect} }, every: 2s, timeout: 1900ms, fall: 1 }`,
  );
  for (const { name, kind, bytes } of LINES) {
    const port = await listen((socket) => socket.write(Buffer.from(bytes, 'latin1')));
    checks.push(
      `      - { name: ${name}, ${kind}: "${kind}://127.0.0.1:${port}/0", every: 2s, timeout: 1900ms, fall: 1 }`,
    );
  }
  checks.push(
    '      - { name: flood, command: { run: [yes], contains: well }, every: 5s, timeout: 2s, fall: 1 }',
    '      - { name: oneline, command: { run: "head -c 100000000 /dev/zero; exit 3" }, every: 10s, timeout: 10s, fall: 1 }',
  );
  post = new Post('');
  post.write('child.mjs', CHILD);
  const more = 'targets: { availability: 99% over 7d }, restart: { budget: 3 per 1h }';
  const child = `command: [${process.execPath}, child.mjs], env: { "A\\nB": "c\\nd\\e[2J", SERENO_SERVICE: other }`;
  post.configure(`sereno: 1
site: hostile
services:
  calm:
    run: { process: { command: [sleep, "1000"] } }
    targets: { availability: 99% over 7d }
    checks: [ { http: { url: "http://127.0.0.1:${far}/well", expect: ${WELL} }, every: 1s } ]
  shouter: { run: { process: { ${child} } }, checks: [ { process: {} } ], ${more} }
  far:
    run: { process: { command: [sleep, "1000"] } }
    targets: { availability: 99% over 7d }
    checks:
${checks.join('\n')}
policy: { autonomy: 1 }
`);
  await post.up();
  memoryBefore = memoryMb();
});

after(async () => {
  await post.clear();
  for (const socket of open) socket.destroy();
  for (const server of servers) server.close();
});

/** It lives, is not fat, and goes on looking at others. */
const goesOn = async (): Promise<void> => {
  await post.healthy('calm');
  const grown = memoryMb() - memoryBefore;
  assert.ok(grown < MEMORY_MB_MAX, `grew by ${Math.round(grown)} MB`);
};

/** On a machine without processor time to spare a timeout proves nothing; what never may be is healthy. */
const NOT_WELL: ReadonlySet<string> = new Set(['unhealthy', 'unknown']);

const tells = (name: string, says: RegExp): void => {
  void test(`far side: ${name}`, async () => {
    const view = await post.seen('far', `to be judged by ${name}`, (seen) =>
      seen.checks.some((check) => check.id === `far/${name}` && NOT_WELL.has(check.state) && says.test(check.message)),
    );
    const message = view.checks.find((each) => each.id === `far/${name}`)?.message ?? '';
    assert.ok(!DRAWS.test(message), JSON.stringify(message));
  });
};

for (const { name, says } of ATTACKS) tells(name, says);
for (const { name, says } of LINES) tells(name, says);
tells('flood', /still running after|itself was stalled/);
tells('oneline', /exited with 3|itself was stalled/);

test('no redirect was followed, and memory is bounded after all of it', async () => {
  assert.equal(followed, 0);
  await goesOn();
});

test('a child that writes 100 MB without a line end costs Sereno nothing', async () => {
  const view = await post.seen('shouter', 'running', (seen) => seen.pid !== null);
  const environment = readFileSync(`/proc/${view.pid ?? 0}/environ`, 'utf8').split('\0');
  assert.equal(environment.filter((each) => each.startsWith('SERENO_SERVICE=')).at(-1), 'SERENO_SERVICE=shouter');
  await goesOn();
});

test('streams that never read, and sockets that say nothing: services are checked, the owner gets in', async () => {
  const url = new URL(post.url());
  const sockets = Array.from({ length: 500 }, (_, index) => {
    const socket = connect(Number(url.port), url.hostname);
    socket.on('error', () => {});
    socket.pause();
    if (index < 60) socket.write(`GET /api/events HTTP/1.1\r\nHost: ${url.host}\r\nLast-Event-ID: 0\r\n\r\n`);
    return socket;
  });
  try {
    isWellAnswer = false;
    await post.seen('calm', 'seen to be unwell', (seen) => seen.health === 'unhealthy');
  } finally {
    isWellAnswer = true;
    for (const socket of sockets) socket.destroy();
  }
  await goesOn();
});

test('evidence is not handed out by the million', async () => {
  const answer = await fetch(`${post.url()}/api/evidence?limit=1000000000`);
  assert.equal(answer.status, 400);
  assert.match(await answer.text(), /"bad-request"/);
});

test('what never was a request is refused in the form of all refusals', async () => {
  const url = new URL(post.url());
  const said = await new Promise<string>((resolve) => {
    const socket = connect(Number(url.port), url.hostname);
    let text = '';
    socket.on('data', (part) => (text += part.toString()));
    socket.on('close', () => resolve(text));
    socket.on('error', () => resolve(text));
    socket.write(`GET /livez HTTP/1.1\r\nHost: x\r\nX-Bomb: ${'x'.repeat(20_000)}\r\n\r\n`);
  });
  assert.match(said, /^HTTP\/1\.1 431 [^]*"code":"request-too-big"/);
});

test('nothing that was printed or is on the health page draws on a terminal', async () => {
  const page = await (await fetch(`${post.url()}/health`)).text();
  const status = await run(['service', 'show', 'far', ...post.flags()]);
  assert.match(status.out, /script/);
  for (const text of [post.out, page, status.out, status.error]) {
    const found = DRAWS.exec(text);
    assert.equal(found, null, JSON.stringify(text.slice(Math.max(0, (found?.index ?? 0) - 60)).slice(0, 120)));
  }
});

const folder = mkdtempSync(join(tmpdir(), 'sereno-hostile-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** `sereno check` on a hostile file ends at once, as bad usage with a stable code. */
const refuses = (name: string, code: string, prepare: (file: string) => void): void => {
  void test(`configuration: ${name} is ${code}`, { timeout: 60_000 }, async () => {
    const home = mkdtempSync(join(folder, 'c-'));
    const file = join(home, 'sereno.yaml');
    prepare(file);
    const ran = await run(['check', '--config', file]);
    assert.equal(ran.code, 2, ran.error.slice(0, 500));
    assert.match(ran.error, new RegExp(`\\[${code}\\]`));
    assert.ok(!DRAWS.test(ran.error), 'it draws');
    assert.ok(ran.error.length < 1_000_000, `${ran.error.length} characters of problems`);
  });
};

const HEAD = 'sereno: 1\nsite: x\n';
const write = (text: string) => (file: string) => writeFileSync(file, text);
const aliases = Array.from({ length: 30 }, (_, level) => `a${level + 1}: &a${level + 1} [*a${level}, *a${level}]`);

refuses('of 50 MB', 'config-too-big', write(HEAD + '#'.repeat(50_000_000)));
refuses('an alias bomb', 'config-too-big', write(`${HEAD}a0: &a0 [x, x]\n${aliases.join('\n')}\n`));
refuses('nested 100,000 deep', 'config-too-big', write(`${HEAD}a: ${'['.repeat(100_000)}`));
refuses('a hundred thousand mistakes', 'config-syntax', write(HEAD + '@\n'.repeat(100_000)));
refuses('170,000 unknown tags on one line', 'config-unknown-key', write(`${HEAD}a: [${'!x y,'.repeat(170_000)}]`));
refuses('a duration of 900,000 digits', 'config-bad-value', (file) =>
  writeFileSync(
    file,
    `${HEAD}services: { a: { checks: [ { http: "http://h/", every: "${'1'.repeat(900_000)}x" } ] } }`,
  ),
);
refuses('an address of 900,000 colons', 'config-unknown-key', write(`${HEAD}a: "a://${':'.repeat(900_000)}"`));
refuses('half a surrogate in a password', 'service-unmonitored', (file) =>
  writeFileSync(file, `${HEAD}services: { a: { checks: [ { http: "http://u:pass\\ud800@h/" } ] } }`),
);
refuses('with escapes for the terminal', 'config-unknown-key', write(`${HEAD}"\\e[2J\\u202e": 1\n`));
refuses('a pipe among the includes', 'service-unmonitored', (file) => {
  writeFileSync(file, `${HEAD}services: { a: {} }\n`);
  mkdirSync(join(file, '..', 'sereno.d'));
  execFileSync('mkfifo', [join(file, '..', 'sereno.d', 'a.yaml')]);
});

test('a link for a token is not followed: nothing of another file leaves', async () => {
  const seen: string[] = [];
  const server = createHttp((request, response) => {
    seen.push(request.headers.authorization ?? '');
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const state = mkdtempSync(join(folder, 's-'));
  writeFileSync(join(folder, 'precious'), `sereno_${'p'.repeat(43)}\n`);
  writeFileSync(join(state, 'address'), `http://127.0.0.1:${portOf(server)}\n`);
  symlinkSync(join(folder, 'precious'), join(state, 'token'));
  const ran = await run(['status', '--state', state]);
  server.close();
  assert.equal(ran.code, 1);
  assert.deepEqual(seen, ['']);
});

test('the command line before a server that never stops talking ends with a word, not with all memory', async () => {
  const port = await listen((socket) => {
    socket.write(`${OK}Content-Type: application/json\r\n\r\n"`);
    pour(socket, PIECE, 1_000);
  });
  const ran = await run(['status', '--url', `http://127.0.0.1:${port}`], { NODE_OPTIONS: '--max-old-space-size=400' });
  assert.equal(ran.code, 1, ran.error.slice(0, 500));
  assert.match(ran.error, /\[not-running\]/);
});

test('a log that became a link or a pipe is not opened: the child is not started, Sereno goes on', async () => {
  const other = new Post(`${HEAD}services:
  a: { run: { process: { command: [sleep, "1000"] } }, checks: [ { process: {} } ], targets: { availability: 99% over 7d } }
  b: { run: { process: { command: [sleep, "1000"] } }, checks: [ { process: {} } ], targets: { availability: 99% over 7d } }
policy: { autonomy: 1 }
`);
  mkdirSync(join(other.state, 'run', 'a'), { recursive: true });
  mkdirSync(join(other.state, 'run', 'b'), { recursive: true });
  writeFileSync(join(folder, 'trusted'), 'mine\n');
  symlinkSync(join(folder, 'trusted'), join(other.state, 'run', 'a', 'out.log'));
  await other.up();
  await other.healthy('b');
  await until('a to be refused', async () => {
    const records = await other.evidence();
    return records.some((record) => JSON.stringify(record).includes('links are not followed'));
  });
  assert.equal(readFileSync(join(folder, 'trusted'), 'utf8'), 'mine\n');
  await other.clear();
});
