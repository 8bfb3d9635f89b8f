// The real command line, started as a process, against a real server over a desk in memory: words, exit codes, silence.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import type { Answer } from '#kernel/message.ts';
import { EXIT, type ExitCode } from '#kernel/problem.ts';
import { fakeService, fakeTown } from '#server/desk.fake.test.ts';
import { startFake, type StartedFake } from '#server/started.fake.test.ts';

const MAIN = join(import.meta.dirname, '..', 'src', 'cli', 'main.ts');

type Ended = { readonly exit: number | null; readonly out: string; readonly err: string };

const place = mkdtempSync(join(tmpdir(), 'sereno-cli-'));
const state = join(place, 'state');
let fake: StartedFake;

before(async () => {
  fake = await startFake();
  mkdirSync(state);
});
beforeEach(() => {
  writeFileSync(join(state, 'address'), `${fake.url}\n`);
  writeFileSync(join(state, 'token'), `${fake.tokenOf('admin')}\n`, { mode: 0o600 });
  fake.desk.setTown(fakeTown());
  fake.desk.setAnswer({});
});
after(async () => {
  await fake.stop();
  rmSync(place, { recursive: true, force: true });
});

const sereno = (words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...words], {
      cwd: place,
      env: { PATH: process.env['PATH'], HOME: place, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 30_000,
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => (out += String(chunk)));
    child.stderr.on('data', (chunk) => (err += String(chunk)));
    child.on('error', reject);
    child.on('close', (exit) => resolve({ exit, out, err }));
  });

const inState = (words: readonly string[]): Promise<Ended> => sereno(['--state', state, ...words]);

/** Every byte, name and time in a folder. */
const fingerprint = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => `${file} ${statSync(file).mtimeMs} ${createHash('sha256').update(readFileSync(file)).digest('hex')}`)
    .join('\n');

const check = (words: string, exit: ExitCode, expected: { readonly out?: RegExp; readonly err?: RegExp }): void => {
  void test(`sereno ${words} exits ${exit}`, async () => {
    const ended = await inState(words.split(' ').filter((word) => word !== ''));
    assert.equal(ended.exit, exit, `${ended.out}\n${ended.err}`);
    if (expected.out !== undefined) assert.match(ended.out, expected.out);
    if (expected.err !== undefined) assert.match(ended.err, expected.err);
    assert.ok(!ended.out.includes('\u001b'), 'no colour goes into a pipe');
  });
};

check('--version', EXIT.ok, { out: /^\d+\.\d+\.\d+\n$/ });
check('--help', EXIT.ok, { out: /Commands:[\s\S]*init[\s\S]*completion[\s\S]*4 needs approval/ });
check('help service', EXIT.ok, { out: /restart \[options\] <service>/ });
check('service restart --help', EXIT.ok, { out: /--no-wait/ });
check('', EXIT.usage, { err: /Usage: sereno/ });
check('statsu', EXIT.usage, { err: /unknown command 'statsu'[\s\S]*Did you mean status\?/ });
check('statsu --help', EXIT.usage, { err: /unknown command 'statsu'/ });
check('status --wotch', EXIT.usage, { err: /Did you mean --watch\?/ });
check('service', EXIT.usage, { err: /Usage: sereno service/ });
check('service restrat api', EXIT.usage, { err: /Did you mean restart\?/ });
check('service show', EXIT.usage, { err: /missing required argument 'service'/ });
check('status --format xml', EXIT.usage, { err: /Allowed choices are table, json/ });
check('status surplus', EXIT.usage, { err: /too many arguments/ });
check('up --port 70000', EXIT.usage, { err: /--port is not a port/ });

check('status', EXIT.ok, {
  out: /^demo is healthy[\s\S]*SERVICE +STATE +SCORE +SINCE +WHY\napi +healthy +100 +2026-11-21 05:03:11Z +all/,
});
check('status --format json', EXIT.ok, { out: /^\{\n {2}"site": "demo"/ });
check('service list', EXIT.ok, { out: /redis +core +process +healthy/ });
check('service show api', EXIT.ok, { out: /restarts used: 1 of 3 in 1 h[\s\S]*api\/http/ });
check('service show nobody', EXIT.failed, { err: /no service called "nobody" \[not-found\]/ });
check('explain api', EXIT.ok, { out: /because nothing is wrong\n {2}evidence: 3, 1/ });
check('explain nothing', EXIT.failed, { err: /not-found/ });
check('incident list', EXIT.ok, { out: /INC-2026-001 +SEV2 +open/ });
check('incident show INC-2026-001', EXIT.ok, { out: /paged: ada\n {2}1\. look at the log/ });
check('incident show nothing', EXIT.failed, { err: /not-found/ });
check('incident ack INC-2026-001 --why mine', EXIT.ok, { out: /^accepted/ });
check('approval list', EXIT.ok, { out: /APR-1 +pending +restart api +bob/ });
check('approval approve APR-1', EXIT.ok, { out: /^accepted/ });
check('approval deny nothing', EXIT.failed, { err: /not-found/ });
check('hold --why storm', EXIT.ok, { out: /^accepted/ });
check('release', EXIT.ok, { out: /^accepted/ });
check('hold --dry-run', EXIT.ok, { out: /^dry run, nothing was changed: accepted/ });
check('service restart api --no-wait', EXIT.ok, { out: /^accepted/ });
check('service confirm', EXIT.ok, { out: /^accepted/ });
check('evidence show --limit 2', EXIT.ok, { out: /SEQ +AT[\s\S]*\n3 [\s\S]*\n2 / });
check('evidence show --after x', EXIT.usage, { err: /--after is not a whole number/ });
check('evidence verify', EXIT.ok, { out: /^intact: 3 records/ });
check('evidence verify no-such-file', EXIT.failed, { err: /not-found/ });
check('anomaly score no-such-file', EXIT.usage, { err: /no-such-file cannot be read[\s\S]*bad-input/ });
check('target import no-such-file', EXIT.usage, {
  err: /no-such-file cannot be read: there is no such file \[bad-input\]/,
});
check('target export', EXIT.usage, { err: /either --openslo or --prometheus/ });
check('alert suppress serviec!=api --until soon', EXIT.usage, {
  err: /no label serviec[\s\S]*"soon" is no end[\s\S]*needs a reason/,
});
check('alert suppress api --until 40d --why x', EXIT.usage, { err: /further away than 31 d \[bad-request\]/ });
check('alert list --fate nowhere', EXIT.usage, { err: /one of waiting, notified/ });
check('token issue ada --role king', EXIT.usage, { err: /there is no role king[\s\S]*viewer, reporter, operator/ });
check('token issue ada --days 0', EXIT.usage, { err: /--days/ });
check('token issue ../ada', EXIT.usage, { err: /cannot be a name/ });
check('completion tcsh', EXIT.usage, { err: /bash, zsh, fish/ });
check('check --config nowhere.yaml', EXIT.usage, { err: /config-not-found/ });
check('check --schema', EXIT.ok, { out: /"\$schema"/ });

const checkHealth = (health: 'healthy' | 'degraded' | 'unhealthy' | 'unknown', exit: ExitCode): void => {
  void test(`status of a town that is ${health} exits ${exit}`, async () => {
    fake.desk.setTown(fakeTown({ health }));
    assert.equal((await inState(['status'])).exit, exit);
  });
};

checkHealth('healthy', EXIT.ok);
checkHealth('degraded', EXIT.ok);
checkHealth('unhealthy', EXIT.unhealthy);
checkHealth('unknown', EXIT.unhealthy);

test('every refusal as JSON is one document with problems, whatever else was asked', async () => {
  for (const words of [
    ['statsu'],
    ['explain', 'nothing'],
    ['check', '--config', 'nowhere.yaml'],
    ['token', 'issue', '..'],
  ]) {
    const ended = await inState([...words, '--format', 'json']);
    assert.notEqual(ended.exit, 0);
    assert.equal(typeof JSON.parse(ended.out).problems[0].code, 'string', words.join(' '));
  }
});

const checkFollowed = (status: Answer['status'], exit: ExitCode): void => {
  void test(`a restart that ends ${status} is followed to its end and exits ${exit}`, async () => {
    const running = inState(['service', 'restart', 'api', '--format', 'json', '--yes']);
    const until = Date.now() + 20_000;
    const askedBefore = fake.desk.asked.length;
    while (fake.desk.asked.length === askedBefore && Date.now() < until)
      await new Promise((resolve) => setImmediate(resolve));
    const ask = fake.desk.asked.at(-1);
    const reasons = [{ kind: 'traffic-over-limit', trafficPercent: 26, limitPercent: 25 }] as const;
    fake.desk.finish(ask?.askKey ?? '', { status, reasons, approval: status === 'needs-approval' ? 'APR-9' : null });
    const ended = await running;
    assert.equal(ended.exit, exit, ended.out + ended.err);
    const said = JSON.parse(ended.out);
    if (status === 'completed') assert.equal(said.status, 'completed');
    else {
      assert.equal(said.answer.status, status);
      assert.equal(said.answer.reasons[0].kind, 'traffic-over-limit');
    }
    if (status === 'needs-approval') {
      assert.equal(said.problems[0].code, 'needs-approval');
      assert.equal(said.answer.approval, 'APR-9');
    }
  });
};

checkFollowed('completed', EXIT.ok);
checkFollowed('failed', EXIT.failed);
checkFollowed('denied', EXIT.failed);
checkFollowed('needs-approval', EXIT.needsApproval);

test('--yes never replaces an approval: refused at once with 4 and a reason for machines', async () => {
  fake.desk.setAnswer({ status: 'needs-approval', approval: 'APR-3' });
  const ended = await inState(['service', 'stop', 'api', '--yes', '--format', 'json']);
  assert.equal(ended.exit, EXIT.needsApproval);
  assert.equal(JSON.parse(ended.out).problems[0].code, 'needs-approval');
});

test('looking and dry runs leave the state directory as it is, byte for byte', async () => {
  const earlier = fingerprint(state);
  const looks = ['status', 'service list', 'explain api', 'evidence show', 'doctor', 'token list'];
  const dryRuns = ['hold', 'service stop api', 'token issue ada', 'token revoke ada'].map(
    (words) => `${words} --dry-run`,
  );
  for (const words of [...looks, ...dryRuns]) await inState(words.split(' '));
  assert.equal(fingerprint(state), earlier);
});

test('nothing runs: 1 with a hint, both without an address and with one that is left over', async () => {
  const empty = await sereno(['--state', join(place, 'nowhere'), 'status']);
  assert.deepEqual([empty.exit, /no Sereno runs in .*\[not-running\][\s\S]*sereno up/.test(empty.err)], [1, true]);
  writeFileSync(join(state, 'address'), 'http://127.0.0.1:9\n');
  const stale = await inState(['status', '--format', 'json']);
  assert.equal(stale.exit, EXIT.failed);
  assert.equal(JSON.parse(stale.out).problems[0].code, 'not-running');
});

test('the local token is only sent to the local address; --token and the environment go anywhere', async () => {
  const elsewhere = fake.url.replace('127.0.0.1', 'localhost');
  const without = await inState(['hold', '--url', elsewhere]);
  assert.match(without.err, /unauthorized/);
  const given = await inState(['hold', '--url', elsewhere, '--token', fake.tokenOf('operator')]);
  assert.equal(given.exit, 0);
  const fromEnvironment = await sereno(['hold'], { SERENO_URL: elsewhere, SERENO_TOKEN: fake.tokenOf('operator') });
  assert.equal(fromEnvironment.exit, 0);
  const viewer = await inState(['hold', '--url', elsewhere, '--token', fake.tokenOf('viewer')]);
  assert.match(viewer.err, /the-viewer has not the role operator \[forbidden\]/);
});

test('hostile text is made visible', async () => {
  const headline = 'gone \u001b[2J\u0007\u202e';
  fake.desk.setTown(fakeTown({ services: [fakeService('api', { headline })] }));
  const ended = await inState(['status']);
  assert.ok(ended.out.includes('gone \\u001b[2J\\u0007\\u202e'));
});

test('anomaly score: one score a row, the spike above all; every wrong row is told with its line', async () => {
  const file = join(place, 'series.csv');
  const row = (index: number): string => `${1_767_225_600 + 300 * index},${index === 900 ? 90 : 50 + (index % 7)}`;
  writeFileSync(file, `time,value\n${Array.from({ length: 1_000 }, (_, index) => row(index)).join('\n')}\n`);
  const ended = await sereno(['anomaly', 'score', file]);
  assert.equal(ended.exit, EXIT.ok, ended.err);
  const scores = ended.out.trim().split('\n').map(Number);
  assert.equal(scores.length, 1_000);
  assert.equal(scores.indexOf(Math.max(...scores.slice(100))), 900);
  writeFileSync(file, 'time,value\nyesterday,5\n2026-01-01 00:00:00,many\n');
  const refused = await sereno(['anomaly', 'score', file]);
  assert.equal(refused.exit, EXIT.usage);
  assert.match(refused.err, /series\.csv:2:1: `yesterday`[\s\S]*series\.csv:3:1: `many`/);
});

test('status --watch shows a change as it comes, and ends quietly on SIGINT', async () => {
  const child = spawn(process.execPath, [MAIN, '--state', state, 'status', '--watch'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  const saw = (text: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`never saw ${text} in ${out}`)), 20_000);
      const look = (): void => {
        if (!text.test(out)) return;
        clearTimeout(timer);
        child.stdout.off('data', look);
        resolve();
      };
      child.stdout.on('data', look);
      look();
    });
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  try {
    await saw(/demo is healthy/);
    fake.desk.tell({ kind: 'service', service: fakeService('api', { health: 'unhealthy', headline: 'it fell' }) });
    await saw(/api +unhealthy +\d+ +\S+ \S+ +it fell/);
    child.kill('SIGINT');
    assert.equal(await ended, EXIT.ok);
  } finally {
    child.kill('SIGKILL');
  }
});

test('a token is issued once, listed without itself, and worthless after it is revoked', async () => {
  const own = join(place, 'own');
  const at = (words: readonly string[]): Promise<Ended> => sereno(['--state', own, ...words]);
  const issued = await at(['token', 'issue', 'ada', '--role', 'operator', '--role', 'approver']);
  assert.match(issued.out, /^sereno_[\w-]{43}\n$/);
  assert.equal(statSync(join(own, 'tokens.json')).mode & 0o777, 0o600);
  const listed = await at(['token', 'list', '--format', 'json']);
  assert.deepEqual(JSON.parse(listed.out).tokens[0].roles, ['operator', 'approver']);
  assert.ok(!/sha256|sereno_/.test(listed.out));
  assert.equal((await at(['token', 'revoke', 'ada'])).exit, EXIT.ok);
  assert.equal((await at(['token', 'revoke', 'ada'])).exit, EXIT.failed);
});

test('doctor: every line says ok, warn or fail, and what fails says how to mend it', async () => {
  const ended = await inState(['doctor', '--format', 'json', '--config', 'nowhere.yaml']);
  assert.equal(ended.exit, EXIT.failed);
  const { lines } = JSON.parse(ended.out);
  const configuration = lines.find((line: { readonly name: string }) => line.name === 'configuration');
  assert.deepEqual([configuration.state, configuration.mend], ['fail', 'sereno check']);
  const names = lines.map((line: { readonly name: string }) => line.name);
  for (const name of ['node', 'state directory', 'disk', 'clock', 'daemon', 'evidence'])
    assert.ok(names.includes(name), name);
});

test('the completion scripts are accepted by their shells', async (t) => {
  const { out } = await inState(['completion', 'bash']);
  const script = `${out}\nCOMP_WORDS=(sereno service res); COMP_CWORD=2; _sereno; echo "\${COMPREPLY[@]}"`;
  const said = await new Promise<string>((resolve) => {
    const shell = spawn('bash', ['-c', script]);
    let text = '';
    shell.stdout.on('data', (chunk) => (text += String(chunk)));
    shell.on('error', () => resolve('no bash'));
    shell.on('close', () => resolve(text.trim()));
  });
  if (said === 'no bash') return t.skip('bash is not installed');
  assert.equal(said, 'restart');
  for (const shell of ['zsh', 'fish']) assert.match((await inState(['completion', shell])).out, /evidence/);
  return undefined;
});
