// Documents of trust: what is written is read again, and what is wrong is named.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Json } from '#kernel/evidence.ts';
import { instant } from '#kernel/time.ts';
import type { Root } from '#kernel/trust.ts';
import { ada, bo, ci, cleo, entryOf, EVERYBODY, IN_A_YEAR, NOW, role, rootOf } from './ground.contract.ts';
import { headSigned, readHead } from './head.ts';
import { pointOf } from './key.ts';
import { METADATA_LENGTH_MAX, readMetadata, tufText, writeMetadata } from './metadata.ts';
import { readUtc, sayUtc } from './moment.ts';
import type { Fields } from './reading.ts';
import { readRoot, rootSigned } from './root.ts';

const FULL: Root = {
  ...rootOf(),
  roles: { ...rootOf().roles, review: role([bo]), 'test-result': role([ci]), revocation: role([ada, cleo], 2) },
  retired: [{ keyId: bo.key.id, role: 'blessing', beforeSeq: 7 }],
};

test('a root that was written is read again, and its outside too', () => {
  for (const root of [rootOf(), FULL]) {
    const read = readMetadata(writeMetadata(rootSigned(root), []));
    assert.ok(read.kind === 'read');
    assert.equal(read.value.type, 'root');
    assert.deepEqual(readRoot(read.value.signed), { kind: 'read', value: root });
  }
  const head = { version: 3, expires: NOW, seq: 9, digest: entryOf(9) };
  assert.deepEqual(readHead(headSigned(head)), { kind: 'read', value: head });
});

/** A copy with one field replaced; undefined: without it. */
const changed = (path: readonly string[], value: Json | undefined): Fields => {
  const copy = JSON.parse(JSON.stringify(rootSigned(FULL)));
  const at = path.slice(0, -1).reduce((inner, name) => inner[name], copy);
  const last = path.at(-1) ?? '';
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy;
};

const ADA = ada.key.id;
const REFUSED: readonly (readonly [readonly string[], Json | undefined, RegExp])[] = [
  [['_type'], 'targets', /_type/],
  [['spec_version'], '2.0.0', /spec_version/],
  [['version'], 0, /version/],
  [['version'], 1.5, /version/],
  [['version'], '1', /version/],
  [['expires'], '2027-02-30T00:00:00Z', /expires/],
  [['expires'], 'never', /expires/],
  [['expires'], undefined, /expires/],
  [['keys'], [], /keys/],
  [['keys', ADA, 'keyval', 'public'], 'zz', /public key for ed25519/],
  [['keys', ADA, 'keyval', 'public'], `${ada.key.point}00`, /public key for ed25519/],
  [['keys', ADA, 'x-sereno-owner'], '', /name of a person/],
  [['keys', ADA, 'x-sereno-owner'], 'ada\u202e', /name of a person/],
  [['keys', ADA, 'x-sereno-owner'], 7, /name of a person/],
  [['keys', ADA, 'x-sereno-owner'], 'Bo', /one spelling: bo/],
  [['keys', 'again'], { ...keyOf(ADA), 'x-sereno-owner': 'eve' }, /one owner: .*same key/],
  [['roles', 'root'], undefined, /roles\.root/],
  [['roles', 'timestamp'], undefined, /roles\.timestamp/],
  [['roles', 'root', 'threshold'], 0, /roles\.root\.threshold/],
  [['roles', 'root', 'keyids'], [ADA, ADA, bo.key.id], /each key once/],
  [['roles', 'root', 'keyids'], ['unknown', ADA, bo.key.id], /unknown is not/],
  [['x-sereno-roles', 'review', 'threshold'], -1, /x-sereno-roles\.review/],
  [['x-sereno-retired', '0', 'before'], 0, /before/],
  [['x-sereno-retired', '0', 'role'], 'root', /role/],
  [['x-sereno-retired', '0', 'keyid'], 'unknown', /keyid/],
];

function keyOf(id: string): { readonly [key: string]: Json } {
  return JSON.parse(JSON.stringify(rootSigned(FULL)['keys']))[id];
}

test('a root with something wrong is refused, and the place is named', () => {
  for (const [path, value, pattern] of REFUSED) {
    const read = readRoot(changed(path, value));
    assert.ok(read.kind === 'refused', `${path.join('.')} = ${JSON.stringify(value)}`);
    const told = read.problems.map(({ message, expected }) => `${message}: ${expected ?? ''}`).join('\n');
    assert.match(told, pattern);
  }
});

test('a threshold that its people cannot reach is refused before anybody relies on it', () => {
  const read = readRoot(changed(['roles', 'root', 'threshold'], 6));
  assert.ok(read.kind === 'refused');
  assert.match(read.problems[0]?.expected ?? '', /at most 5/);
});

test('fields and kinds of keys that are not known do no harm', () => {
  const rsa = { keytype: 'rsa', scheme: 'rsassa-pss-sha256', keyval: { public: '-----BEGIN PUBLIC KEY-----' } };
  const read = readRoot({ ...changed(['keys', 'other'], rsa), 'x-other': { a: 1 } });
  assert.ok(read.kind === 'read');
  assert.equal(read.value.keys.length, EVERYBODY.length);
});

test('the canonical form of TUF', () => {
  const line = 'a "b" \\ \n é';
  assert.equal(tufText({ b: [1, null, true], a: line }), '{"a":"a \\"b\\" \\\\ \n é","b":[1,null,true]}');
  const none = [1.5, -0, Number.NaN, 2 ** 60, '\ud800', { '\udc00': 1 }, undefined, () => 1];
  for (const value of none) assert.equal(tufText([value]), null);
  const deep = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth));
  assert.notEqual(tufText(deep(16)), null);
  assert.equal(tufText(deep(17)), null);
  const bomb = `{"signed":${'['.repeat(200_000)}${']'.repeat(200_000)},"signatures":[]}`;
  assert.equal(readMetadata(bomb).kind, 'refused');
  assert.equal(readMetadata('x'.repeat(METADATA_LENGTH_MAX + 1)).kind, 'refused');
});

test('two values never have one canonical form', () => {
  const anyValue = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom('', '"', '\\', '\\"', ',', ':', '{}', 'a'),
      fc.string({ maxLength: 5 }),
      fc.integer(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.string({ maxLength: 3 }), tie('value'), { maxKeys: 3, noNullPrototype: true }),
    ),
  })).value;
  fc.assert(
    fc.property(anyValue, anyValue, (a, b) => {
      const isSame = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
      assert.equal(tufText(a) === tufText(b), isSame);
    }),
    { numRuns: 3_000 },
  );
});

const sorted = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  return [
    'object',
    ...Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, it]) => [key, sorted(it)]),
  ];
};

test('moments', () => {
  assert.equal(readUtc('2026-11-21T20:00:00Z'), NOW);
  assert.equal(readUtc('2026-11-21T22:30:00+02:30'), NOW);
  assert.equal(readUtc('2026-11-21T14:00:00.250999-06:00'), NOW + 250);
  assert.equal(readUtc(sayUtc(IN_A_YEAR)), IN_A_YEAR);
  assert.equal(sayUtc(instant(NOW + 999)), '2026-11-21T20:00:00Z');
  const wrong = [
    '',
    '2026-11-21',
    '2026-11-21T20:00:00',
    '2026-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    ' 2026-11-21T20:00:00Z',
  ];
  for (const text of [...wrong, '2026-11-21T24:00:01Z', '２026-11-21T20:00:00Z'])
    assert.equal(readUtc(text), null, text);
});

test('points of keys in both forms', () => {
  const pem =
    '-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEzBzVOmHCPojMVLSI364WiiV8NPrD\n6IgRxVliskz/v+y3JER5mcVGcONliDcWMC5J2lfHmjPNPhb4H7xm8LzfSA==\n-----END PUBLIC KEY-----\n';
  const point = pointOf('ecdsa-sha2-nistp256', pem);
  assert.match(point ?? '', /^04cc1cd5.*48$/);
  assert.equal(pointOf('ecdsa-sha2-nistp256', (point ?? '').toUpperCase()), point);
  assert.equal(pointOf('ed25519', pem), null);
  assert.equal(pointOf('ed25519', ada.key.point), ada.key.point);
  assert.equal(pointOf('ecdsa-sha2-nistp256', ada.key.point), null);
  assert.equal(pointOf('ed25519', pem.replace('PUBLIC', 'PRIVATE')), null);
});
