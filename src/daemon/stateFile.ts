// A state file: what parts of Sereno learnt and may lose, but would rather keep over a restart.
//
// Written whole and renamed, signed with its own SHA-256: it is either as it was written or not used. It holds a list of
// pieces, each a head as JSON and as many bytes as the head says.

import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';

const HASH_BYTES = 32;

export type Piece<Head> = { readonly head: Head; readonly memory: Uint8Array };

export type StateReading<Head> =
  | { readonly kind: 'none' }
  | { readonly kind: 'read'; readonly pieces: readonly Piece<Head>[] }
  | { readonly kind: 'unusable'; readonly why: string };

const hashOf = (body: Uint8Array): Uint8Array => createHash('sha256').update(body).digest();

const pack = (pieces: readonly Piece<object>[]): Uint8Array =>
  Buffer.concat(
    pieces.flatMap(({ head, memory }) => {
      const text = Buffer.from(JSON.stringify({ ...head, bytes: memory.length }));
      const length = Buffer.alloc(4);
      length.writeUInt32LE(text.length);
      return [length, text, memory];
    }),
  );

const unpack = <Head extends object>(body: Buffer): readonly Piece<Head>[] => {
  const pieces: Piece<Head>[] = [];
  for (let at = 0; at < body.length;) {
    const headEnds = at + 4 + body.readUInt32LE(at);
    const { bytes, ...head } = JSON.parse(body.toString('utf8', at + 4, headEnds)) as Head & { bytes: number }; // decoder: our own hash stands for it
    at = headEnds + bytes;
    pieces.push({ head: head as unknown as Head, memory: body.subarray(headEnds, at) }); // decoder: as it was written
  }
  return pieces;
};

const sayThrown = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

/** Null, or why it could not be written; then what was there before is there still. */
export const writeState = (file: string, pieces: readonly Piece<object>[]): string | null => {
  try {
    const body = pack(pieces);
    const descriptor = openSync(`${file}.part`, 'w', 0o600);
    try {
      writeSync(descriptor, hashOf(body));
      for (let at = 0; at < body.length;) at += writeSync(descriptor, body, at);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(`${file}.part`, file);
    return null;
  } catch (thrown) {
    return sayThrown(thrown);
  }
};

/** No file is no trouble. */
export const readState = <Head extends object>(file: string): StateReading<Head> => {
  try {
    const content = readFileSync(file);
    const body = content.subarray(HASH_BYTES);
    if (!content.subarray(0, HASH_BYTES).equals(hashOf(body))) return { kind: 'unusable', why: 'it is damaged' };
    return { kind: 'read', pieces: unpack(body) };
  } catch (thrown) {
    const isMissing = thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
    return isMissing ? { kind: 'none' } : { kind: 'unusable', why: sayThrown(thrown) };
  }
};
