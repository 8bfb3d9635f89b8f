// The acceptance cases of the model that this release answers for, on the built binary.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from './stand/port.ts';
import { Post, run, until } from './stand/sereno.ts';

const NODE = process.execPath;
const UNIT = `import{createServer}from'node:http';createServer((q,s)=>s.end('ok')).listen(Number(process.env.PORT),'127.0.0.1');`;

type Wish = { readonly more?: string; readonly top?: string; readonly command?: string; readonly port?: number };

/** A site of one service named unit, and whatever more is wished. */
const make = async (wish: Wish = {}): Promise<{ post: Post; port: number }> => {
  const port = wish.port ?? (await freePort());
  const post = new Post('');
  post.write('unit.mjs', UNIT);
  post.configure(`
sereno: 1
site: acceptance
people:
  ana: { roles: [operator, approver], contact: { email: ana@example.org } }
  ben: { roles: [operator, approver] }
on_call: { primary: [ana, ben] }
services:
  unit:
    run: { process: { command: ${wish.command ?? `[${NODE}, unit.mjs]`}, env: { PORT: "${port}" } } }
    checks: [ { http: "http://127.0.0.1:${port}/", every: 1s } ]
    targets: { availability: 99% over 7d }
    restart: { budget: 3 per 1h, stable_after: 1s, start_timeout: 3s }
    ${wish.more ?? ''}
policy: { autonomy: 3, allow: [restart] }
${wish.top ?? ''}
`);
  return { post, port };
};

/** Every file below a directory with its bytes, size and time of change: what "byte-identical" is held against. */
const fingerprint = (directory: string): string => {
  const lines = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const { mtimeMs, size } = statSync(path);
      return `${path} ${size} ${mtimeMs} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
    });
  return lines.toSorted().join('\n');
};

test('case 1: the source of a check is stopped: its state becomes unknown, with since when, never healthy', async () => {
  const { post } = await make();
  const probe = post.write('probe.sh', '#!/bin/sh\nexit 0\n');
  chmodSync(probe, 0o755);
  const checks = `checks: [ { command: [${NODE}, -e, "process.exit(0)"], every: 1s }, { command: [${probe}], every: 1s } ]\n`;
  const text = readFileSync(post.config, 'utf8').replace(/checks: .*\n/, checks);
  post.configure(text);
  await post.up();
  await post.healthy('unit');
  rmSync(probe);
  const blind = await post.seen('unit', 'unknown', (view) => view.health === 'unknown');
  assert.ok(blind.since !== null && blind.since <= Date.now());
  const status = await run(['status', ...post.flags()]);
  assert.equal(status.code, 3);
  assert.match(status.out, /unknown/);
  await until('it to stay unknown for as many looks as would make it healthy', async () => {
    const view = await post.service('unit');
    assert.equal(view.health, 'unknown');
    const [, check] = view.checks;
    return (check?.strip.filter((sample) => sample.state === 'unknown').length ?? 0) >= 6;
  });
});

test('case 3: check, status and every dry run leave the store and the host byte-identical', async () => {
  const { post } = await make();
  await post.up();
  await post.healthy('unit');
  await post.down();
  const before = fingerprint(post.directory);
  const words = [
    ['check'],
    ['status'],
    ['service', 'list'],
    ['service', 'restart', 'unit', '--dry-run'],
    ['evidence', 'show'],
    ['evidence', 'verify'],
    ['hold', '--dry-run'],
    ['up', '--dry-run'],
    ['doctor'],
  ];
  for (const word of words) {
    await run([...word, ...post.flags()]);
    assert.equal(fingerprint(post.directory), before, word.join(' '));
  }
  await post.up();
  const { pid } = await post.healthy('unit');
  const seq = (await post.evidence())[0]?.seq;
  const dry = await run(['service', 'restart', 'unit', '--dry-run', ...post.flags(), '--format', 'json']);
  assert.equal(dry.code, 0, dry.out);
  assert.match(dry.out, /would allow/);
  assert.equal((await post.service('unit')).pid, pid);
  assert.equal((await post.evidence())[0]?.seq, seq);
});

test('case 12: restart budget 3 per hour: the fourth trigger escalates and nothing is restarted', async () => {
  const { post } = await make();
  await post.up();
  for (let kill = 1; kill <= 3; kill += 1) {
    const { pid } = await post.healthy('unit');
    process.kill(pid ?? 0, 'SIGKILL');
    await post.seen('unit', `back ${kill}`, (view) => view.health === 'healthy' && view.pid !== pid);
  }
  const { pid } = await post.healthy('unit');
  process.kill(pid ?? 0, 'SIGKILL');
  const spent = await post.seen('unit', 'in quarantine', (view) => view.phase === 'quarantined');
  assert.deepEqual([spent.restarts.used, spent.restarts.count], [3, 3]);
  assert.ok(spent.reasons.some((reason) => reason.kind === 'budget-spent'));
  const { incidents } = await post.town();
  assert.equal(incidents.length, 1);
  assert.equal(incidents[0]?.severity, 'SEV2');
  assert.ok(
    incidents[0]?.ladder.some((line) => line.includes('ana@example.org')),
    'the ladder names the contact',
  );
  assert.equal(
    (await post.evidence('&machine=gate:site')).filter((it) => it.type === 'gate.allowed' && it.action === 'restart')
      .length,
    3,
  );
  const why = await run(['explain', 'unit', ...post.flags()]);
  assert.match(why.out, /restart budget spent: 3 of 3/);
  // A person may go over the budget, but not alone: exit code 4, and --yes changes nothing.
  for (const flags of [[], ['--yes']]) {
    const asked = await run(['service', 'restart', 'unit', ...flags, ...post.flags(), '--format', 'json']);
    assert.equal(asked.code, 4, asked.out);
    assert.match(asked.out, /budget-spent/);
  }
  const approver = await run(['token', 'issue', 'ben', '--role', 'approver', ...post.flags(), '--format', 'json']);
  const token = /sereno_[\w-]+/.exec(approver.out)?.[0] ?? '';
  const approval = (await post.town()).approvals.find((it) => it.status === 'pending')?.id ?? '';
  const own = await run(['approval', 'approve', approval, ...post.flags()]);
  assert.notEqual(own.code, 0, 'who asks cannot approve');
  const agreed = await run(['approval', 'approve', approval, '--token', token, ...post.flags()]);
  assert.equal(agreed.code, 0, agreed.out + agreed.error);
  await post.healthy('unit');
});

test('case 15: an unclean stop gives safe mode, a clean one none, and a status command counts as nothing', async () => {
  const { post } = await make();
  await post.up();
  assert.equal((await post.town()).isSafeMode, false);
  await post.down();
  await run(['status', ...post.flags()]);
  await post.up();
  assert.equal((await post.town()).isSafeMode, false, 'after a clean stop and a status command');
  await post.kill();
  await run(['status', ...post.flags()]);
  await post.up();
  const town = await post.town();
  assert.equal(town.isSafeMode, true, 'after kill -9');
  const [entered] = await post.evidence('&type=safe-mode');
  assert.equal(entered?.refs['uncleanStops'], 1, 'the status command was not counted');
});

test('case 19: one flipped byte: verify fails at that number, and a SEV2 exists', async () => {
  const { post } = await make();
  await post.up();
  await post.healthy('unit');
  await post.down();
  const clean = await run(['evidence', 'verify', ...post.flags(), '--format', 'json']);
  assert.equal(clean.code, 0, clean.out);
  // One byte of the text of record 7, in the file itself: the store's own triggers forbid any change by SQL.
  const file = join(post.state, 'sereno.db');
  const bytes = readFileSync(file);
  const mark = '"seq":7,"trigger":"';
  // A page that SQLite has moved leaves its old bytes behind: the flip is made in every copy.
  const copies = [...bytes.toString('latin1').matchAll(/"seq":7,"trigger":"/g)].map(
    (found) => found.index + mark.length,
  );
  assert.ok(copies.length > 0, 'record 7 is in the file');
  for (const at of copies) bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(file, bytes);
  const broken = await run(['evidence', 'verify', ...post.flags(), '--format', 'json']);
  assert.equal(broken.code, 1);
  assert.match(broken.out, /"badSeq": ?7\b/);
  await post.up();
  const incident = await until(
    'the SEV2',
    async () => (await post.town()).incidents.find((it) => it.subject === 'evidence') ?? null,
  );
  assert.equal(incident.severity, 'SEV2');
  assert.match(incident.title, /record 7/);
});

test('case 23: exit codes let cron and CI act', async () => {
  const { post } = await make();
  const codeOf = async (...words: string[]): Promise<number | null> => (await run([...words, ...post.flags()])).code;
  assert.equal(await codeOf('status'), 1, 'nothing runs');
  assert.equal(await codeOf('check'), 0);
  assert.equal(await codeOf('frobnicate'), 2);
  await post.up();
  await post.healthy('unit');
  assert.equal(await codeOf('status'), 0);
  assert.equal(await codeOf('service', 'show', 'nobody'), 1);
  const second = await run(['up', ...post.flags(), '--port', '0']);
  assert.equal(second.code, 1, 'a second Sereno on the same store');
  assert.match(second.out + second.error, new RegExp(`${post.child?.pid ?? 'no pid'}`), 'the holder is named');
  const stop = await codeOf('service', 'stop', 'unit');
  assert.equal(stop, 0);
  post.configure('sereno: 1\nsite: [');
  assert.equal(await codeOf('check'), 2);
});

test('case 24: hostile text is escaped, changes need authentication, loopback is the default, a change shows within a second', async () => {
  const { post } = await make({
    command: `[${NODE}, -e, "console.error('<script>alert(1)</script>'); setTimeout(() => process.exit(1), 3000)"]`,
  });
  await post.up();
  assert.match(post.url(), /^http:\/\/127\.0\.0\.1:/);
  const refused = await post.post('/api/services/unit/restart', { why: 'no token' }, null);
  assert.equal(refused.status, 401);
  const page = await fetch(`${post.url()}/`);
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'; script-src 'self'/);
  const json = await fetch(`${post.url()}/api/evidence?limit=100`);
  assert.match(json.headers.get('content-type') ?? '', /application\/json/);
  assert.equal(json.headers.get('x-content-type-options'), 'nosniff');
  const stream = await fetch(`${post.url()}/api/events`);
  const reader = stream.body?.getReader();
  assert.ok(reader !== undefined);
  const askedAt = Date.now();
  await post.post('/api/hold', { why: 'storm' });
  let heard = '';
  while (!heard.includes('storm')) {
    const { value, done } = await reader.read();
    assert.equal(done, false);
    heard += new TextDecoder().decode(value);
  }
  const tookMs = Date.now() - askedAt;
  await reader.cancel();
  assert.ok(tookMs < 1_000, `the change was shown after ${tookMs} ms`);
});

test('case 25: a service without monitoring cannot be activated', async () => {
  const { post } = await make();
  const text = readFileSync(post.config, 'utf8').replace(/ {4}checks: .*\n/, '');
  post.configure(text);
  const checked = await run(['check', ...post.flags(), '--format', 'json']);
  assert.equal(checked.code, 2);
  assert.match(checked.out, /service-unmonitored/);
  const up = await run(['up', ...post.flags(), '--port', '0']);
  assert.equal(up.code, 2);
});

test('hold: acting stops at once and survives a restart, watching and paging go on, a second person releases', async () => {
  const hooks: string[] = [];
  const hook: Server = createServer((request, response) => {
    request.on('data', (part) => hooks.push(String(part)));
    request.on('end', () => response.end());
  });
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
  const address = hook.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const { post } = await make({ top: `notify: { hook: { webhook: "http://127.0.0.1:${port}/" } }` });
  await post.up();
  const { pid } = await post.healthy('unit');
  const askedAt = Date.now();
  assert.equal((await run(['hold', '--why', 'storm', ...post.flags()])).code, 0);
  assert.ok((await post.town()).hold !== null);
  assert.ok(Date.now() - askedAt < 5_000);
  await post.kill();
  await post.up();
  assert.equal((await post.town()).hold?.why, 'storm', 'it survives a restart');
  process.kill(pid ?? 0, 'SIGKILL');
  await post.seen(
    'unit',
    'down and left alone',
    (view) => view.health === 'unhealthy' && view.reasons.some((it) => it.kind === 'held'),
  );
  await until('people to be told', () => hooks.some((text) => text.includes('unit')));
  const own = await run(['release', '--why', 'over', ...post.flags()]);
  assert.notEqual(own.code, 0, 'who placed it cannot release it');
  const issued = await run(['token', 'issue', 'ben', '--role', 'operator', ...post.flags(), '--format', 'json']);
  const token = /sereno_[\w-]+/.exec(issued.out)?.[0] ?? '';
  const released = await run(['release', '--why', 'over', '--token', token, ...post.flags()]);
  assert.equal(released.code, 0, released.out + released.error);
  await post.healthy('unit');
  hook.close();
});

test('reload: a bad file keeps the old configuration and says so; a good one is taken as a whole', async () => {
  const { post, port } = await make();
  await post.up();
  await post.healthy('unit');
  const good = readFileSync(post.config, 'utf8');
  post.configure(good.replace('every: 1s', 'evry: 1s'));
  const town = await until('the problem to show', async () => {
    const seen = await post.town();
    return seen.configProblem === null ? null : seen;
  });
  assert.match(town.configProblem ?? '', /evry/);
  assert.equal((await post.service('unit')).health, 'healthy', 'the old configuration goes on');
  assert.match(post.out, /the new configuration is refused; the old one goes on/);
  post.configure(
    good.replace(
      'policy:',
      `  second:\n    run: { process: { command: [${NODE}, unit.mjs], env: { PORT: "${await freePort()}" } } }\n    checks: [ { process: {}, every: 1s } ]\n    targets: { availability: 99% over 7d }\npolicy:`,
    ),
  );
  post.child?.kill('SIGHUP');
  await post.healthy('second');
  assert.equal((await post.town()).configProblem, null);
  assert.ok(port > 0);
});
