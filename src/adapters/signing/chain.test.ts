// What others have published: envelopes and roots that were not made by our own code.

import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, hash, sign, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { bundleFromJSON } from '@sigstore/bundle';
import { toSignedEntity, Verifier } from '@sigstore/verify';
import { Metadata, MetadataKind } from '@tufjs/models';
import { preAuthEncoding, readEnvelope, withSignature, writeEnvelope } from '#duties/codex/trust/envelope.ts';
import { messageOf, writeMetadata } from '#duties/codex/trust/metadata.ts';
import { keyIdText, rootSigned } from '#duties/codex/trust/root.ts';
import { draftEnvelope } from '#duties/codex/trust/statement.ts';
import { trustFirst, trustNext } from '#duties/codex/trust/trust.ts';
import { digest, itemId } from '#kernel/codex.ts';
import { instant } from '#kernel/time.ts';
import type { Root } from '#kernel/trust.ts';
import type { Signer } from '#ports/signing.ts';
import { publicHalf } from './point.ts';
import { makeSshSignature } from './sshsig.ts';
import { makeVerify } from './verify.ts';

/**
 * A real chain, when there is one: a folder with `1.root.json`, `2.root.json` … as repositories of TUF publish them.
 * SERENO_TUF_ROOTS=<folder> node --test src/adapters/signing/chain.test.ts
 */
const FOLDER = process.env['SERENO_TUF_ROOTS'] ?? '';
const SKIP = FOLDER === '' ? 'SERENO_TUF_ROOTS names no folder' : false;

test('a chain of roots that others have published', { skip: SKIP }, (context) => {
  const verify = makeVerify();
  const textOf = (version: number): string => readFileSync(join(FOLDER, `${version}.root.json`), 'utf8');
  let believed = trustFirst(textOf(1), verify);
  let version = 1;
  for (; existsSync(join(FOLDER, `${version + 1}.root.json`)); version += 1) {
    assert.ok(believed.kind === 'believed', `${version}: ${JSON.stringify(believed)}`);
    const text = textOf(version + 1);
    const without = text.replace(/"expires": "2/, '"expires": "3');
    assert.notEqual(without, text);
    assert.equal(trustNext(believed.trust, without, verify).kind, 'refused', `${version + 1} with another date`);
    believed = trustNext(believed.trust, text, verify);
  }
  assert.equal(believed.kind, 'believed', JSON.stringify(believed));
  assert.ok(version > 1);
  context.diagnostic(`${version} roots`);
});

type Published = { readonly roots: readonly { readonly signatures: readonly object[]; readonly signed: object }[] };

const PUBLISHED: Published = JSON.parse(
  readFileSync(new URL('./fixtures/sigstoreRoots.json', import.meta.url), 'utf8'),
);

/** An independent TUF: enough signatures for the rule of the root before and for its own. */
const tufBelieves = (before: object, root: object): boolean => {
  const read = (value: object) => Metadata.fromJSON(MetadataKind.Root, JSON.parse(JSON.stringify(value)));
  try {
    read(before).verifyDelegate('root', read(root));
    read(root).verifyDelegate('root', read(root));
    return true;
  } catch {
    return false;
  }
};

test('a published chain of fifteen roots, 3 of 5, is believed; with two signatures, or another date, it is not', () => {
  const verify = makeVerify();
  const { roots } = PUBLISHED;
  assert.equal(roots.length, 15);
  let believed = trustFirst(JSON.stringify(roots[0]), verify);
  for (const [at, root] of roots.entries()) {
    const before = roots[at - 1];
    if (before === undefined) continue;
    assert.ok(believed.kind === 'believed', `${at}: ${JSON.stringify(believed)}`);
    assert.equal(believed.trust.root.roles.root.threshold, 3);
    const { trust } = believed;
    const few = { ...root, signatures: root.signatures.slice(0, 2) };
    const later = { ...root, signed: { ...root.signed, expires: '2099-01-01T00:00:00Z' } };
    for (const wrong of [few, later]) {
      assert.equal(trustNext(trust, JSON.stringify(wrong), verify).kind, 'refused', `root ${at + 1}`);
      assert.equal(tufBelieves(before, wrong), false);
    }
    believed = trustNext(trust, JSON.stringify(root), verify);
    assert.equal(tufBelieves(before, root), true);
  }
  assert.equal(believed.kind === 'believed' ? believed.trust.root.version : JSON.stringify(believed), 15);
});

/** The example of the DSSE protocol, 1.0.0: the key is a point of P-256. */
const EXAMPLE =
  '{"payload": "aGVsbG8gd29ybGQ=", "payloadType": "http://example.com/HelloWorld", "signatures": [{"sig": ' +
  '"A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=="}]}';
const POINT = [
  46950820868899156662930047687818585632848591499744589407958293238635476079160n,
  5640078356564379163099075877009565129882514886557779369047442380624545832820n,
].map((value) => value.toString(16).padStart(64, '0'));

test('the example of the DSSE protocol holds', () => {
  const read = readEnvelope(EXAMPLE);
  assert.ok(read.kind === 'read');
  const key = { scheme: 'ecdsa-sha2-nistp256', point: `04${POINT.join('')}` } as const;
  const [signature] = read.value.signatures;
  assert.ok(signature !== undefined);
  const verify = makeVerify();
  const message = preAuthEncoding(read.value.payloadType, read.value.payload);
  assert.equal(verify(key, message, signature.signature), true);
  assert.equal(
    verify(key, preAuthEncoding('http://example.com/HelloWorlds', read.value.payload), signature.signature),
    false,
  );
});

const REVISION = {
  item: itemId('extract_concise_description'),
  version: 3,
  digest: digest(hash('sha256', 'closure')),
};

test('an independent program verifies our envelopes, and refuses them when a byte is another', () => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const draft = draftEnvelope(REVISION, { predicate: 'blessing', why: 'as reviewed', at: instant(1_795_000_000_000) });
  const message = preAuthEncoding(draft.payloadType, draft.payload);
  const signature = sign('sha256', message, pair.privateKey);
  const envelope = withSignature(draft, { keyId: 'ours', signature });
  const half = publicHalf(pair.privateKey);
  assert.ok(half !== null && makeVerify()(half, message, signature));
  assert.equal(independentSays(writeEnvelope(envelope), createPublicKey(pair.privateKey)), 'holds');
  const payload = Uint8Array.from(envelope.payload);
  payload[10] = (payload[10] ?? 0) ^ 1;
  assert.match(
    independentSays(writeEnvelope({ ...envelope, payload }), createPublicKey(pair.privateKey)),
    /signature/i,
  );
});

/** `holds`, or what it says against it. */
const independentSays = (envelope: string, publicKey: ReturnType<typeof createPublicKey>): string => {
  const bundle = bundleFromJSON({
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      publicKey: { hint: 'ours' },
      tlogEntries: [],
      timestampVerificationData: { rfc3161Timestamps: [] },
    },
    dsseEnvelope: JSON.parse(envelope),
  });
  const material = {
    certificateAuthorities: [],
    timestampAuthorities: [],
    tlogs: [],
    ctlogs: [],
    publicKey: () => ({ publicKey, validFor: () => true }),
  };
  const verifier = new Verifier(material, { ctlogThreshold: 0, tlogThreshold: 0, timestampThreshold: 0 });
  try {
    verifier.verify(toSignedEntity(bundle));
    return 'holds';
  } catch (error) {
    return String(error);
  }
};

/** Ed25519, P-256 and OpenSSH in one root: each signs in its own form, and all three are needed. */
const mixedRoot = (): { readonly text: string; readonly without: (at: number) => string } => {
  const signers = [ed25519Signer(), p256Signer(), sshSigner()];
  const keys = signers.map(({ key }, at) => ({ ...key, id: hash('sha256', keyIdText(key)), owner: `person ${at}` }));
  const all = { keyIds: keys.map(({ id }) => id), threshold: 3 };
  const root: Root = {
    version: 1,
    expires: instant(1_900_000_000_000),
    keys,
    roles: { root: all, head: all, blessing: all, review: null, 'test-result': null, revocation: null },
    retired: [],
  };
  const signed = rootSigned(root);
  const signatures = signers.map((it, at) => ({ keyId: keys[at]?.id ?? '', signature: it.sign(messageOf(signed)) }));
  return {
    text: writeMetadata(signed, signatures),
    without: (at) => writeMetadata(signed, signatures.toSpliced(at, 1)),
  };
};

const ed25519Signer = (): Signer => signerOf(generateKeyPairSync('ed25519').privateKey);
const p256Signer = (): Signer => signerOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);

const signerOf = (privateKey: KeyObject): Signer => {
  const key = publicHalf(privateKey);
  assert.ok(key !== null);
  return { key, sign: (message) => sign(key.scheme === 'ed25519' ? null : 'sha256', message, privateKey) };
};

const sshSigner = (): Signer => {
  const { privateKey } = generateKeyPairSync('ed25519');
  const point = publicHalf(privateKey)?.point ?? '';
  return { key: { scheme: 'sshsig', point }, sign: (message) => makeSshSignature(privateKey, point, message) };
};

test('keys of all kinds stand together in one root', () => {
  const { text, without } = mixedRoot();
  const verify = makeVerify();
  assert.equal(trustFirst(text, verify).kind, 'believed');
  for (const at of [0, 1, 2]) assert.equal(trustFirst(without(at), verify).kind, 'refused', `without ${at}`);
  const root = Metadata.fromJSON(MetadataKind.Root, JSON.parse(text));
  // An independent TUF knows the first two kinds, and finds the same signatures good.
  const counted = Object.values(root.signed.keys).filter((key) => {
    try {
      key.verifySignature(Metadata.fromJSON(MetadataKind.Root, JSON.parse(text)));
      return true;
    } catch {
      return false;
    }
  });
  assert.deepEqual(counted.map(({ scheme }) => scheme).toSorted(), ['ecdsa-sha2-nistp256', 'ed25519']);
});
