// The ground of the tests: people with keys that are the same in every run, and documents that they sign.

import { createHash, createPrivateKey, createPublicKey, hash, sign, verify, type KeyObject } from 'node:crypto';
import { digest, itemId, type RevisionRef } from '#kernel/codex.ts';
import { hours, instant, later, type Instant } from '#kernel/time.ts';
import { BEFORE_POINT, type Head, type Role, type Root, type TrustedKey, type Verify } from '#kernel/trust.ts';
import { preAuthEncoding, withSignature, type Envelope } from './envelope.ts';
import { headSigned } from './head.ts';
import { messageOf, writeMetadata } from './metadata.ts';
import type { Fields } from './reading.ts';
import { keyIdText, rootSigned } from './root.ts';
import { draftEnvelope, type Saying } from './statement.ts';

export const NOW: Instant = instant(Date.UTC(2026, 10, 21, 20, 0, 0));
export const IN_A_YEAR: Instant = later(NOW, hours(24 * 365));
export const TOMORROW: Instant = later(NOW, hours(24));

export type Person = { readonly key: TrustedKey; readonly privateKey: KeyObject };

/** RFC 8410: what stands before the 32 bytes of a private key in PKCS #8. */
const PKCS8_BEFORE = '302e020100300506032b657004220420';

/** A person whose key follows from the name and the number; nobody else's secret can be the same. */
export const person = (owner: string | null, number = 0): Person => {
  const seed = hash('sha256', `test key ${number} of ${owner ?? 'nobody'}`);
  const privateKey = createPrivateKey({ key: Buffer.from(PKCS8_BEFORE + seed, 'hex'), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).toString('hex');
  const key = { scheme: 'ed25519', point: spki.slice(BEFORE_POINT.ed25519.length) } as const;
  return { key: { ...key, id: hash('sha256', keyIdText(key)), owner }, privateKey };
};

/** Ed25519 by the library of Node; the whole of `Verify` has its own suite beside its adapter. */
export const verifyEd25519: Verify = (key, message, signature) =>
  key.scheme === 'ed25519' &&
  verify(
    null,
    message,
    createPublicKey({ key: Buffer.from(BEFORE_POINT.ed25519 + key.point, 'hex'), format: 'der', type: 'spki' }),
    signature,
  );

export const signatureBy = (by: Person, message: Uint8Array): { keyId: string; signature: Uint8Array } => ({
  keyId: by.key.id,
  signature: sign(null, message, by.privateKey),
});

/** A document of TUF, signed by these people. */
export const signedBy = (signed: Fields, people: readonly Person[]): string =>
  writeMetadata(
    signed,
    people.map((it) => signatureBy(it, messageOf(signed))),
  );

export const role = (people: readonly Person[], threshold = 1): Role => ({
  keyIds: people.map(({ key }) => key.id),
  threshold,
});

export const [ada, bo, cleo, dan, eve] = ['ada', 'bo', 'cleo', 'dan', 'eve'].map((name) => person(name)) as [
  Person,
  Person,
  Person,
  Person,
  Person,
]; // decoder: five names, five people
export const clock = person('clock');
export const ci = person('ci');

export const EVERYBODY: readonly Person[] = [ada, bo, cleo, dan, eve, clock, ci];

/** Roots 3 of 5, one blesser of two, no review; with changes. */
export const rootOf = (changes: Partial<Root> = {}, people: readonly Person[] = EVERYBODY): Root => ({
  version: 1,
  expires: IN_A_YEAR,
  keys: people.map(({ key }) => key),
  roles: {
    root: role([ada, bo, cleo, dan, eve], 3),
    head: role([clock]),
    blessing: role([ada, cleo]),
    review: null,
    'test-result': null,
    revocation: null,
  },
  retired: [],
  ...changes,
});

export const rootText = (root: Root, people: readonly Person[]): string => signedBy(rootSigned(root), people);
export const headText = (head: Head, people: readonly Person[] = [clock]): string => signedBy(headSigned(head), people);

/** The log of a story: entry `seq` of the branch has this digest. */
export const entryOf = (seq: number, branch = 'main'): ReturnType<typeof digest> =>
  digest(createHash('sha256').update(`${branch} ${seq}`).digest('hex'));

export const REVISION: RevisionRef = {
  item: itemId('extract_concise_description'),
  version: 3,
  digest: entryOf(0, 'closure'),
};

/** An envelope as these people have signed it, whatever is in it. */
export const envelopeBy = (people: readonly Person[], draft: Envelope): Envelope => {
  const message = preAuthEncoding(draft.payloadType, draft.payload);
  return people.reduce((envelope, it) => withSignature(envelope, signatureBy(it, message)), draft);
};

/** A statement about a revision, signed by these people. */
export const statementBy = (people: readonly Person[], saying: Saying, revision: RevisionRef = REVISION): Envelope =>
  envelopeBy(people, draftEnvelope(revision, saying));
