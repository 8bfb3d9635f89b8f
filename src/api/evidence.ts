// Evidence as it travels: records, signed checkpoints, and the result of walking the chain.

import * as z from 'zod';
import type { EvidenceCheckpoint, EvidenceRecord, ProvenRecord } from '#kernel/evidence.ts';
import { instantSchema, jsonSchema, machineIdSchema } from './noun.ts';
import { mirrors, named } from './schema.ts';

const text = z.string();

export const evidenceRecordSchema = mirrors<EvidenceRecord>()(
  'EvidenceRecord',
  z.object({
    seq: z.number(),
    at: instantSchema,
    actor: z.object({ kind: z.enum(['person', 'agent', 'system']), name: text }),
    machine: machineIdSchema,
    type: text,
    trigger: text,
    action: text.nullable(),
    outcome: text.nullable(),
    refs: z.record(z.string(), jsonSchema),
    prevHash: text,
    hash: text,
  }),
);

export const evidenceCheckpointSchema = mirrors<EvidenceCheckpoint>()(
  'EvidenceCheckpoint',
  z.object({
    seq: z.number(),
    hash: text,
    at: instantSchema,
    tree: z.object({ size: z.number(), root: text }).nullable(),
    signature: text,
    keyId: text,
  }),
);

export const provenRecordSchema = mirrors<ProvenRecord>()(
  'ProvenRecord',
  z.object({
    proof: z.object({
      kind: z.literal('sereno-proof'),
      format: z.literal(1),
      seq: z.number(),
      hash: text,
      path: text,
      checkpoint: evidenceCheckpointSchema,
    }),
    record: text,
  }),
);

export const verificationSchema = named(
  'Verification',
  z.object({
    isIntact: z.boolean(),
    records: z.number(),
    /** First bad sequence number; null when intact. */
    badSeq: z.number().nullable(),
    detail: text,
  }),
);

/** Most records of one answer: a page of evidence stays well under 1 MB. */
export const EVIDENCE_PAGE_MAX = 1_000;

export const evidenceQuerySchema = z.object({
  after: z.coerce.number().int().min(0).optional(),
  before: z.coerce.number().int().min(0).optional(),
  type: z.string().max(200).optional(),
  machine: z.string().max(300).optional(),
  order: z.enum(['newest-first', 'oldest-first']).default('newest-first'),
  limit: z.coerce.number().int().min(1).max(EVIDENCE_PAGE_MAX).default(100),
});
