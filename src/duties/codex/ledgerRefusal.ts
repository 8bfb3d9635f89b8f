// Why the codex does not allow something: typed, and in words.

import type { Digest, ItemId, RevisionRef, RevisionState } from '#kernel/codex.ts';
import { quoted } from '#kernel/hidden.ts';
import { problem, type Problem, type ProblemCode } from '#kernel/problem.ts';
import { unreachable } from '#kernel/unreachable.ts';

export type LedgerRefusal =
  | { readonly kind: 'bad-item'; readonly item: string }
  | { readonly kind: 'bad-tag'; readonly tag: string }
  | { readonly kind: 'bad-digest'; readonly digest: string }
  | { readonly kind: 'bad-selector'; readonly selector: string }
  | { readonly kind: 'unknown-item'; readonly item: string }
  | { readonly kind: 'unknown-version'; readonly item: ItemId; readonly version: number; readonly latest: number }
  | { readonly kind: 'unknown-tag'; readonly item: ItemId; readonly tag: string; readonly tags: readonly string[] }
  | { readonly kind: 'unknown-digest'; readonly digest: string }
  | { readonly kind: 'none-active'; readonly item: ItemId }
  | { readonly kind: 'not-next'; readonly item: ItemId; readonly version: number; readonly next: number }
  | { readonly kind: 'wrong-parent'; readonly revision: RevisionRef; readonly expected: number | null }
  | { readonly kind: 'wrong-digest'; readonly revision: RevisionRef; readonly expected: Digest }
  | {
      readonly kind: 'wrong-state';
      readonly revision: RevisionRef;
      readonly state: RevisionState;
      readonly allowed: readonly RevisionState[];
    }
  | {
      readonly kind: 'ended';
      readonly revision: RevisionRef;
      readonly state: RevisionState;
      readonly why: string | null;
    }
  | { readonly kind: 'older-than-active'; readonly revision: RevisionRef; readonly active: number }
  | { readonly kind: 'said-before'; readonly envelope: Digest }
  | { readonly kind: 'root-not-next'; readonly version: number; readonly next: number }
  | { readonly kind: 'bad-schema-id'; readonly id: string }
  | { readonly kind: 'schema-not-next'; readonly id: string; readonly next: number }
  | { readonly kind: 'still-named'; readonly digest: Digest }
  | { readonly kind: 'bad-list'; readonly count: number; readonly max: number };

export const sayRef = ({ item, version }: Pick<RevisionRef, 'item' | 'version'>): string => `${item}@${version}`;

/** One sentence without the full stop. Names that a person typed are shown in quotes, with what is hidden in them. */
export const sayRefusal = (it: LedgerRefusal): string => {
  switch (it.kind) {
    case 'bad-item':
      return `${quoted(it.item)} cannot be the name of an item`;
    case 'bad-tag':
      return `${quoted(it.tag)} cannot be a tag`;
    case 'bad-digest':
      return `${quoted(it.digest)} is not a SHA-256 of 64 hexadecimal digits in lower case`;
    case 'bad-selector':
      return `${quoted(it.selector)} does not name a revision`;
    case 'unknown-item':
      return `there is no item ${quoted(it.item)}`;
    case 'unknown-version':
      return `${it.item} has no version ${it.version}, its latest is ${it.latest}`;
    case 'unknown-tag':
      return `${it.item} has no tag ${quoted(it.tag)}${it.tags.length === 0 ? '' : `, it has ${it.tags.join(', ')}`}`;
    case 'unknown-digest':
      return `no revision has the digest ${it.digest}`;
    case 'none-active':
      return `no version of ${it.item} is active`;
    case 'not-next':
      return `${it.item}@${it.version} is not the next version, that is ${it.next}`;
    case 'wrong-parent':
      return `the parent of ${sayRef(it.revision)} must be ${it.expected === null ? 'none' : it.expected}`;
    case 'wrong-digest':
      return `${sayRef(it.revision)} has the digest ${it.expected}, not ${it.revision.digest}`;
    case 'wrong-state':
      return `${sayRef(it.revision)} is ${it.state}, and must be ${it.allowed.join(' or ')} for this`;
    case 'ended':
      return `${sayRef(it.revision)} was ${it.state}${it.why === null ? '' : `: ${it.why}`}`;
    case 'older-than-active':
      return `${sayRef(it.revision)} is older than version ${it.active}, which is active: roll back instead`;
    case 'said-before':
      return `the statement ${it.envelope} is in the log already`;
    case 'root-not-next':
      return `a root of version ${it.version} cannot come now, the next one is ${it.next}`;
    case 'bad-schema-id':
      return `${quoted(it.id)} is no name of a schema`;
    case 'schema-not-next':
      return `${it.id} cannot come now, the next version of it is ${it.next}`;
    case 'still-named':
      return `the object ${it.digest} is named by the log and cannot be collected`;
    case 'bad-list':
      return `a list of ${it.count} objects, where 1 to ${it.max} different ones are expected`;
    default:
      return unreachable(it);
  }
};

const CODES: Readonly<Partial<Record<LedgerRefusal['kind'], ProblemCode>>> = {
  'bad-selector': 'bad-request',
  'unknown-item': 'not-found',
  'unknown-version': 'not-found',
  'unknown-tag': 'not-found',
  'unknown-digest': 'not-found',
  'none-active': 'not-found',
};

const codeOf = (it: LedgerRefusal): ProblemCode => {
  if (it.kind === 'ended' && it.state === 'revoked') return 'codex-revoked';
  return CODES[it.kind] ?? 'codex-refused';
};

const EXPECTED: Readonly<Partial<Record<LedgerRefusal['kind'], string>>> = {
  'bad-item': 'a small letter, then small letters, digits and _, at most 100 in all',
  'bad-tag':
    'a small letter, then small letters, digits, ".", "_" and "-", at most 64 in all; not "active", not v and a number',
  'bad-selector': 'item, item@3, item@tag, item@active, or a digest',
};

const MEND: Readonly<Partial<Record<LedgerRefusal['kind'], string>>> = {
  'unknown-item': 'sereno codex list shows the items',
  'unknown-version': 'sereno codex history <item> shows the versions',
  'unknown-digest': 'sereno codex list shows the items',
  'none-active': 'sereno codex history <item> shows what became of its versions',
  'unknown-tag': 'sereno codex tag <revision> <tag> gives one',
  'said-before': 'nothing is left to do with this key: sereno codex show tells whose signatures count',
  'older-than-active': 'sereno codex rollback <item> --to <version> --why <reason>',
};

/** What comes first, by the state that something is in. */
const NEXT: Readonly<Record<RevisionState, string>> = {
  candidate: 'sereno codex submit %',
  'in-review': 'sereno codex bless % --key <file>, or reject it',
  blessed: 'sereno codex activate %',
  active: 'production reads it already; sereno codex drift tells whether its file is in its place',
  superseded: 'sereno codex rollback makes its content the next version',
  rejected: 'export the source again: the next version is a new candidate',
  revoked: 'export the source again: the next version is a new candidate',
};

const mendOf = (it: LedgerRefusal): string | null => {
  if (it.kind === 'wrong-state' || it.kind === 'ended') return NEXT[it.state].replace('%', sayRef(it.revision));
  return MEND[it.kind] ?? null;
};

/** The refusal as a problem: `codex-refused`, `codex-revoked`, `not-found` or `bad-request`. */
export const refusalProblem = (it: LedgerRefusal): Problem =>
  problem(codeOf(it), sayRefusal(it), { expected: EXPECTED[it.kind] ?? null, mend: mendOf(it) });
