// Waivers: in an emergency a blesser signs that a revision may go on although quality assurance says no. What is let pass
// is named in the statement, word for word: a reason that comes later is let pass by nobody.
//
// Whoever may bless may waive; the author of the source may not. It replaces no blessing: those are still to be signed.

import { canonical } from '#kernel/canonical.ts';
import type { RevisionRef } from '#kernel/codex.ts';
import type { Instant } from '#kernel/time.ts';
import type { Root, Verify } from '#kernel/trust.ts';
import { fromUtf8, toUtf8 } from './trust/encoding.ts';
import { preAuthEncoding, readEnvelope, type Envelope } from './trust/envelope.ts';
import { readUtc, sayUtc } from './trust/moment.ts';
import { field, Reading } from './trust/reading.ts';
import { keysOf, keysThatSigned, sameName } from './trust/signers.ts';
import { isAbout, PAYLOAD_TYPE, readStatement, STATEMENT_TYPE, subjectName } from './trust/statement.ts';

export const WAIVER_TYPE = 'urn:sereno:codex:waiver:v1';

const TEXT_MAX = 4_096;
const WAIVED_MAX = 200;

export type Waiver = {
  readonly why: string;
  readonly at: Instant;
  /** Reasons of quality assurance, as they are said. */
  readonly waives: readonly string[];
};

/** The unsigned envelope of a waiver. */
export const draftWaiver = (revision: RevisionRef, { why, at, waives }: Waiver): Envelope => ({
  payloadType: PAYLOAD_TYPE,
  payload: toUtf8(
    canonical({
      _type: STATEMENT_TYPE,
      subject: [{ name: subjectName(revision), digest: { sha256: revision.digest } }],
      predicateType: WAIVER_TYPE,
      predicate: { at: sayUtc(at), why, waives },
    }),
  ),
  signatures: [],
});

export type HeardWaiver = { readonly kind: 'heard'; readonly who: string; readonly waiver: Waiver };
export type Unheard = {
  readonly kind: 'not-counted';
  readonly because: 'unreadable' | 'another-revision' | 'nobody-believed' | 'author' | 'stale';
};

export type WaiverAsked = {
  readonly revision: RevisionRef;
  /** Who wrote the source or exported it. */
  readonly authors: readonly string[];
  readonly now: Instant;
};

const notCounted = (because: Unheard['because']): Unheard => ({ kind: 'not-counted', because });

/** Whose waiver this is, by its signature and the root alone; or why it counts for nothing. */
export const hearWaiver = (
  text: string,
  { revision, authors, now }: WaiverAsked,
  { root, verify }: { readonly root: Root; readonly verify: Verify },
): HeardWaiver | Unheard => {
  if (now >= root.expires) return notCounted('stale');
  const opened = readEnvelope(text);
  if (opened.kind === 'refused') return notCounted('unreadable');
  const { value: envelope } = opened;
  const message = preAuthEncoding(envelope.payloadType, envelope.payload);
  const keys = keysOf(root, root.roles.blessing);
  const owners = keysThatSigned({ message, signatures: envelope.signatures }, keys, verify).flatMap(({ owner }) =>
    owner === null ? [] : [owner],
  );
  if (owners.length === 0) return notCounted('nobody-believed');
  const statement = readStatement(envelope);
  if (statement.kind === 'refused') return notCounted('unreadable');
  if (!isAbout(statement.value, revision)) return notCounted('another-revision');
  const waiver = waiverIn(envelope);
  if (waiver === null) return notCounted('unreadable');
  const who = owners.find((owner) => !authors.some((author) => sameName(author) === sameName(owner)));
  return who === undefined ? notCounted('author') : { kind: 'heard', who, waiver };
};

const waiverIn = (envelope: Envelope): Waiver | null => {
  const reading = new Reading('waiver');
  const fields = reading.object(reading.json(fromUtf8(envelope.payload) ?? ''), '');
  reading.chosen(field(fields, 'predicateType'), 'predicateType', [WAIVER_TYPE]);
  const predicate = reading.object(field(fields, 'predicate'), 'predicate');
  const at = readUtc(reading.text(field(predicate, 'at'), 'predicate.at', 64));
  const why = reading.text(field(predicate, 'why'), 'predicate.why', TEXT_MAX);
  const waives = reading
    .list(field(predicate, 'waives'), 'predicate.waives', WAIVED_MAX)
    .map((it, index) => reading.text(it, `predicate.waives[${index}]`, TEXT_MAX * 4));
  if (at === null || reading.result(null).kind === 'refused') return null;
  return { why, at, waives };
};
