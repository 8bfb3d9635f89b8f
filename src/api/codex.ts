// The codex as it travels: items, versions with what was attested of them, differences, content, and proofs.

import * as z from 'zod';
import type { Content, Digest, ItemId, Predicate, RevisionState } from '#kernel/codex.ts';
import type {
  AttestationView,
  CodexDiffView,
  CodexItemBrief,
  CodexItemView,
  CodexListView,
  CodexProof,
  CodexSignedHead,
  CopyBrief,
  DeedView,
  EvaluationView,
  FieldView,
  RevisionBrief,
  RevisionView,
  RootView,
} from '#kernel/codexView.ts';
import { instantSchema, jsonSchema } from './noun.ts';
import { branded, mirrors } from './schema.ts';

const text = z.string();
const count = z.number();
const itemSchema = branded<ItemId>(z.string());
const digestSchema = branded<Digest>(z.string());
const tagsSchema = z.record(z.string(), count);

const stateSchema = mirrors<RevisionState>()(
  'RevisionState',
  z.enum(['candidate', 'in-review', 'rejected', 'blessed', 'active', 'superseded', 'revoked']),
);

const predicateSchema = mirrors<Predicate>()(
  'CodexPredicate',
  z.enum(['test-result', 'review', 'blessing', 'revocation', 'emergency']),
);

const brief = {
  version: count,
  digest: digestSchema,
  state: stateSchema,
  at: instantSchema,
  by: text,
  blessedBy: z.array(text),
};

const briefSchema = mirrors<RevisionBrief>()('CodexRevisionBrief', z.object(brief));

const copySchema = mirrors<CopyBrief>()(
  'CodexCopy',
  z.object({
    file: text,
    state: z.enum(['in-sync', 'drifted', 'missing', 'unknown']),
    says: text,
    since: instantSchema.nullable(),
    lookedAt: instantSchema.nullable(),
  }),
);

const copiesSchema = z.array(copySchema).nullable();

const itemBriefSchema = mirrors<CodexItemBrief>()(
  'CodexItemBrief',
  z.object({
    item: itemSchema,
    title: text.nullable(),
    versions: count,
    active: briefSchema.nullable(),
    newest: briefSchema,
    tags: tagsSchema,
    changedAt: instantSchema,
    copies: copiesSchema,
    trouble: text.nullable(),
  }),
);

const rootSchema = mirrors<RootView>()(
  'CodexRoot',
  z.object({ version: count, expires: instantSchema, blessers: z.array(text), threshold: count }),
);

export const codexListSchema = mirrors<CodexListView>()(
  'CodexItems',
  z.object({ isDeclared: z.boolean(), items: z.array(itemBriefSchema), root: rootSchema.nullable(), entries: count }),
);

const attestationSchema = mirrors<AttestationView>()(
  'CodexAttestation',
  z.object({
    seq: count,
    predicate: predicateSchema,
    at: instantSchema,
    envelope: digestSchema,
    signedBy: z.array(text),
    notCounted: text.nullable(),
    says: text.nullable(),
  }),
);

const evaluationSchema = mirrors<EvaluationView>()(
  'CodexEvaluation',
  z.object({
    seq: count,
    at: instantSchema,
    by: text,
    version: count,
    verdict: z.enum(['passed', 'blocked', 'not-enough-data']),
    numbers: z
      .object({
        suite: text,
        against: count.nullable(),
        always: count,
        sometimes: count,
        never: z.array(text),
        why: text,
        candidate: z.object({ passed: count, total: count }).nullable(),
        blessed: z.object({ passed: count, total: count }).nullable(),
        pairs: count,
        pairsAsked: count,
        endpoint: text,
      })
      .nullable(),
  }),
);

const revisionSchema = mirrors<RevisionView>()(
  'CodexRevision',
  z.object({
    ...brief,
    parent: count.nullable(),
    restores: count.nullable(),
    why: text.nullable(),
    verdict: z.object({ kind: z.enum(['blessed', 'waiting', 'rejected', 'revoked', 'stale']), said: z.array(text) }),
    attestations: z.array(attestationSchema),
    evaluations: z.array(evaluationSchema),
    standing: z.array(text),
    tags: z.array(text),
  }),
);

const deedSchema = mirrors<DeedView>()(
  'CodexDeed',
  z.object({
    seq: count,
    at: instantSchema,
    by: text,
    kind: z.enum([
      'exported',
      'submitted',
      'rejected',
      'attested',
      'evaluated',
      'waived',
      'schema-registered',
      'activated',
      'revoked',
      'tagged',
      'untagged',
      'trusted',
      'collected',
    ]),
    version: count.nullable(),
    detail: text.nullable(),
    why: text.nullable(),
    hash: digestSchema,
  }),
);

export const codexItemSchema = mirrors<CodexItemView>()(
  'CodexItem',
  z.object({
    item: itemSchema,
    title: text.nullable(),
    active: count.nullable(),
    tags: tagsSchema,
    total: count,
    versions: z.array(revisionSchema),
    history: z.array(deedSchema),
    copies: copiesSchema,
    trouble: text.nullable(),
  }),
);

const fieldSchema = mirrors<FieldView>()(
  'CodexField',
  z.object({
    field: text,
    before: jsonSchema,
    after: jsonSchema,
    lines: z.array(z.object({ kind: z.enum(['same', 'removed', 'added']), line: text })).nullable(),
  }),
);

export const codexDiffSchema = mirrors<CodexDiffView>()(
  'CodexDiff',
  z.object({ item: itemSchema, from: briefSchema, to: briefSchema, fields: z.array(fieldSchema) }),
);

export const codexContentSchema = mirrors<Content>()(
  'CodexContent',
  z.object({
    task_id: itemSchema,
    title: text,
    model_id: text,
    prompt: text,
    temperature: count,
    max_tokens: count,
    format: z.enum(['json', 'markdown']),
    expected_behavior: text,
    qa_schema_id: text,
    source_log_id: text,
  }),
);

export const codexProofSchema = mirrors<CodexProof>()(
  'CodexProof',
  z.object({
    format: z.literal(1),
    item: itemSchema,
    version: count,
    digest: digestSchema,
    state: stateSchema,
    origin: z.object({ version: count, authors: z.array(text) }),
    closure: text.nullable(),
    content: codexContentSchema.nullable(),
    attestations: z.array(z.object({ seq: count, envelope: text })),
    roots: z.array(text),
  }),
);

export const codexHeadSchema = mirrors<CodexSignedHead>()(
  'CodexSignedHead',
  z.object({ format: z.literal(1), head: text, listing: text.nullable(), roots: z.array(text) }),
);

/** Versions of one answer; each has its signatures verified. */
const VERSIONS_MAX = 500;

export const codexItemQuerySchema = z.object({
  before: z.coerce.number().int().min(1).max(1e15).optional().describe('Only versions before this one'),
  limit: z.coerce.number().int().min(1).max(VERSIONS_MAX).default(50),
});

/** Longer, and something between the two ends closes the connection. */
export const WAIT_SECONDS_MAX = 60;

export const codexContentQuerySchema = z.object({
  wait: z
    .string()
    .regex(/^(?:[1-5]?\d|60)s$/, `seconds, at most ${WAIT_SECONDS_MAX}, such as 30s`)
    .optional()
    .describe('Wait so long until another revision is there; 304 when none came'),
  than: z
    .string()
    .regex(/^(?:sha256:)?[0-9a-f]{64}$/, 'a digest')
    .optional()
    .describe('The digest that is there already; the first of If-None-Match unless given'),
  unblessed: z.enum(['true', 'false']).default('false').describe('Also a candidate, for people who look'),
});

export const codexProofQuerySchema = z.object({
  root: z.coerce.number().int().min(0).max(1e9).default(0).describe('Only roots after this version'),
});

const selector = z.string().min(1).max(100);

export const codexDiffQuerySchema = z.object({
  from: selector.describe('A version, a tag, `active`, or a digest'),
  to: selector,
});
