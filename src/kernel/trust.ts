// Trust: which keys of which people may say what about a revision, and what follows from what they signed.
//
// After The Update Framework (TUF 1.0): one root document names keys, roles and thresholds, and is itself replaced only by a
// document that a threshold of the old and of the new root has signed. A signed head of the log has a short life, so that
// nobody can be kept on an old log, or be given one that was cut.

import type { Digest } from './codex.ts';
import { sayInstant } from './reason.ts';
import type { Instant } from './time.ts';

/** `sshsig`: an Ed25519 key of OpenSSH, which signs in the form of `ssh-keygen -Y sign`. */
export type KeyScheme = 'ed25519' | 'ecdsa-sha2-nistp256' | 'sshsig';

/** `point`, hexadecimal in lower case: 32 bytes for Ed25519, 65 bytes (`04`, x, y) for P-256. */
export type PublicKey = { readonly scheme: KeyScheme; readonly point: string };

/**
 * What stands before the point in SubjectPublicKeyInfo, hexadecimal: for these kinds of keys it never differs (RFC 8410,
 * RFC 5480).
 */
export const BEFORE_POINT: Record<KeyScheme, string> = {
  ed25519: '302a300506032b6570032100',
  sshsig: '302a300506032b6570032100',
  'ecdsa-sha2-nistp256': '3059301306072a8648ce3d020106082a8648ce3d030107034200',
};

/** True only when the signature over exactly these bytes was made with that key. Never throws. */
export type Verify = (key: PublicKey, message: Uint8Array, signature: Uint8Array) => boolean;

/** `owner`: the person (or machine) whose key it is; null: the root does not say, so it counts for itself alone. */
export type TrustedKey = PublicKey & { readonly id: string; readonly owner: string | null };

/** `threshold` different owners must sign. */
export type Role = { readonly keyIds: readonly string[]; readonly threshold: number };

export type RoleName = 'root' | 'head' | 'blessing' | 'review' | 'test-result' | 'revocation';

/** A key that was given up in good order: what it signed in that role still counts when the log has it before that entry. */
export type RetiredKey = { readonly keyId: string; readonly role: RoleName; readonly beforeSeq: number };

/** The root of trust, as it was read and believed. */
export type Root = {
  readonly version: number;
  readonly expires: Instant;
  readonly keys: readonly TrustedKey[];
  readonly roles: {
    readonly root: Role;
    readonly head: Role;
    readonly blessing: Role;
    /** Null: no review is demanded. */
    readonly review: Role | null;
    /** Null: no test result is demanded, and none is believed. */
    readonly 'test-result': Role | null;
    /** Null: every single blesser may revoke. To stop a harm must be easier than to allow one. */
    readonly revocation: Role | null;
  };
  readonly retired: readonly RetiredKey[];
};

/** The signed end of the log: entry `seq` has this digest, and names all before it by its chain. */
export type Head = {
  readonly version: number;
  readonly expires: Instant;
  readonly seq: number;
  readonly digest: Digest;
};

/** What a reader has believed so far. It is kept, because only memory tells an old document from a new one. */
export type Trust = { readonly root: Root; readonly head: Head | null };

/** Why a root or a head is not believed. */
export type DistrustReason =
  | {
      readonly kind: 'too-few-signatures';
      readonly role: RoleName;
      readonly needed: number;
      readonly signers: readonly string[];
      /** Which root's rule was not met: a new root must satisfy the old one and itself. */
      readonly rootVersion: number;
    }
  | { readonly kind: 'wrong-type'; readonly expected: string; readonly found: string }
  | { readonly kind: 'wrong-version'; readonly expected: number; readonly found: number }
  | { readonly kind: 'rolled-back'; readonly what: 'head' | 'log'; readonly known: number; readonly found: number }
  | { readonly kind: 'changed-in-place'; readonly version: number }
  | { readonly kind: 'expired'; readonly what: 'root' | 'head'; readonly at: Instant }
  | { readonly kind: 'entry-missing'; readonly seq: number }
  | { readonly kind: 'entry-differs'; readonly seq: number; readonly signed: Digest; readonly found: Digest };

/** Why a revision is, or is not, blessed. */
export type VerdictReason =
  | { readonly kind: 'expired'; readonly what: 'root' | 'head'; readonly at: Instant }
  | { readonly kind: 'revoked'; readonly by: readonly string[]; readonly why: string }
  | { readonly kind: 'review-rejected'; readonly by: string; readonly why: string }
  | { readonly kind: 'test-failed'; readonly by: string }
  | {
      readonly kind: 'signed';
      readonly role: RoleName;
      readonly needed: number;
      readonly by: readonly string[];
    }
  | {
      readonly kind: 'too-few';
      readonly role: RoleName;
      readonly needed: number;
      readonly by: readonly string[];
    }
  /** The author's own signature is there and does not count. */
  | { readonly kind: 'author-signed'; readonly role: RoleName; readonly who: string }
  /** One person does not count as reviewer and as blesser of one revision. */
  | { readonly kind: 'too-few-people'; readonly needed: number; readonly people: readonly string[] }
  /** An envelope that says nothing of this revision that can be believed. `at`: its place in what was given. */
  | { readonly kind: 'not-counted'; readonly at: number; readonly because: NotCounted };

export type NotCounted = 'unreadable' | 'another-revision' | 'unknown-predicate' | 'nobody-believed' | 'no-owner';

/**
 * `stale`: the root has expired, so nothing can be said. `waiting`: signatures are missing. `rejected`: a reviewer or a test
 * said no. Only `blessed` may be read in production.
 */
export type TrustVerdict = {
  readonly kind: 'blessed' | 'waiting' | 'rejected' | 'revoked' | 'stale';
  readonly reasons: readonly VerdictReason[];
};

const sayPeople = (people: readonly string[]): string => (people.length === 0 ? 'nobody' : people.join(', '));

type SayDistrust = {
  readonly [Kind in DistrustReason['kind']]: (reason: Extract<DistrustReason, { readonly kind: Kind }>) => string;
};

const SAY_DISTRUST: SayDistrust = {
  'too-few-signatures': ({ role, needed, signers, rootVersion }) =>
    `root ${rootVersion} demands the signatures of ${needed} for ${role}, and it is signed by ${sayPeople(signers)}`,
  'wrong-type': ({ expected, found }) => `it is a document of type ${found}, not ${expected}`,
  'wrong-version': ({ expected, found }) => `it is version ${found}, and the next one is ${expected}`,
  'rolled-back': ({ what, known, found }) =>
    what === 'head'
      ? `it is version ${found} of the head, and version ${known} was seen already`
      : `it ends the log at entry ${found}, and entry ${known} was seen already`,
  'changed-in-place': ({ version }) => `version ${version} of the head was seen with another content`,
  expired: ({ what, at }) => `the ${what} has expired at ${sayInstant(at)}`,
  'entry-missing': ({ seq }) => `entry ${seq} of the log was signed and is not there`,
  'entry-differs': ({ seq, signed, found }) =>
    `entry ${seq} of the log is ${found.slice(0, 12)}, and ${signed.slice(0, 12)} was signed`,
};

/** One sentence without its full stop. */
export const sayDistrust = (reason: DistrustReason): string =>
  (SAY_DISTRUST[reason.kind] as (it: DistrustReason) => string)(reason); // decoder: the kind chose the line

const SAY_NOT_COUNTED: Record<NotCounted, string> = {
  unreadable: 'it cannot be read',
  'another-revision': 'it is about another revision',
  'unknown-predicate': 'it says something that the codex does not know',
  'nobody-believed': 'no key that the root trusts for this has signed it',
  'no-owner': 'the root does not say whose key has signed it',
};

type SayVerdict = {
  readonly [Kind in VerdictReason['kind']]: (reason: Extract<VerdictReason, { readonly kind: Kind }>) => string;
};

const SAY_VERDICT: SayVerdict = {
  expired: ({ what, at }) => `the ${what} of trust has expired at ${sayInstant(at)}`,
  revoked: ({ by, why }) => `revoked by ${sayPeople(by)}: ${why}`,
  'review-rejected': ({ by, why }) => `${by} rejects it: ${why}`,
  'test-failed': ({ by }) => `its tests failed, says ${by}`,
  signed: ({ role, needed, by }) => `${role}: ${by.length} of ${needed} needed, by ${sayPeople(by)}`,
  'too-few': ({ role, needed, by }) =>
    by.length === 0
      ? `no ${role} yet: 0 of ${needed} needed signatures`
      : `${role}: ${by.length} of ${needed} needed signatures so far, by ${sayPeople(by)}`,
  'author-signed': ({ role, who }) => `${who} wrote the source, so the ${role} of ${who} does not count`,
  'too-few-people': ({ needed, people }) =>
    `review and blessing need ${needed} different people, and there are ${sayPeople(people)}`,
  'not-counted': ({ at, because }) => `envelope ${at + 1} does not count: ${SAY_NOT_COUNTED[because]}`,
};

/** One sentence without its full stop. */
export const sayVerdict = (reason: VerdictReason): string =>
  (SAY_VERDICT[reason.kind] as (it: VerdictReason) => string)(reason); // decoder: the kind chose the line
