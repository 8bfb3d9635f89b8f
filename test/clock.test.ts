// Clocks on the real binary: a Sereno that is stopped and goes on, and one whose wall clock somebody sets.

import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { EvidenceRecord } from '#kernel/evidence.ts';
import { freePort } from './stand/port.ts';
import { isAlive, Post, until } from './stand/sereno.ts';

/** Longer than the ten seconds from which on Sereno calls it a gap. */
const STOPPED_MS = 13_000;

const SERVER = `
import { createServer } from 'node:http';
createServer((request, response) => response.end('ok')).listen(Number(process.env.PORT), '127.0.0.1');
`;

const makePost = async (names: readonly string[]): Promise<Post> => {
  const post = new Post('');
  post.write('server.mjs', SERVER);
  const services = await Promise.all(
    names.map(async (name) => {
      const port = await freePort();
      return `
  ${name}:
    run: { process: { command: [${process.execPath}, server.mjs], env: { PORT: "${port}" } } }
    checks: [ { http: "http://127.0.0.1:${port}/", every: 1s, timeout: 1s, fall: 1 } ]
    targets: { availability: 99% over 7d }
    restart: { budget: 10 per 1h, stable_after: 1s }`;
    }),
  );
  post.configure(`
sereno: 1
site: clocks
people: { ana: { roles: [operator], contact: { email: ana@example.org } } }
on_call: { primary: [ana] }
policy: { allow: [restart, start, stop] }
services:${services.join('')}
`);
  return post;
};

const pidOf = async (post: Post, id: string): Promise<number> =>
  until(`${id} to have a pid`, async () => (await post.service(id)).pid);

const judgements = new Set([
  'health.changed',
  'decision',
  'finding.opened',
  'gate.allowed',
  'gate.denied',
  'escalated',
]);

const oldestFirst = (records: readonly EvidenceRecord[]): readonly EvidenceRecord[] =>
  records.toSorted((a, b) => a.seq - b.seq);

test('stopped for thirteen seconds, it says first that it did not watch, blames nobody, and mends what died', async () => {
  const post = await makePost(['steady', 'mortal']);
  await post.up();
  await post.healthy('steady');
  await post.healthy('mortal');
  const before = { steady: await pidOf(post, 'steady'), mortal: await pidOf(post, 'mortal') };
  const seqBefore = oldestFirst(await post.evidence()).at(-1)?.seq ?? 0;
  assert.doesNotMatch(post.out, /^! /m, 'a start is no trouble, however quickly a probe looks');
  const saidBefore = post.out.length;
  post.child?.kill('SIGSTOP');
  process.kill(before.mortal, 'SIGKILL');
  // The time is the test: nothing else can be waited for while the watchman is stopped.
  await new Promise((resolve) => setTimeout(resolve, STOPPED_MS));
  post.child?.kill('SIGCONT');
  const mended = await post.seen(
    'mortal',
    'healthy again',
    (it) => it.health === 'healthy' && it.pid !== before.mortal,
  );
  await post.healthy('steady');
  await post.healthy('mortal');
  const since = oldestFirst(await post.evidence()).filter((record) => record.seq > seqBefore);
  const first = since.find((record) => record.type === 'sereno.resumed' || judgements.has(record.type));
  assert.equal(first?.type, 'sereno.resumed', JSON.stringify(first));
  const gaps = since.filter((record) => record.type === 'sereno.resumed');
  assert.equal(gaps.length, 1);
  const gap = gaps[0];
  assert.ok(gap !== undefined && gap.at - Number(gap.refs['since']) >= STOPPED_MS - 1_000, gap?.trigger);
  const ofSteady = since.filter((record) => record.machine === 'watch:steady' && record.type === 'health.changed');
  assert.deepEqual(
    ofSteady.map((record) => record.outcome),
    ['healthy → unknown', 'unknown → healthy'],
  );
  assert.equal(await pidOf(post, 'steady'), before.steady);
  assert.ok(isAlive(before.steady));
  const restarts = since.filter((record) => record.type === 'action.started');
  assert.deepEqual(
    restarts.map((record) => record.machine),
    ['watch:mortal'],
  );
  assert.equal(mended.health, 'healthy');
  assert.doesNotMatch(post.out.slice(saidBefore), /steady/);
  await post.clear();
});

const FAKETIME = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1',
].find((path) => existsSync(path));

test(
  'the wall clock set an hour ahead and two hours back: time goes on evenly, and the step is written down',
  { skip: FAKETIME === undefined ? 'libfaketime is not installed: apt-get install faketime' : false },
  async () => {
    const post = await makePost(['api']);
    const dial = post.write('dial', '+0\n');
    const set = (offset: string): void => writeFileSync(dial, `${offset}\n`);
    await post.up({
      LD_PRELOAD: FAKETIME,
      FAKETIME_TIMESTAMP_FILE: dial,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    });
    await post.healthy('api');
    const seqBefore = oldestFirst(await post.evidence()).at(-1)?.seq ?? 0;
    const stepTo = async (offset: string, words: RegExp): Promise<void> => {
      set(offset);
      const victim = await pidOf(post, 'api');
      process.kill(victim, 'SIGKILL');
      await post.seen('api', 'restarted', (it) => it.health === 'healthy' && it.pid !== victim);
      await post.healthy('api');
      await until(
        `the step to ${offset} to be written down`,
        async () => (await post.evidence()).some((it) => it.type === 'clock.stepped' && words.test(it.trigger)),
        45_000,
      );
    };
    await stepTo('+3600', /is (1 h|60 min|59 min) ahead of Sereno's time/);
    await stepTo('-3600', /is (1 h|60 min|59 min) behind Sereno's time/);
    const records = oldestFirst(await post.evidence());
    records.reduce((earlier, record) => {
      assert.ok(record.at >= earlier.at, `record ${record.seq} is older than the one before it`);
      return record;
    });
    const [oldest, newest] = [records[0], records.at(-1)];
    assert.ok(oldest !== undefined && newest !== undefined && newest.at - oldest.at < 180_000, 'minutes, no hour');
    assert.equal(records.filter((it) => it.type === 'sereno.resumed').length, 0, 'a set clock is no gap');
    const restarts = records.filter((it) => it.seq > seqBefore && it.type === 'action.started');
    assert.equal(restarts.length, 2, 'one for each kill');
    // Killed and started again an hour behind: it goes on after the newest record.
    await post.kill();
    await post.up();
    await post.healthy('api');
    const later = oldestFirst(await post.evidence()).filter((it) => it.seq > newest.seq);
    assert.ok(later.length > 0 && later.every((it) => it.at > newest.at));
    await post.clear();
  },
);
