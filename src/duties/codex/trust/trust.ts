// Trust, step by step: what a reader believes, and which documents change it. After the client workflow of TUF 1.0 (5.3, 5.4).
//
//   first root, pinned → next root → next root … → head → a later head …
//
// A root is followed only by the next one, signed by enough of its own people and of the new one's. A head is followed only by
// one that is not older, of a log that holds everything seen before. Nothing is believed by half: a refused document leaves
// what was believed as it was.

import type { Digest } from '#kernel/codex.ts';
import type { Instant } from '#kernel/time.ts';
import type { DistrustReason, Head, Role, RoleName, Root, Trust, Verify } from '#kernel/trust.ts';
import type { Problem } from '#kernel/problem.ts';
import { readHead } from './head.ts';
import { readMetadata, type Metadata } from './metadata.ts';
import { readRoot } from './root.ts';
import { apart, keysOf, keysThatSigned, personOf } from './signers.ts';

export type Believed =
  | { readonly kind: 'believed'; readonly trust: Trust }
  | { readonly kind: 'unreadable'; readonly problems: readonly Problem[] }
  | { readonly kind: 'refused'; readonly reasons: readonly DistrustReason[] };

/** The digest of an entry of the log that is here; null: there is no such entry. */
export type EntryDigest = (seq: number) => Digest | null;

/**
 * Begins with a root that came by a way that is trusted (the configuration names its digest, or a person gave it). It must be
 * signed by enough of its own people; whether it has expired is not looked at, because newer ones may follow.
 */
export const trustFirst = (text: string, verify: Verify): Believed => {
  const read = readRootText(text);
  if (read.kind !== 'read') return read;
  const { metadata, root } = read;
  const missing = missingIn(root, { name: 'root', role: root.roles.root }, { metadata, verify });
  return missing === null ? { kind: 'believed', trust: { root, head: null } } : refused(missing);
};

/**
 * The next root: exactly one version later, signed by enough people of the old root and of its own. When so many keys of the
 * head were taken away that the rest cannot sign alone, the known head is forgotten: this is how a log recovers whose head was
 * signed far into the future by a thief (TUF 5.3.11).
 */
export const trustNext = (trust: Trust, text: string, verify: Verify): Believed => {
  const read = readRootText(text);
  if (read.kind !== 'read') return read;
  const { metadata, root } = read;
  const expected = trust.root.version + 1;
  if (root.version !== expected) return refused({ kind: 'wrong-version', expected, found: root.version });
  const missing = [trust.root, root].flatMap((by) => {
    const found = missingIn(by, { name: 'root', role: by.roles.root }, { metadata, verify });
    return found === null ? [] : [found];
  });
  if (missing.length > 0) return { kind: 'refused', reasons: missing };
  const head = isRotated(trust.root, root) ? null : trust.head;
  return { kind: 'believed', trust: { root, head } };
};

/** `count`: how many roots of the chain were believed, from the first one on. */
export type ChainBelieved = { readonly believed: Believed; readonly count: number };

/**
 * A whole chain: the first root as `trustFirst`, each other one as `trustNext`. It ends at the first document that is not
 * believed, and `believed` says why. How `verify` works without a network: with the roots that were kept.
 */
export const trustChain = (texts: readonly string[], verify: Verify): ChainBelieved => {
  const [first = '', ...next] = texts;
  let believed = trustFirst(first, verify);
  if (believed.kind !== 'believed') return { believed, count: 0 };
  for (const [at, text] of next.entries()) {
    const following = trustNext(believed.trust, text, verify);
    if (following.kind !== 'believed') return { believed: following, count: at + 1 };
    believed = following;
  }
  return { believed, count: texts.length };
};

/** What a head is compared with: the log that is here, and the time. */
export type Surroundings = { readonly entryDigest: EntryDigest; readonly now: Instant; readonly verify: Verify };

/**
 * A head. Refused: signed by too few, older than one that was seen (rollback), the same version with another content, expired
 * (freeze), or the log here has not the signed entry, or not the entry that was seen before (mix and match, fork).
 */
export const trustHead = (trust: Trust, text: string, around: Surroundings): Believed => {
  const expired = expiredRoot(trust.root, around.now);
  if (expired !== null) return refused(expired);
  const outside = readMetadata(text);
  if (outside.kind === 'refused') return { kind: 'unreadable', problems: outside.problems };
  const metadata = outside.value;
  if (metadata.type !== 'timestamp')
    return refused({ kind: 'wrong-type', expected: 'timestamp', found: metadata.type });
  const read = readHead(metadata.signed);
  if (read.kind === 'refused') return { kind: 'unreadable', problems: read.problems };
  const { verify } = around;
  const missing = missingIn(trust.root, { name: 'head', role: trust.root.roles.head }, { metadata, verify });
  if (missing !== null) return refused(missing);
  const head = read.value;
  const reasons = [...agedReasons(trust.head, head, around.now), ...logReasons(trust.head, head, around.entryDigest)];
  return reasons.length > 0 ? { kind: 'refused', reasons } : { kind: 'believed', trust: { root: trust.root, head } };
};

/** What is believed may be too old to go on with: null while it is fresh. A head that was never seen is not old. */
export const staleReason = ({ root, head }: Trust, now: Instant): DistrustReason | null => {
  if (head !== null && now >= head.expires) return { kind: 'expired', what: 'head', at: head.expires };
  return expiredRoot(root, now);
};

const refused = (reason: DistrustReason): Believed => ({ kind: 'refused', reasons: [reason] });

const expiredRoot = (root: Root, now: Instant): DistrustReason | null =>
  now >= root.expires ? { kind: 'expired', what: 'root', at: root.expires } : null;

type RootText =
  | { readonly kind: 'read'; readonly metadata: Metadata; readonly root: Root }
  | { readonly kind: 'unreadable'; readonly problems: readonly Problem[] }
  | { readonly kind: 'refused'; readonly reasons: readonly DistrustReason[] };

const readRootText = (text: string): RootText => {
  const outside = readMetadata(text);
  if (outside.kind === 'refused') return { kind: 'unreadable', problems: outside.problems };
  const metadata = outside.value;
  if (metadata.type !== 'root') {
    return { kind: 'refused', reasons: [{ kind: 'wrong-type', expected: 'root', found: metadata.type }] };
  }
  const read = readRoot(metadata.signed);
  if (read.kind === 'refused') return { kind: 'unreadable', problems: read.problems };
  return { kind: 'read', metadata, root: read.value };
};

type NamedRole = { readonly name: RoleName; readonly role: Role };
type Checked = { readonly metadata: Metadata; readonly verify: Verify };

/** Null when enough different people have signed. */
const missingIn = (root: Root, { name, role }: NamedRole, { metadata, verify }: Checked): DistrustReason | null => {
  // In these documents the id of a key is no hint but its name: a signature under another name is not looked at.
  const named = metadata.signatures.filter(({ keyId }) => keyId !== null && role.keyIds.includes(keyId));
  const signed = { message: metadata.message, signatures: named };
  const signers = apart(keysThatSigned(signed, keysOf(root, role), verify)).map(personOf);
  if (signers.length >= role.threshold) return null;
  return {
    kind: 'too-few-signatures',
    role: name,
    needed: role.threshold,
    signers,
    rootVersion: root.version,
  };
};

/** The points and not the ids: the same key under another id is the same signer. */
const isRotated = (before: Root, after: Root): boolean => {
  const points = new Set(keysOf(after, after.roles.head).map(({ point }) => point));
  const left = keysOf(before, before.roles.head).filter(({ point }) => points.has(point));
  return left.length < before.roles.head.threshold;
};

const agedReasons = (known: Head | null, head: Head, now: Instant): readonly DistrustReason[] => {
  const reasons: DistrustReason[] = [];
  if (known !== null && head.version < known.version) {
    reasons.push({ kind: 'rolled-back', what: 'head', known: known.version, found: head.version });
  }
  if (known !== null && head.version === known.version && !isSameHead(known, head)) {
    reasons.push({ kind: 'changed-in-place', version: head.version });
  }
  if (known !== null && head.seq < known.seq) {
    reasons.push({ kind: 'rolled-back', what: 'log', known: known.seq, found: head.seq });
  }
  if (now >= head.expires) reasons.push({ kind: 'expired', what: 'head', at: head.expires });
  return reasons;
};

const isSameHead = (a: Head, b: Head): boolean => a.seq === b.seq && a.digest === b.digest && a.expires === b.expires;

/** The log that is here must have what was signed now, and what was signed before. */
const logReasons = (known: Head | null, head: Head, entryDigest: EntryDigest): readonly DistrustReason[] =>
  [known, head].flatMap((it): readonly DistrustReason[] => {
    if (it === null) return [];
    const found = entryDigest(it.seq);
    if (found === null) return [{ kind: 'entry-missing', seq: it.seq }];
    return found === it.digest ? [] : [{ kind: 'entry-differs', seq: it.seq, signed: it.digest, found }];
  });
