// The registry of schemas, as the log has it: each version of a subject is an object that nobody can change, and comes in
// only when its class allows it beside those before.

import { existsSync } from 'node:fs';
import { basename, extname, isAbsolute, join, resolve } from 'node:path';
import { readSourceFile } from '#adapters/codex/sources.ts';
import { classOf } from '#duties/codex/gate.ts';
import { sayQaReason } from '#duties/codex/qa.ts';
import type { RegisteredSchema } from '#duties/codex/revision.ts';
import { registerSchema, splitSchemaId, type Registration } from '#duties/codex/schemas/registry.ts';
import { canonical } from '#kernel/canonical.ts';
import type { CompatibilityClass } from '#kernel/codex.ts';
import type { Json } from '#kernel/evidence.ts';
import { problem, ProblemError, type Problem } from '#kernel/problem.ts';
import { put, record, type Doer } from './deeds.ts';
import type { CodexDesk } from './desk.ts';
import { registryOf } from './registry.ts';
import { digestOf, wordingOf } from './suites.ts';

export type SchemaAsk = {
  /** As it was written: from the working directory, or else from the folder of the schemas. */
  readonly file: string;
  /** Null: the name of the file without its ending. */
  readonly id: string | null;
  /** Null: that of the version before, or the default. */
  readonly compatibility: CompatibilityClass | null;
};

export type SchemaCheck = {
  readonly id: string;
  readonly compatibility: CompatibilityClass;
  readonly value: Json;
  readonly registration: Registration;
};

/** What would come of a registration; nothing is written. Throws ProblemError: `bad-input` for a file that cannot be read. */
export const checkSchema = (desk: CodexDesk, asked: SchemaAsk): SchemaCheck => {
  const path = schemaPath(asked.file, desk.site.schemas);
  const read = readSourceFile(path, wordingOf('the schema'));
  if ('problems' in read) throw new ProblemError(read.problems);
  const id = asked.id ?? basename(path, extname(path));
  const compatibility = asked.compatibility ?? classOf(desk.ledger.schemas(), splitSchemaId(id)?.subject ?? '');
  const request = { id, value: read.value, compatibility };
  return { ...request, registration: registerSchema(registryOf(desk), request, digestOf) };
};

const schemaPath = (written: string, folder: string): string => {
  const here = resolve(written);
  if (isAbsolute(written) || existsSync(here)) return here;
  const there = join(folder, written);
  return existsSync(there) ? there : here;
};

/** Every reason against a registration as a problem, `codex-schema`. */
export const registrationProblems = ({ id, registration }: SchemaCheck): readonly Problem[] =>
  registration.kind === 'refused'
    ? registration.reasons.map((reason) => problem('codex-schema', `${id}: ${sayQaReason(reason)}`))
    : [];

/**
 * Registers a schema for ever. The same one again changes nothing, and says so: null. Throws ProblemError: `codex-schema`
 * with all reasons, `bad-input`, `store-unusable`.
 */
export const addSchema = (desk: CodexDesk, doer: Doer, asked: SchemaAsk): RegisteredSchema | null => {
  const check = checkSchema(desk, asked);
  const problems = registrationProblems(check);
  if (problems.length > 0) throw new ProblemError(problems);
  if (check.registration.kind === 'known') return null;
  const { id, compatibility, value } = check;
  // Somebody who was faster has taken the version: the log refuses it then, and nothing was compared in vain.
  record(desk, doer, { kind: 'schema-registered', id, compatibility, schema: put(desk, canonical(value)) });
  return desk.ledger.schemas().at(-1) ?? null;
};
