// The file prober on real files: there, old, short, silent, forbidden, and those that would be waited on for ever.

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { hours, minutes } from '#kernel/time.ts';
import type { Question } from '#ports/sensor.ts';
import { expectSeen, look, proberContract, realClock } from '#ports/sensor.contract.ts';
import { makeFileProber } from './prober.ts';

const folder = mkdtempSync(join(tmpdir(), 'sereno-file-'));
test.after(() => rmSync(folder, { recursive: true }));

type Part = Omit<Partial<Question<'file'>>, 'kind'>;

const write = (name: string, content: string | Buffer, ageMs = 0): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  const at = (Date.now() - ageMs) / 1_000;
  utimesSync(path, at, at);
  return path;
};

proberContract('file', () =>
  Promise.resolve({
    make: makeFileProber,
    well: { kind: 'file', path: write('well', 'well') },
    hanging: null,
  }),
);

const check = async (path: string, more: Part, expected: string, message: RegExp): Promise<void> =>
  expectSeen(await look(makeFileProber(realClock), { kind: 'file', path, ...more }), expected, message);

test('what is there, and what is wrong with it', async () => {
  const report = write('report.json', '{"trends":3}', minutes(90));
  await check(report, {}, 'healthy none', /report\.json": changed 1 h 30 min ago, 12 bytes/);
  await check(report, { maxAgeMs: hours(2), minBytes: 12, contains: 'trends' }, 'healthy none', /12 bytes/);
  await check(report, { maxAgeMs: hours(1) }, 'unhealthy stale', /changed 1 h 30 min ago, expected at most 1 h/);
  await check(report, { minBytes: 13 }, 'unhealthy wrong-answer', /12 bytes, expected at least 13/);
  await check(report, { contains: 'bends' }, 'unhealthy wrong-answer', /does not contain "bends"$/);
  await check(write('empty', ''), { contains: 'x' }, 'unhealthy wrong-answer', /does not contain/);
  await check(write('nul\u001b', 'x'), {}, 'healthy none', /nul\\u\{1b\}/);
  await check(join(folder, 'gone'), {}, 'unhealthy failed', /does not exist/);
  await check(join(report, 'below'), {}, 'unhealthy failed', /not a folder/);
});

test('only the first megabyte is read', async () => {
  const big = write('big', Buffer.concat([Buffer.alloc(2_000_000, 'x'), Buffer.from('at the end')]));
  await check(big, { contains: 'xx' }, 'healthy none', /2000010 bytes/);
  await check(big, { contains: 'at the end' }, 'unhealthy wrong-answer', /in its first megabyte/);
});

test('a change in the future has no age', async () => {
  await check(write('ahead', 'x', -hours(1)), { maxAgeMs: minutes(5) }, 'unknown cannot-run', /in the future/);
  await check(write('skewed', 'x', -5_000), { maxAgeMs: minutes(5) }, 'healthy none', /changed 0 ms ago/);
});

test('pipes and folders are looked at and never opened', async () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  await check(pipe, { contains: 'x' }, 'unhealthy wrong-answer', /not a regular file/);
  const backups = join(folder, 'backups');
  mkdirSync(backups);
  await check(backups, { maxAgeMs: hours(1) }, 'healthy none', /changed/);
  await check(backups, { minBytes: 1 }, 'unhealthy wrong-answer', /not a regular file/);
  const loop = join(folder, 'loop');
  symlinkSync(loop, loop);
  await check(loop, {}, 'unhealthy failed', /leads in a circle/);
});

const skip = process.getuid?.() === 0 ? 'root may read everything: the refusal cannot be provoked' : false;

test('what Sereno may not read is unknown', { skip }, async () => {
  const path = write('locked', 'x');
  chmodSync(path, 0);
  await check(path, { contains: 'x' }, 'unknown cannot-run', /not permitted/);
});
