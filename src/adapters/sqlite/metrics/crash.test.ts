// kill -9 at any moment: what a turn has written is there, once, in order; the file is whole.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { hours, later } from '#kernel/time.ts';
import { CHECK_KEY, looksIn, makeGround, START, upTo } from './ground.ts';

const CRASHES = 8;

/** Kills the child after so many turns; how many looks it had told. */
const crash = async (directory: string, from: number, turns: number): Promise<number> => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'child.ts'), directory, String(from)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let told = from;
  let seen = 0;
  let rest = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) told = Number(line);
    seen += lines.length;
    if (seen >= turns) child.kill('SIGKILL');
  });
  const [, signal] = (await once(child, 'close')) as unknown[]; // decoder: code and signal of a child
  assert.equal(signal, 'SIGKILL', 'it ran until it was killed');
  return told;
};

describe('kill -9', () => {
  it(`loses at most the batch in memory, in ${CRASHES} crashes`, async () => {
    const ground = makeGround();
    let looks = 0;
    for (let round = 0; round < CRASHES; round += 1) {
      const turns = 1 + Math.floor(Math.random() * 60);
      const told = await crash(ground.directory, looks, turns);
      ground.clock.now = later(START, told * 10_000);
      const store = ground.open();
      const found = looksIn(store);
      assert.ok(found.length >= told, `round ${round}, ${turns} turns: told ${told}, found ${found.length}`);
      assert.deepEqual(found, upTo(found.length), `round ${round}, ${turns} turns`);
      const { steps } = store.range(CHECK_KEY, { from: START, to: later(START, found.length * 10_000) }, hours(1));
      assert.equal(
        steps.reduce((sum, { count }) => sum + count, 0),
        found.length,
        'each look is rolled up once',
      );
      store.close();
      looks = found.length;
    }
    assert.deepEqual(ground.notices, []);
    const db = new DatabaseSync(join(ground.directory, 'metrics.db'));
    assert.deepEqual({ ...db.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' });
    db.close();
    ground.clear();
  });
});
