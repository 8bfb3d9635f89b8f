// The dockets on disk: what the judges of the targets know, so that a budget outlives a restart.
//
// One file beside the store, written whole and renamed, signed with its own SHA-256: it is either as it was written or not
// used. Losing it loses no evidence: the budgets begin anew, and say so by what they call seen.

import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { durationMs, minutes, type DurationMs } from '#kernel/time.ts';
import type { Cancel, Clock } from '#ports/clock.ts';
import type { Kept, Judging } from '#loop/judging.ts';
import { every } from './every.ts';

const FILE = 'targets.state';
/** At most this much is written in a minute; a judge is 15 KB, so two thousand of them are kept each minute. */
const BYTES_A_MINUTE = 32 * 1_048_576;
const HASH_BYTES = 32;

/** A minute of judging is lost in a crash; of very many targets some minutes, or writing them would be all that is done. */
export const keepEveryMs = (targets: number, bytesEach = 15_000): DurationMs =>
  durationMs(minutes(Math.max(1, Math.ceil((targets * bytesEach) / BYTES_A_MINUTE))));

const hashOf = (body: Uint8Array): Uint8Array => createHash('sha256').update(body).digest();

/** Each docket: the length of its head, the head as JSON, and as many bytes as the head says. */
const pack = (kept: readonly Kept[]): Uint8Array => {
  const parts = kept.flatMap(({ memory, ...head }) => {
    const text = Buffer.from(JSON.stringify({ ...head, bytes: memory.length }));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(text.length);
    return [length, text, memory];
  });
  return Buffer.concat(parts);
};

const unpack = (body: Buffer): readonly Kept[] => {
  const kept: Kept[] = [];
  for (let at = 0; at < body.length;) {
    const headEnds = at + 4 + body.readUInt32LE(at);
    const head = JSON.parse(body.toString('utf8', at + 4, headEnds)) as Omit<Kept, 'memory'> & { bytes: number }; // decoder: our own hash stands for it
    at = headEnds + head.bytes;
    const { id, openedAt } = head;
    kept.push({ id, openedAt, memory: body.subarray(headEnds, at) });
  }
  return kept;
};

/** Writes what all judges know. Null, or why it could not be written. */
export const keepDockets = (directory: string, judging: Judging): string | null => {
  const file = join(directory, FILE);
  try {
    const body = pack(judging.kept());
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
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
};

/** Hands the judges what they knew. Null, or why what is on disk is not used; no file is no trouble. */
export const takeUpDockets = (directory: string, judging: Judging): string | null => {
  try {
    const content = readFileSync(join(directory, FILE));
    const body = content.subarray(HASH_BYTES);
    if (!content.subarray(0, HASH_BYTES).equals(hashOf(body))) return 'it is damaged';
    judging.takeUp(unpack(body));
    return null;
  } catch (thrown) {
    const isMissing = thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
    return isMissing ? null : thrown instanceof Error ? thrown.message : String(thrown);
  }
};

export type DocketParts = {
  readonly directory: string;
  readonly judging: Judging;
  readonly clock: Clock;
  readonly shout: (line: string) => void;
};

/** Takes up what was kept, keeps it from time to time, and once more when it is cancelled. */
export const startDockets = ({ directory, judging, clock, shout }: DocketParts): Cancel => {
  const damage = takeUpDockets(directory, judging);
  if (damage !== null) shout(`the budgets of the targets begin anew: ${FILE} cannot be used: ${damage}`);
  let lastTrouble: string | null = null;
  const keep = (): void => {
    const trouble = keepDockets(directory, judging);
    if (trouble !== null && trouble !== lastTrouble) shout(`the budgets of the targets could not be kept: ${trouble}`);
    lastTrouble = trouble;
  };
  const cancel = every(clock, keepEveryMs(judging.count()), keep);
  return () => {
    cancel();
    keep();
  };
};
