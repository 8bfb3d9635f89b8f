// The head of the log: a timestamp document of TUF 1.0 whose `snapshot.json` is the last entry of the log, with its number as
// version and its digest. The entry names all before it, so whoever has the log needs no listing of versions; for those who have
// not, `items.json` names the listing of what each item stands at (`../standing.ts`).

import { digest, type Digest } from '#kernel/codex.ts';
import type { Json } from '#kernel/evidence.ts';
import type { Head } from '#kernel/trust.ts';
import { hours, later, type DurationMs, type Instant } from '#kernel/time.ts';
import { sayUtc } from './moment.ts';
import { field, Reading, type Fields, type Read } from './reading.ts';
import { expiryIn } from './root.ts';

const SNAPSHOT = 'snapshot.json';
const ITEMS = 'items.json';

/** Reads the inside of a head. Nothing is believed yet. `bad-input` with all that is wrong. */
export const readHead = (signed: Fields): Read<Head> => {
  const reading = new Reading('head of the log');
  reading.chosen(field(signed, '_type'), '_type', ['timestamp']);
  const listed = reading.object(field(signed, 'meta'), 'meta');
  const entry = reading.object(field(listed, SNAPSHOT), `meta.${SNAPSHOT}`);
  return reading.result({
    version: reading.whole(field(signed, 'version'), 'version', 1),
    expires: expiryIn(reading, signed),
    seq: reading.whole(field(entry, 'version'), `meta.${SNAPSHOT}.version`, 1),
    digest: digestIn(reading, reading.object(field(entry, 'hashes'), `meta.${SNAPSHOT}.hashes`)),
  });
};

const digestIn = (reading: Reading, hashes: Fields): Digest => {
  const text = reading.text(field(hashes, 'sha256'), `meta.${SNAPSHOT}.hashes.sha256`, 64);
  if (!/^[0-9a-f]{64}$/.test(text))
    reading.wrong(`meta.${SNAPSHOT}.hashes.sha256`, '64 hexadecimal digits in lower case');
  return digest(text);
};

/** The SHA-256 of the listing that a head names; null: it names none, as those of older releases. */
export const listingIn = (signed: Fields): Digest | null => {
  const reading = new Reading('head of the log');
  const entry = reading.object(field(reading.object(field(signed, 'meta'), 'meta'), ITEMS), `meta.${ITEMS}`);
  const text = field(reading.object(field(entry, 'hashes'), `meta.${ITEMS}.hashes`), 'sha256');
  return typeof text === 'string' && /^[0-9a-f]{64}$/.test(text) ? digest(text) : null;
};

/** The inside of a head: what its signers sign. `readHead` gives the same head back. `listing`: the SHA-256 of what each item stands at. */
export const headSigned = (head: Head, listing: Digest | null = null): { readonly [key: string]: Json } => ({
  _type: 'timestamp',
  spec_version: '1.0.31',
  version: head.version,
  expires: sayUtc(head.expires),
  meta: {
    [SNAPSHOT]: { version: head.seq, hashes: { sha256: head.digest } },
    ...(listing === null ? {} : { [ITEMS]: { version: head.seq, hashes: { sha256: listing } } }),
  },
});

/**
 * How long a head lives. Whoever holds back a newer one can do so for at most this long; whoever signs it must be awake at
 * least this often. A day survives a night in which the watchman is down.
 */
export const HEAD_LIFE_MS: DurationMs = hours(24);

/** The head that follows: the next version, over the log as it is now. */
export const followHead = (known: Head | null, entry: Pick<Head, 'seq' | 'digest'>, now: Instant): Head => ({
  version: (known?.version ?? 0) + 1,
  expires: later(now, HEAD_LIFE_MS),
  seq: entry.seq,
  digest: entry.digest,
});
