// The dockets on disk: what was kept is taken up, and what is damaged is not.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { memoryFiles } from '#config/files.ts';
import { readSite } from '#config/readSite.ts';
import { serviceId } from '#kernel/id.ts';
import type { Site } from '#kernel/site.ts';
import { targetId } from '#kernel/target.ts';
import { hours, instant, later } from '#kernel/time.ts';
import { Judging } from '#loop/judging.ts';
import { keepDockets, keepEveryMs, takeUpDockets } from './dockets.ts';

const START = instant(Date.UTC(2026, 10, 21));
const ID = targetId(serviceId('api'), 'availability');

const siteOf = (promise: string): Site => {
  const text = `sereno: 1\nsite: town\npeople: { ana: {} }\nservices: { api: { owner: ana, checks: [ { tcp: 80 } ], targets: { availability: ${promise} } } }`;
  const { site } = readSite({ file: 's.yaml', env: {}, now: START, files: memoryFiles({ 's.yaml': text }) });
  assert.ok(site !== null);
  return site;
};

const judgingAt = (hour: number, promise = '99% over 7d'): Judging =>
  new Judging(siteOf(promise), {
    now: () => later(START, hours(hour)),
    lastLook: () => null,
    canSee: () => true,
    tell: () => {},
    lookAgain: () => false,
  });

const withFolder = (work: (folder: string) => void): void => {
  const folder = mkdtempSync(join(tmpdir(), 'sereno-dockets-'));
  try {
    work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** A folder in which a run has kept 900 good events and 3 bad ones. */
const withKept = (work: (folder: string) => void): void =>
  withFolder((folder) => {
    const before = judgingAt(0);
    before.sawEvents(ID, START, { good: 900, bad: 3 });
    assert.equal(keepDockets(folder, before), null);
    work(folder);
  });

test('a budget outlives a restart', () =>
  withKept((folder) => {
    const after = judgingAt(1);
    assert.equal(after.view(ID)?.budget, null);
    assert.equal(takeUpDockets(folder, after), null);
    assert.equal(after.view(ID)?.budget?.used, 3);
    assert.deepEqual(after.view(ID)?.events, { good: 0, bad: 0, excused: 0 });
    after.sawEvents(ID, later(START, hours(1)), { good: 0, bad: 2 });
    assert.equal(after.view(ID)?.budget?.used, 5);
  }));

test('a target that was declared otherwise meanwhile begins anew', () =>
  withKept((folder) => {
    const after = judgingAt(1, '99.5% over 7d');
    assert.equal(takeUpDockets(folder, after), null);
    assert.equal(after.view(ID)?.budget, null);
  }));

test('one flipped byte, and nothing of it is used', () =>
  withKept((folder) => {
    const file = join(folder, 'targets.state');
    const content = readFileSync(file);
    content[content.length - 1000] = (content[content.length - 1000] ?? 0) ^ 1;
    writeFileSync(file, content);
    const after = judgingAt(1);
    assert.match(takeUpDockets(folder, after) ?? '', /damaged/);
    assert.equal(after.view(ID)?.budget, null);
  }));

test('no file is no trouble, and a folder that is gone is told', () =>
  withFolder((folder) => {
    assert.equal(takeUpDockets(folder, judgingAt(0)), null);
    assert.match(keepDockets(join(folder, 'gone'), judgingAt(0)) ?? '', /ENOENT/);
  }));

test('very many targets are kept less often', () => {
  assert.equal(keepEveryMs(10), 60_000);
  assert.equal(keepEveryMs(30_000), 14 * 60_000);
});
