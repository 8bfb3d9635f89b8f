// Proofs: what is believed of a revision follows from signatures and hashes, and from nothing that a server says.
//
//   root ─ whose keys count ─▶ DSSE envelope ─ signed ─▶ in-toto statement ─ names ─▶ digest of the closure, digest of the content

import { createHash } from 'node:crypto';
import { canonical } from '#kernel/canonical.ts';
import type { Content } from '#kernel/codex.ts';
import type { Json } from '#kernel/evidence.ts';
import type { TrustedKey } from '#kernel/trust.ts';
import { Distrust, distrust, fieldsIn, jsonIn, listIn, own, textIn, textsIn, wholeIn, type Fields } from './reading.ts';
import { keysOf, sameName, type ClientRole, type ClientRoot } from './root.ts';
import { isSigned } from './signature.ts';

/** A proof as it came, its shape looked at. */
export type Proof = {
  readonly item: string;
  readonly version: number;
  readonly digest: string;
  readonly origin: { readonly version: number; readonly authors: readonly string[] };
  readonly closure: string | null;
  readonly content: Content | null;
  readonly attestations: readonly { readonly seq: number; readonly envelope: string }[];
  readonly roots: readonly string[];
};

export type Judgement =
  | { readonly kind: 'blessed'; readonly content: Content; readonly by: readonly string[] }
  | { readonly kind: 'revoked'; readonly why: string }
  | { readonly kind: 'refused'; readonly why: string };

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const asJson = (value: unknown): Json => value as Json; // decoder: it came out of JSON.parse

/** The name of a content: SHA-256 over its canonical form (RFC 8785). */
export const contentName = (content: unknown): string => sha256(canonical(asJson(content)));

/** Throws Distrust. */
export const readProof = (value: unknown): Proof => {
  const fields = fieldsIn(value, 'the proof');
  if (own(fields, 'format') !== 1) distrust('the proof has a form that this client does not know');
  const origin = fieldsIn(own(fields, 'origin'), 'origin');
  const closure = own(fields, 'closure');
  const content = own(fields, 'content');
  return {
    item: textIn(fields, 'item'),
    version: wholeIn(fields, 'version'),
    digest: textIn(fields, 'digest'),
    origin: { version: wholeIn(origin, 'version'), authors: textsIn(origin, 'authors') },
    closure: typeof closure === 'string' ? closure : null,
    content: content === null ? null : contentIn(content),
    attestations: listIn(fields, 'attestations').map((it) => {
      const one = fieldsIn(it, 'an attestation');
      return { seq: wholeIn(one, 'seq'), envelope: textIn(one, 'envelope') };
    }),
    roots: textsIn(fields, 'roots'),
  };
};

const TEXTS = [
  'task_id',
  'title',
  'model_id',
  'prompt',
  'format',
  'expected_behavior',
  'qa_schema_id',
  'source_log_id',
];

const contentIn = (value: unknown): Content => {
  const fields = fieldsIn(value, 'the content');
  for (const name of TEXTS) textIn(fields, name);
  for (const name of ['temperature', 'max_tokens'])
    if (typeof own(fields, name) !== 'number') distrust(`${name} is not a number`);
  return fields as unknown as Content; // decoder: every field was looked at
};

/** Judges a proof by a root at a moment (milliseconds). Never throws. */
export const judge = (proof: Proof, root: ClientRoot, now: number): Judgement => {
  try {
    if (now >= root.expires) return { kind: 'refused', why: 'the root of trust has expired' };
    const words = proof.attestations.flatMap((it) => hear(it, proof, root));
    const revocation = revocationIn(words, root);
    if (revocation !== null) return { kind: 'revoked', why: revocation };
    const content = wholeContent(proof);
    const by = blessersIn(words, { proof, root, name: contentName(content) });
    return { kind: 'blessed', content, by };
  } catch (error) {
    if (error instanceof Distrust) return { kind: 'refused', why: error.message };
    // A hostile document may still be something that no check has thought of: it is not believed either.
    return { kind: 'refused', why: error instanceof Error ? error.message : 'it cannot be read' };
  }
};

/** The closure has the digest, in the one form that a value has; the content is of the same item. */
const wholeContent = ({ item, version, digest, origin, closure, content }: Proof): Content => {
  if (closure === null || content === null) return distrust('nothing of the content was given');
  if (sha256(closure) !== digest) distrust('its bytes do not have its digest');
  const value = jsonIn(closure, 'the closure');
  if (canonical(asJson(value)) !== closure) distrust('the closure is not in canonical form');
  if (own(fieldsIn(value, 'the closure'), 'item') !== item || content.task_id !== item)
    distrust('it is about another item');
  if (origin.version > version) distrust('it restores a version that comes after it');
  return content;
};

type Word = { readonly who: string; readonly predicate: string; readonly said: Fields; readonly statement: Fields };

const PREDICATES: Readonly<Record<string, string>> = {
  'https://in-toto.io/attestation/test-result/v0.1': 'test-result',
  'urn:sereno:codex:review:v1': 'review',
  'urn:sereno:codex:blessing:v1': 'blessing',
  'urn:sereno:codex:revocation:v1': 'revocation',
};
const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';

const bytesIn = (text: string): Buffer => {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : distrust('it is not base64');
};

/** DSSE: `DSSEv1 <length> <type> <length> <payload>`, lengths in bytes. */
const preAuthEncoding = (type: string, payload: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `), payload]);

/** The key that made a signature; its id in there is a hint, which spares trying the others. */
const signersOf = (signature: Fields, root: ClientRoot, message: Buffer): readonly TrustedKey[] => {
  const bytes = bytesIn(textIn(signature, 'sig'));
  const hinted = root.keys.filter(({ id }) => id === own(signature, 'keyid'));
  const signer = (hinted.length === 0 ? root.keys : hinted).find((key) => isSigned(key, message, bytes));
  return signer === undefined ? [] : [signer];
};

/** What an envelope says, and whose word it is. One that cannot be believed says nothing, and spoils nothing. */
const hear = (it: Proof['attestations'][number], proof: Proof, root: ClientRoot): readonly Word[] => {
  try {
    const envelope = fieldsIn(jsonIn(it.envelope, 'an envelope'), 'an envelope');
    const payload = bytesIn(textIn(envelope, 'payload'));
    if (textIn(envelope, 'payloadType') !== PAYLOAD_TYPE) return [];
    const message = preAuthEncoding(PAYLOAD_TYPE, payload);
    const signed = listIn(envelope, 'signatures').flatMap((one) => signersOf(fieldsIn(one, 'one'), root, message));
    if (signed.length === 0) return [];
    const text = new TextDecoder('utf-8', { fatal: true }).decode(payload);
    const statement = fieldsIn(jsonIn(text, 'a statement'), 'a statement');
    const predicate = PREDICATES[textIn(statement, 'predicateType')];
    if (own(statement, '_type') !== STATEMENT_TYPE || predicate === undefined) return [];
    if (!isAbout(statement, proof, predicate)) return [];
    const said = fieldsIn(own(statement, 'predicate'), 'a predicate');
    const allowed = keysFor(root, predicate, it.seq);
    const people = allowed.filter((key) => signed.includes(key)).flatMap(({ owner }) => owner ?? []);
    return [...new Set(people)].map((who) => ({ who, predicate, said, statement }));
  } catch {
    return [];
  }
};

const digestOf = (statement: Fields, isMeant: (name: string) => boolean): unknown => {
  for (const it of listIn(statement, 'subject')) {
    const subject = fieldsIn(it, 'a subject');
    const name = own(subject, 'name');
    if (typeof name === 'string' && isMeant(name)) return own(fieldsIn(own(subject, 'digest'), 'a digest'), 'sha256');
  }
  return null;
};

/** A blessing is for one version; a revocation of any version with these very bytes stops them all. */
const isAbout = (statement: Fields, { item, origin, digest }: Proof, predicate: string): boolean =>
  digestOf(statement, (name) =>
    predicate === 'revocation' ? name.startsWith(`codex:${item}@`) : name === `codex:${item}@${origin.version}`,
  ) === digest;

const roleFor = (root: ClientRoot, predicate: string): ClientRole | null => {
  if (predicate === 'blessing') return root.blessing;
  if (predicate === 'revocation') return root.revocation ?? { ...root.blessing, threshold: 1 };
  return predicate === 'review' ? root.review : root.test;
};

const keysFor = (root: ClientRoot, predicate: string, seq: number): readonly TrustedKey[] => {
  const role = roleFor(root, predicate);
  const retired = root.retired.filter((it) => it.role === predicate && seq < it.before).map(({ keyId }) => keyId);
  return [
    ...(role === null ? [] : keysOf(root, role)),
    ...retired.flatMap((keyId) => root.keys.filter(({ id }) => id === keyId)),
  ];
};

/** Of two words of one person the later one counts. */
const lastWords = (words: readonly Word[], predicate: string): readonly Word[] => [
  ...new Map(words.filter((it) => it.predicate === predicate).map((it) => [it.who, it])).values(),
];

const revocationIn = (words: readonly Word[], root: ClientRoot): string | null => {
  const said = lastWords(words, 'revocation');
  const needed = roleFor(root, 'revocation')?.threshold ?? 1;
  if (said.length < needed) return null;
  return `revoked by ${said.map(({ who }) => who).join(', ')}: ${said.map((it) => String(own(it.said, 'why'))).join('; ')}`;
};

type Bench = { readonly proof: Proof; readonly root: ClientRoot; readonly name: string };

/** Who has blessed it, when that is enough. The author of the source counts neither as reviewer nor as blesser. */
const blessersIn = (words: readonly Word[], { proof, root, name }: Bench): readonly string[] => {
  const authors = new Set(proof.origin.authors.map(sameName));
  const others = (predicate: string): readonly Word[] =>
    lastWords(words, predicate).filter(({ who }) => !authors.has(sameName(who)));
  const blessers = others('blessing').filter((it) => isOfContent(it, proof, name));
  const reviews = root.review === null ? [] : others('review');
  const tests = root.test === null ? [] : lastWords(words, 'test-result');
  if (reviews.some((it) => own(it.said, 'verdict') !== 'approved')) distrust('a reviewer rejects it');
  if (tests.some((it) => own(it.said, 'result') === 'FAILED')) distrust('its tests failed');
  demand('blessing', root.blessing, blessers);
  demand('review', root.review, reviews);
  demand('test-result', root.test, tests);
  const people = new Set([...blessers, ...reviews].map(({ who }) => who));
  if (root.review !== null && people.size < root.review.threshold + root.blessing.threshold)
    distrust('one person stands there as reviewer and as blesser');
  return blessers.map(({ who }) => who);
};

const isOfContent = ({ statement }: Word, { item, origin }: Proof, name: string): boolean =>
  digestOf(statement, (subject) => subject === `codex-content:${item}@${origin.version}`) === name;

const demand = (what: string, role: ClientRole | null, words: readonly Word[]): void => {
  if (role === null || words.length >= role.threshold) return;
  const who = words.length === 0 ? 'nobody' : words.map((it) => it.who).join(', ');
  distrust(`${what}: ${role.threshold} must sign, and it is signed by ${who}`);
};
