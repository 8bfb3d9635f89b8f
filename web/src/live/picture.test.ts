// Tests of the picture: how evidence is merged, and when what is shown is old.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evidenceRecordSchema } from '#api/evidence.ts';
import { EMPTY, heard, isOld, mergeRecords, RECORDS_MAX } from './picture.ts';

const record = (seq: number) =>
  evidenceRecordSchema.parse({
    seq,
    at: seq,
    actor: { kind: 'system', name: 'sereno' },
    machine: 'watch:api',
    type: 'health.changed',
    trigger: 'it ended',
    action: null,
    outcome: null,
    refs: {},
    prevHash: '0',
    hash: '1',
  });

const range = (from: number, to: number) =>
  Array.from({ length: Math.abs(to - from) + 1 }, (_, index) => record(from < to ? from + index : from - index));

const check = (known: readonly [number, number] | null, more: readonly [number, number], expected: string): void => {
  const merged = mergeRecords(known === null ? [] : range(...known), range(...more));
  assert.equal(`${merged[0]?.seq}..${merged.at(-1)?.seq} of ${merged.length}`, expected);
};

test('one more goes on top', () => check([3, 1], [4, 4], '4..1 of 4'));
test('the same record twice is one', () => check([3, 1], [3, 3], '3..1 of 3'));
test('pages overlap', () => check([5, 2], [7, 3], '7..2 of 6'));
test('what arrives late finds its place', () => check([9, 8], [1, 1], '9..1 of 3'));
test('memory is bounded', () => check([600, 101], [601, 650], `650..151 of ${RECORDS_MAX}`));
test('nothing known yet', () => check(null, [1, 3], '3..1 of 3'));

test('a picture is old until Sereno was heard and seen', () => {
  assert.equal(isOld(EMPTY), true);
  assert.equal(isOld({ ...EMPTY, connection: { kind: 'live' } }), false);
  assert.equal(isOld({ ...EMPTY, connection: { kind: 'lost', since: 0, detail: '', retryAt: 0 } }), true);
});

test('a message moves the time of the last word', () => {
  assert.equal(heard(EMPTY, { event: 'resync', body: { why: 'too slow' } }, 77).heardAt, 77);
});
