// docs/simulator.md lists every invariant by its name and claim, and nothing that does not exist.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { INVARIANTS } from './invariants/all.ts';

test('docs/simulator.md lists the invariants as they are', () => {
  const text = readFileSync(new URL('../../docs/simulator.md', import.meta.url), 'utf8');
  const section = text.split('## Invariants')[1]?.split('## Mutants')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| name'));
  assert.deepEqual(rows.toSorted(), INVARIANTS.map(({ name, claim }) => `| ${name} | ${claim} |`).toSorted());
});
