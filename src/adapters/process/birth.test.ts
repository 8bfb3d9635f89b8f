// The birth record: what a crash left of it is read as far as it goes, and it stays bounded.

import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { type Birth, readBirth, releaseSince, writeBirth, writeBorn } from './birth.ts';

const open = (token: string): Birth => ({
  pid: null,
  startTicks: null,
  bootId: 'boot',
  token,
  epoch: 3,
  key: 'watch:api/1/0',
  digest: 'd',
  startedAt: 1_795_239_865_804,
  files: [],
});
const born = (token: string): Birth => ({ ...open(token), pid: 42, startTicks: 7 });

const withFile = (check: (path: string) => void): void => {
  const directory = mkdtempSync(join(tmpdir(), 'sereno-birth-'));
  try {
    check(join(directory, 'birth.jsonl'));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

test('every prefix of the file, as a crash may leave it, reads as the last thing that was whole', () =>
  withFile((path) => {
    writeBirth(path, open('a'));
    writeBorn(path, { token: 'a', pid: 42, startTicks: 7 });
    writeBirth(path, open('b'));
    writeBorn(path, { token: 'b', pid: 42, startTicks: 7 });
    const whole = readFileSync(path);
    const seen: string[] = [];
    for (let length = 0; length <= whole.length; length += 1) {
      writeFileSync(path, whole.subarray(0, length));
      const birth = readBirth(path);
      const told = birth === null ? 'none' : `${birth.token} ${birth.pid}`;
      if (seen.at(-1) !== told) seen.push(told);
      // What comes after a torn line is read all the same.
      writeBirth(path, open('c'));
      assert.deepEqual(readBirth(path), open('c'), `after ${length} bytes`);
    }
    assert.deepEqual(seen, ['none', 'a null', 'a 42', 'b null', 'b 42']);
  }));

test('a birth under another token is not taken, foreign lines are passed over', () =>
  withFile((path) => {
    assert.equal(readBirth(path), null);
    writeBirth(path, open('a'));
    writeBorn(path, { token: 'b', pid: 1, startTicks: 1 });
    appendFileSync(path, 'null\n[]\n"text"\n{"token":5}\n{"token":"a","pid":"42","startTicks":7}\n');
    assert.deepEqual(readBirth(path), open('a'));
    writeBorn(path, { token: 'a', pid: 42, startTicks: 7 });
    assert.deepEqual(readBirth(path), born('a'));
  }));

test('the file is begun anew before it grows', () =>
  withFile((path) => {
    const files = Array.from({ length: 20 }, (_, index) => ({
      path: `/srv/app/${index}/${'x'.repeat(100)}`,
      sizeBytes: 1,
      changedMs: 1,
      inode: 1,
    }));
    for (let start = 0; start < 200; start += 1) {
      const token = `token-${start}`;
      assert.equal(writeBirth(path, { ...open(token), files }), null);
      assert.equal(writeBorn(path, { token, pid: 42, startTicks: 7 }), null);
      assert.deepEqual(readBirth(path), { ...born(token), files });
      assert.ok(statSync(path).size < 72 * 1_024);
    }
  }));

test('what cannot be written is said', () => {
  assert.match(writeBirth('/no/such/folder/birth.jsonl', open('a')) ?? '', /ENOENT/);
  assert.match(writeBorn('/no/such/folder/birth.jsonl', { token: 'a', pid: 1, startTicks: 1 }) ?? '', /ENOENT/);
});

test('another program than at the start before is a release, named by what it is and told by what changed', () => {
  const file = { path: '/srv/api/api.mjs', sizeBytes: 10, changedMs: 1, inode: 5 };
  const before = { digest: 'd', files: [file] };
  assert.equal(releaseSince(null, before), null, 'the first start is no change');
  assert.equal(releaseSince({ digest: '', files: [] }, before), null, 'adopted without a record: nothing is known');
  assert.equal(releaseSince(before, { digest: 'd', files: [{ ...file }] }), null);
  const touched = (change: Partial<typeof file>) =>
    releaseSince(before, { digest: 'd', files: [{ ...file, ...change }] });
  for (const change of [{ sizeBytes: 11 }, { changedMs: 2 }, { inode: 6 }])
    assert.equal(touched(change)?.what, 'api.mjs');
  assert.match(touched({ inode: 6 })?.version ?? '', /^[0-9a-f]{12}$/);
  assert.notEqual(touched({ inode: 6 })?.version, touched({ inode: 7 })?.version);
  assert.equal(touched({ inode: 6 })?.version, touched({ inode: 6 })?.version);
  assert.equal(releaseSince(before, { digest: 'e', files: [] })?.what, 'command, directory or environment, api.mjs');
  const more = [file, { ...file, path: '/srv/api/package.json' }];
  assert.equal(releaseSince(before, { digest: 'd', files: more })?.what, 'package.json');
});
