// The order of the log, as far as somebody has signed it: the head (a timestamp document of TUF 1.0) names the end of the log
// and the SHA-256 of a listing of what each item stands at. It lives for a day, and never goes back.

import type { Proof } from './proof.ts';
import { sha256 } from './proof.ts';
import { distrust, fieldsIn, jsonIn, listIn, momentIn, own, textIn, textsIn, wholeIn, type Fields } from './reading.ts';
import { peopleOf, readSigned, type ClientRoot } from './root.ts';

export type ClientHead = {
  readonly version: number;
  /** Milliseconds. */
  readonly expires: number;
  /** The number of the last entry of the log. */
  readonly seq: number;
  /** The document and the listing as they came. */
  readonly text: string;
  readonly listing: string;
  readonly items: Fields;
};

/** Why a server is not followed. `rolled-back`: older than what was seen. `stale`: not signed anew for too long. */
export type Trouble = {
  readonly code: 'unreachable' | 'unverified' | 'rolled-back' | 'stale';
  readonly why: string;
};

const TEXT_MAX = 512_000;

const hashIn = (meta: Fields, name: string): string =>
  textIn(fieldsIn(own(fieldsIn(own(meta, name), name), 'hashes'), 'hashes'), 'sha256');

/** True when enough people of this root have signed it: after a change of keys, a head of the old ones is none (TUF 5.3.11). */
export const isHeadSigned = (text: string, root: ClientRoot): boolean =>
  peopleOf(readSigned(text, 'the head'), root, root.head) >= root.head.threshold;

/** A head with its listing, signed by those who may. Whether it is old is not looked at. Throws Distrust. */
export const readHead = (text: string, listing: string, root: ClientRoot): ClientHead => {
  if (text.length > TEXT_MAX) distrust('the head is too long');
  if (!isHeadSigned(text, root)) distrust(`the head of the log is not signed by those whom root ${root.version} names`);
  const { signed } = readSigned(text, 'the head');
  if (own(signed, '_type') !== 'timestamp') distrust('it is not a head of the log');
  const meta = fieldsIn(own(signed, 'meta'), 'meta');
  if (own(meta, 'items.json') === undefined) distrust('the head of the log names no listing of items');
  if (sha256(listing) !== hashIn(meta, 'items.json')) distrust('the listing of items is not the one that was signed');
  const listed = fieldsIn(jsonIn(listing, 'the listing'), 'the listing');
  if (own(listed, 'format') !== 1) distrust('the listing has a form that this client does not know');
  return {
    version: wholeIn(signed, 'version'),
    expires: momentIn(signed, 'expires'),
    seq: wholeIn(fieldsIn(own(meta, 'snapshot.json'), 'snapshot.json'), 'version'),
    text,
    listing,
    items: fieldsIn(own(listed, 'items'), 'items'),
  };
};

/** Why a head may not follow another one; null: it may. The same version has the same content, or it is another one. */
export const agedBehind = (known: ClientHead | null, next: ClientHead): Trouble | null => {
  if (known === null) return null;
  const older = (why: string): Trouble => ({ code: 'rolled-back', why });
  if (next.version < known.version)
    return older(
      `head ${next.version} of the log was given, and head ${known.version} was seen already: it is an old one`,
    );
  if (next.version === known.version && !isSame(known, next))
    return older(`head ${next.version} of the log was seen with another content`);
  if (next.seq < known.seq)
    return older(`a log of ${next.seq} entries was given, and ${known.seq} were seen already: its end was cut off`);
  return null;
};

/** The signatures may differ: another person may have signed the same. */
const isSame = (a: ClientHead, b: ClientHead): boolean =>
  a.seq === b.seq && a.listing === b.listing && a.expires === b.expires;

/** Null: it is fresh. Whoever holds back a newer head can do so until this one expires. */
export const staleTrouble = (head: ClientHead, now: number): Trouble | null => {
  if (now < head.expires) return null;
  const at = new Date(head.expires).toISOString();
  const why = `the head of the log has expired at ${at}: nobody signs it any more, or newer ones are held back (freeze)`;
  return { code: 'stale', why };
};

const isVersion = (ref: string): boolean => /^(?:v?[1-9]\d*|(?:sha256:)?[0-9a-f]{64})$/.test(ref);

/** That a version must not be used, when the listing says so; null: it says nothing against it. */
export const endedBy = ({ items, version: head }: ClientHead, ref: string, { item, version }: Proof): string | null => {
  const standing = own(items, item);
  if (standing === undefined) return null;
  const fields = fieldsIn(standing, item);
  if (listIn(fields, 'revoked').includes(version))
    return `version ${version} was revoked, says head ${head} of the log`;
  if (ref === 'active' && own(fields, 'active') === null)
    return `nothing is active any more, says head ${head} of the log: what was so was revoked`;
  return null;
};

/** Why what was given is not what the listing names; null: it is. Throws Distrust for a listing that says nothing clear. */
export const besideOrder = ({ items, version: head }: ClientHead, ref: string, proof: Proof): string | null => {
  const { item, version } = proof;
  const standing = own(items, item);
  if (standing === undefined) return `head ${head} of the log knows no item ${item}`;
  if (isVersion(ref)) return null;
  const fields = fieldsIn(standing, item);
  if (ref !== 'active') return besideTag(fieldsIn(own(fields, 'tags'), 'tags'), { ref, head, version });
  const active = fieldsIn(own(fields, 'active'), 'active');
  const named = wholeIn(active, 'version');
  if (named !== version)
    return `version ${version} was given, and version ${named} is active by head ${head} of the log`;
  if (own(active, 'digest') !== proof.digest) return `version ${version} has another digest in head ${head} of the log`;
  const authors = textsIn(active, 'authors');
  const isOurs =
    authors.length === proof.origin.authors.length && authors.every((it) => proof.origin.authors.includes(it));
  return isOurs ? null : `another author was named than in head ${head} of the log`;
};

type Tagged = { readonly ref: string; readonly head: number; readonly version: number };

const besideTag = (tags: Fields, { ref, head, version }: Tagged): string | null => {
  const named = own(tags, ref);
  if (named === version) return null;
  return `version ${version} was given, and ${ref} is ${typeof named === 'number' ? `version ${named}` : 'no tag'} by head ${head} of the log`;
};
