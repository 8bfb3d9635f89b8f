// Statements: in-toto Statement v1 with our four predicates; what is written is read again, what is wrong is named.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { instant } from '#kernel/time.ts';
import { fromUtf8, toUtf8 } from './encoding.ts';
import { entryOf, NOW, REVISION } from './ground.contract.ts';
import {
  draftEnvelope,
  isAbout,
  PAYLOAD_TYPE,
  readStatement,
  STATEMENT_TYPE,
  subjectName,
  type Saying,
} from './statement.ts';

const BLESSING: Saying = { predicate: 'blessing', why: 'as reviewed', at: NOW };

test('a blessing, byte for byte', () => {
  const { payload, payloadType, signatures } = draftEnvelope(REVISION, BLESSING);
  assert.equal(payloadType, 'application/vnd.in-toto+json');
  assert.deepEqual(signatures, []);
  assert.equal(
    fromUtf8(payload),
    '{"_type":"https://in-toto.io/Statement/v1","predicate":{"at":"2026-11-21T20:00:00Z","why":"as reviewed"},' +
      '"predicateType":"urn:sereno:codex:blessing:v1",' +
      `"subject":[{"digest":{"sha256":"${REVISION.digest}"},"name":"codex:extract_concise_description@3"}]}`,
  );
});

const text = fc.string({ maxLength: 30 });
const names = fc.array(text, { maxLength: 3 });
/** Documents know whole seconds. */
const moment = fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => instant(seconds * 1_000));
const plain = { noNullPrototype: true };
const anySaying: fc.Arbitrary<Saying> = fc.oneof(
  fc.record({ predicate: fc.constant('blessing' as const), why: text, at: moment }, plain),
  fc.record({ predicate: fc.constant('revocation' as const), why: text, at: moment }, plain),
  fc.record(
    {
      predicate: fc.constant('review' as const),
      verdict: fc.constantFrom('approved' as const, 'rejected' as const),
      why: text,
      at: moment,
    },
    plain,
  ),
  fc.record(
    {
      predicate: fc.constant('test-result' as const),
      result: fc.constantFrom('PASSED' as const, 'WARNED' as const, 'FAILED' as const),
      configuration: fc.array(fc.record({ name: text, sha256: fc.constantFrom(null, entryOf(1), entryOf(2)) }, plain), {
        maxLength: 3,
      }),
      passed: names,
      warned: names,
      failed: names,
    },
    plain,
  ),
);

test('what is said is read again', () => {
  fc.assert(
    fc.property(anySaying, (saying) => {
      const read = readStatement(draftEnvelope(REVISION, saying));
      assert.ok(read.kind === 'read', JSON.stringify(read));
      assert.deepEqual(read.value.saying, saying);
      assert.ok(isAbout(read.value, REVISION));
    }),
  );
});

/** The example that in-toto gives for a test result, with our subject. */
const TEST_RESULT = {
  _type: STATEMENT_TYPE,
  subject: [{ name: subjectName(REVISION), digest: { sha256: REVISION.digest, gitTree: 'unknown to us' } }],
  predicateType: 'https://in-toto.io/attestation/test-result/v0.1',
  predicate: {
    result: 'FAILED',
    configuration: [
      {
        name: '.github/workflows/ci.yml',
        downloadLocation: 'https://example.com/ci.yml',
        digest: { gitBlob: 'ebed2a3f3d4a3b2c1d0e9f8a7b6c5d4e3f2a1b0c' },
      },
    ],
    url: 'https://example.com/runs/1',
    passedTests: ['build (3.7, ubuntu)', 'build (3.7, macos)'],
    warnedTests: [],
    failedTests: ['build (3.7, windows)'],
  },
};

const readOf = (statement: unknown, payloadType = PAYLOAD_TYPE): ReturnType<typeof readStatement> =>
  readStatement({ payloadType, payload: toUtf8(JSON.stringify(statement)), signatures: [] });

test('a test result that another program wrote is read, and what we do not know is left alone', () => {
  const read = readOf(TEST_RESULT);
  assert.ok(read.kind === 'read');
  assert.ok(isAbout(read.value, REVISION));
  assert.deepEqual(read.value.saying, {
    predicate: 'test-result',
    result: 'FAILED',
    configuration: [{ name: '.github/workflows/ci.yml', sha256: null }],
    passed: ['build (3.7, ubuntu)', 'build (3.7, macos)'],
    warned: [],
    failed: ['build (3.7, windows)'],
  });
});

test('a predicate that is none of ours says nothing', () => {
  const read = readOf({ ...TEST_RESULT, predicateType: 'urn:sereno:codex:blessing:v2' });
  assert.ok(read.kind === 'read');
  assert.equal(read.value.saying, null);
});

test('name and digest must belong to one subject', () => {
  const [name, sha256] = [subjectName(REVISION), REVISION.digest];
  const apart = [
    { name, digest: { sha256: entryOf(1) } },
    { name: 'codex:other@3', digest: { sha256 } },
  ];
  const read = readOf({ ...TEST_RESULT, subject: apart });
  assert.ok(read.kind === 'read' && !isAbout(read.value, REVISION));
  const both = readOf({ ...TEST_RESULT, subject: [...apart, { name, digest: { sha256 } }] });
  assert.ok(both.kind === 'read' && isAbout(both.value, REVISION));
});

const REFUSED: readonly (readonly [string, unknown, RegExp])[] = [
  ['another type of statement', { ...TEST_RESULT, _type: 'https://in-toto.io/Statement/v0.1' }, /_type/],
  ['no subject', { ...TEST_RESULT, subject: [] }, /at least one subject/],
  ['a subject without a digest', { ...TEST_RESULT, subject: [{ name: 'a' }] }, /subject\[0\]\.digest/],
  ['a digest in capitals', { ...TEST_RESULT, subject: [{ digest: { sha256: 'A'.repeat(64) } }] }, /lower case/],
  ['no predicate', { ...TEST_RESULT, predicate: null }, /predicate/],
  ['another result', { ...TEST_RESULT, predicate: { ...TEST_RESULT.predicate, result: 'passed' } }, /PASSED/],
  ['no configuration', { ...TEST_RESULT, predicate: { result: 'PASSED' } }, /configuration/],
  ['no object', [], /an object/],
];

test('what is no statement is refused, and the place is named', () => {
  assert.equal(readOf(TEST_RESULT, 'application/json').kind, 'refused');
  for (const [name, statement, pattern] of REFUSED) {
    const read = readOf(statement);
    assert.ok(read.kind === 'refused', name);
    assert.match(
      read.problems.map(({ message, expected }) => `${message}: ${expected ?? ''}`).join('\n'),
      pattern,
      name,
    );
  }
  const blessing = {
    ...TEST_RESULT,
    predicateType: 'urn:sereno:codex:blessing:v1',
    predicate: { why: 1, at: 'today' },
  };
  const read = readOf(blessing);
  assert.ok(read.kind === 'refused');
  assert.equal(read.problems.length, 2);
});
