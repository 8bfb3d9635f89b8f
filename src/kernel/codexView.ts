// Views of the codex: what people and programs are shown of it. Who blessed something stands in a view only when their
// signatures were verified for that very view; everybody else is a claim and is called so.

import type { CodexDeed, Content, Digest, ItemId, Predicate, RevisionState } from './codex.ts';
import type { CopyState } from './drift.ts';
import type { Json } from './evidence.ts';
import type { Problem } from './problem.ts';
import type { Instant } from './time.ts';
import type { TrustVerdict } from './trust.ts';

export type RevisionBrief = {
  readonly version: number;
  readonly digest: Digest;
  readonly state: RevisionState;
  readonly at: Instant;
  /** Who exported it, by the log: a claim. */
  readonly by: string;
  /** Whose blessing counts now; empty when it is not blessed. */
  readonly blessedBy: readonly string[];
};

/** What lies in one of the places where programs read an item, as the watch over them knows it. */
export type CopyBrief = {
  /** The whole path. */
  readonly file: string;
  readonly state: CopyState;
  /** One sentence without the full stop. */
  readonly says: string;
  readonly since: Instant | null;
  readonly lookedAt: Instant | null;
};

export type CodexItemBrief = {
  readonly item: ItemId;
  /** Of the active version, or else of the newest; null: it cannot be made again, and `trouble` says why. */
  readonly title: string | null;
  readonly versions: number;
  readonly active: RevisionBrief | null;
  readonly newest: RevisionBrief;
  readonly tags: Readonly<Record<string, number>>;
  readonly changedAt: Instant;
  /** Null: nobody watches over copies of it. */
  readonly copies: readonly CopyBrief[] | null;
  readonly trouble: string | null;
};

/** The root of trust in force. */
export type RootView = {
  readonly version: number;
  readonly expires: Instant;
  readonly blessers: readonly string[];
  readonly threshold: number;
};

export type CodexListView = {
  /** False: the configuration has no codex. */
  readonly isDeclared: boolean;
  readonly items: readonly CodexItemBrief[];
  /** Null: nobody is trusted yet. */
  readonly root: RootView | null;
  /** Entries of the log. */
  readonly entries: number;
};

/** A signed statement about a revision, its signatures verified now. */
export type AttestationView = {
  readonly seq: number;
  readonly predicate: Predicate;
  readonly at: Instant;
  readonly envelope: Digest;
  /** The people whose keys have signed it, and whom the root trusts for it. */
  readonly signedBy: readonly string[];
  /** Why it does not count; null when it does. */
  readonly notCounted: string | null;
  /** What the signers say: why, or how the tests went. Only when somebody trusted has signed it. */
  readonly says: string | null;
};

export type PassCount = { readonly passed: number; readonly total: number };

/** What its suites found, as it was kept. */
export type EvaluationView = {
  readonly seq: number;
  readonly at: Instant;
  readonly by: string;
  /** The version that was evaluated: the very same content, perhaps under another number. */
  readonly version: number;
  readonly verdict: 'passed' | 'blocked' | 'not-enough-data';
  /** Null: it was written by a release that this one cannot read. */
  readonly numbers: {
    readonly suite: string;
    /** The version that it was held against; null: there was none. */
    readonly against: number | null;
    /** Cases that passed each time, and some times. */
    readonly always: number;
    readonly sometimes: number;
    /** Those that never passed, by name. */
    readonly never: readonly string[];
    /** Why the verdict is what it is, in one sentence without the full stop. */
    readonly why: string;
    /** How often each passed; `blessed` null: nothing was beside it. */
    readonly candidate: PassCount | null;
    readonly blessed: PassCount | null;
    /** Pairs that were counted, and those that were to be asked at most. */
    readonly pairs: number;
    readonly pairsAsked: number;
    readonly endpoint: string;
  } | null;
};

export type RevisionView = RevisionBrief & {
  readonly parent: number | null;
  readonly restores: number | null;
  readonly why: string | null;
  readonly verdict: { readonly kind: TrustVerdict['kind']; readonly said: readonly string[] };
  readonly attestations: readonly AttestationView[];
  readonly evaluations: readonly EvaluationView[];
  /** What quality assurance has against it; only before it is blessed. */
  readonly standing: readonly string[];
  readonly tags: readonly string[];
};

export type DeedView = {
  readonly seq: number;
  readonly at: Instant;
  readonly by: string;
  readonly kind: CodexDeed['kind'];
  readonly version: number | null;
  /** A tag, what was signed, the version that was restored. */
  readonly detail: string | null;
  readonly why: string | null;
  readonly hash: Digest;
};

export type CodexItemView = {
  readonly item: ItemId;
  readonly title: string | null;
  readonly active: number | null;
  readonly tags: Readonly<Record<string, number>>;
  /** All versions that there are; `versions` may hold fewer. */
  readonly total: number;
  /** Newest first. */
  readonly versions: readonly RevisionView[];
  /** What happened, newest first, as far back as the versions that are shown. */
  readonly history: readonly DeedView[];
  /** Null: nobody watches over copies of it. */
  readonly copies: readonly CopyBrief[] | null;
  readonly trouble: string | null;
};

export type LineView = { readonly kind: 'same' | 'removed' | 'added'; readonly line: string };

export type FieldView = {
  readonly field: string;
  readonly before: Json;
  readonly after: Json;
  /** Where one of both is a text of several lines. */
  readonly lines: readonly LineView[] | null;
};

export type CodexDiffView = {
  readonly item: ItemId;
  readonly from: RevisionBrief;
  readonly to: RevisionBrief;
  /** Only those that differ. */
  readonly fields: readonly FieldView[];
};

/** What a program may read, made again from the closure and judged by its signatures at the moment of reading. */
export type ServedContent = {
  readonly content: Content;
  readonly version: number;
  readonly digest: Digest;
  readonly state: RevisionState;
  readonly blessedBy: readonly string[];
  /** Version of the root of trust in force; null: nobody is trusted. */
  readonly root: number | null;
  /** Version of the newest head of the log, told so that nobody asks for it in vain; null: nobody has signed one. */
  readonly head: number | null;
};

/** All that somebody needs who wants to verify a revision without believing the server. */
export type CodexProof = {
  readonly format: 1;
  readonly item: ItemId;
  readonly version: number;
  readonly digest: Digest;
  readonly state: RevisionState;
  /** The revision whose blessing counts: this one, or the one that a rollback has restored. */
  readonly origin: { readonly version: number; readonly authors: readonly string[] };
  /** The canonical text whose SHA-256 is the digest; null: it was revoked, and is not given to anybody. */
  readonly closure: string | null;
  readonly content: Content | null;
  /** DSSE envelopes, in the order of the log. */
  readonly attestations: readonly { readonly seq: number; readonly envelope: string }[];
  /** Root documents, one after the other, as far as they were asked for. */
  readonly roots: readonly string[];
};

/** The signed head of the log, for whoever verifies it without believing the server. */
export type CodexSignedHead = {
  readonly format: 1;
  /** The timestamp document as it was signed. */
  readonly head: string;
  /** What each item stands at, in the bytes whose SHA-256 the head names; null: the head is older than the log, or names none. */
  readonly listing: string | null;
  /** Root documents, one after the other, as far as they were asked for. */
  readonly roots: readonly string[];
};

export type CodexFound<Value> =
  { readonly kind: 'found'; readonly value: Value } | { readonly kind: 'refused'; readonly problem: Problem };
