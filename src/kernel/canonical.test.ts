// The canonical form after RFC 8785: the vectors of the RFC and of its authors, an independent implementation, and what is refused.

import assert from 'node:assert/strict';
import { createHash, hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { canonical, CANONICAL_DEPTH_MAX, canonicalOfAny, uncanonical } from './canonical.ts';
import type { Json } from './evidence.ts';

/** Inputs and outputs of github.com/cyberphone/json-canonicalization (testdata, Apache-2.0), byte for byte. */
const VECTORS: readonly { readonly name: string; readonly input: string; readonly output: string }[] = JSON.parse(
  readFileSync(new URL('./fixtures/jcs.json', import.meta.url), 'utf8'),
);

/** RFC 8785, appendix B: the bits of a double, and its text. */
const NUMBERS: readonly (readonly [string, string | null])[] = [
  ['0000000000000000', '0'],
  ['8000000000000000', '0'],
  ['0000000000000001', '5e-324'],
  ['8000000000000001', '-5e-324'],
  ['7fefffffffffffff', '1.7976931348623157e+308'],
  ['ffefffffffffffff', '-1.7976931348623157e+308'],
  ['4340000000000000', '9007199254740992'],
  ['c340000000000000', '-9007199254740992'],
  ['4430000000000000', '295147905179352830000'],
  ['7fffffffffffffff', null],
  ['7ff0000000000000', null],
  ['44b52d02c7e14af5', '9.999999999999997e+22'],
  ['44b52d02c7e14af6', '1e+23'],
  ['44b52d02c7e14af7', '1.0000000000000001e+23'],
  ['444b1ae4d6e2ef4e', '999999999999999700000'],
  ['444b1ae4d6e2ef4f', '999999999999999900000'],
  ['444b1ae4d6e2ef50', '1e+21'],
  ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
  ['3eb0c6f7a0b5ed8d', '0.000001'],
  ['41b3de4355555553', '333333333.3333332'],
  ['41b3de4355555554', '333333333.33333325'],
  ['41b3de4355555555', '333333333.3333333'],
  ['41b3de4355555556', '333333333.3333334'],
  ['41b3de4355555557', '333333333.33333343'],
  ['becbf647612f3696', '-0.0000033333333333333333'],
  ['43143ff3c1cb0959', '1424953923781206.2'],
];

const json: fc.Arbitrary<Json> = fc.jsonValue({ stringUnit: 'binary', depthSize: 'medium' }) as fc.Arbitrary<Json>; // decoder: fast-check makes JSON values

test('the vectors of the authors of the RFC, byte for byte', () => {
  assert.equal(VECTORS.length, 6);
  for (const { name, input, output } of VECTORS) {
    assert.deepEqual(Buffer.from(canonical(JSON.parse(input))), Buffer.from(output), name);
    assert.equal(canonical(JSON.parse(output)), output, `${name} again`);
  }
});

test('the numbers of appendix B', () => {
  for (const [bits, text] of NUMBERS) {
    const value = Buffer.from(bits, 'hex').readDoubleBE();
    if (text === null) assert.throws(() => canonical(value), TypeError, bits);
    else assert.equal(canonical(value), text, bits);
  }
});

/** Published prefixes of the 100 million numbers of the authors: the SHA-256 of so many lines `bits,text`. */
const SERIES: { readonly edges: readonly string[]; readonly sha256: Readonly<Record<string, string>> } = JSON.parse(
  readFileSync(new URL('./fixtures/jcsNumbers.json', import.meta.url), 'utf8'),
);

/** A million take some seconds: `SERENO_JCS_NUMBERS=1000000 node --test src/kernel/canonical.test.ts`. */
const NUMBERS_MAX = Number(process.env['SERENO_JCS_NUMBERS'] ?? 100_000);

/** The series as its authors declare it: the edges, 2,000 smallest normal numbers, then a chain of SHA-256 in words of 8 bytes. */
function* seriesOfBits(): Generator<Buffer> {
  for (const edge of SERIES.edges) yield Buffer.from(edge, 'hex');
  const bits = Buffer.alloc(8);
  for (let index = 0n; index < 2_000n; index += 1n) {
    bits.writeBigUInt64BE(0x0010_0000_0000_0000n + index);
    yield bits;
  }
  for (let block = hash('sha256', Buffer.alloc(32), 'buffer'); ; block = hash('sha256', block, 'buffer'))
    for (let at = 0; at < 32; at += 8) {
      const value = block.readDoubleLE(at);
      if (value === 0 || !Number.isFinite(value)) continue;
      bits.writeDoubleBE(value);
      yield bits;
    }
}

test('the numbers that the authors of the RFC publish, by their checksums', () => {
  const lines = createHash('sha256');
  let count = 0;
  for (const bits of seriesOfBits()) {
    lines.update(`${bits.readBigUInt64BE().toString(16)},${canonical(bits.readDoubleBE())}\n`);
    count += 1;
    const expected = SERIES.sha256[String(count)];
    if (expected !== undefined) assert.equal(lines.copy().digest('hex'), expected, `${count} numbers`);
    if (count === NUMBERS_MAX) return;
  }
});

test('an independent implementation writes the same', () => {
  fc.assert(fc.property(json, (value) => assert.equal(canonical(value), canonicalize(value))));
  fc.assert(
    fc.property(fc.double(), (value) =>
      assert.equal(
        tried(() => canonical(value)),
        tried(() => canonicalize(value)),
      ),
    ),
    {
      numRuns: 2_000,
    },
  );
});

const tried = (write: () => string | undefined): string => {
  try {
    return write() ?? 'nothing';
  } catch {
    return 'refused';
  }
};

test('the text is the value: read and written again it is the same, and the order of keys never shows', () => {
  fc.assert(
    fc.property(json, (value) => {
      const text = canonical(value);
      assert.equal(canonical(JSON.parse(text)), text);
      assert.equal(canonical(turned(value)), text);
    }),
  );
});

/** The same value with the keys of every object the other way round. */
const turned = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(turned);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, member]): [string, Json] => [key, turned(member)]);
  return Object.fromEntries(entries.reverse());
};

test('what has no canonical form is refused with its place', () => {
  const cases: readonly (readonly [unknown, string])[] = [
    [{ a: { b: Number.NaN } }, '$.a.b is NaN, which JSON has not'],
    [[1, Number.POSITIVE_INFINITY], '$[1] is Infinity, which JSON has not'],
    [{ a: ['x', 'y\ud83d'] }, '$.a[1] holds half a surrogate pair'],
    [{ a: { '\udc00': 1 } }, '$.a has a key that holds half a surrogate pair'],
    [[undefined], '$[0] is undefined, which JSON has not'],
    [{ n: 1n }, '$.n is bigint, which JSON has not'],
    [{ at: new Date(0) }, '$.at is not a plain object'],
    [{ of: new Map() }, '$.of is not a plain object'],
  ];
  for (const [value, expected] of cases) {
    const flaw = uncanonical(value);
    assert.equal(`${flaw?.path} ${flaw?.why}`, expected);
  }
  // A list with a hole, as a list with undefined in it, would otherwise be written as [1,,2].
  const holed: number[] = [1];
  holed[2] = 2;
  assert.equal(uncanonical(holed)?.path, '$[1]');
  assert.equal(uncanonical({ a: undefined, b: 1 }), null);
  assert.throws(() => canonical('\ud83d'), /half a surrogate pair/);
});

test('depth has an end, and it is not that of the stack', () => {
  const nested = (levels: number): Json => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
  assert.equal(canonical(nested(CANONICAL_DEPTH_MAX)).length, 2 * CANONICAL_DEPTH_MAX);
  assert.match(uncanonical(nested(CANONICAL_DEPTH_MAX + 1))?.why ?? '', /deeper than 500/);
  assert.match(uncanonical(nested(100_000))?.why ?? '', /deeper than 500/);
});

test('records of what others said are written whatever they said', () => {
  assert.equal(canonicalOfAny({ b: '\ud83d', a: Number.NaN }), '{"a":null,"b":"\\ud83d"}');
  fc.assert(fc.property(json, (value) => assert.equal(canonicalOfAny(value), canonical(value))));
});
