// The codex in the hands of somebody who does not know it: names and reasons as they are typed, another user of the machine,
// keys of other kinds, folders that are open to all, a codex that cannot be read. Each error says what, where and how to mend.
// decoder: the monitor's report is read as it is printed

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';

const BIN = join(import.meta.dirname, '..', 'bin', 'sereno.js');
const NOBODY = { uid: 65_534, gid: 65_534 };

let folder: string;

type Ran = { readonly code: number | null; readonly out: string; readonly err: string };
type As = { readonly uid?: number; readonly gid?: number; readonly env?: NodeJS.ProcessEnv };

const runAs = (as: As, ...words: readonly string[]): Promise<Ran> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [BIN, 'codex', ...words], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...as,
    });
    let [out, err] = ['', ''];
    child.stdout.on('data', (part) => (out += String(part)));
    child.stderr.on('data', (part) => (err += String(part)));
    child.on('close', (code) => resolve({ code, out, err }));
  });

const run = (...words: readonly string[]): Promise<Ran> => runAs({}, ...words);

const must = async (...words: readonly string[]): Promise<string> => {
  const { code, out, err } = await run(...words);
  assert.equal(code, 0, `${words.join(' ')}: ${out}${err}`);
  return out;
};

const entries = (): number => readdirSync(join(folder, '.sereno/codex/log/000')).length;

const keygen = (...words: readonly string[]): void => {
  assert.equal(spawnSync('ssh-keygen', ['-q', '-C', 'somebody', ...words], { cwd: folder }).status, 0);
};
const noKeygen = spawnSync('ssh-keygen', ['-?']).error === undefined ? false : 'ssh-keygen is not installed';

suite('the codex and a stranger', { timeout: 300_000 }, () => {
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sereno-codex-stranger-'));
    chmodSync(folder, 0o755);
    const people = 'people: { ana: {}, ben: {} }\ncodex: { blessers: [ana, ben] }\n';
    writeFileSync(join(folder, 'sereno.yaml'), `sereno: 1\nsite: town\n${people}`);
    mkdirSync(join(folder, 'ty_log'));
    const source = 'title: A look\nmodel: { model_id: m }\ngeneration_config: { temperature: 0, max_tokens: 500 }\n';
    const prompt = 'prompt_template: Describe what you see in three sentences.\n';
    writeFileSync(join(folder, 'ty_log/look.yaml'), `task_id: look\n${source}${prompt}`);
    await must('key', 'ana.pem');
    await must('trust', 'ana=ana.pem');
    await must('export', 'look.yaml', '--as', 'cleo');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('a name or a reason that people would read as another one is refused, and nothing is written', async () => {
    const before = entries();
    const names: readonly (readonly [string, RegExp])[] = [
      ['', /no name of a person/],
      [' ana', /no name of a person/],
      ['ana\nben', /no name of a person/],
      ['x'.repeat(101), /no name of a person/],
      ['\u202ena', /hidden character U\+202E/],
      ['a\u001b[31m', /hidden character U\+001B/],
      ['ANA', /looks like ana/],
      ['ａｎａ', /looks like ana/],
    ];
    for (const [name, says] of names) {
      const { code, err, out } = await run('export', 'look.yaml', '--as', name);
      assert.equal(code, 1, JSON.stringify(name));
      assert.match(err, says);
      assert.match(err, /expected: /);
      assert.match(out, /❌ Export failed: --as/);
    }
    const reasons: readonly (readonly [string, RegExp])[] = [
      ['  ', /--why is empty/],
      ['good\u202edoog', /hidden character U\+202E/],
      ['y'.repeat(4_001), /4001 characters/],
    ];
    for (const [why, says] of reasons) {
      const { code, err } = await run('reject', 'look', '--why', why);
      assert.equal(code, 2, JSON.stringify(why));
      assert.match(err, says);
    }
    assert.equal(entries(), before);
  });

  test('what cannot be done now says what can', async () => {
    const early = await run('bless', 'look', '--key', 'ana.pem');
    assert.equal(early.code, 1);
    assert.match(early.err, /is candidate.*\n +to mend: +sereno codex submit look@1/);
    const lost = await run('export', 'lost.yaml');
    assert.match(lost.err, /Source file not found: .*\n +expected: a YAML file, from here or in .*ty_log/);
  });

  test(
    'a key of another kind is told as such; one with a passphrase signs through ssh-keygen',
    { skip: noKeygen },
    async () => {
      keygen('-t', 'rsa', '-b', '2048', '-N', '', '-f', 'rsa');
      const rsa = await run('trust', '--next', 'ana=rsa.pub', '--key', 'ana.pem');
      assert.equal(rsa.code, 1);
      assert.match(rsa.err, /a public key of this kind is not supported[^]*to mend: /);
      keygen('-t', 'ed25519', '-N', 'a long way', '-f', 'sealed');
      writeFileSync(join(folder, 'askpass'), "#!/bin/sh\necho 'a long way'\n", { mode: 0o700 });
      const env = { ...process.env, SSH_ASKPASS: join(folder, 'askpass'), SSH_ASKPASS_REQUIRE: 'force' };
      const next = await runAs({ env }, 'trust', '--next', 'ana=ana.pem', 'ben=sealed.pub', '--threshold', '1');
      assert.equal(next.code, 0, `${next.out}${next.err}`);
      await must('export', 'look.yaml', '--as', 'cleo');
      await must('submit', 'look');
      const sad = { ...env, SSH_ASKPASS: '/bin/false' };
      const refused = await runAs({ env: sad }, 'bless', 'look', '--key', 'sealed');
      assert.equal(refused.code, 1);
      assert.match(refused.err, /ssh-keygen did not sign: .*\n +to mend: +give the right passphrase/);
      const blessed = await runAs({ env }, 'bless', 'look', '--key', 'sealed');
      assert.equal(blessed.code, 0, `${blessed.out}${blessed.err}`);
      assert.match(blessed.out, /1 of 1 needed, by ben/);
    },
  );

  test('a title that is a page long leaves the list readable', async () => {
    const look = readFileSync(join(folder, 'ty_log/look.yaml'), 'utf8');
    const long = look.replace('task_id: look', 'task_id: long').replace('A look', 'word '.repeat(2_000));
    writeFileSync(join(folder, 'ty_log/long.yaml'), long);
    await must('export', 'long.yaml', '--as', 'cleo');
    const lines = (await must('list')).split('\n');
    assert.ok(lines.every((line) => line.length < 250));
    assert.match(lines.join('\n'), /^long .*…$/m);
  });

  const isRoot = process.getuid?.() === 0;
  test('another user is told whose codex it is, and not to remove what was believed', { skip: !isRoot }, async () => {
    const { code, err } = await runAs(NOBODY, 'list');
    assert.equal(code, 1);
    assert.match(err, /may not be read by this user: EACCES \[store-unusable\]/);
    assert.match(err, /to mend: +run it as the owner of .*\.sereno/);
    assert.doesNotMatch(err, /remove|damaged/);
  });

  test('no umask opens the folder of the blessed files; one that is open to all is a warning', async () => {
    const output = join(folder, 'output/llm_tasks');
    rmSync(join(folder, 'output'), { recursive: true });
    const before = process.umask(0);
    await must('export', 'look.yaml', '--as', 'cleo').finally(() => process.umask(before));
    assert.equal(statSync(output).mode & 0o022, 0);
    chmodSync(output, 0o777);
    const { code, out } = await run('monitor');
    assert.equal(code, 3);
    assert.match(out, /WARNING blessed_configs_dir: every user may put other files into the folder/);
    chmodSync(output, 0o1777);
    assert.doesNotMatch((await run('monitor')).out, /every user/);
    chmodSync(output, 0o755);
  });

  test('a codex that is damaged is a critical report, with exit code 3, and what can be looked at is', async () => {
    const first = join(folder, '.sereno/codex/log/000/000001.json');
    const whole = readFileSync(first);
    chmodSync(first, 0o644);
    writeFileSync(first, whole.subarray(1));
    const { code, out } = await run('monitor', '--format', 'json');
    assert.equal(code, 3, out);
    type Report = {
      readonly status: string;
      readonly alerts: readonly { readonly source: string; readonly message: string }[];
      readonly components: { readonly blessed_configs_dir: { readonly exists: boolean } };
    };
    const report = JSON.parse(out) as Report;
    assert.equal(report.status, 'CRITICAL');
    assert.equal(report.components.blessed_configs_dir.exists, true);
    assert.match(report.alerts.find(({ source }) => source === 'codex')?.message ?? '', /000001\.json/);
    assert.match((await run('monitor')).out, /^codex: CRITICAL\n[^]*CRITICAL codex: /);
    writeFileSync(first, whole);
  });
});
