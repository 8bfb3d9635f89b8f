// The order of the log, as a client far away sees it: between it and a real Sereno stands somebody who lies. He has kept what
// was true yesterday, and shows it as if it were so today; every byte that he shows was really signed, or he has changed it.

import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { CodexClient, CodexGot, openCodex } from '#client/codex.ts';
import { CodexTown, ITEM } from './stand/codexTown.ts';
import { until } from './stand/sereno.ts';

const BUILT = join(import.meta.dirname, '..', 'dist', 'codex.js');

const client = (existsSync(BUILT) ? await import(BUILT) : await import('#client/codex.ts')) as {
  readonly openCodex: typeof openCodex; // decoder: the bundle has the types of its source
};

type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** What is told instead of the truth; undefined: the truth. */
type Lie = (path: string, tell: (path: string) => Promise<Answer>) => Promise<Answer> | Answer | undefined;

const HOUR_MS = 3_600_000;
const HEAD = '/api/codex-head';
const isHead = (path: string): boolean => path.startsWith(HEAD);
const truth: Lie = () => undefined;

const town = new CodexTown();
let root: string;
let lie: Lie = truth;
let liar: Server;
let url: string;
/** How far the clock of the client is ahead. */
let aheadMs = 0;

const tell = async (path: string, known?: string): Promise<Answer> => {
  const headers = known === undefined ? {} : { 'if-none-match': known };
  const answer = await fetch(`${town.post.url()}${path}`, { headers });
  const kept = ['etag', 'content-digest', 'sereno-codex-version', 'sereno-codex-root', 'sereno-codex-head'];
  const given = kept.flatMap((name) => {
    const value = answer.headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  return { status: answer.status, headers: Object.fromEntries(given), body: await answer.text() };
};

const open = (folder: string | null, more: { readonly demandHead?: boolean } = {}): CodexClient =>
  client.openCodex({
    url,
    root,
    cache: folder === null ? null : town.path(folder),
    now: () => Date.now() + aheadMs,
    ...more,
  });

const saying = (got: CodexGot): string => {
  if (got.kind === 'none') return `none ${got.code}`;
  const what = `${got.revision.version} ${got.revision.content.title}`;
  return got.kind === 'cached' ? `cached ${got.code} ${what}` : `fresh ${what}`;
};

const got = async (asked: CodexClient, ref = 'active'): Promise<string> => saying(await asked.get(ITEM, ref));

const why = async (asked: CodexClient, ref = 'active'): Promise<string> => {
  const it = await asked.get(ITEM, ref);
  return it.kind === 'fresh' ? 'fresh' : it.why;
};

/** All that there is to say now, to be shown again later. */
const keep = async (): Promise<Lie> => {
  const paths = [`/api/codex/${ITEM}/active`, `/api/codex/${ITEM}/stable`, HEAD];
  const active = await tell(`/api/codex/${ITEM}/active`);
  const version = active.headers['sereno-codex-version'] ?? '';
  const kept = new Map<string, Answer>();
  for (const path of [...paths, `/api/codex/${ITEM}/${version}`, `/api/codex/${ITEM}/${version}/proof`])
    kept.set(path, await tell(path));
  return (path) => kept.get(path.split('?')[0] ?? '');
};

/** The same, saying that there is another head than the client has: then it asks for that. */
const announced =
  (other: Lie): Lie =>
  async (path, say) => {
    const it = (await other(path, say)) ?? (await say(path));
    return { ...it, headers: { ...it.headers, 'sereno-codex-head': '9999' } };
  };

const only =
  (isMeant: (path: string) => boolean, other: Lie): Lie =>
  (path, say) =>
    isMeant(path) ? other(path, say) : undefined;

const changed =
  (isMeant: (path: string) => boolean, change: (body: string) => string): Lie =>
  (path, say) =>
    isMeant(path) ? say(path).then((it) => ({ ...it, body: change(it.body) })) : undefined;

const headVersion = async (): Promise<number> => {
  const { headers } = await tell(`/api/codex/${ITEM}/active`);
  return Number(headers['sereno-codex-head'] ?? 0);
};

suite('the order of the log, shown by somebody who lies', { timeout: 300_000 }, () => {
  let yesterday: Lie;

  before(async () => {
    root = await town.trust();
    await town.release('One');
    await town.must('tag', `${ITEM}@1`, 'stable');
    await town.post.up();
    liar = createServer((request, response) => {
      const known = request.headers['if-none-match'];
      const path = request.url ?? '';
      const answered = lie(path, (it) => tell(it)) ?? tell(path, known);
      void Promise.resolve(answered).then(({ status, headers, body }) => {
        const isSame = known !== undefined && headers['etag'] === known;
        response.writeHead(isSame ? 304 : status, headers).end(isSame ? '' : body);
      });
    });
    await new Promise<void>((resolve) => liar.listen(0, '127.0.0.1', resolve));
    const address = liar.address();
    url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
    await until('the head to be served', async () => (await headVersion()) > 0);
    yesterday = await keep();
    assert.equal(await got(open('one')), 'fresh 1 One');
    await town.release('Two');
    await town.must('tag', `${ITEM}@2`, 'stable');
    await until('version 2', async () => (await got(open(null))) === 'fresh 2 Two');
  });

  after(async () => {
    liar.close();
    await town.post.down();
  });

  test('the truth is fresh, and says by which head', async () => {
    lie = truth;
    const it = await open('cache').get(ITEM);
    assert.equal(saying(it), 'fresh 2 Two');
    assert.ok(it.kind === 'fresh');
    const { head } = it.revision;
    assert.ok(head !== null && head > 1);
    assert.equal(await got(open('cache'), 'stable'), 'fresh 2 Two');
    assert.equal(await got(open('cache'), '1'), 'fresh 1 One');
    assert.equal(await got(open(null, { demandHead: true })), 'fresh 2 Two');
  });

  test('an old head is told from the one that was seen, also after the program was started anew', async () => {
    const asked = open('cache');
    assert.equal(await got(asked), 'fresh 2 Two');
    lie = yesterday;
    assert.equal(await got(asked), 'cached rolled-back 2 Two');
    assert.match(await why(asked), /head \d+ of the log was given, and head \d+ was seen already/);
    assert.equal(await got(open('cache')), 'cached rolled-back 2 Two');
    assert.equal(await got(open('cache'), 'stable'), 'cached rolled-back 2 Two');
    lie = truth;
    assert.equal(await got(asked), 'fresh 2 Two');
  });

  test('an old active version with the newest head is told by who was never here before', async () => {
    lie = only((path) => !isHead(path), announced(yesterday));
    assert.equal(await got(open(null)), 'none rolled-back');
    assert.match(await why(open(null)), /version 1 was given, and version 2 is active by head \d+ of the log/);
    assert.equal(await got(open(null), 'stable'), 'none rolled-back');
    // Who has seen version 1 as active goes on with it, and knows that it is not the newest.
    assert.equal(await got(open('one')), 'cached rolled-back 1 One');
    lie = truth;
    assert.equal(await got(open('one')), 'fresh 2 Two');
  });

  test('yesterday as a whole deceives who was never here after it, for as long as its head lives: a day', async () => {
    lie = yesterday;
    assert.equal(await got(open(null)), 'fresh 1 One');
    aheadMs = 25 * HOUR_MS;
    assert.equal(await got(open(null)), 'none stale');
    assert.equal(await got(open('cache')), 'cached rolled-back 2 Two');
    aheadMs = 0;
    lie = truth;
  });

  test('a version that is newer than its head is not believed: nobody has said that it is active', async () => {
    lie = only(isHead, yesterday);
    assert.equal(await got(open(null)), 'none rolled-back');
    assert.match(await why(open(null)), /version 2 was given, and version 1 is active by head/);
    lie = truth;
  });

  test('a head with a wrong signature, or with another listing, is not believed', async () => {
    const lies: readonly (readonly [Lie, RegExp])[] = [
      [changed(isHead, (it) => it.replace(/(sig\\": ?\\")(..)/g, '$1ff')), /not signed by those whom root 1 names/],
      [changed(isHead, (it) => it.replace(/(version\\": ?)(\d+)/, '$19999')), /not signed by those whom root 1 names/],
      [changed(isHead, (it) => it.replaceAll('\\"revoked\\":[]', '\\"revoked\\":[9]')), /not the one that was signed/],
      [changed(isHead, (it) => JSON.stringify({ ...JSON.parse(it), listing: null })), /does not show the listing/],
      [changed(isHead, () => '{}'), /roots|does not show|not a text/],
    ];
    for (const [one, expected] of lies) {
      lie = one;
      assert.equal(await got(open(null)), 'none unverified', String(expected));
      assert.match(await why(open(null)), expected);
    }
    // The head that is held is the newest, by what the server says: nothing is asked, and nothing is lost.
    const asked = open('cache');
    assert.equal(await got(asked), 'fresh 2 Two');
    lie = announced(changed(isHead, (it) => it.replace(/(sig\\": ?\\")(..)/g, '$1ff')));
    assert.equal(await got(asked), 'cached unverified 2 Two');
    lie = truth;
  });

  test('a head that was there once is missed, and whoever demands one gets nothing without it', async () => {
    lie = (path, say) =>
      isHead(path)
        ? { status: 404, headers: {}, body: '{}' }
        : say(path).then((it) => ({ ...it, headers: { ...it.headers, 'sereno-codex-head': '0' } }));
    assert.equal(await got(open('cache')), 'cached rolled-back 2 Two');
    assert.match(await why(open('cache')), /was there before, and the server knows of none/);
    assert.equal(await got(open(null, { demandHead: true })), 'none unverified');
    // As documented: who was never here before and demands none takes the word of the server for the order.
    const it = await open(null).get(ITEM);
    assert.ok(it.kind === 'fresh' && it.revision.head === null, saying(it));
    lie = truth;
  });

  test('another author than the signed one is not believed: whoever wrote a source does not bless it', async () => {
    lie = changed(
      (path) => path.includes('/proof'),
      (it) => it.replace('"cleo"', '"dora"'),
    );
    assert.equal(await got(open(null)), 'none rolled-back');
    assert.match(await why(open(null)), /another author was named/);
    lie = truth;
  });

  test('a head that has expired is told: something may be held back', async () => {
    const asked = open('cache');
    assert.equal(await got(asked), 'fresh 2 Two');
    aheadMs = 25 * HOUR_MS;
    assert.equal(await got(asked), 'cached stale 2 Two');
    assert.match(await why(asked), /has expired at 20.*freeze/);
    assert.equal(await got(open('cache')), 'cached stale 2 Two');
    assert.equal(await got(open(null)), 'none stale');
    aheadMs = 0;
    assert.equal(await got(asked), 'fresh 2 Two');
  });

  test('after the next deed there is the next head, and the client follows', async () => {
    const asked = open('cache');
    assert.equal(await got(asked), 'fresh 2 Two');
    const known = await headVersion();
    await town.must('tag', `${ITEM}@1`, 'older');
    await until('the next head', async () => {
      const it = await asked.get(ITEM);
      return it.kind === 'fresh' && (it.revision.head ?? 0) > known;
    });
    assert.equal(await got(asked, 'older'), 'fresh 1 One');
  });

  test('without anybody at the other end the client goes on, and what it knows of the order it keeps', async () => {
    const asked = open('cache');
    assert.equal(await got(asked), 'fresh 2 Two');
    const line = url;
    url = 'http://127.0.0.1:9';
    assert.equal(await got(open('cache')), 'cached unreachable 2 Two');
    url = line;
    lie = yesterday;
    assert.equal(await got(open('cache')), 'cached rolled-back 2 Two');
    lie = truth;
  });

  test('a cache in which the head is another forgets the head, and believes nothing else for it', async () => {
    const file = join(town.path('cache'), 'head.json');
    const bytes = readFileSync(file);
    const found = new Set<string>();
    for (let at = 0; at < bytes.length; at += 29) {
      writeFileSync(file, Buffer.from(bytes.map((byte, index) => (index === at ? byte ^ 1 : byte))));
      const it = await open('cache').get(ITEM);
      found.add(saying(it));
    }
    assert.deepEqual([...found], ['fresh 2 Two']);
  });

  test('a revocation that is held back is told by the head, and what was revoked is never given again', async () => {
    const today = await keep();
    const asked = open('cache');
    assert.equal(await got(asked), 'fresh 2 Two');
    await town.must('revoke', `${ITEM}@2`, '--why', 'it leaks names', '--key', town.path('ben.pem'));
    await until('the revocation', async () => (await tell(`/api/codex/${ITEM}/active`)).status === 410);
    lie = only((path) => !isHead(path), announced(today));
    assert.equal(await got(asked), 'none revoked');
    assert.match(await why(asked), /nothing is active any more, says head \d+ of the log|version 2 was revoked/);
    assert.equal(await got(asked, '2'), 'none unverified');
    assert.equal(await got(open('cache')), 'none revoked');
    lie = today;
    assert.equal(await got(open('cache')), 'none revoked');
    url = 'http://127.0.0.1:9';
    assert.equal(await got(open('cache')), 'none revoked');
  });
});
