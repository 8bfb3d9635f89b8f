// Envelopes: the example of the protocol, what comes back, and what is refused.

import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import test from 'node:test';
import fc from 'fast-check';
import { fromUtf8, toUtf8 } from './encoding.ts';
import { ENVELOPE_LENGTH_MAX, preAuthEncoding, readEnvelope, SIGNATURES_MAX, writeEnvelope } from './envelope.ts';

/** The example of the DSSE protocol, 1.0.0, "Test Vectors": ECDSA over P-256, r and s side by side. */
const EXAMPLE = {
  text: `{"payload": "aGVsbG8gd29ybGQ=",
 "payloadType": "http://example.com/HelloWorld",
 "signatures": [{"sig": "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=="}]}`,
  x: 46950820868899156662930047687818585632848591499744589407958293238635476079160n,
  y: 5640078356564379163099075877009565129882514886557779369047442380624545832820n,
  preAuth: 'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
};

const coordinate = (value: bigint): string =>
  Buffer.from(value.toString(16).padStart(64, '0'), 'hex').toString('base64url');

test('the example of the DSSE protocol is read, encoded and verified', () => {
  const read = readEnvelope(EXAMPLE.text);
  assert.ok(read.kind === 'read');
  const { payloadType, payload, signatures } = read.value;
  const message = preAuthEncoding(payloadType, payload);
  assert.equal(fromUtf8(message), EXAMPLE.preAuth);
  const jwk = { kty: 'EC', crv: 'P-256', x: coordinate(EXAMPLE.x), y: coordinate(EXAMPLE.y) };
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  const [signature] = signatures;
  assert.ok(signature !== undefined && signature.keyId === null);
  assert.equal(verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature.signature), true);
  const other = preAuthEncoding(payloadType, toUtf8('hello worlD'));
  assert.equal(verify('sha256', other, { key, dsaEncoding: 'ieee-p1363' }, signature.signature), false);
});

test('two different envelopes never have the same bytes to sign', () => {
  const part = fc.oneof(fc.constantFrom('', ' ', '1', '1 ', ' 1 a', 'a', 'é'), fc.string({ maxLength: 6 }));
  fc.assert(
    fc.property(part, part, part, part, (typeA, payloadA, typeB, payloadB) => {
      const one = fromUtf8(preAuthEncoding(typeA, toUtf8(payloadA)));
      const other = fromUtf8(preAuthEncoding(typeB, toUtf8(payloadB)));
      assert.equal(one === other, typeA === typeB && payloadA === payloadB);
    }),
    { numRuns: 5_000 },
  );
});

test('what is written is read again', () => {
  const plain = { noNullPrototype: true };
  const keyId = fc.option(fc.string({ minLength: 1, maxLength: 64 }), { nil: null });
  const signature = fc.record({ keyId, signature: fc.uint8Array({ maxLength: 80 }) }, plain);
  const anyEnvelope = fc.record(
    {
      payloadType: fc.string({ maxLength: 40 }),
      payload: fc.uint8Array({ maxLength: 200 }),
      signatures: fc.array(signature, { minLength: 1, maxLength: 5 }),
    },
    plain,
  );
  fc.assert(
    fc.property(anyEnvelope, (envelope) => {
      assert.deepEqual(readEnvelope(writeEnvelope(envelope)), { kind: 'read', value: envelope });
    }),
  );
});

const GOOD = { payload: 'e30=', payloadType: 'a/b', signatures: [{ keyid: 'k', sig: 'AAAA' }] };

/** What is wrong, and what the message must name. */
const REFUSED: readonly (readonly [string, RegExp])[] = [
  ['', /JSON/],
  ['[]', /an object/],
  ['null', /an object/],
  [JSON.stringify({ ...GOOD, payload: 'e30' + '\n' }), /payload: .*base64/s],
  [JSON.stringify({ ...GOOD, payload: 7 }), /payload/],
  [JSON.stringify({ ...GOOD, payloadType: undefined }), /payloadType/],
  [JSON.stringify({ ...GOOD, payloadType: '\ud800' }), /payloadType/],
  [JSON.stringify({ ...GOOD, signatures: [] }), /at least one signature/],
  [JSON.stringify({ ...GOOD, signatures: {} }), /a list/],
  [JSON.stringify({ ...GOOD, signatures: [{ sig: '!' }] }), /signatures\[0\]\.sig/],
  [JSON.stringify({ ...GOOD, signatures: Array.from({ length: SIGNATURES_MAX + 1 }, () => GOOD.signatures[0]) }), /32/],
  [JSON.stringify({ ...GOOD, extra: 'x'.repeat(ENVELOPE_LENGTH_MAX) }), /at most 1048576/],
  ['{"__proto__": {"payload": "e30=", "payloadType": "a", "signatures": [{"sig": "AAAA"}]}}', /payloadType/],
];

test('what is no envelope is refused, and the place is named', () => {
  assert.equal(readEnvelope(JSON.stringify(GOOD)).kind, 'read');
  for (const [text, pattern] of REFUSED) {
    const read = readEnvelope(text);
    assert.ok(read.kind === 'refused', text.slice(0, 80));
    const told = read.problems.map(({ message, expected }) => `${message}: ${expected ?? ''}`).join('\n');
    assert.match(told, pattern);
    assert.ok(read.problems.every(({ code }) => code === 'bad-input'));
  }
});

test('all problems are told together', () => {
  const read = readEnvelope(JSON.stringify({ payload: '?', payloadType: 1, signatures: [{ sig: 2 }] }));
  assert.ok(read.kind === 'refused');
  assert.equal(read.problems.length, 3);
});
