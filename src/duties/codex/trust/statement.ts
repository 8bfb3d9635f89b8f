// Statements: in-toto Statement v1, what is said of which revision. A statement means nothing before its envelope was verified.

import type { Digest, Predicate, RevisionRef } from '#kernel/codex.ts';
import { canonical } from '#kernel/canonical.ts';
import type { Json } from '#kernel/evidence.ts';
import { instant, type Instant } from '#kernel/time.ts';
import { fromUtf8, toUtf8 } from './encoding.ts';
import type { Envelope } from './envelope.ts';
import { readUtc, sayUtc } from './moment.ts';
import { field, Reading, type Fields, type Read } from './reading.ts';

export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';

/** `test-result` is in-toto's own; the others are ours. The number is part of the name: another shape is another type. */
export const PREDICATE_TYPES: Record<Predicate, string> = {
  'test-result': 'https://in-toto.io/attestation/test-result/v0.1',
  review: 'urn:sereno:codex:review:v1',
  blessing: 'urn:sereno:codex:blessing:v1',
  revocation: 'urn:sereno:codex:revocation:v1',
  emergency: 'urn:sereno:codex:emergency:v1',
};

const SUBJECTS_MAX = 64;
const TEXT_MAX = 4_096;
const TESTS_MAX = 10_000;

/** What can be said. `at`: when the signer says that it was signed; it is believed no further than the signer. */
export type Saying =
  | {
      readonly predicate: 'test-result';
      readonly result: 'PASSED' | 'WARNED' | 'FAILED';
      /** What was run: names and digests, of suites of evaluation for example. */
      readonly configuration: readonly { readonly name: string; readonly sha256: string | null }[];
      readonly passed: readonly string[];
      readonly warned: readonly string[];
      readonly failed: readonly string[];
    }
  | {
      readonly predicate: 'review';
      readonly verdict: 'approved' | 'rejected';
      readonly why: string;
      readonly at: Instant;
    }
  | { readonly predicate: 'blessing'; readonly why: string; readonly at: Instant }
  | { readonly predicate: 'revocation'; readonly why: string; readonly at: Instant }
  | { readonly predicate: 'emergency'; readonly why: string; readonly at: Instant; readonly until: Instant };

export type Subject = { readonly name: string; readonly sha256: string | null };

/** `saying` is null when the type of the predicate is none of ours. */
export type Statement = { readonly subjects: readonly Subject[]; readonly saying: Saying | null };

/** How a revision is called in a statement: with its version, so that a blessing is not carried over to a later one. */
export const subjectName = ({ item, version }: Pick<RevisionRef, 'item' | 'version'>): string =>
  `codex:${item}@${version}`;

/** True when one subject has both the name and the digest of the revision. */
export const isAbout = (statement: Statement, revision: RevisionRef): boolean =>
  statement.subjects.some((it) => it.name === subjectName(revision) && it.sha256 === revision.digest);

/** How the content of a revision is called in a statement: the SHA-256 over the canonical form of what production reads. */
export const contentSubject = ({ item, version }: Pick<RevisionRef, 'item' | 'version'>): string =>
  `codex-content:${item}@${version}`;

/** What a statement says of the content of a revision; null: nothing. */
export const contentIn = (statement: Statement, revision: RevisionRef): string | null =>
  statement.subjects.find(({ name }) => name === contentSubject(revision))?.sha256 ?? null;

const subjectsOf = (revision: RevisionRef, content: Digest | null): readonly Json[] => [
  { name: subjectName(revision), digest: { sha256: revision.digest } },
  ...(content === null ? [] : [{ name: contentSubject(revision), digest: { sha256: content } }]),
];

/**
 * The unsigned envelope of a statement: its payload is canonical, so the same words are the same bytes. `content`: whoever
 * blesses signs what production reads as well, so that a reader needs no engine of templates to verify it.
 */
export const draftEnvelope = (revision: RevisionRef, saying: Saying, content: Digest | null = null): Envelope => ({
  payloadType: PAYLOAD_TYPE,
  payload: toUtf8(
    canonical({
      _type: STATEMENT_TYPE,
      subject: subjectsOf(revision, content),
      predicateType: PREDICATE_TYPES[saying.predicate],
      predicate: predicateOf(saying),
    }),
  ),
  signatures: [],
});

const predicateOf = (saying: Saying): Json => {
  if (saying.predicate === 'test-result') {
    return {
      result: saying.result,
      configuration: saying.configuration.map(({ name, sha256 }) => ({
        name,
        ...(sha256 === null ? {} : { digest: { sha256 } }),
      })),
      passedTests: saying.passed,
      warnedTests: saying.warned,
      failedTests: saying.failed,
    };
  }
  const said = { at: sayUtc(saying.at), why: saying.why };
  if (saying.predicate === 'emergency') return { ...said, until: sayUtc(saying.until) };
  return saying.predicate === 'review' ? { ...said, verdict: saying.verdict } : said;
};

/** Reads the payload of an envelope. Fields that are not known are left alone, as in-toto asks; `bad-input` otherwise. */
export const readStatement = (envelope: Envelope): Read<Statement> => {
  const reading = new Reading('statement');
  if (envelope.payloadType !== PAYLOAD_TYPE) reading.wrong('payloadType', PAYLOAD_TYPE);
  const text = fromUtf8(envelope.payload);
  if (text === null) reading.wrong('', 'UTF-8');
  const fields = reading.object(text === null ? {} : reading.json(text), '');
  reading.chosen(field(fields, '_type'), '_type', [STATEMENT_TYPE]);
  const listed = reading.list(field(fields, 'subject'), 'subject', SUBJECTS_MAX);
  if (listed.length === 0) reading.wrong('subject', 'at least one subject');
  const subjects = listed.map((it, at) => subjectOf(reading, it, `subject[${at}]`));
  const type = reading.text(field(fields, 'predicateType'), 'predicateType', TEXT_MAX);
  const known = PREDICATES.find((predicate) => PREDICATE_TYPES[predicate] === type) ?? null;
  const saying =
    known === null ? null : SAYINGS[known](reading, reading.object(field(fields, 'predicate'), 'predicate'));
  return reading.result({ subjects, saying });
};

const subjectOf = (reading: Reading, value: unknown, path: string): Subject => {
  const fields = reading.object(value, path);
  const name = reading.text(field(fields, 'name') ?? '', `${path}.name`, TEXT_MAX);
  const digests = reading.object(field(fields, 'digest'), `${path}.digest`);
  return { name, sha256: sha256Of(reading, digests, `${path}.digest`) };
};

const sha256Of = (reading: Reading, digests: Fields, path: string): string | null => {
  const value = field(digests, 'sha256') ?? null;
  if (value === null) return null;
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return value;
  reading.wrong(`${path}.sha256`, '64 hexadecimal digits in lower case');
  return null;
};

const textsOf = (reading: Reading, value: unknown, path: string): readonly string[] =>
  reading.list(value ?? [], path, TESTS_MAX).map((it, at) => reading.text(it, `${path}[${at}]`, TEXT_MAX));

const configurationOf = (reading: Reading, value: unknown, path: string): Subject => {
  const fields = reading.object(value, path);
  const digests = reading.object(field(fields, 'digest') ?? {}, `${path}.digest`);
  return {
    name: reading.text(field(fields, 'name') ?? '', `${path}.name`, TEXT_MAX),
    sha256: sha256Of(reading, digests, `${path}.digest`),
  };
};

const momentOf = (reading: Reading, fields: Fields, name = 'at'): Instant => {
  const at = readUtc(reading.text(field(fields, name), `predicate.${name}`, 64));
  if (at === null) reading.wrong(`predicate.${name}`, 'a moment, 2026-11-21T20:15:00Z');
  return at ?? instant(0);
};

const said = (reading: Reading, fields: Fields): { readonly why: string; readonly at: Instant } => ({
  why: reading.text(field(fields, 'why'), 'predicate.why', TEXT_MAX),
  at: momentOf(reading, fields),
});

const PREDICATES = [
  'test-result',
  'review',
  'blessing',
  'revocation',
  'emergency',
] as const satisfies readonly Predicate[];

const SAYINGS: Record<Predicate, (reading: Reading, fields: Fields) => Saying> = {
  'test-result': (reading, fields) => ({
    predicate: 'test-result',
    result: reading.chosen(field(fields, 'result'), 'predicate.result', ['PASSED', 'WARNED', 'FAILED']),
    configuration: reading
      .list(field(fields, 'configuration'), 'predicate.configuration', SUBJECTS_MAX)
      .map((it, at) => configurationOf(reading, it, `predicate.configuration[${at}]`)),
    passed: textsOf(reading, field(fields, 'passedTests'), 'predicate.passedTests'),
    warned: textsOf(reading, field(fields, 'warnedTests'), 'predicate.warnedTests'),
    failed: textsOf(reading, field(fields, 'failedTests'), 'predicate.failedTests'),
  }),
  review: (reading, fields) => ({
    predicate: 'review',
    verdict: reading.chosen(field(fields, 'verdict'), 'predicate.verdict', ['rejected', 'approved']),
    ...said(reading, fields),
  }),
  blessing: (reading, fields) => ({ predicate: 'blessing', ...said(reading, fields) }),
  revocation: (reading, fields) => ({ predicate: 'revocation', ...said(reading, fields) }),
  emergency: (reading, fields) => ({
    predicate: 'emergency',
    ...said(reading, fields),
    until: momentOf(reading, fields, 'until'),
  }),
};
