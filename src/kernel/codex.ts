// The codex: configurations of tasks that were blessed by people and cannot be changed any more; only followed by a next one.
//
//   source (mutable) → export → revision n+1, a candidate → reviewed → blessed → active → superseded | revoked
//
// A revision is named by what it is: the SHA-256 of the canonical form of its closure. What happens to it is an entry in one
// log, to which is only added. What production may read follows from the log and the signatures alone.

import type { Json } from './evidence.ts';
import type { OwnKind } from './own.ts';
import type { Place } from './problem.ts';
import type { Instant } from './time.ts';
import { unreachable } from './unreachable.ts';

declare const codexBrand: unique symbol;

/** The name of an item: `[a-z][a-z0-9_]*`, at most 100 characters; it is part of file names. */
export type ItemId = string & { readonly [codexBrand]: 'item' };
/** SHA-256, 64 hexadecimal digits in lower case. */
export type Digest = string & { readonly [codexBrand]: 'digest' };

/** Whether a text may be the name of an item: nothing in it that a path, a shell or a URL understands. */
export const isItemId = (text: string): boolean => /^[a-z][a-z0-9_]{0,99}$/.test(text);

export const itemId = (text: string): ItemId => text as ItemId; // brand
export const digest = (text: string): Digest => text as Digest; // brand

/** The way to a value inside of a source: keys, and positions in lists. */
export type SourcePath = readonly (string | number)[];

/** A source file as it was read: its values, and the way back from each of them to its line. */
export type SourceFile = {
  readonly file: string;
  readonly value: Json;
  /** The place of a value, or of the nearest thing around it. */
  readonly locate: (path: SourcePath) => Place;
};

/** A text that went into a revision, with the path by which the source names it. */
export type Named = { readonly path: string; readonly text: string };

/**
 * Everything that a revision is made of. Two machines that have the same closure have the same digest, whatever the order
 * of keys; whoever has the closure can make the blessed content again, byte for byte, without anything else.
 */
export type Closure = {
  readonly format: 1;
  readonly item: ItemId;
  /** The source as it was read: values, not bytes. Its file's stem is the lineage that systems around it ask for. */
  readonly source: { readonly stem: string; readonly value: Json };
  /** Null: the source's own `prompt_template`. */
  readonly template: Named | null;
  /** By path, sorted. */
  readonly partials: readonly Named[];
  /** The JSON Schema that the task's answers must fit, and where it came from; null: none is declared. */
  readonly schema: { readonly id: string; readonly value: Json } | null;
  /** Values that fill variables of the template at export. */
  readonly parameters: { readonly [name: string]: Json };
  /** Sereno's own configuration, and which part of it; left out: a task. */
  readonly own?: OwnKind;
};

/** What a blessed file holds, in the order of its keys (systems around the codex read it by these names). */
export type Content = {
  readonly task_id: ItemId;
  readonly title: string;
  readonly model_id: string;
  readonly prompt: string;
  readonly temperature: number;
  readonly max_tokens: number;
  readonly format: 'json' | 'markdown';
  readonly expected_behavior: string;
  readonly qa_schema_id: string;
  readonly source_log_id: string;
};

/** `candidate` → `in-review` → `blessed` → `active` → `superseded`; `rejected` and `revoked` are ends. */
export type RevisionState = 'candidate' | 'in-review' | 'rejected' | 'blessed' | 'active' | 'superseded' | 'revoked';

export type RevisionRef = { readonly item: ItemId; readonly version: number; readonly digest: Digest };

/** Who did it. A name is only a claim until a signature says so: only attestations are believed. */
export type Author = { readonly name: string; readonly kind: 'person' | 'agent' | 'system' };

/** What can happen. Each is one entry of the log. */
export type CodexDeed =
  /** A new version of an item. `parent`: the version before. `restores`: a rollback, which has the content of that one. */
  | {
      readonly kind: 'exported';
      readonly revision: RevisionRef;
      readonly parent: number | null;
      readonly restores: number | null;
      readonly why: string | null;
    }
  | { readonly kind: 'submitted'; readonly revision: RevisionRef }
  | { readonly kind: 'rejected'; readonly revision: RevisionRef; readonly why: string }
  /** A signed statement about a revision: a test result, a review, a blessing. `envelope`: the digest of the DSSE envelope. */
  | {
      readonly kind: 'attested';
      readonly revision: RevisionRef;
      readonly predicate: Predicate;
      readonly envelope: Digest;
    }
  /** Its suites were run. `statement`: an in-toto test result with all numbers; `suite`: what was run, as it was read. */
  | {
      readonly kind: 'evaluated';
      readonly revision: RevisionRef;
      readonly verdict: 'passed' | 'blocked' | 'not-enough-data';
      readonly statement: Digest;
      readonly suite: Digest;
    }
  /** Signed: in an emergency a blesser lets it go on, although quality assurance says no. It names what it lets pass. */
  | { readonly kind: 'waived'; readonly revision: RevisionRef; readonly why: string; readonly envelope: Digest }
  /** A schema of answers, for ever under this name. `compatibility`: what its next versions must keep. */
  | {
      readonly kind: 'schema-registered';
      readonly id: string;
      readonly compatibility: CompatibilityClass;
      readonly schema: Digest;
    }
  | { readonly kind: 'activated'; readonly revision: RevisionRef }
  /** Signed too: `envelope`. A revoked revision is never read again, not by a tag either. */
  | {
      readonly kind: 'revoked';
      readonly revision: RevisionRef;
      readonly why: string;
      readonly envelope: Digest | null;
    }
  | { readonly kind: 'tagged'; readonly revision: RevisionRef; readonly tag: string }
  | { readonly kind: 'untagged'; readonly item: ItemId; readonly tag: string }
  /** A new root of trust: who may bless, with which keys, how many of them. `root`: the digest of its signed document. */
  | { readonly kind: 'trusted'; readonly root: Digest; readonly version: number }
  /** What was removed by `gc`: objects that no live revision and no evidence names. */
  | { readonly kind: 'collected'; readonly objects: readonly Digest[] };

/** in-toto predicates that the codex understands. `emergency`: Sereno may run with this configuration for a while, unblessed. */
export type Predicate = 'test-result' | 'review' | 'blessing' | 'revocation' | 'emergency';

/** What versions of a schema owe each other, in the words of the schema registries. */
export const COMPATIBILITY_CLASSES = [
  'none',
  'backward',
  'forward',
  'full',
  'backward-transitive',
  'forward-transitive',
  'full-transitive',
] as const;
export type CompatibilityClass = (typeof COMPATIBILITY_CLASSES)[number];

/** One entry of the log. `prev` is the hash of the entry before it (64 zeros for the first). */
export type CodexEntry = {
  readonly format: 1;
  readonly seq: number;
  readonly prev: Digest;
  readonly at: Instant;
  readonly by: Author;
  readonly deed: CodexDeed;
};

/** An entry as it is kept: it proves by itself that no byte of it was changed, and the next one proves that it was there. */
export type CodexRecord = CodexEntry & {
  /** SHA-256 over `canonical` of the entry; `prev` of the next one. */
  readonly hash: Digest;
};

/** An entry as the watchman has read it. `signers`: whose signatures hold in the statement that it names. */
export type Witnessed = { readonly record: CodexRecord; readonly signers: readonly string[] };

/** A head of the log that is believed. `by`: people who have signed it; empty: only the machine. `why`: of a person, after a loss. */
export type WitnessedHead = {
  readonly version: number;
  readonly seq: number;
  readonly digest: Digest;
  readonly by: readonly string[];
  readonly why: string | null;
};

/** What somebody wants to add; the log gives it number, predecessor and hash. */
export type CodexDraft = Pick<CodexEntry, 'at' | 'by' | 'deed'>;

/** `prev` of the first entry. */
export const GENESIS_DIGEST: Digest = digest('0'.repeat(64));

/** The objects that an entry names: they are kept as long as there is a log. */
export const objectsOf = (deed: CodexDeed): readonly Digest[] => {
  switch (deed.kind) {
    case 'exported':
      return [deed.revision.digest];
    case 'attested':
      return [deed.envelope];
    case 'revoked':
      return deed.envelope === null ? [] : [deed.envelope];
    case 'evaluated':
      return [deed.statement, deed.suite];
    case 'waived':
      return [deed.envelope];
    case 'schema-registered':
      return [deed.schema];
    case 'trusted':
      return [deed.root];
    case 'submitted':
    case 'rejected':
    case 'activated':
    case 'tagged':
    case 'untagged':
    case 'collected':
      return [];
    default:
      return unreachable(deed);
  }
};

/** A root of trust that ends within a month, or has ended. */
export type RootEnding = {
  readonly version: number;
  readonly isOver: boolean;
  /** One sentence for a person, and what to do. */
  readonly says: string;
  readonly mend: string;
};
