// A row of the minutes or the hours: buckets in order of time, each `offset, length, bytes`. The offset counts buckets
// since the beginning of the block, so a row of sixty minutes is changed by copying, and only what two writers have in
// common is unpacked.

import { Bucket } from '#kernel/bucket.ts';
import { ByteReader, ByteWriter } from '#kernel/bytes.ts';
import type { MetricKind } from '#kernel/series.ts';

/** Where a row begins, and how long one of its buckets is. */
export type Frame = { readonly base: number; readonly bucketMs: number; readonly kind: MetricKind };

/** Hands over each stored bucket with the time at which it begins. Throws BadBytes when the row is damaged. */
export const readRollup = (row: Uint8Array, frame: Frame, visit: (reader: ByteReader, at: number) => void): void => {
  const reader = new ByteReader(row);
  while (!reader.isAtEnd()) {
    const at = frame.base + reader.varint() * frame.bucketMs;
    visit(new ByteReader(reader.block()), at);
  }
};

/** The row with these buckets merged into it; their keys are the times at which they begin, all within the block. */
export const mergeRollup = (row: Uint8Array | null, fresh: ReadonlyMap<number, Bucket>, frame: Frame): Uint8Array => {
  const merged = new Map(fresh);
  const kept = new Map<number, Uint8Array>();
  if (row !== null) {
    const reader = new ByteReader(row);
    while (!reader.isAtEnd()) {
      const at = frame.base + reader.varint() * frame.bucketMs;
      const bytes = reader.block();
      const other = merged.get(at);
      if (other === undefined) kept.set(at, bytes);
      else merged.set(at, mergeBucket(bytes, other, at));
    }
  }
  return writeRow(merged, kept, frame);
};

/** What is stored comes first: it is what was there, and the new bucket is taken in after it. */
const mergeBucket = (bytes: Uint8Array, fresh: Bucket, at: number): Bucket => {
  const bucket = new Bucket(fresh.kind);
  bucket.mergeFrom(new ByteReader(bytes), at);
  const writer = new ByteWriter();
  fresh.write(writer, at);
  bucket.mergeFrom(new ByteReader(writer.taken()), at);
  return bucket;
};

const writeRow = (
  merged: ReadonlyMap<number, Bucket>,
  kept: ReadonlyMap<number, Uint8Array>,
  frame: Frame,
): Uint8Array => {
  const row = new ByteWriter(1_024);
  const one = new ByteWriter(128);
  for (const at of [...merged.keys(), ...kept.keys()].toSorted((a, b) => a - b)) {
    row.varint(Math.round((at - frame.base) / frame.bucketMs));
    const stored = kept.get(at);
    if (stored === undefined) {
      one.clear();
      merged.get(at)?.write(one, at);
      row.block(one.taken());
    } else row.block(stored);
  }
  return row.taken();
};

/** Points in order of time, gathered into the buckets that hold them. */
export const gather = (
  cells: readonly { readonly at: number; readonly value: number; readonly histogram: Bucket['histogram'] | null }[],
  { kind, bucketMs }: Pick<Frame, 'kind' | 'bucketMs'>,
): Map<number, Bucket> => {
  const buckets = new Map<number, Bucket>();
  for (const { at, value, histogram } of cells) {
    const begin = Math.floor(at / bucketMs) * bucketMs;
    const bucket = buckets.get(begin) ?? new Bucket(kind);
    buckets.set(begin, bucket);
    bucket.take(at, value, histogram);
  }
  return buckets;
};
