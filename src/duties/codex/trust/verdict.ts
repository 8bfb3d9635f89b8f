// The verdict on a revision: which people, in which roles, have signed what about exactly this version with exactly this
// digest. Nothing is taken from a name that no signature stands behind.
//
// Separation of duties: the author of the source counts neither as reviewer nor as blesser, and nobody counts as both for one
// revision. A revocation counts whoever wrote the source: to stop is always allowed.

import type { Predicate, RevisionRef } from '#kernel/codex.ts';
import type { Instant } from '#kernel/time.ts';
import type { NotCounted, Role, Root, TrustedKey, TrustVerdict, VerdictReason, Verify } from '#kernel/trust.ts';
import { isOwnItem } from '#kernel/own.ts';
import { preAuthEncoding, type Envelope } from './envelope.ts';
import { keysOf, keysThatSigned, personOf, sameName } from './signers.ts';
import { isAbout, readStatement, type Saying } from './statement.ts';

/** An envelope and its entry in the log; null: it is not in the log, so keys that were retired do not count for it. */
export type Logged = { readonly envelope: Envelope; readonly seq: number | null };

export type Asked = {
  readonly revision: RevisionRef;
  /** Who wrote the source or exported it, as people are called in the root. */
  readonly authors: readonly string[];
  /** In the order of the log: of two words of one person the later one counts. */
  readonly envelopes: readonly Logged[];
  readonly now: Instant;
};

/** One believed word of one person. */
type Word = { readonly who: string; readonly saying: Saying };

/** Judges by the signatures and the root alone; works without a network. `verify` is the only thing that costs time. */
export const verdictOf = (asked: Asked, root: Root, verify: Verify): TrustVerdict => {
  if (asked.now >= root.expires) {
    return { kind: 'stale', reasons: [{ kind: 'expired', what: 'root', at: root.expires }] };
  }
  const heard = asked.envelopes.map((logged) => hear(logged, asked.revision, { root, verify }));
  const words = heard.flatMap((it) => (it.kind === 'heard' ? it.words : []));
  const uncounted = heard.flatMap((it, at): readonly VerdictReason[] =>
    it.kind === 'heard' ? [] : [{ kind: 'not-counted', at, because: it.because }],
  );
  const revoked = revocation(words, root);
  if (revoked !== null) return { kind: 'revoked', reasons: [revoked, ...uncounted] };
  const { reasons, isComplete } = judged(words, rulesFor(asked.revision, root), asked.authors);
  const isRejected = reasons.some(({ kind }) => kind === 'review-rejected' || kind === 'test-failed');
  const open = isComplete ? 'blessed' : 'waiting';
  return { kind: isRejected ? 'rejected' : open, reasons: [...reasons, ...uncounted] };
};

/** No model answers to Sereno's own configuration, so nobody can test it: there the people who bless are enough. */
const rulesFor = ({ item }: RevisionRef, root: Root): Root =>
  isOwnItem(item) ? { ...root, roles: { ...root.roles, 'test-result': null } } : root;

type Heard =
  | { readonly kind: 'heard'; readonly words: readonly Word[] }
  | { readonly kind: 'not-counted'; readonly because: NotCounted };

/** The people who may test and have signed this result of this revision. */
export const testersIn = (logged: Logged, revision: RevisionRef, judge: Judge): readonly string[] => {
  const heard = hear(logged, revision, judge);
  const words = heard.kind === 'heard' ? heard.words : [];
  return words.flatMap(({ who, saying }) => (saying.predicate === 'test-result' ? [who] : []));
};

export type Judge = { readonly root: Root; readonly verify: Verify };

const notCounted = (because: NotCounted): Heard => ({ kind: 'not-counted', because });

/** First the signatures, then the words: what nobody signed is not even taken apart. */
const hear = ({ envelope, seq }: Logged, revision: RevisionRef, { root, verify }: Judge): Heard => {
  const message = preAuthEncoding(envelope.payloadType, envelope.payload);
  const signed = keysThatSigned({ message, signatures: envelope.signatures }, root.keys, verify);
  if (signed.length === 0) return notCounted('nobody-believed');
  const read = readStatement(envelope);
  if (read.kind === 'refused') return notCounted('unreadable');
  const { saying } = read.value;
  if (!isAbout(read.value, revision)) return notCounted('another-revision');
  if (saying === null) return notCounted('unknown-predicate');
  const allowed = keysFor(root, saying.predicate, seq);
  const signers = allowed.filter((key) => signed.some((it) => it.point === key.point && it.scheme === key.scheme));
  if (signers.length === 0) return notCounted('nobody-believed');
  const owned = signers.filter(({ owner }) => owner !== null);
  if (owned.length === 0) return notCounted('no-owner');
  return { kind: 'heard', words: owned.map((key) => ({ who: personOf(key), saying })) };
};

/** What somebody said who may say it, to keep Sereno running unblessed for a while; null: nobody did, or it is over. */
export type Emergency = { readonly by: string; readonly why: string; readonly until: Instant };

/** An emergency needs one blesser, the author too: it is night, and nobody else is there. It ends by itself. */
export const emergencyOf = (asked: Omit<Asked, 'authors'>, root: Root, verify: Verify): Emergency | null => {
  const words = asked.envelopes.flatMap((logged) => {
    const heard = hear(logged, asked.revision, { root, verify });
    return heard.kind === 'heard' ? heard.words : [];
  });
  const said = words.flatMap(({ who, saying }) =>
    saying.predicate === 'emergency' && asked.now >= saying.at && asked.now < saying.until
      ? [{ by: who, why: saying.why, until: saying.until }]
      : [],
  );
  return said.toSorted((a, b) => b.until - a.until)[0] ?? null;
};

/** The role that a predicate needs. Without a role of its own, a revocation needs one blesser, and an emergency always does. */
const roleFor = (root: Root, predicate: Predicate): Role | null => {
  const anyBlesser: Role = { keyIds: root.roles.blessing.keyIds, threshold: 1 };
  if (predicate === 'emergency') return anyBlesser;
  return predicate === 'revocation' && root.roles.revocation === null ? anyBlesser : root.roles[predicate];
};

const keysFor = (root: Root, predicate: Predicate, seq: number | null): readonly TrustedKey[] => {
  const role = roleFor(root, predicate);
  const retired = root.retired
    .filter((it) => it.role === predicate && seq !== null && seq < it.beforeSeq)
    .flatMap(({ keyId }) => root.keys.filter(({ id }) => id === keyId));
  return [...(role === null ? [] : keysOf(root, role)), ...retired];
};

/** The last word of each person with one predicate. */
const lastWords = (words: readonly Word[], predicate: Predicate): readonly Word[] => {
  const last = new Map<string, Word>();
  for (const word of words) if (word.saying.predicate === predicate) last.set(word.who, word);
  return [...last.values()];
};

const revocation = (words: readonly Word[], root: Root): VerdictReason | null => {
  const said = lastWords(words, 'revocation');
  const needed = roleFor(root, 'revocation')?.threshold ?? 1;
  if (said.length < needed) return null;
  const why = said.flatMap(({ saying }) => (saying.predicate === 'revocation' ? [saying.why] : []));
  return { kind: 'revoked', by: said.map(({ who }) => who), why: [...new Set(why)].join('; ') };
};

type Judged = { readonly reasons: readonly VerdictReason[]; readonly isComplete: boolean };

const judged = (words: readonly Word[], root: Root, authors: readonly string[]): Judged => {
  const written = new Set(authors.map(sameName));
  const tests = root.roles['test-result'] === null ? [] : lastWords(words, 'test-result');
  const reviews = root.roles.review === null ? [] : lastWords(words, 'review');
  const blessings = lastWords(words, 'blessing');
  const others = (of: readonly Word[]): readonly Word[] => of.filter(({ who }) => !written.has(sameName(who)));
  const reviewers = others(reviews);
  const blessers = others(blessings).map(({ who }) => who);
  const approving = reviewers.filter(({ saying }) => saying.predicate === 'review' && saying.verdict === 'approved');
  const counted = [
    counting('test-result', root.roles['test-result'], namesOf(tests.filter(({ saying }) => !isFailed(saying)))),
    counting('review', root.roles.review, namesOf(approving)),
    counting('blessing', root.roles.blessing, blessers),
    fourEyes(root, namesOf(approving), blessers),
  ].flat();
  const authored = [...reviews, ...blessings].filter(({ who }) => written.has(sameName(who)));
  const reasons: readonly VerdictReason[] = [
    ...tests.flatMap(({ who, saying }) => (isFailed(saying) ? [{ kind: 'test-failed', by: who } as const] : [])),
    ...reviewers.flatMap(rejection),
    ...counted,
    ...authored.flatMap(({ who, saying }) =>
      saying.predicate === 'emergency' ? [] : [{ kind: 'author-signed', role: saying.predicate, who } as const],
    ),
  ];
  return { reasons, isComplete: counted.every(({ kind }) => kind === 'signed') };
};

const namesOf = (words: readonly Word[]): readonly string[] => words.map(({ who }) => who);

const isFailed = (saying: Saying): boolean => saying.predicate === 'test-result' && saying.result === 'FAILED';

const rejection = ({ who, saying }: Word): readonly VerdictReason[] =>
  saying.predicate === 'review' && saying.verdict === 'rejected'
    ? [{ kind: 'review-rejected', by: who, why: saying.why }]
    : [];

const counting = (
  name: Exclude<Predicate, 'emergency'>,
  role: Role | null,
  by: readonly string[],
): readonly VerdictReason[] => {
  if (role === null) return [];
  const needed = role.threshold;
  return [{ kind: by.length >= needed ? 'signed' : 'too-few', role: name, needed, by }];
};

/** Enough people to fill both roles without one of them standing in both (Hall's condition for two roles). */
const fourEyes = (root: Root, reviewers: readonly string[], blessers: readonly string[]): readonly VerdictReason[] => {
  if (root.roles.review === null) return [];
  const needed = root.roles.review.threshold + root.roles.blessing.threshold;
  const people = [...new Set([...reviewers, ...blessers])];
  return people.length >= needed ? [] : [{ kind: 'too-few-people', needed, people }];
};
