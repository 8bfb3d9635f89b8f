// One link of the chain: does this record hold by itself, and is it chained to the one before?
//
// Each record is looked at in this order, and the first thing that is wrong names the bad one:
//   1. its number follows the last one          no: the number in between is missing, or this one was put in
//   2. its text has the hash that stands by it  no: this record was changed (one flipped byte is enough)
//   3. its text says the same number            no: records were swapped, removed or put in, and renumbered
//   4. its text names the hash before it        no, while all else holds: the record before was written anew

import { hash } from 'node:crypto';
import type { Tail } from './chain.ts';

/**
 * A record as it lies in the store: what was hashed, not what it means. `text` is a string where the bytes are plain
 * UTF-8, which SQLite hands over in a quarter of the time (0.7 µs instead of 2.8), and the bytes where they are not.
 */
export type Link = { readonly seq: number; readonly hash: string; readonly text: string | Uint8Array };

export type Break = { readonly badSeq: number; readonly detail: string };

const PREV_HASH = ',"prevHash":"';
const SEQ = ',"seq":';
const HASH_CHARACTERS = 64;

/**
 * Finds `seq` and `prevHash` in canonical text without parsing it: 0.3 µs instead of 2. It is exact, because the keys
 * are sorted and a quote inside a string is written \" there: before prevHash stand only action, actor, at, machine
 * and outcome, so the first match is the key itself; after seq stand only trigger and type, so the last match is.
 */
export const readClaims = (text: string | Uint8Array): { readonly seq: number; readonly prevHash: string } => {
  const characters = typeof text === 'string' ? text : Buffer.from(text).toString('latin1');
  const hashAt = characters.indexOf(PREV_HASH) + PREV_HASH.length;
  const seqAt = characters.lastIndexOf(SEQ) + SEQ.length;
  const seqEnd = characters.indexOf(',', seqAt);
  return { seq: Number(characters.slice(seqAt, seqEnd)), prevHash: characters.slice(hashAt, hashAt + HASH_CHARACTERS) };
};

/** Where a walk along the chain stands. `prevHash` is what `tail` itself is chained to; null before the first step. */
export type Position = { readonly tail: Tail; readonly prevHash: string | null; readonly from: number };

export type Stepped =
  { readonly kind: 'good'; readonly position: Position } | { readonly kind: 'bad'; readonly break: Break };

const bad = (badSeq: number, detail: string): Stepped => ({ kind: 'bad', break: { badSeq, detail } });

const nameMismatch = (position: Position, link: Link, claims: { seq: number; prevHash: string }): Stepped => {
  const { tail, prevHash, from } = position;
  if (claims.seq === link.seq) {
    // The record holds in itself and stands where it says: it was chained to another record than the one before it.
    const blamed = Math.max(from, tail.seq);
    return bad(blamed, `record ${blamed} is not the one that record ${link.seq} was chained to`);
  }
  // It is chained to the record before the last: the last one was put in between, and the rest renumbered.
  if (claims.prevHash === prevHash && tail.seq >= from) return bad(tail.seq, `record ${tail.seq} was inserted`);
  return bad(link.seq, `in the place of record ${link.seq} stands record ${claims.seq}`);
};

/** Walks one step further, or says which record is bad and why. */
export const stepAlong = (position: Position, link: Link): Stepped => {
  const { tail } = position;
  const expected = tail.seq + 1;
  if (link.seq > expected) return bad(expected, `record ${expected} is missing; record ${link.seq} comes next`);
  if (link.seq < expected) return bad(link.seq, `record ${link.seq} was inserted`);
  if (hash('sha256', link.text) !== link.hash)
    return bad(link.seq, `record ${link.seq} was changed after it was written`);
  const claims = readClaims(link.text);
  if (claims.seq !== link.seq || claims.prevHash !== tail.hash) return nameMismatch(position, link, claims);
  return {
    kind: 'good',
    position: { tail: { seq: link.seq, hash: link.hash }, prevHash: claims.prevHash, from: position.from },
  };
};
