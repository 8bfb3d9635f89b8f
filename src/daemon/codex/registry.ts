// The schemas that are registered, with their values, as the log and its objects have them.

import type { SchemaRegistry } from '#duties/codex/schemas/registry.ts';
import type { Digest } from '#kernel/codex.ts';
import type { Json } from '#kernel/evidence.ts';
import { problem, ProblemError, type Problem } from '#kernel/problem.ts';
import type { CodexDesk } from './desk.ts';

/** Everything that is registered, with its values. Throws ProblemError: `codex-damaged`, `store-unusable`. */
export const registryOf = (desk: CodexDesk): SchemaRegistry => {
  const registry: Record<string, SchemaRegistry[string]> = {};
  for (const { subject, version, digest } of desk.ledger.schemas()) {
    const before = Object.hasOwn(registry, subject) ? (registry[subject] ?? []) : [];
    registry[subject] = [...before, { subject, version, digest, value: valueOf(desk, digest) }];
  }
  return registry;
};

const valueOf = (desk: CodexDesk, name: Digest): Json => {
  const read = desk.store.read(name);
  if (read.kind === 'read') return JSON.parse(read.text);
  const missing = (): Problem => problem('codex-damaged', `the schema ${name} is missing from ${desk.directory}`);
  throw new ProblemError([read.kind === 'failed' ? read.problem : missing()]);
};
