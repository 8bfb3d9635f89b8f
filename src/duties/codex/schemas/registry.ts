// The registry of schemas: an append-only list of versions for each subject, none of which is ever changed.
//
//   (new id) ──readable, and compatible with those before──▶ registered
//   (known id, same content) ──▶ registered already
//   anything else ──▶ refused, with every reason
//
// Classes are those that schema registries have long had: `backward`: who reads with the new one reads what was written with
// the old ones. `forward`: who reads with an old one reads what is written with the new one. `full`: both. The transitive
// forms compare with all versions, the others with the last. What cannot be decided is refused: it may not be compatible.

import type { CompatibilityClass, Digest } from '#kernel/codex.ts';
import type { Json } from '#kernel/evidence.ts';
import { inclusionOf, type Inclusion } from './compatibility.ts';
import type { Misfit } from './fit.ts';
import { readSchema, type SchemaProblem } from './read.ts';
import type { Schema } from './schema.ts';

/**
 * For the answers of a task: programs that were made for an old schema go on reading answers to the new one. It is the
 * default because readers change more slowly than prompts do.
 */
export const DEFAULT_CLASS: CompatibilityClass = 'forward-transitive';

export type SchemaVersion = {
  readonly subject: string;
  readonly version: number;
  readonly digest: Digest;
  readonly value: Json;
};

/** By subject, the versions in their order. */
export type SchemaRegistry = { readonly [subject: string]: readonly SchemaVersion[] };

export type SchemaReason =
  | { readonly kind: 'schema-id'; readonly id: string }
  | { readonly kind: 'schema-unreadable'; readonly problems: readonly SchemaProblem[] }
  /** The id is taken by other content: what was read once under a name is always read under it. */
  | { readonly kind: 'schema-taken'; readonly id: string; readonly digest: Digest }
  | { readonly kind: 'schema-skips'; readonly id: string; readonly nextVersion: number }
  /** `writtenWith` and `readWith` are versions of the subject; `value` fits the first and breaks the second. */
  | {
      readonly kind: 'schema-incompatible';
      readonly writtenWith: number;
      readonly readWith: number;
      readonly value: Json;
      readonly breaks: readonly Misfit[];
    }
  | { readonly kind: 'schema-undecided'; readonly writtenWith: number; readonly readWith: number };

export type Registration =
  | { readonly kind: 'registered'; readonly registry: SchemaRegistry; readonly entry: SchemaVersion }
  | { readonly kind: 'known'; readonly entry: SchemaVersion }
  | { readonly kind: 'refused'; readonly reasons: readonly SchemaReason[] };

export type SchemaRequest = {
  /** `<subject>_v<version>`, such as `qa_describe_v2`. */
  readonly id: string;
  readonly value: Json;
  readonly compatibility: CompatibilityClass;
};

const ID = /^([a-z][a-z0-9_]*)_v([1-9][0-9]{0,5})$/;

/** Subject and version of an id; null when it is not one. */
export const splitSchemaId = (id: string): { readonly subject: string; readonly version: number } | null => {
  const [, subject, version] = ID.exec(id) ?? [];
  return subject === undefined || version === undefined ? null : { subject, version: Number(version) };
};

/** The version with this id; null when it is not registered. */
export const findSchema = (registry: SchemaRegistry, id: string): SchemaVersion | null => {
  const split = splitSchemaId(id);
  const versions = split === null || !Object.hasOwn(registry, split.subject) ? [] : (registry[split.subject] ?? []);
  return versions.find(({ version }) => version === split?.version) ?? null;
};

/** Asks for a schema to be taken in; `digestOf`: SHA-256 of the canonical form. Nothing is changed: whoever holds the registry goes on with the one that is returned. */
export const registerSchema = (
  registry: SchemaRegistry,
  request: SchemaRequest,
  digestOf: (value: Json) => Digest,
): Registration => {
  const split = splitSchemaId(request.id);
  if (split === null) return { kind: 'refused', reasons: [{ kind: 'schema-id', id: request.id }] };
  const { subject, version } = split;
  const digest = digestOf(request.value);
  const known = findSchema(registry, request.id);
  if (known !== null && known.digest === digest) return { kind: 'known', entry: known };
  const before = Object.hasOwn(registry, subject) ? (registry[subject] ?? []) : [];
  const reasons = [...judgeId(request.id, version, { known, before }), ...judgeValue(request, version, before)];
  if (reasons.length > 0) return { kind: 'refused', reasons };
  const entry: SchemaVersion = { subject, version, digest, value: request.value };
  return { kind: 'registered', registry: { ...registry, [subject]: [...before, entry] }, entry };
};

type Place = { readonly known: SchemaVersion | null; readonly before: readonly SchemaVersion[] };

const judgeId = (id: string, version: number, { known, before }: Place): readonly SchemaReason[] => {
  if (known !== null) return [{ kind: 'schema-taken', id, digest: known.digest }];
  const nextVersion = (before.at(-1)?.version ?? 0) + 1;
  return version === nextVersion ? [] : [{ kind: 'schema-skips', id, nextVersion }];
};

const judgeValue = (
  { value, compatibility }: Omit<SchemaRequest, 'id'>,
  version: number,
  before: readonly SchemaVersion[],
): readonly SchemaReason[] => {
  const reading = readSchema(value);
  if (reading.kind === 'refused') return [{ kind: 'schema-unreadable', problems: reading.problems }];
  const compared = compatibility.endsWith('-transitive') ? before : before.slice(-1);
  const others = compared.filter((each) => each.version !== version);
  return others.flatMap((other) => compare({ version, schema: reading.schema }, other, compatibility));
};

/** What stands against this schema following those, by its class; none: it goes with them. */
export const compatibilityReasons = (
  asked: Omit<SchemaRequest, 'id'> & { readonly version: number },
  before: readonly SchemaVersion[],
): readonly SchemaReason[] => judgeValue(asked, asked.version, before);

type Candidate = { readonly version: number; readonly schema: Schema };

const compare = (
  candidate: Candidate,
  other: SchemaVersion,
  compatibility: CompatibilityClass,
): readonly SchemaReason[] => {
  const reading = readSchema(other.value);
  // Only what was read once is in the registry; an older Sereno may have read more.
  if (reading.kind === 'refused') return [{ kind: 'schema-unreadable', problems: reading.problems }];
  const { schema } = reading;
  const isBackward = compatibility.startsWith('backward') || compatibility.startsWith('full');
  const isForward = compatibility.startsWith('forward') || compatibility.startsWith('full');
  return [
    ...(isBackward ? say(inclusionOf(schema, candidate.schema), other.version, candidate.version) : []),
    ...(isForward ? say(inclusionOf(candidate.schema, schema), candidate.version, other.version) : []),
  ];
};

const say = (inclusion: Inclusion, writtenWith: number, readWith: number): readonly SchemaReason[] => {
  if (inclusion.kind === 'included') return [];
  if (inclusion.kind === 'undecided') return [{ kind: 'schema-undecided', writtenWith, readWith }];
  const { value, breaks } = inclusion;
  return [{ kind: 'schema-incompatible', writtenWith, readWith, value, breaks }];
};
