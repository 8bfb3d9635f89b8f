// The item `describe`, as the tests of the gate know it: what it says, and the schemas that its answers may have.

import { createHash } from 'node:crypto';
import { canonical } from '#kernel/canonical.ts';
import { digest, itemId, type Content, type Digest } from '#kernel/codex.ts';
import type { Json } from '#kernel/evidence.ts';

export const ITEM = itemId('describe');

export const digestOf = (value: Json): Digest => digest(createHash('sha256').update(canonical(value)).digest('hex'));

export const CONTENT: Content = {
  task_id: ITEM,
  title: 'Describe',
  model_id: 'm',
  prompt: 'Describe {{ posting }} in three sentences.',
  temperature: 0.5,
  max_tokens: 400,
  format: 'json',
  expected_behavior: '',
  qa_schema_id: 'qa_describe_v1',
  source_log_id: 'describe',
};

/** The schema of an answer that has these fields at least. */
export const answers = (...required: readonly string[]): Json => ({
  type: 'object',
  properties: { title: { type: 'string' }, size: { type: 'integer' } },
  required,
});
