// Fuzz, short: ten thousand inputs over all targets, what broke once first. The long form is `npm run fuzz`.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { keptOf, runOrder } from './fuzz/campaign.ts';
import { makeChance } from './fuzz/chance.ts';
import { mutate } from './fuzz/mutate.ts';
import { shrink } from './fuzz/shrink.ts';
import { TARGETS } from './fuzz/targets.ts';

const INPUTS = Number(process.env['SERENO_FUZZ_INPUTS'] ?? 10_000);
const SEED = Number(process.env['SERENO_SEED'] ?? Date.now() % 1_000_000);

/** A run of the tests leaves nothing in the checkout: what it finds is printed, with its seed. */
const folder = mkdtempSync(join(tmpdir(), 'sereno-fuzz-kept-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const SHARES = TARGETS.reduce((sum, target) => sum + target.share, 0);

for (const { name, share } of TARGETS) {
  const inputs = Math.ceil((INPUTS * share) / SHARES);
  test(`${name}: ${inputs} inputs, seed ${SEED}`, { timeout: 60_000 }, async () => {
    const result = await runOrder({ target: name, inputs, seed: SEED, kept: keptOf(name), folder });
    assert.equal(result.broken, null, `npm run fuzz -- --target ${name} --inputs ${inputs} --seed ${SEED}`);
    assert.equal(result.inputs, inputs);
  });
}

test('the same seed gives the same inputs, and another seed others', () => {
  const seeds = [Buffer.from('a: 1\nb: {c: 2}'), Buffer.from('{"a":[1,"x"]}')];
  const series = (seed: number): string => {
    const chance = makeChance(seed);
    return Array.from({ length: 50 }, () => mutate(seeds, chance, ['w']).toString('hex')).join();
  };
  assert.equal(series(4), series(4));
  assert.notEqual(series(4), series(5));
});

test('a failing input is made as small as it can be', async () => {
  const small = await shrink(Buffer.from('much before <bad> and after'), async (it) => it.includes('<bad>'));
  assert.equal(small.toString(), '<bad>');
});
