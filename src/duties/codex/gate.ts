// The gate as it is asked: everything that is known of a candidate becomes findings, demands and one verdict. Nothing is read
// here and nobody is asked; whoever holds the codex hands in what it says.

import type { Closure, CompatibilityClass, Content, Digest } from '#kernel/codex.ts';
import type { Json } from '#kernel/evidence.ts';
import { incompatibilities, sayIncompatibility } from './compat.ts';
import { outcomeOf, type KeptEvaluation, type Sought } from './evaluated.ts';
import {
  isPassed,
  judgeCandidate,
  sayQaReason,
  type BrokenRule,
  type QaReason,
  type QaVerdict,
  type SchemaOutcome,
} from './qa.ts';
import type { RegisteredSchema } from './revision.ts';
import { readSchema } from './schemas/read.ts';
import { DEFAULT_CLASS, registerSchema, type SchemaRegistry } from './schemas/registry.ts';
import { variablesWithin, type VariableReason } from './schemas/variables.ts';
import { isBlock } from './source.ts';

export type Schemas = {
  /** What is registered, oldest first. */
  readonly registered: readonly RegisteredSchema[];
  readonly registry: SchemaRegistry;
  /** The schema of what production reads: who reads it was made for that, also when nobody registered it. */
  readonly active: Json | null;
  readonly digestOf: (value: Json) => Digest;
};

export type Candidate = {
  readonly closure: Closure;
  readonly content: Content;
  /** Those that the prompt leaves to the caller. */
  readonly variables: readonly string[];
  readonly schemas: Schemas;
  readonly evaluations: readonly KeptEvaluation[];
  readonly sought: Sought;
  /** What is active was evaluated: to take its suites away takes the demand away of nobody. */
  readonly wasActiveEvaluated: boolean;
  /** The root of trust names testers: then nothing is blessed without their word. */
  readonly hasTesters: boolean;
};

/**
 * Judges a candidate by all that is known of it. Sereno's own configuration asks no model: what it must keep was looked at
 * when it was read.
 */
export const judgeAll = (candidate: Candidate): QaVerdict => {
  const { closure, content, schemas, evaluations, sought, wasActiveEvaluated, hasTesters } = candidate;
  if (closure.own !== undefined) return { kind: 'pass', reasons: [] };
  const schema = schemaOf(closure);
  const subject = subjectOf(content.task_id);
  const before = versionsOf(schemas, subject);
  const found = {
    rules: rulesBrokenBy(candidate),
    schema: schema === null ? null : judgeSchema(schemas, subject, schema),
    variables: variablesLacking(candidate),
    evaluation: outcomeOf(evaluations, sought),
  };
  const needsEvaluation = sought.suite !== null || wasActiveEvaluated || hasTesters;
  // An evaluation that nobody demands and that did not end well is still told.
  return judgeCandidate(found, { needsSchema: before.length > 0, needsEvaluation });
};

/** The subject under which the answers of an item are registered. */
export const subjectOf = (item: string): string => `qa_${item}`;

/** Words of the older notation, which says only how an answer looks. */
const LOOKS: ReadonlySet<Json> = new Set(['json', 'markdown', 'text']);

/** The JSON Schema of the answers; null: there is none, or only a word for how they look. */
export const schemaOf = ({ schema }: Pick<Closure, 'schema'>): Json | null => {
  if (schema === null) return null;
  const type = isBlock(schema.value) ? schema.value['type'] : undefined;
  return type !== undefined && LOOKS.has(type) ? null : schema.value;
};

/** The rules that the content and its input break by themselves. */
export const rulesBrokenBy = ({ closure, content }: Pick<Candidate, 'closure' | 'content'>): readonly BrokenRule[] => [
  ...brokenRules(content),
  ...brokenInput(closure),
];

const brokenRules = (content: Content): readonly BrokenRule[] =>
  incompatibilities(content).map((it) => ({ kind: 'rule-broken', rule: it.kind, says: sayIncompatibility(it) }));

/** The class that the last version of the subject was registered with. */
export const classOf = (registered: readonly RegisteredSchema[], subject: string): CompatibilityClass =>
  registered.findLast((it) => it.subject === subject)?.compatibility ?? DEFAULT_CLASS;

/** What a candidate's schema is compared with: the registered versions, or else that of what is active, as version 1. */
const versionsOf = ({ registry, active, digestOf }: Schemas, subject: string): SchemaRegistry[string] => {
  const known = Object.hasOwn(registry, subject) ? (registry[subject] ?? []) : [];
  if (known.length > 0 || active === null) return known;
  return [{ subject, version: 1, digest: digestOf(active), value: active }];
};

const judgeSchema = (schemas: Schemas, subject: string, value: Json): SchemaOutcome => {
  const before = versionsOf(schemas, subject);
  const digest = schemas.digestOf(value);
  // Going back to a version that readers know is for the class to judge as well: only the last one is surely read by all.
  if (before.at(-1)?.digest === digest) return { kind: 'known' };
  const id = `${subject}_v${(before.at(-1)?.version ?? 0) + 1}`;
  const compatibility = classOf(schemas.registered, subject);
  const asked = registerSchema({ [subject]: before }, { id, value, compatibility }, schemas.digestOf);
  return asked.kind === 'refused' ? asked : { kind: asked.kind };
};

/** The input as a JSON Schema; null: it is declared as a list of names, or not at all. */
const inputOf = ({ source }: Closure): Json | null => {
  const input = isBlock(source.value) ? source.value['input_schema'] : undefined;
  return isBlock(input) && (input['properties'] !== undefined || input['type'] === 'object') ? input : null;
};

const brokenInput = (closure: Closure): readonly BrokenRule[] => {
  const input = inputOf(closure);
  const reading = input === null ? null : readSchema(input);
  if (reading === null || reading.kind === 'read') return [];
  return reading.problems.map(({ at, says }) => ({
    kind: 'rule-broken',
    rule: 'input_schema',
    says: `${at}: ${says}`,
  }));
};

/** Variables that are declared beside the input schema are filled by the caller, whatever the input has. */
export const variablesLacking = ({
  closure,
  variables,
}: Pick<Candidate, 'closure' | 'variables'>): readonly VariableReason[] => {
  const input = inputOf(closure);
  const reading = input === null ? null : readSchema(input);
  if (reading === null || reading.kind === 'refused') return [];
  const value = isBlock(closure.source.value) ? closure.source.value : {};
  const declared = Array.isArray(value['variables']) ? value['variables'] : [];
  const names = declared.map((it: Json) => (isBlock(it) ? it['name'] : it));
  const asked = variables.filter((name) => !names.includes(name));
  return variablesWithin(
    asked.map((name) => ({ path: [name], use: 'any', isOptional: false })),
    reading.schema,
  );
};

/** What still stands against a candidate: reasons that are no pass and that nobody has waived, word for word. */
export const standingAgainst = ({ reasons }: QaVerdict, waived: ReadonlySet<string>): readonly QaReason[] =>
  reasons.filter((reason) => !isPassed(reason) && !waived.has(sayQaReason(reason)));
