// A soak of one minute: correctness only. Slopes need half an hour (`npm run soak`).
// decoder: the soak's one line of JSON is read as what bench/soak/main.ts prints

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

const MAIN = join(import.meta.dirname, '..', 'bench', 'soak', 'main.ts');

type Done = {
  readonly deeds: Readonly<Record<string, number>>;
  readonly orphans: number;
  readonly exitCode: number | null;
  readonly chain: string;
  readonly descriptorsBefore: number;
  readonly descriptorsAfter: number;
  readonly faults: readonly string[];
};

test('a minute of kills, hangs, outages, reloads and clients leaves nothing behind', { timeout: 300_000 }, async () => {
  const out = await new Promise<string>((resolve, reject) => {
    const words = [MAIN, '--minutes', '1', '--services', '60', '--json'];
    execFile(process.execPath, words, { maxBuffer: 16_000_000 }, (error, stdout, stderr) =>
      stdout === '' ? reject(new Error(stderr, { cause: error })) : resolve(stdout),
    );
  });
  const done = JSON.parse(out) as Done;
  assert.deepEqual(done.faults, []);
  assert.equal(done.orphans, 0);
  assert.equal(done.exitCode, 0);
  assert.match(done.chain, /^intact/);
  assert.ok(
    done.descriptorsAfter <= done.descriptorsBefore + 24,
    `${done.descriptorsBefore} → ${done.descriptorsAfter}`,
  );
  for (const deed of ['killed', 'frozen', 'reload', 'stream', 'request'])
    assert.ok((done.deeds[deed] ?? 0) > 0, `${deed} was done: ${JSON.stringify(done.deeds)}`);
});
