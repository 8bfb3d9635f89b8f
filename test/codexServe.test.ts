// The codex served by a real Sereno to a real client: a new version within a second, no server, a changed cache, a new root, a
// revocation, and a store in which one byte is another.
// decoder: answers of the API and of the command line are read as what the contract promises

import assert from 'node:assert/strict';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { openKeyFile } from '#adapters/signing/keyFile.ts';
import type { CodexClient, CodexGot, openCodex } from '#client/codex.ts';
import { add } from '#daemon/codex/deeds.ts';
import { openCodexDesk, type CodexDesk } from '#daemon/codex/desk.ts';
import { keyIdOf } from '#daemon/codex/trust.ts';
import { proposeDeed } from '#duties/codex/propose.ts';
import { messageOf, writeMetadata } from '#duties/codex/trust/metadata.ts';
import { rootSigned } from '#duties/codex/trust/root.ts';
import type { CodexItemView, CodexListView } from '#kernel/codexView.ts';
import { personId } from '#kernel/id.ts';
import { instant } from '#kernel/time.ts';
import type { Root } from '#kernel/trust.ts';
import type { AlertsView } from '#kernel/view.ts';
import { CodexTown, ITEM } from './stand/codexTown.ts';
import { until } from './stand/sereno.ts';

const BUILT = join(import.meta.dirname, '..', 'dist', 'codex.js');

const openClient = (existsSync(BUILT) ? await import(BUILT) : await import('#client/codex.ts')) as {
  readonly openCodex: typeof openCodex;
};

const town = new CodexTown();
let root: string;
let url: string;

const cache = (): string => town.path('cache');
const cached = (ref = 'active'): string => join(cache(), `${ITEM}@${ref}.json`);

/** As another start of the program: nothing is in its memory. */
const open = (folder: string | null = cache()): CodexClient => openClient.openCodex({ url, root, cache: folder });

const saying = (got: CodexGot): string =>
  got.kind === 'none' ? `none ${got.code}` : `${got.kind} ${got.revision.version} ${got.revision.content.title}`;

const got = async (client: CodexClient = open(), ref?: string): Promise<string> => saying(await client.get(ITEM, ref));

const upAgain = async (): Promise<void> => {
  await town.post.up();
  url = town.post.url();
};

/** The codex of the same folder, opened by this process as another program. */
const desk = (): CodexDesk =>
  openCodexDesk(
    {
      sources: town.path('ty_log'),
      templates: town.path('templates'),
      blessed: town.path('output/llm_tasks'),
      blessers: [personId('ana'), personId('ben')],
      suites: '',
      schemas: '',
      copies: [],
      own: [],
      threshold: 1,
    },
    town.post.state,
  );

const signerOf = (who: string) => {
  const opening = openKeyFile(town.path(`${who}.pem`));
  if (opening.kind === 'refused') throw new Error(opening.problem.message);
  return opening.signer;
};

/** The next root: what `change` makes of the one in force, signed by both people of the old one. */
const rotate = (change: (root: Root) => Root): void => {
  const opened = desk();
  const now = opened.chain.root();
  if (now === null) throw new Error('no root');
  const signed = rootSigned({ ...change(now), version: now.version + 1 });
  const message = messageOf(signed);
  const signers = [signerOf('ana'), signerOf('ben')];
  const text = writeMetadata(
    signed,
    signers.map((signer) => ({ keyId: keyIdOf(signer.key), signature: signer.sign(message) })),
  );
  const kept = opened.store.put(text);
  if (kept.kind === 'failed') throw new Error(kept.problem.message);
  const deed = { kind: 'trusted', root: kept.digest, version: now.version + 1 } as const;
  const doer = { by: { name: 'ana', kind: 'person' } as const, now: instant(Date.now()) };
  add(opened, doer, () => proposeDeed(opened.ledger, deed));
};

const objectPath = (digest: string): string =>
  join(town.post.state, 'codex/objects', digest.slice(0, 2), digest.slice(2));

const flip = (path: string, at: number): (() => void) => {
  const bytes = readFileSync(path);
  chmodSync(path, 0o644);
  writeFileSync(path, Buffer.from(bytes.map((byte, index) => (index === at ? byte ^ 1 : byte))));
  return () => writeFileSync(path, bytes);
};

const head = async (path: string): Promise<Response> => fetch(`${url}${path}`);

suite('the codex, served', { timeout: 300_000 }, () => {
  before(async () => {
    root = await town.trust();
    await town.release('One');
    await upAgain();
  });

  test('a client gets the active version, verified; the API says the same', async () => {
    const it = await open().get(ITEM);
    assert.equal(saying(it), 'fresh 1 One');
    assert.ok(it.kind === 'fresh');
    assert.deepEqual(it.revision.blessedBy, ['ana']);
    assert.equal(it.revision.content.prompt, 'Describe {{ posting }} in three sentences.\nNothing else.\n');
    const answer = await head(`/api/codex/${ITEM}/active`);
    assert.equal(answer.headers.get('etag'), `"${it.revision.digest}"`);
    assert.deepEqual(await answer.json(), it.revision.content);
    const again = await fetch(`${url}/api/codex/${ITEM}/active`, {
      headers: { 'if-none-match': `"${it.revision.digest}"` },
    });
    assert.equal(again.status, 304);
    const list = await town.post.get<CodexListView>('/api/codex');
    assert.deepEqual(list.items[0]?.active?.blessedBy, ['ana']);
    const item = await town.post.get<CodexItemView>(`/api/codex/${ITEM}`);
    assert.deepEqual(
      item.versions[0]?.attestations.map(({ predicate, signedBy, notCounted, says }) => [
        predicate,
        signedBy,
        notCounted,
        says,
      ]),
      [['blessing', ['ana'], null, 'reads well']],
    );
    assert.deepEqual(
      item.history.map(({ kind }) => kind),
      ['activated', 'attested', 'submitted', 'exported'],
    );
  });

  test('what is not blessed is not given: not as active, not by its version', async () => {
    await town.propose('Two');
    assert.equal(await got(), 'fresh 1 One');
    assert.equal((await head(`/api/codex/${ITEM}/2`)).status, 409);
    assert.equal((await head(`/api/codex/${ITEM}/2?unblessed=true`)).status, 200);
    assert.equal((await head(`/api/codex/${ITEM}/9`)).status, 404);
    assert.equal((await head('/api/codex/nothing/active')).status, 404);
    assert.equal((await head('/api/codex/..%2F..%2Fetc/active')).status, 404);
  });

  test('a client that follows has the next version within a second of its blessing', async () => {
    const seen: { readonly what: string; readonly at: number }[] = [];
    const over = new AbortController();
    const following = open().follow(ITEM, (it) => seen.push({ what: saying(it), at: Date.now() }), {
      signal: over.signal,
    });
    await until('the first one', () => seen.length === 1);
    await town.bless();
    await until('the next one', () => seen.length === 2);
    over.abort();
    await following;
    assert.deepEqual(
      seen.map(({ what }) => what),
      ['fresh 1 One', 'fresh 2 Two'],
    );
    // The entry has its name when it is on the disk: from then on it is blessed.
    const log = join(town.post.state, 'codex/log/000');
    const activated = statSync(join(log, readdirSync(log).toSorted().at(-1) ?? '')).mtimeMs;
    const tookMs = (seen[1]?.at ?? 0) - activated;
    assert.ok(tookMs < 1_000, `it took ${tookMs} ms`);
    console.log(`a new version reached the client ${Math.round(tookMs)} ms after its entry`);
  });

  test('by version, tag and digest; and what differs', async () => {
    await town.must('tag', `${ITEM}@1`, 'stable');
    assert.equal(await got(open(), 'stable'), 'fresh 1 One');
    assert.equal(await got(open(), '1'), 'fresh 1 One');
    const two = await open().get(ITEM, 'v2');
    assert.ok(two.kind === 'fresh');
    assert.equal(await got(open(), two.revision.digest), 'fresh 2 Two');
    const diff = await town.post.get<{ fields: readonly object[] }>(`/api/codex/${ITEM}/diff?from=stable&to=active`);
    assert.deepEqual(diff.fields, [{ field: 'title', before: 'One', after: 'Two', lines: null }]);
  });

  test('a server that gives an older version, or another content, is not believed', async () => {
    const client = openClient.openCodex({ url: '', root, cache: cache() });
    assert.equal(await got(client), 'cached 2 Two');
    const impostor = async (
      lie: (path: string) => { readonly as: string; readonly change: (text: string) => string },
    ) => {
      const server = createServer((request, response) => {
        const { as, change } = lie(request.url ?? '');
        void fetch(`${url}${as}`).then(async (answer) => {
          const text = change(await answer.text());
          const version = answer.headers.get('sereno-codex-version');
          if (version !== null) response.setHeader('sereno-codex-version', version);
          response.end(text);
        });
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      const it = await openClient.openCodex({ url: `http://127.0.0.1:${port}`, root, cache: cache() }).get(ITEM);
      const bare = await openClient.openCodex({ url: `http://127.0.0.1:${port}`, root }).get(ITEM);
      server.close();
      return [saying(it), it.kind === 'cached' ? it.why : '', saying(bare)];
    };
    const same = (text: string): string => text;
    const [older = '', why = ''] = await impostor((path) => ({ as: path.replace('/active', '/1'), change: same }));
    assert.equal(older, 'cached 2 Two');
    assert.match(why, /version 1 was given, and version 2 was active already/);
    const changed = await impostor((path) => ({ as: path, change: (text) => text.replaceAll('Two', 'Owt') }));
    assert.deepEqual([changed[0], changed[2]], ['cached 2 Two', 'none unverified']);
    const onlyBody = await impostor((path) => ({
      as: path,
      change: (text) => (path.includes('proof') ? text : text.replaceAll('Two', 'Owt')),
    }));
    assert.deepEqual(onlyBody, ['cached 2 Two', 'the content is not the one that is proven', 'none unverified']);
    const garbage = await impostor((path) => ({ as: path, change: (text) => text.slice(0, text.length / 2) }));
    assert.deepEqual([garbage[0], garbage[2]], ['cached 2 Two', 'none unreachable']);
  });

  test('without the server the client goes on, also after it was started anew', async () => {
    const client = open();
    assert.equal(await got(client), 'fresh 2 Two');
    await town.post.kill();
    const it = await client.get(ITEM);
    assert.equal(saying(it), 'cached 2 Two');
    assert.ok(it.kind === 'cached' && it.why !== '' && Date.now() - it.confirmedAt < 300_000);
    assert.equal(await got(open()), 'cached 2 Two');
    assert.equal(await got(open(null)), 'none unreachable');
  });

  test('a cache in which a byte is another gives the same, or nothing', async () => {
    const bytes = readFileSync(cached());
    const found = new Map<string, number>();
    for (let at = 0; at < bytes.length; at += 5) {
      const put = flip(cached(), at);
      const it = saying(await open().get(ITEM));
      put();
      found.set(it, (found.get(it) ?? 0) + 1);
    }
    const allowed = ['cached 2 Two', 'none unverified', 'none unreachable'];
    assert.deepEqual(
      [...found.keys()].filter((it) => !allowed.includes(it)),
      [],
    );
    assert.ok((found.get('none unverified') ?? 0) > 50, JSON.stringify([...found]));
    const other = bytes.toString('utf8').replaceAll('Two', 'Owt');
    writeFileSync(cached(), other);
    assert.equal(await got(), 'none unverified');
    writeFileSync(cached(), bytes);
    assert.equal(await got(), 'cached 2 Two');
  });

  test('a cache cut off in the middle gives nothing, and the server mends it', async () => {
    const bytes = readFileSync(cached());
    writeFileSync(cached(), bytes.subarray(0, bytes.length / 2));
    assert.equal(await got(), 'none unreachable');
    await upAgain();
    assert.equal(await got(), 'fresh 2 Two');
    assert.equal(JSON.parse(readFileSync(cached(), 'utf8')).format, 1);
    assert.deepEqual(
      readdirSync(cache()).filter((name) => name.endsWith('.part')),
      [],
    );
  });

  test('a root of somebody else believes nothing', async () => {
    const stranger = new CodexTown();
    const theirs = await stranger.trust();
    const client = openClient.openCodex({ url, root: theirs, cache: null });
    assert.equal(await got(client), 'none unverified');
    assert.throws(() => openClient.openCodex({ url, root: root.replaceAll('"sig": "', '"sig": "00') }), /signed by/);
  });

  test('one byte of the store is another: no bytes are given, the client goes on, and people are told', async () => {
    const client = open();
    assert.equal(await got(client), 'fresh 2 Two');
    const { digest } = (await town.post.get<CodexItemView>(`/api/codex/${ITEM}`)).versions[0] ?? { digest: '' };
    const mend = flip(objectPath(digest), 60);
    const answer = await head(`/api/codex/${ITEM}/active`);
    assert.equal(answer.status, 503);
    assert.match(await answer.text(), /codex-damaged/);
    assert.equal(await got(client), 'cached 2 Two');
    assert.equal(await got(open(null)), 'none none');
    await until('the list to say so', async () => {
      const list = await town.post.get<CodexListView>('/api/codex');
      return /SHA-256/.test(list.items[0]?.trouble ?? '');
    });
    mend();
    assert.equal(await got(client), 'fresh 2 Two');
  });

  test('an entry of the log is another: everything is refused, with a finding, until it is mended', async () => {
    const log = join(town.post.state, 'codex/log/000');
    const last = readdirSync(log).toSorted().at(-1) ?? '';
    const mend = flip(join(log, last), 30);
    const isAlert = async (isOpen: boolean): Promise<boolean> => {
      const { alerts } = await town.post.get<AlertsView>('/api/alerts');
      const found = alerts.find(({ key }) => key.includes('codex:store'));
      return isOpen ? found !== undefined && found.endedAt === null : found === undefined || found.endedAt !== null;
    };
    await until('the damage to be seen', async () => (await head(`/api/codex/${ITEM}/active`)).status === 503);
    await until('the finding', () => isAlert(true));
    assert.equal(await got(), 'cached 2 Two');
    mend();
    await until('it to be whole', async () => (await head(`/api/codex/${ITEM}/active`)).status === 200);
    await until('the finding to be over', () => isAlert(false));
    assert.equal(await got(), 'fresh 2 Two');
  });

  test('a key given up in good order: what it blessed still counts, by the new root', async () => {
    const client = open();
    assert.equal(await got(client), 'fresh 2 Two');
    const seq = desk().store.head().seq + 1;
    const id = keyIdOf(signerOf('ana').key);
    rotate((it) => ({
      ...it,
      roles: { ...it.roles, blessing: { keyIds: it.roles.blessing.keyIds.filter((key) => key !== id), threshold: 1 } },
      retired: [{ keyId: id, role: 'blessing', beforeSeq: seq }],
    }));
    await until('the new root to be in force', async () => (await client.get(ITEM)).kind === 'fresh');
    const it = await client.get(ITEM);
    assert.ok(it.kind === 'fresh' && it.revision.root === 2, saying(it));
    await town.post.kill();
    const again = await open().get(ITEM);
    assert.ok(again.kind === 'cached' && again.revision.root === 2, saying(again));
    await upAgain();
  });

  test('a key that was stolen: what it blessed is not used any more, until somebody else blesses', async () => {
    const client = open();
    assert.equal(await got(client), 'fresh 2 Two');
    rotate((it) => ({ ...it, retired: [] }));
    await until('it not to be believed any more', async () => (await got(client)) === 'none unverified');
    assert.equal((await head(`/api/codex/${ITEM}/active`)).status, 409);
    assert.equal(await got(open()), 'none unverified');
    await town.propose('Three');
    await town.bless(ITEM, 'ben');
    await until('the next version', async () => (await got(client)) === 'fresh 3 Three');
  });

  test('what was revoked is gone, with its reason, and a client that knows it never gives it again', async () => {
    const client = open();
    assert.equal(await got(client), 'fresh 3 Three');
    await town.must('revoke', `${ITEM}@3`, '--why', 'it leaks names', '--key', town.path('ben.pem'));
    const answer = await head(`/api/codex/${ITEM}/active`);
    assert.equal(answer.status, 410);
    assert.match(await answer.text(), /it leaks names/);
    const it = await client.get(ITEM);
    assert.ok(it.kind === 'none' && it.code === 'revoked' && it.why.includes('it leaks names'), saying(it));
    await town.post.kill();
    assert.equal(await got(client), 'none revoked');
    assert.equal(await got(open()), 'none revoked');
    await upAgain();
  });

  test('a Sereno that stops lets those who wait go at once', async () => {
    await town.propose('Four');
    await town.bless(ITEM, 'ben');
    const it = await open().get(ITEM);
    assert.ok(it.kind === 'fresh');
    const waiting = fetch(`${url}/api/codex/${ITEM}/active?wait=60s&than=${it.revision.digest}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const began = Date.now();
    const [answer, code] = await Promise.all([waiting, town.post.down()]);
    assert.equal(answer.status, 304);
    assert.equal(code, 0);
    assert.ok(Date.now() - began < 20_000);
    rmSync(cache(), { recursive: true, force: true });
  });
});
