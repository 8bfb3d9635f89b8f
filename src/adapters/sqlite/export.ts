// Export: the chain as lines of JSON in a file that can be verified with nothing but itself. // decoder
//
//   {"kind":"sereno-evidence","format":1,"publicKey":"…","keyId":"…","from":1,"prevHash":"000…"}
//   {"hash":"<SHA-256 of the bytes of record>","record":{…canonical JSON…}}          one for each record
//   {"kind":"checkpoint","seq":…,"hash":"…","at":…,"signature":"…","keyId":"…"}      after the record that it signs
//   {"kind":"end","records":…,"lastSeq":…,"lastHash":"…"}

import { createPublicKey } from 'node:crypto';
import { GENESIS_HASH, type EvidenceCheckpoint } from '#kernel/evidence.ts';
import type { Verification } from '#ports/desk.ts';
import { EVIDENCE_TEXT_MAX_BYTES, type Tail } from './chain.ts';
import { sayFailure } from './failure.ts';
import { readHeadLine, readLines } from './heads.ts';
import { keyIdOf, makeCheckSignature, type CheckSignature } from './keys.ts';
import { stepAlong, type Break, type Position } from './link.ts';
import type { EvidenceSource } from './source.ts';

const FORMAT = 1;
const CHUNK_RECORDS = 256;
/** Every character of a record can become six (\u0000) in the worst case; then the hash and the frame. */
const LINE_MAX_CHARACTERS = EVIDENCE_TEXT_MAX_BYTES * 6 + 4_096;

export type ExportInput = {
  readonly source: EvidenceSource;
  /** SPKI in PEM. */
  readonly publicKey: string;
  /** First record of the export; 1 unless given. */
  readonly from?: number;
};

const recordLine = (hash: string, text: string | Uint8Array): string =>
  `{"hash":"${hash}","record":${typeof text === 'string' ? text : Buffer.from(text).toString('utf8')}}`;

/** Yields the lines, without line ends, a chunk in memory at a time. SQLite's errors pass through. */
export function* exportEvidence(input: ExportInput): Generator<string> {
  const { source, publicKey } = input;
  const from = Math.max(1, Math.trunc(input.from ?? 1));
  const lastSeq = source.lastSeq();
  const prevHash = from === 1 ? GENESIS_HASH : (source.hashAt(from - 1) ?? '');
  const keyId = keyIdOf(createPublicKey(publicKey));
  yield JSON.stringify({ kind: 'sereno-evidence', format: FORMAT, publicKey, keyId, from, prevHash });
  let tail: Tail = { seq: from - 1, hash: prevHash };
  let records = 0;
  for (;;) {
    const links = source.links(tail.seq, CHUNK_RECORDS).filter(({ seq }) => seq <= lastSeq);
    const last = links.at(-1);
    if (last === undefined) break;
    // At most one for each record, so a chunk of the same size is enough.
    const signed = new Map(source.checkpoints(tail.seq, CHUNK_RECORDS).map((it) => [it.seq, it]));
    for (const link of links) {
      yield recordLine(link.hash, link.text);
      const checkpoint = signed.get(link.seq);
      if (checkpoint !== undefined) yield JSON.stringify({ kind: 'checkpoint', ...checkpoint });
    }
    records += links.length;
    tail = last;
  }
  yield JSON.stringify({ kind: 'end', records, lastSeq: tail.seq, lastHash: tail.hash });
}

type Check = {
  readonly checkSignature: CheckSignature;
  position: Position;
  records: number;
  signatures: number;
  lastSigned: number;
  isEnded: boolean;
};

const RECORD_START = /^\{"hash":"([0-9a-f]{64})","record":(?=\{)/;

const readRecordSeq = (text: string): number => {
  try {
    const it = JSON.parse(text) as { readonly seq?: unknown }; // decoder: looked at below
    return typeof it.seq === 'number' ? it.seq : Number.NaN;
  } catch {
    return Number.NaN;
  }
};

const checkRecord = (check: Check, line: string, hash: string): Break | null => {
  const text = line.slice(`{"hash":"${hash}","record":`.length, -1);
  const seq = readRecordSeq(text);
  const expected = check.position.tail.seq + 1;
  if (Number.isNaN(seq)) return { badSeq: expected, detail: `record ${expected} is no JSON object with a number` };
  const stepped = stepAlong(check.position, { seq, hash, text: Buffer.from(text) });
  if (stepped.kind === 'bad') return stepped.break;
  check.position = stepped.position;
  check.records += 1;
  return null;
};

const checkSigned = (check: Check, checkpoint: EvidenceCheckpoint): Break | null => {
  const { tail } = check.position;
  const badSeq = checkpoint.seq;
  check.signatures += 1;
  const wrong = check.checkSignature(checkpoint);
  if (wrong !== null) return { badSeq, detail: `the checkpoint at record ${badSeq}: ${wrong}` };
  check.lastSigned = badSeq;
  if (tail.seq === badSeq && tail.hash === checkpoint.hash) return null;
  const detail = `the chain was written anew: the checkpoint knows record ${badSeq} with another hash`;
  return { badSeq: Math.min(badSeq, tail.seq + 1), detail };
};

const checkEnd = (check: Check, text: string): Break | null => {
  const { tail } = check.position;
  const it = JSON.parse(text) as { readonly lastSeq?: unknown; readonly lastHash?: unknown }; // decoder: compared below
  if (it.lastSeq === tail.seq && it.lastHash === tail.hash) {
    check.isEnded = true;
    return null;
  }
  return { badSeq: tail.seq + 1, detail: `the export should end with record ${String(it.lastSeq)}` };
};

const checkLine = (check: Check, line: string): Break | null => {
  const next = check.position.tail.seq + 1;
  if (check.isEnded) return { badSeq: next, detail: 'the file goes on after its end' };
  const hash = RECORD_START.exec(line)?.[1];
  if (hash !== undefined) return checkRecord(check, line, hash);
  if (line.startsWith('{"kind":"end"')) return checkEnd(check, line);
  const entry = readHeadLine(line, 'a checkpoint');
  if (entry.kind === 'signed') return checkSigned(check, entry.checkpoint);
  return { badSeq: next, detail: `the line after record ${next - 1} cannot be read` };
};

type Header = { readonly publicKey: string; readonly keyId: string; readonly from: number; readonly prevHash: string };

const readHeader = (line: string): Header | null => {
  try {
    const it = JSON.parse(line) as Record<string, unknown>; // decoder: looked at below
    const { kind, format, publicKey, keyId, from, prevHash } = it;
    if (kind !== 'sereno-evidence' || format !== FORMAT || typeof publicKey !== 'string') return null;
    if (typeof keyId !== 'string' || typeof from !== 'number' || typeof prevHash !== 'string') return null;
    return { publicKey, keyId, from, prevHash };
  } catch {
    return null;
  }
};

const startCheck = (header: Header): Check => ({
  checkSignature: makeCheckSignature(header.publicKey),
  position: { tail: { seq: header.from - 1, hash: header.prevHash }, prevHash: null, from: header.from },
  records: 0,
  signatures: 0,
  lastSigned: 0,
  isEnded: false,
});

const verifyLines = (lines: Iterator<string>, keyId: string | null): Verification => {
  const first = lines.next();
  const header = first.done === true ? null : readHeader(first.value);
  const refuse = (detail: string, badSeq: number, records = 0): Verification => ({
    isIntact: false,
    records,
    badSeq,
    detail,
  });
  if (header === null) return refuse('this is no evidence export', 1);
  if (keyIdOf(createPublicKey(header.publicKey)) !== header.keyId) return refuse('the key is not the one it names', 1);
  if (keyId !== null && header.keyId !== keyId) return refuse('the export is signed with another key', header.from);
  const check = startCheck(header);
  for (let line = lines.next(); line.done !== true; line = lines.next()) {
    const broken = checkLine(check, line.value);
    if (broken !== null) return refuse(broken.detail, broken.badSeq, check.records);
  }
  const { tail } = check.position;
  if (!check.isEnded) return refuse(`the export breaks off after record ${tail.seq}`, tail.seq + 1, check.records);
  const unsigned = tail.seq - check.lastSigned;
  const rest =
    unsigned > 0 && check.records > 0 ? `; the last ${Math.min(unsigned, check.records)} are not yet signed` : '';
  const detail = `${check.records} records and ${check.signatures} signatures hold, key ${header.keyId}${rest}`;
  return { isIntact: true, records: check.records, badSeq: null, detail };
};

/**
 * Verifies an export file with nothing but the file, in constant memory. The key is the one that the file names; give
 * `keyId` (SHA-256 of the SPKI DER, hex), got by another way, to know whose it is. What cannot be read is not intact.
 */
export const verifyExport = (path: string, keyId: string | null = null): Verification => {
  const lines = readLines(path, LINE_MAX_CHARACTERS);
  try {
    return verifyLines(lines, keyId);
  } catch (error) {
    return { isIntact: false, records: 0, badSeq: 1, detail: `the export cannot be read: ${sayFailure(error)}` };
  } finally {
    lines.return(undefined);
  }
};
