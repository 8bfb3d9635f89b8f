// The canonical form of a record: the quick way to write it and the general one are equal.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { canonicalOfAny } from './canonical.ts';
import { evidenceText, type EvidenceDraft, type Json } from './evidence.ts';
import { machineId, serviceId } from './id.ts';
import { instant } from './time.ts';

const json: fc.Arbitrary<Json> = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>; // decoder: fast-check makes JSON values

const draft: fc.Arbitrary<EvidenceDraft> = fc.record({
  at: fc.integer({ min: 0, max: 4_102_444_800_000 }).map(instant),
  actor: fc.record({
    kind: fc.constantFrom('person' as const, 'agent' as const, 'system' as const),
    name: fc.string(),
  }),
  machine: fc.string().map((name) => machineId('watch', serviceId(name))),
  type: fc.string(),
  trigger: fc.string({ unit: 'binary' }),
  action: fc.option(fc.string()),
  outcome: fc.option(fc.string()),
  refs: fc.dictionary(fc.string(), json),
});

test('the text of a record is its canonical form', () => {
  fc.assert(
    fc.property(draft, fc.nat(), (it, seq) => {
      const prevHash = 'ab'.repeat(32);
      const general = canonicalOfAny({ ...it, actor: { ...it.actor }, seq, prevHash });
      assert.equal(evidenceText(it, seq, prevHash), general);
    }),
  );
});
