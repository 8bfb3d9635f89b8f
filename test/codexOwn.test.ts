// Sereno's own configuration as an item of the codex, and the codex in the evidence: a real watchman, real keys, real files.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { EvidenceRecord } from '#kernel/evidence.ts';
import { task } from './stand/codexBench.ts';
import { Post, run, until, type Ran } from './stand/sereno.ts';

const BIN = join(import.meta.dirname, '..', 'bin', 'sereno.js');

const config = (marker: string, more = ''): string => `sereno: 1
site: town
environment: production
people: { ana: {}, ben: {}, cleo: {} }
codex: { blessers: [ana, ben], threshold: 1, own: [config] }
policy: { autonomy: 1, allow: [] }
services:
  api:
    run: { process: { command: [/bin/sh, -c, "exec sleep 1000"] } }
    checks: [ { process: , every: 1s } ]
    targets: { availability: 99% over 7d }
    owner: ${marker}
    restart: { budget: 10 per 1h, stable_after: 1s }
${more}`;

const codex = (post: Post, ...words: readonly string[]): Promise<Ran> => run(['codex', ...words, ...post.flags()]);

const must = async (post: Post, ...words: readonly string[]): Promise<string> => {
  const { code, out, error } = await codex(post, ...words);
  assert.equal(code, 0, `${words.join(' ')}: ${out}${error}`);
  return out;
};

const key = (post: Post, name: string): string => join(post.directory, `${name}.pem`);

/** Keys of ana and ben, trusted. */
const begin = async (post: Post): Promise<void> => {
  for (const name of ['ana', 'ben', 'mallory']) await must(post, 'key', key(post, name));
  await must(post, 'trust', `ana=${key(post, 'ana')}`, `ben=${key(post, 'ben')}`);
};

const blessConfig = async (post: Post): Promise<string> => {
  await must(post, 'export', '--kind', 'config', '--as', 'cleo');
  await must(post, 'submit', 'sereno_config');
  return must(post, 'bless', 'sereno_config', '--key', key(post, 'ben'), '--why', 'looks right');
};

/** A start that does not come to anything. */
const tryUp = (post: Post): Promise<Ran> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [BIN, 'up', ...post.flags(), '--port', '0'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [out, error] = ['', ''];
    child.stdout.on('data', (part) => (out += String(part)));
    child.stderr.on('data', (part) => (error += String(part)));
    child.on('close', (code) => resolve({ code, out, error }));
  });

const types = (records: readonly EvidenceRecord[]): readonly string[] => records.map(({ type }) => type);

const codexEvidence = async (post: Post): Promise<readonly EvidenceRecord[]> =>
  (await post.evidence('&type=codex.')).toReversed();

suite('the own configuration and the evidence', { timeout: 600_000 }, () => {
  test('in production nothing starts unblessed; blessed it starts, and says everywhere as what', async () => {
    const post = new Post(config('ana'));
    const first = await tryUp(post);
    assert.equal(first.code, 4);
    assert.match(
      first.out,
      /no version of sereno_config is active, and this is [0-9a-f]{12}, which was never exported/,
    );
    assert.match(first.out, /codex-unblessed/);
    assert.match(first.out, /sereno codex export .* --kind config; sereno codex submit/);
    await begin(post);
    assert.match(await blessConfig(post), /active: .*own\/sereno_config.yaml/);
    await post.up();
    assert.match(post.out, /configuration [0-9a-f]{12}: sereno_config@1, blessed by ben/);
    const { own } = await post.town();
    assert.deepEqual(
      own.map(({ item, version, state, by }) => ({ item, version, state, by })),
      [{ item: 'sereno_config', version: 1, state: 'blessed', by: ['ben'] }],
    );
    const status = await run(['status', ...post.flags()]);
    assert.match(status.out, /configuration [0-9a-f]{12}: sereno_config@1, blessed by ben/);
    const started = (await post.evidence('&type=sereno.started')).at(0);
    assert.match(JSON.stringify(started?.refs['own']), /"item":"sereno_config".*"version":1/);
    assert.match(await must(post, 'own'), /sereno_config@1, blessed by ben/);
    // No program reads it as a task: no copy of it is missed anywhere.
    const drift = await codex(post, 'drift');
    assert.equal(drift.code, 0, drift.out + drift.error);
    assert.doesNotMatch(drift.out, /sereno_config/);
    await post.clear();
  });

  test('a reload with what nobody blessed is refused, and the old one goes on; blessed, it is taken up by itself', async () => {
    const post = new Post(config('ana'));
    await begin(post);
    await blessConfig(post);
    await post.up();
    const { configDigest } = await post.town();
    post.configure(config('ben'));
    post.child?.kill('SIGHUP');
    await until('the refusal', () => post.out.includes('the new configuration is refused; the old one goes on'));
    const refused = await post.town();
    assert.equal(refused.configDigest, configDigest);
    assert.deepEqual([refused.own[0]?.version, refused.own[0]?.state], [1, 'blessed'], 'what runs is the old one');
    assert.match(refused.configProblem ?? '', /sereno_config@1 is blessed and active, and this is/);
    const status = await run(['status', ...post.flags()]);
    assert.match(status.out, /^the configuration on disk is refused, .*codex-unblessed\]; more: sereno codex own$/m);
    const running = refused.own[0]?.digest.slice(0, 12) ?? 'no digest';
    assert.ok(status.out.includes(`configuration ${running}: sereno_config@1, blessed by ben`), status.out);
    // The line is taken out, and it is said to be no production: what was blessed still demands it.
    post.configure(config('ben').replace('environment: production', 'environment: dev').replace(', own: [config]', ''));
    post.child?.kill('SIGHUP');
    await until('the second refusal', () => (post.out.match(/is refused; the old one goes on/g) ?? []).length > 1);
    assert.equal((await post.town()).configDigest, configDigest);
    post.configure(config('ben'));
    await blessConfig(post);
    await until('the blessed one to be taken up', async () => {
      const town = await post.town();
      return town.configDigest !== configDigest && town.configProblem === null && town.own[0]?.version === 2;
    });
    // What is revoked while it runs goes on, and is told.
    await must(post, 'revoke', 'sereno_config@2', '--why', 'it was wrong', '--key', key(post, 'ana'));
    await until('what runs to be called unblessed', async () => (await post.town()).own[0]?.state === 'unblessed');
    await post.down();
    assert.equal((await tryUp(post)).code, 4);
    rmSync(post.directory, { recursive: true, force: true });
  });

  test('an emergency is signed, ends by itself, and stands in the log and in the evidence', async () => {
    const post = new Post(config('ana'));
    await begin(post);
    await blessConfig(post);
    post.configure(config('ben'));
    assert.equal((await tryUp(post)).code, 4);
    const words = ['emergency', 'config', '--why', 'the pool is full'];
    const stranger = await codex(post, ...words, '--key', key(post, 'mallory'));
    assert.equal(stranger.code, 1, 'a key that nobody trusts');
    assert.equal((await tryUp(post)).code, 4);
    assert.match(
      await must(post, ...words, '--key', key(post, 'ana'), '--for', '1h'),
      /sereno_config@2 may run unblessed/,
    );
    await post.up();
    const [own] = (await post.town()).own;
    assert.equal(own?.state, 'emergency');
    assert.match(own?.headline ?? '', /ana allows it until .*: the pool is full/);
    await until('the evidence', async () => {
      const records = await codexEvidence(post);
      const said = records.find(({ action }) => action === 'sign sereno_config@2: emergency');
      return types(records).includes('codex.own-emergency') && said !== undefined;
    });
    await post.down();
    await must(post, ...words, '--key', key(post, 'ana'), '--for', '1s');
    post.configure(config('cleo'));
    await must(post, ...words, '--key', key(post, 'ana'), '--for', '1s');
    await until('the emergency to be over', async () => (await codex(post, 'own')).code === 4);
    assert.equal((await tryUp(post)).code, 4);
    rmSync(post.directory, { recursive: true, force: true });
  });

  test('included files belong to it; a secret in plain text never enters; outside of production it is a warning', async () => {
    const post = new Post(config('ana').replace('production', 'staging'));
    mkdirSync(join(post.directory, 'sereno.d'));
    const include = join(post.directory, 'sereno.d', 'more.yaml');
    const more = (password: string): string => `services:
  web:
    run: { process: { command: [/bin/sh, -c, "exec sleep 1000"], env: { PASSWORD: "${password}", URL: "\${env:SECRET_URL}" } } }
    checks: [ { process: , every: 1s } ]
    targets: { availability: 99% over 7d }
    restart: { budget: 10 per 1h, stable_after: 1s }
`;
    const env = { SECRET_URL: 'hunter2-hunter2' };
    const at = (...words: readonly string[]): Promise<Ran> => run(['codex', ...words, ...post.flags()], env);
    await begin(post);
    writeFileSync(include, more('hunter2-hunter2'));
    const plain = await at('export', '--kind', 'config');
    assert.equal(plain.code, 1);
    assert.match(plain.error, /services\.web\..*PASSWORD holds a secret in plain text/);
    writeFileSync(include, more('${env:SECRET_URL}'));
    assert.equal((await at('export', '--kind', 'config', '--as', 'cleo')).code, 0);
    const shown = (await at('show', 'sereno_config')).out;
    assert.match(shown, /"PASSWORD": "\$\{env:SECRET_URL\}"/);
    assert.doesNotMatch(shown, /hunter2/);
    await post.up(env);
    assert.match(post.out, /warning: .*no version of sereno_config is active.*codex-unblessed/);
    assert.equal((await post.town()).own[0]?.state, 'unblessed');
    await post.clear();
  });

  test('every entry of the log stands in the evidence once, also of a time when nobody watched, and after a kill', async () => {
    const post = new Post(config('ana').replace(', own: [config]', '').replace('production', 'dev'));
    mkdirSync(join(post.directory, 'ty_log'));
    writeFileSync(join(post.directory, 'ty_log', 'summary.yaml'), task('summary', 'First'));
    await begin(post);
    await must(post, 'export', 'summary.yaml', '--as', 'cleo');
    assert.match(await must(post, 'verify'), /2 entries, /);
    await post.up();
    await must(post, 'submit', 'summary');
    await must(post, 'bless', 'summary', '--key', key(post, 'ben'), '--why', 'reads well');
    await must(post, 'tag', 'summary', 'stable');
    const written = ['trusted', 'exported', 'submitted', 'attested', 'activated', 'tagged'].map((it) => `codex.${it}`);
    const entriesOf = async (): Promise<readonly EvidenceRecord[]> =>
      (await codexEvidence(post)).filter(({ type }) => type !== 'codex.head');
    await until('all of it in the evidence', async () => types(await entriesOf()).length >= written.length);
    const records = await entriesOf();
    assert.deepEqual(types(records), written);
    const blessing = records.find(({ type }) => type === 'codex.attested');
    assert.deepEqual(blessing?.refs['signers'], ['ben']);
    assert.equal(blessing?.outcome, 'signed by ben');
    assert.match(await must(post, 'verify'), /all of it is what was written/);
    await post.kill();
    await must(post, 'rollback', 'summary', '--to', '1', '--why', 'once more');
    assert.match(await must(post, 'verify'), /2 entries not in the evidence yet/);
    await post.up();
    await until('what was missed', async () => (await entriesOf()).length === written.length + 2);
    assert.doesNotMatch(await must(post, 'verify'), /not in the evidence/);
    const heads = (await codexEvidence(post)).filter(({ type }) => type === 'codex.head');
    assert.ok(heads.length > 0, 'the signed head stands there too');
    assert.equal(new Set(heads.map(({ refs }) => refs['head'])).size, heads.length, 'each once');
    await post.clear();
  });

  test('a log that is cut off is a finding while Sereno runs, and the evidence proves it without him', async () => {
    const post = new Post(config('ana').replace(', own: [config]', '').replace('production', 'dev'));
    mkdirSync(join(post.directory, 'ty_log'));
    writeFileSync(join(post.directory, 'ty_log', 'summary.yaml'), task('summary', 'First'));
    await begin(post);
    await must(post, 'export', 'summary.yaml', '--as', 'cleo');
    await post.up();
    await until('two entries', async () => types(await codexEvidence(post)).includes('codex.exported'));
    const last = join(post.state, 'codex/log/000/000002.json');
    copyFileSync(last, join(post.directory, 'kept.json'));
    rmSync(last);
    await until('the doubt', async () => types(await codexEvidence(post)).includes('codex.doubted'));
    copyFileSync(join(post.directory, 'kept.json'), last);
    chmodSync(last, 0o444);
    await until('its end', async () => types(await codexEvidence(post)).includes('codex.whole'), 60_000);
    await post.down();
    rmSync(last);
    rmSync(join(post.state, 'codex-memory.json'));
    rmSync(join(post.state, 'codex/heads'), { recursive: true });
    const { code, error } = await codex(post, 'verify');
    assert.equal(code, 1);
    assert.match(error, /it ends at the entry 1, and the entry 2 was seen elsewhere: its end was cut off/);
    assert.match(readFileSync(post.config, 'utf8'), /site: town/);
    rmSync(post.directory, { recursive: true, force: true });
  });
});
