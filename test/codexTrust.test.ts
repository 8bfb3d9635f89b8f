// Trust to the end, on real files with real keys: who may bless, what an old copy looks like, how keys change hands.
// decoder: files of the codex are read as what the codex writes

import assert from 'node:assert/strict';
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { openKeyFile } from '#adapters/signing/keyFile.ts';
import { headSigned } from '#duties/codex/trust/head.ts';
import { messageOf, writeMetadata } from '#duties/codex/trust/metadata.ts';
import { keyIdText } from '#duties/codex/trust/root.ts';
import { canonical } from '#kernel/canonical.ts';
import { digest } from '#kernel/codex.ts';
import type { Json } from '#kernel/evidence.ts';
import { instant } from '#kernel/time.ts';
import { createHash } from 'node:crypto';
import { Bench, task } from './stand/codex.ts';
import { until } from './stand/sereno.ts';

const CONFIG = `sereno: 1
site: town
environment: dev
people: { ana: {}, ben: {}, cleo: {} }
codex: { blessers: [ana, ben, cleo], threshold: 1 }
policy: { autonomy: 1, allow: [] }
`;

/** A codex with keys, a first root of ana and ben, and `summary@1` blessed by ben and active. */
const begin = async (config = CONFIG): Promise<Bench> => {
  const bench = new Bench();
  bench.write('sereno.yaml', config);
  bench.write('ty_log/summary.yaml', task('summary', 'First'));
  for (const name of ['ana', 'ben', 'cleo', 'mallory']) await bench.must('key', `${name}.pem`);
  await bench.must('trust', 'ana=ana.pem', 'ben=ben.pem');
  await bench.must('export', 'summary.yaml', '--as', 'cleo');
  await bench.must('submit', 'summary');
  assert.match(await bench.must('bless', 'summary', '--key', 'ben.pem'), /active: /);
  return bench;
};

type HeadAnswer = {
  readonly head: { readonly version: number; readonly seq: number; readonly digest: string; readonly expires: number };
  readonly log: { readonly seq: number; readonly hash: string };
};

const headOf = (bench: Bench): Promise<HeadAnswer> => bench.json<HeadAnswer>('head');

const entryFile = (bench: Bench, seq: number): string =>
  join(bench.state, 'codex/log/000', `${String(seq).padStart(6, '0')}.json`);

const overwrite = (path: string, text: string): void => {
  chmodSync(path, 0o644);
  writeFileSync(path, text);
};

/** Puts a head beside the log that the key of the codex has signed. */
const forgeHead = (bench: Bench, head: Parameters<typeof headSigned>[0], keyFile: string): void => {
  const opening = openKeyFile(keyFile);
  assert.ok(opening.kind === 'opened');
  const { signer } = opening;
  const signed = headSigned(head);
  const keyId = createHash('sha256').update(keyIdText(signer.key)).digest('hex');
  const text = writeMetadata(signed, [{ keyId, signature: signer.sign(messageOf(signed)) }]);
  writeFileSync(join(bench.state, 'codex/heads', `${head.version}.json`), text);
};

suite('trust in the codex', { timeout: 600_000 }, () => {
  test('acceptance 10: an author cannot bless; two exports at once give n+1 and n+2', async () => {
    const bench = await begin();
    bench.write('ty_log/other.yaml', task('summary', 'Other'));
    const [one, two] = await Promise.all([
      bench.json<{ revision: { version: number } }>('export', 'summary.yaml', '--as', 'ana'),
      bench.json<{ revision: { version: number } }>('export', 'other.yaml', '--as', 'ana'),
    ]);
    assert.deepEqual(
      [one.revision.version, two.revision.version].toSorted((a, b) => a - b),
      [2, 3],
    );
    await bench.must('submit', 'summary@3');
    const own = await bench.must('bless', 'summary@3', '--key', 'ana.pem');
    assert.match(own, /summary@3 is in-review/);
    assert.match(own, /ana wrote the source/);
    assert.match(bench.read('output/llm_tasks/summary.yaml'), /^version: 1$/m);
    assert.match(await bench.must('bless', 'summary@3', '--key', 'ben.pem'), /active: /);
    assert.match(await bench.must('verify'), /all of it is what was written/);
  });

  test('the key of the codex is made at its first use, and read by its owner only; the head names the last entry', async () => {
    const bench = await begin();
    assert.equal(statSync(join(bench.state, 'keys/codex-head.pem')).mode & 0o777, 0o600);
    const { head, log } = await headOf(bench);
    assert.deepEqual([head.seq, head.digest], [log.seq, log.hash]);
    const hours = (head.expires - Date.now()) / 3_600_000;
    assert.ok(hours > 23 && hours <= 24, `${hours}`);
    assert.match(await bench.must('head'), /^head \d+: entry \d+, [0-9a-f]{64}, until /);
  });

  test('an entry that was edited is refused, also when its hash and all behind it were made anew', async () => {
    const bench = await begin();
    const path = entryFile(bench, 2);
    const before = readFileSync(path, 'utf8');
    overwrite(path, before.replace('"cleo"', '"carl"'));
    await bench.refused('codex-damaged', ['list']);
    // Whoever can write there can write a log that is sound by itself; what was read before is another one.
    const end = readdirSync(join(bench.state, 'codex/log/000')).length;
    let prev: string | null = null;
    for (let seq = 2; seq <= end; seq += 1) {
      const { hash: _hash, ...entry } = JSON.parse(readFileSync(entryFile(bench, seq), 'utf8')) as Record<string, Json>;
      const made: Record<string, Json> = prev === null ? entry : { ...entry, prev };
      prev = createHash('sha256').update(canonical(made)).digest('hex');
      overwrite(entryFile(bench, seq), `${canonical({ ...made, hash: prev })}\n`);
    }
    const err = await bench.refused('codex-untrusted', ['list']);
    assert.match(err, /entry \d+ of the log is [0-9a-f]{12}, and was [0-9a-f]{12} before/);
    assert.match(err, /to mend:/);
    rmSync(join(bench.state, 'codex-memory.json'));
    assert.match(await bench.refused('codex-untrusted', ['list']), /was signed/, 'the head says so without a memory');
  });

  test('a log whose end was cut off is refused by what was read before, and by its signed head alone', async () => {
    const bench = await begin();
    const { log } = await headOf(bench);
    rmSync(entryFile(bench, log.seq));
    const err = await bench.refused('codex-untrusted', ['show', 'summary']);
    assert.match(err, new RegExp(`the log ends at entry ${log.seq - 1}, and entry ${log.seq} was read before`));
    await bench.refused('codex-untrusted', ['export', 'summary.yaml']);
    rmSync(join(bench.state, 'codex-memory.json'));
    assert.match(await bench.refused('codex-untrusted', ['list']), /was signed and is not there/);
    // A person who knows that it is lost for good says so, with a key, and says why.
    await bench.refused('bad-request', ['head', '--accept', '--key', 'ben.pem'], 2);
    await bench.refused('codex-untrusted', ['head', '--accept', '--key', 'mallory.pem', '--why', 'mine']);
    await bench.must('head', '--accept', '--key', 'ben.pem', '--why', 'the disk lost it');
    assert.match(await bench.must('list'), /summary/);
  });

  test('an older copy of the codex is refused; of the whole state too, by a memory elsewhere and by a head that was kept', async () => {
    const bench = await begin(CONFIG.replace('threshold: 1', 'threshold: 1, memory: kept/memory.json'));
    cpSync(join(bench.directory, '.sereno'), join(bench.directory, 'old'), { recursive: true });
    await bench.must('export', 'summary.yaml', '--as', 'cleo');
    await bench.must('submit', 'summary');
    await bench.must('bless', 'summary', '--key', 'ana.pem');
    const kept = await bench.must('--format', 'json', 'head');
    bench.write('seen.json', kept);
    rmSync(bench.state, { recursive: true });
    cpSync(join(bench.directory, 'old'), bench.state, { recursive: true });
    assert.match(await bench.refused('codex-untrusted', ['list']), /was read before: its end was cut off/);
    rmSync(join(bench.directory, 'kept'), { recursive: true });
    assert.match(await bench.must('verify'), /all of it is what was written/, 'nobody here knows better');
    assert.match(await bench.refused('codex-damaged', ['verify', '--seen', 'seen.json']), /its end was cut off/);
  });

  test('a head that has expired: what is there can be read, nothing new becomes active, and a person makes it fresh', async () => {
    const bench = await begin();
    await bench.must('export', 'summary.yaml', '--as', 'cleo');
    await bench.must('submit', 'summary');
    await bench.must('bless', 'summary', '--key', 'ana.pem', '--hold');
    const { head } = await headOf(bench);
    const old = {
      ...head,
      version: head.version + 1,
      digest: digest(head.digest),
      expires: instant(Date.now() - 1_000),
    };
    forgeHead(bench, old, join(bench.state, 'keys/codex-head.pem'));
    assert.match(await bench.must('list'), /summary/);
    const err = await bench.refused('codex-stale', ['activate', 'summary@2']);
    assert.match(err, /the head of the log has expired at .*: this may be an old copy/);
    assert.match(err, /sereno codex head --key <file>/);
    await bench.refused('codex-stale', ['rollback', 'summary', '--to', '1', '--why', 'x']);
    await bench.refused('codex-stale', ['verify']);
    await bench.refused('codex-stale', ['head', '--key', 'mallory.pem']);
    await bench.must('head', '--key', 'ben.pem');
    assert.match(await bench.must('activate', 'summary@2'), /is active/);
  });

  test('a head that nobody trusted has signed, or an older one, is refused', async () => {
    const bench = await begin();
    const { head } = await headOf(bench);
    const next = {
      ...head,
      version: head.version + 1,
      digest: digest(head.digest),
      expires: instant(Date.now() + 60_000),
    };
    forgeHead(bench, next, join(bench.directory, 'mallory.pem'));
    assert.match(await bench.refused('codex-untrusted', ['list']), /it is signed by nobody/);
    rmSync(join(bench.state, 'codex/heads', `${next.version}.json`));
    rmSync(join(bench.state, 'codex/heads', `${head.version}.json`));
    assert.match(await bench.refused('codex-untrusted', ['list']), /version \d+ was seen already/);
    rmSync(join(bench.state, 'codex/heads'), { recursive: true });
    assert.match(await bench.refused('codex-untrusted', ['list']), /was there before, and is gone/);
  });

  test('a blessing that is moved to another item, or another version, blesses nothing', async () => {
    const bench = await begin();
    bench.write('ty_log/second.yaml', task('second', 'Second'));
    await bench.must('export', 'second.yaml', '--as', 'cleo');
    await bench.must('submit', 'second');
    const { records } = await bench.json<{ records: readonly { deed: { kind: string; envelope?: string } }[] }>(
      'history',
      'summary',
    );
    const envelope = records.find(({ deed }) => deed.kind === 'attested')?.deed.envelope ?? '';
    // An entry that claims it, sound by itself: what the command line would never write.
    const { log } = await headOf(bench);
    const last = log.seq;
    const submitted = JSON.parse(readFileSync(entryFile(bench, last), 'utf8')) as Record<string, Json>;
    const { revision } = submitted['deed'] as { readonly revision: Json };
    const entry = {
      format: 1,
      seq: last + 1,
      prev: log.hash,
      at: Date.now(),
      by: { name: 'mallory', kind: 'person' },
      deed: { kind: 'attested', revision, predicate: 'blessing', envelope },
    };
    const hash = createHash('sha256').update(canonical(entry)).digest('hex');
    writeFileSync(entryFile(bench, last + 1), `${canonical({ ...entry, hash })}\n`, { mode: 0o444 });
    const shown = await bench.must('show', 'second');
    assert.match(shown, /second@1 is in-review/);
    assert.match(shown, /it is about another revision/);
    await bench.refused('codex-untrusted', ['activate', 'second@1']);
  });

  test('one person with two keys counts once', async () => {
    const bench = new Bench();
    bench.write('sereno.yaml', CONFIG.replace('threshold: 1', 'threshold: 2'));
    bench.write('ty_log/summary.yaml', task('summary', 'First'));
    for (const name of ['ana', 'ana2', 'ben']) await bench.must('key', `${name}.pem`);
    await bench.must('trust', 'ana=ana.pem', 'ana=ana2.pem', 'ben=ben.pem');
    await bench.must('export', 'summary.yaml', '--as', 'cleo');
    await bench.must('submit', 'summary');
    await bench.must('bless', 'summary', '--key', 'ana.pem');
    assert.match(await bench.must('bless', 'summary', '--key', 'ana2.pem'), /summary@1 is in-review/);
    assert.match(await bench.must('bless', 'summary', '--key', 'ben.pem'), /active: /);
  });

  test('the next root: signed by the old and the new, in several places, and nothing changes before', async () => {
    const bench = await begin();
    await bench.refused('codex-refused', ['trust', 'ana=ana.pem']);
    const next = ['trust', '--next', 'ben=ben.pem', 'cleo=cleo.pem', '--threshold', '2', '--expires', '20d'];
    // Enough of the old one (one of ana, ben) and of the new one (ben and cleo).
    await bench.must(...next);
    const shown = await bench.run('trust');
    assert.match(shown.out, /root 2, until/);
    assert.match(shown.out, /2 of these may bless, and make the next root: ben \(key \w+\), cleo /);
    assert.match(shown.err, /warning: root 2 of trust expires in (19|20) days/);
    // ben.pub alone: cleo signs elsewhere.
    const third = ['trust', '--next', 'ana=ana.pem', 'cleo=cleo.pem', '--threshold', '2', '--out', 'third.json'];
    const waiting = await bench.refused('needs-approval', third, 4);
    assert.match(waiting, /root 2 demands the signatures of 2 for root, and it is signed by cleo/);
    assert.match((await bench.run('trust')).out, /root 2/);
    await bench.refused('codex-untrusted', ['trust', 'sign', 'third.json', '--key', 'mallory.pem']);
    await bench.must('trust', 'sign', 'third.json', '--key', 'ben.pem');
    assert.match((await bench.run('trust')).out, /root 3.*\n.*: ana \(key \w+\), cleo /);
    await bench.refused('codex-untrusted', ['trust', 'sign', 'third.json', '--key', 'ben.pem']);
    assert.match((await bench.run('verify')).out, /entries/);
  });

  test('a stolen key: what it signed counts for nothing; a key that only changes hands keeps what it signed', async () => {
    const bench = await begin();
    await bench.must('key', 'ben2.pem');
    const words = ['trust', '--next', 'ana=ana.pem', 'ben=ben2.pem'];
    const dry = await bench.must('--dry-run', ...words);
    assert.match(dry, /what a key of ben signed counts for nothing any more/);
    assert.match(dry, /summary@1, which is active, is not blessed under it/);
    assert.match((await bench.run('trust')).out, /root 1/, 'a dry run changes nothing');
    await bench.must(...words, '--retire', 'ben');
    assert.match(await bench.must('verify'), /all of it is what was written/);
    await bench.must('trust', '--next', 'ana=ana.pem', 'cleo=cleo.pem');
    assert.match(await bench.must('verify'), /all of it is what was written/, 'retired stays retired');
    await bench.must('export', 'summary.yaml', '--as', 'dora');
    await bench.must('submit', 'summary');
    for (const key of ['ben.pem', 'ben2.pem'])
      assert.match(await bench.must('bless', 'summary', '--key', key), /in-review/);

    const other = await begin();
    await other.must('trust', '--next', 'ana=ana.pem', 'cleo=cleo.pem');
    assert.match(await other.refused('codex-untrusted', ['verify']), /summary@1 is not blessed yet/);
  });

  test('a root that has expired: nothing new is blessed until the next one', async () => {
    const bench = await begin();
    await bench.must('trust', '--next', 'ana=ana.pem', 'ben=ben.pem', '--expires', '4s');
    await until('the root to expire', async () => (await bench.run('verify')).err.includes('codex-stale'));
    const { err, out } = await bench.run('list');
    assert.match(err, /warning: root 2 of trust has expired/);
    assert.match(out, /summary/);
    await bench.refused('codex-stale', ['rollback', 'summary', '--to', '1', '--why', 'x']);
    await bench.must('trust', '--next', 'ana=ana.pem', 'ben=ben.pem');
    await bench.must('rollback', 'summary', '--to', '1', '--why', 'x');
    assert.ok(existsSync(join(bench.directory, 'output/llm_tasks/summary.yaml')));
  });
});
