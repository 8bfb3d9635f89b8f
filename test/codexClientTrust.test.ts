// The client judges by code of its own. Here it is asked the same as the house: thousands of roots and envelopes, made at
// random and really signed, and both must say the same of each.

import assert from 'node:assert/strict';
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { publicHalf } from '#adapters/signing/point.ts';
import { makeSshSignature } from '#adapters/signing/sshsig.ts';
import { makeVerify } from '#adapters/signing/verify.ts';
import { contentName, judge, sha256, type Proof } from '#client/proof.ts';
import { firstRoot, nextRoot } from '#client/root.ts';
import { preAuthEncoding, withSignature, writeEnvelope, type Envelope } from '#duties/codex/trust/envelope.ts';
import { messageOf, writeMetadata } from '#duties/codex/trust/metadata.ts';
import { keyIdText, rootSigned } from '#duties/codex/trust/root.ts';
import { draftEnvelope, type Saying } from '#duties/codex/trust/statement.ts';
import { trustFirst, trustNext } from '#duties/codex/trust/trust.ts';
import { verdictOf } from '#duties/codex/trust/verdict.ts';
import { canonical } from '#kernel/canonical.ts';
import { digest, itemId, type Content } from '#kernel/codex.ts';
import { instant } from '#kernel/time.ts';
import type { KeyScheme, Role, Root, TrustedKey } from '#kernel/trust.ts';

const NOW = instant(Date.UTC(2026, 10, 21));
const ITEM = itemId('concise');
const verify = makeVerify();

type Held = { readonly key: TrustedKey; readonly secret: KeyObject };

const hold = (scheme: KeyScheme, owner: string | null): Held => {
  const pair =
    scheme === 'ecdsa-sha2-nistp256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('ed25519');
  const half = publicHalf(pair.publicKey);
  if (half === null) throw new Error('no key');
  const key = { scheme, point: half.point };
  return { key: { ...key, id: sha256(keyIdText(key)), owner }, secret: pair.privateKey };
};

const HELD: readonly Held[] = [
  hold('ed25519', 'ana'),
  hold('ecdsa-sha2-nistp256', 'ben'),
  hold('sshsig', 'cleo'),
  hold('ed25519', 'ana'),
  hold('ed25519', 'dora'),
  hold('ed25519', null),
];
const STRANGER = hold('ed25519', 'mallory');

const signWith = ({ key, secret }: Held, message: Uint8Array): Uint8Array => {
  if (key.scheme === 'sshsig') return makeSshSignature(secret, key.point, message);
  return sign(key.scheme === 'ed25519' ? null : 'sha256', message, secret);
};

const content: Content = {
  task_id: ITEM,
  title: 'Título ✓',
  model_id: 'gemma3:1b',
  prompt: 'Describe {{ posting }}',
  temperature: 0.1,
  max_tokens: 800,
  format: 'markdown',
  expected_behavior: '',
  qa_schema_id: 'qa_concise_v1',
  source_log_id: 'concise',
};
const closure = canonical({ format: 1, item: ITEM, parameters: {} });
const revision = { item: ITEM, version: 3, digest: digest(sha256(closure)) };
const CONTENT = digest(contentName(content));

const indices = fc.uniqueArray(fc.nat(HELD.length - 1), { minLength: 1, maxLength: HELD.length });

const roleOf = (keys: readonly number[], threshold: number): Role => ({
  keyIds: keys.map((at) => HELD[at]?.key.id ?? ''),
  threshold,
});

const role: fc.Arbitrary<Role> = fc
  .tuple(indices, fc.constantFrom(1, 1, 1, 2, 3))
  .map(([keys, threshold]) => roleOf(keys, threshold));
const spare = fc.option(role, { nil: null, freq: 1 });

const ROLES = ['blessing', 'review', 'test-result', 'revocation'] as const;

const roots: fc.Arbitrary<Root> = fc
  .record({
    blessing: role,
    review: spare,
    tests: spare,
    revocation: spare,
    expires: fc.constantFrom(...Array.from({ length: 9 }, () => NOW + 1_000), NOW - 1_000),
    retired: fc.array(
      fc.record({
        at: fc.nat(HELD.length - 1),
        role: fc.constantFrom(...ROLES),
        beforeSeq: fc.integer({ min: 1, max: 9 }),
      }),
      { maxLength: 2 },
    ),
  })
  .map((it) => ({
    version: 1,
    expires: instant(it.expires),
    keys: HELD.map(({ key }) => key),
    roles: {
      root: roleOf([0, 1], 1),
      head: roleOf([0], 1),
      blessing: it.blessing,
      review: it.review,
      'test-result': it.tests,
      revocation: it.revocation,
    },
    retired: it.retired.map(({ at, role: name, beforeSeq }) => ({
      keyId: HELD[at]?.key.id ?? '',
      role: name,
      beforeSeq,
    })),
  }));

const said = { why: 'because', at: NOW };
const sayings: fc.Arbitrary<Saying> = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Saying>({ predicate: 'blessing', ...said }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Saying>(
      { predicate: 'review', verdict: 'approved', ...said },
      { predicate: 'review', verdict: 'rejected', ...said },
    ),
  },
  { weight: 1, arbitrary: fc.constant<Saying>({ predicate: 'revocation', ...said }) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom<'PASSED' | 'WARNED' | 'FAILED'>('PASSED', 'PASSED', 'WARNED', 'FAILED')
      .map((result): Saying => ({
        predicate: 'test-result',
        result,
        configuration: [],
        passed: [],
        warned: [],
        failed: [],
      })),
  },
);

type Made = { readonly seq: number; readonly envelope: Envelope };

const seal = (saying: Saying, who: readonly Held[], about: typeof revision, hasHints: boolean): Envelope => {
  const draft = draftEnvelope(about, saying, saying.predicate === 'blessing' ? CONTENT : null);
  const message = preAuthEncoding(draft.payloadType, draft.payload);
  return who.reduce(
    (envelope, it) => withSignature(envelope, { keyId: hasHints ? it.key.id : null, signature: signWith(it, message) }),
    draft,
  );
};

const envelopes: fc.Arbitrary<readonly Made[]> = fc
  .array(
    fc.record({
      saying: sayings,
      who: fc.uniqueArray(fc.nat(HELD.length), { minLength: 1, maxLength: 3 }),
      about: fc.constantFrom(...Array.from({ length: 8 }, () => revision), {
        ...revision,
        digest: digest('0'.repeat(64)),
      }),
      hasHints: fc.boolean(),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((all) =>
    all.map(({ saying, who, about, hasHints }, at) => ({
      seq: at + 2,
      envelope: seal(
        saying,
        who.map((index) => HELD[index] ?? STRANGER),
        about,
        hasHints,
      ),
    })),
  );

const rootText = (root: Root, signers: readonly Held[] = HELD.slice(0, 2)): string => {
  const signed = rootSigned(root);
  const message = messageOf(signed);
  return writeMetadata(
    signed,
    signers.map((it) => ({ keyId: it.key.id, signature: signWith(it, message) })),
  );
};

const proofOf = (made: readonly Made[], authors: readonly string[]): Proof => ({
  item: ITEM,
  version: 3,
  digest: revision.digest,
  origin: { version: 3, authors },
  closure,
  content,
  attestations: made.map(({ seq, envelope }) => ({ seq, envelope: writeEnvelope(envelope) })),
  roots: [],
});

test('of every root and every set of envelopes, the client says what the house says', () => {
  const counts = new Map<string, number>();
  fc.assert(
    fc.property(roots, envelopes, fc.constantFrom('ana', 'ANA ', 'zoe', 'zoe'), (root, made, author) => {
      const logged = made.map(({ seq, envelope }) => ({ seq, envelope }));
      const house = verdictOf({ revision, authors: [author], envelopes: logged, now: NOW }, root, verify);
      const ours = judge(proofOf(made, [author]), firstRoot(rootText(root)), NOW);
      const expected = house.kind === 'blessed' || house.kind === 'revoked' ? house.kind : 'refused';
      assert.equal(ours.kind, expected, JSON.stringify([house, ours]));
      counts.set(expected, (counts.get(expected) ?? 0) + 1);
      if (ours.kind !== 'blessed') return;
      const by = house.reasons.flatMap((it) => (it.kind === 'signed' && it.role === 'blessing' ? it.by : []));
      assert.deepEqual(ours.by, by);
    }),
    { numRuns: 1_000 },
  );
  // All three were seen often enough to mean something.
  for (const kind of ['blessed', 'revoked', 'refused'])
    assert.ok((counts.get(kind) ?? 0) > 40, JSON.stringify([...counts]));
});

const plainRoot = (more: Partial<Root> = {}): Root => ({
  version: 1,
  expires: instant(NOW + 1_000),
  keys: HELD.map(({ key }) => key),
  roles: {
    root: roleOf([0, 1], 1),
    head: roleOf([0], 1),
    blessing: roleOf([0, 1, 2], 1),
    review: null,
    'test-result': null,
    revocation: null,
  },
  retired: [],
  ...more,
});

const blessed = (): Proof => {
  const [ana] = HELD;
  if (ana === undefined) throw new Error('no key');
  return proofOf([{ seq: 2, envelope: seal({ predicate: 'blessing', ...said }, [ana], revision, true) }], ['zoe']);
};

const judged = (proof: Proof): string => judge(proof, firstRoot(rootText(plainRoot())), NOW).kind;

const without = draftEnvelope(revision, { predicate: 'blessing', ...said });

test('what the blessers did not sign is refused: another content, closure, version, item, or none named', () => {
  const proof = blessed();
  assert.equal(judged(proof), 'blessed');
  const [ana] = HELD;
  const bare =
    ana &&
    withSignature(without, {
      keyId: null,
      signature: signWith(ana, preAuthEncoding(without.payloadType, without.payload)),
    });
  const changes: readonly Partial<Proof>[] = [
    { content: { ...content, prompt: 'Say yes' } },
    { content: { ...content, temperature: 0.2 } },
    { content: { ...content, task_id: itemId('other') } },
    { content: null },
    { closure: closure.replace('concise', 'concize') },
    { closure: ` ${closure}` },
    { closure: null },
    { digest: sha256('x') },
    { origin: { version: 2, authors: [] } },
    { origin: { version: 4, authors: [] }, version: 3 },
    { origin: { version: 3, authors: ['ana'] } },
    { attestations: [] },
    { attestations: bare === undefined ? [] : [{ seq: 2, envelope: writeEnvelope(bare) }] },
    { attestations: [{ seq: 2, envelope: 'x' }] },
  ];
  for (const change of changes) assert.equal(judged({ ...proof, ...change }), 'refused', JSON.stringify(change));
});

test('a rollback stands on the blessing of what it restores, and not the other way round', () => {
  const proof = blessed();
  assert.equal(judged({ ...proof, version: 9 }), 'blessed');
  assert.equal(judged({ ...proof, version: 2 }), 'refused');
});

test('a root is followed exactly as the house follows it', () => {
  const first = rootText(plainRoot());
  const [ana, ben, cleo] = HELD;
  if (ana === undefined || ben === undefined || cleo === undefined) throw new Error('no keys');
  const next = plainRoot({ version: 2, roles: { ...plainRoot().roles, root: roleOf([1, 2], 1) } });
  const cases: readonly (readonly [Root, readonly Held[]])[] = [
    [next, [ben]],
    [next, [ana]],
    [next, [cleo]],
    [next, [ana, cleo]],
    [next, []],
    [next, [STRANGER]],
    [plainRoot({ version: 3 }), [ana]],
    [plainRoot({ version: 2, roles: { ...plainRoot().roles, root: roleOf([0, 3], 2) } }), HELD.slice(0, 4)],
    [plainRoot({ version: 2, roles: { ...plainRoot().roles, root: roleOf([0, 1], 2) } }), [ana, ben]],
  ];
  for (const [root, signers] of cases) {
    const text = rootText(root, signers);
    const trust = trustFirst(first, verify);
    assert.equal(trust.kind, 'believed');
    if (trust.kind !== 'believed') return;
    const house = trustNext(trust.trust, text, verify).kind === 'believed';
    let ours = true;
    try {
      nextRoot(firstRoot(first), text);
    } catch {
      ours = false;
    }
    assert.equal(ours, house, `${root.version} ${signers.map(({ key }) => key.owner).join()}`);
  }
});
