// Copies on a real disk: what lies there is told as it is, whatever it is; what is written is whole, read-only, and alone.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { lookAtCopy, namesIn, placeCopy, sha256Of } from './copies.ts';

const place = mkdtempSync(join(tmpdir(), 'sereno-copies-'));
after(() => rmSync(place, { recursive: true, force: true }));
const at = (name: string): string => join(place, name);

const says = async (path: string): Promise<string> => {
  const seen = await lookAtCopy(path);
  return 'why' in seen ? `${seen.kind}: ${seen.why}` : seen.kind;
};

test('a file is read with its digest, its size and its permission bits', async () => {
  writeFileSync(at('file'), 'text', { mode: 0o640 });
  assert.deepEqual(await lookAtCopy(at('file')), { kind: 'read', digest: sha256Of('text'), mode: 0o640, bytes: 4 });
});

test(
  'what is no file is told as what it is: nothing is followed, and nothing is waited for',
  { timeout: 20_000 },
  async () => {
    assert.equal(await says(at('none')), 'missing');
    assert.equal(await says(at('none/below')), 'missing');
    mkdirSync(at('folder'));
    assert.equal(await says(at('folder')), 'foreign: a folder is in its place');
    writeFileSync(at('target'), 'text');
    symlinkSync(at('target'), at('link'));
    assert.equal(await says(at('link')), 'foreign: a symbolic link is in its place');
    execFileSync('mkfifo', [at('pipe')]);
    assert.match(await says(at('pipe')), /^foreign: it is no file/);
    const server = createServer().listen(at('socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    assert.match(await says(at('socket')), /^foreign: it is no file/);
    await new Promise((resolve) => server.close(resolve));
    assert.match(await says('/dev/zero'), /^foreign: it is no file/);
    writeFileSync(at('big'), '');
    truncateSync(at('big'), 1_000_000_000);
    assert.match(await says(at('big')), /^foreign: it has 1000000000 bytes/);
    assert.match(await says(at('target/below')), /^unreadable: something in the path is not a folder/);
  },
);

test('writing replaces a file and a link, makes folders, and leaves nothing else behind', async () => {
  await placeCopy(at('new/below/file.yaml'), 'one');
  await placeCopy(at('new/below/file.yaml'), 'two');
  assert.equal(readFileSync(at('new/below/file.yaml'), 'utf8'), 'two');
  assert.equal(statSync(at('new/below/file.yaml')).mode & 0o777, 0o444);
  assert.deepEqual(readdirSync(at('new/below')), ['file.yaml']);
  writeFileSync(at('secret'), 'not yours');
  symlinkSync(at('secret'), at('new/below/link.yaml'));
  await placeCopy(at('new/below/link.yaml'), 'three');
  assert.deepEqual([readFileSync(at('secret'), 'utf8'), await says(at('new/below/link.yaml'))], ['not yours', 'read']);
});

test('what cannot be written leaves what was there, and no half of anything', async () => {
  mkdirSync(at('taken/file.yaml'), { recursive: true });
  await assert.rejects(placeCopy(at('taken/file.yaml'), 'text'), /EISDIR|ENOTEMPTY/);
  assert.deepEqual(readdirSync(at('taken')), ['file.yaml']);
});

test('a folder that is not there holds nothing; one that is no folder cannot be listed', async () => {
  assert.deepEqual(await namesIn(at('nowhere')), []);
  assert.equal(await namesIn(at('target')), null);
});
