// Looking at the metrics while their writer lives, after it was killed, and after it ended: the same points each time, and
// no byte of the directory is changed.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hours, instant, later, minutes } from '#kernel/time.ts';
import { takeLock } from '../lock.ts';
import { CHECK, CHECK_KEY, look, makeGround, START, turnAll, upTo } from './ground.ts';
import { openMetricsReadOnly, type LookedAtMetrics } from './reading.ts';

const ALL = { from: instant(0), to: later(START, 10 ** 12) };

const open = (directory: string): LookedAtMetrics => {
  const reading = openMetricsReadOnly(directory);
  assert.equal(reading.kind, 'opened', JSON.stringify(reading));
  assert.ok(reading.kind === 'opened');
  return reading.metrics;
};

const looksOf = (metrics: LookedAtMetrics): readonly number[] => {
  const numbers: number[] = [];
  metrics.eachSample(CHECK, ALL, ({ latencyMs }) => numbers.push(Math.round(latencyMs * 10)));
  return numbers;
};

/** What is in the files, but for the index of the log, which is memory that SQLite shares through a file. */
const digests = (directory: string): readonly string[] =>
  readdirSync(directory)
    .filter((name) => !name.endsWith('-shm'))
    .toSorted()
    .map(
      (name) =>
        `${name} ${createHash('sha256')
          .update(readFileSync(join(directory, name)))
          .digest('hex')}`,
    );

test('after an orderly end: every point of every level, and not a byte is changed', () => {
  const ground = makeGround();
  const store = ground.open();
  look(store, ground.clock, [0, 1_000]);
  turnAll(store);
  look(store, ground.clock, [1_000, 1_030]);
  const expected = store.range(CHECK_KEY, { from: START, to: later(START, hours(3)) }, minutes(1));
  store.close();
  const before = digests(ground.directory);
  const metrics = open(ground.directory);
  assert.deepEqual(looksOf(metrics), upTo(1_030));
  assert.deepEqual(
    metrics.range(CHECK_KEY, { from: START, to: later(START, hours(3)) }, minutes(1)).steps.map(({ count }) => count),
    expected.steps.map(({ count }) => count),
  );
  assert.deepEqual(
    metrics.list().map(({ key }) => key),
    [CHECK_KEY],
  );
  assert.equal(metrics.wholeFrom('detail'), 0);
  metrics.close();
  assert.deepEqual(digests(ground.directory), before);
  ground.clear();
});

test('beside a living writer: the points of one moment, each once, while it goes on writing; and after it was killed', async (context) => {
  const ground = makeGround();
  // Whoever writes holds the lock; here the test holds it for the child.
  const locking = takeLock(ground.directory, START);
  assert.equal(locking.kind, 'locked');
  const child = spawn(process.execPath, [join(import.meta.dirname, 'child.ts'), ground.directory, '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  context.after(() => child.kill('SIGKILL'));
  let told = 0;
  child.stdout.setEncoding('utf8');
  const heard = async (): Promise<void> => {
    const [text] = (await once(child.stdout, 'data')) as [string]; // decoder: the child writes text
    told = Number(text.trimEnd().split('\n').at(-1));
  };
  while (told < 500) await heard();
  const [atLeast, metrics] = [told, open(ground.directory)];
  const seen = looksOf(metrics);
  assert.ok(seen.length >= atLeast, `${seen.length} of ${atLeast}`);
  while (told < seen.length + 500) await heard();
  assert.deepEqual(looksOf(metrics), upTo(seen.length), 'one moment, however long it is looked at');
  metrics.close();
  const second = open(ground.directory);
  const more = looksOf(second);
  assert.ok(more.length > seen.length);
  assert.deepEqual(more, upTo(more.length));
  second.close();
  const gone = once(child, 'close');
  child.kill('SIGKILL');
  await gone;
  if (locking.kind === 'locked') locking.release();
  const before = digests(ground.directory);
  const left = open(ground.directory);
  const rest = looksOf(left);
  assert.ok(rest.length >= told);
  assert.deepEqual(rest, upTo(rest.length));
  left.close();
  assert.deepEqual(digests(ground.directory), before, 'a log that was left is read where it lies');
  ground.clear();
});

test('nothing there, nothing in it, or no database: said with its code', () => {
  const ground = makeGround();
  const codeOf = (): string => {
    const reading = openMetricsReadOnly(ground.directory);
    return reading.kind === 'refused' ? reading.problem.code : reading.kind;
  };
  assert.equal(codeOf(), 'no-history');
  writeFileSync(join(ground.directory, 'metrics.db'), '');
  assert.equal(codeOf(), 'no-history');
  writeFileSync(join(ground.directory, 'metrics.db'), 'this is no database '.repeat(100));
  assert.equal(codeOf(), 'store-corrupt');
  ground.clear();
});
