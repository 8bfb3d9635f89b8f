// Going back: what stands against an old version becoming what production reads again. Nothing is read here.
//
// It was blessed, so it passed the gate of its time; it is asked again only for what may be really wrong with it now: its own
// rules, the readers of what is active, and what its own evaluations have proven. No new evaluation is demanded of what was
// proven once: whoever goes back does it in an emergency. That a newer version did better is no reason against it either.

import type { CompatibilityClass, Digest, RevisionRef } from '#kernel/codex.ts';
import type { Json } from '#kernel/evidence.ts';
import type { KeptEvaluation } from './evaluated.ts';
import { rulesBrokenBy, schemaOf, variablesLacking, type Candidate } from './gate.ts';
import { judgeCandidate, type EvaluationOutcome, type QaVerdict, type SchemaOutcome } from './qa.ts';
import { compatibilityReasons } from './schemas/registry.ts';

export type Returning = Pick<Candidate, 'closure' | 'content' | 'variables' | 'wasActiveEvaluated'> & {
  /** The version that its content had first. */
  readonly version: number;
  /** Evaluations of its content, oldest first. */
  readonly evaluations: readonly KeptEvaluation[];
  /** An evaluation that proved something held another version against this content. */
  readonly wasMeasure: boolean;
  /** What production reads now; null: nothing. */
  readonly active: { readonly version: number; readonly schema: Json | null } | null;
  readonly compatibility: CompatibilityClass;
  readonly digestOf: (value: Json) => Digest;
};

/** The verdict on going back. Sereno's own configuration asks no model and has no readers but Sereno. */
export const judgeReturn = (returning: Returning): QaVerdict => {
  const { closure, active, compatibility, wasActiveEvaluated } = returning;
  if (closure.own !== undefined) return { kind: 'pass', reasons: [] };
  const found = {
    rules: rulesBrokenBy(returning),
    schema: judgeReaders(returning),
    variables: variablesLacking(returning),
    evaluation: provenOf(returning),
  };
  const needsSchema = active !== null && active.schema !== null && compatibility !== 'none';
  return judgeCandidate(found, { needsSchema, needsEvaluation: wasActiveEvaluated });
};

/** Programs were made for what is active: by the class, they are those that must go on reading. */
const judgeReaders = ({ closure, active, compatibility, version, digestOf }: Returning): SchemaOutcome | null => {
  const value = schemaOf(closure);
  if (value === null) return null;
  if (active === null || active.schema === null) return { kind: 'known' };
  const digest = digestOf(active.schema);
  if (digest === digestOf(value)) return { kind: 'known' };
  const subject = closure.item;
  const reasons = compatibilityReasons({ version, value, compatibility }, [
    { subject, version: active.version, digest, value: active.schema },
  ]);
  return reasons.length === 0 ? { kind: 'known' } : { kind: 'refused', reasons };
};

/**
 * What is proven of its content: the last evaluation that proved anything. A block counts although its report cannot be read,
 * a pass does not. What others were measured by needs no evaluation of its own.
 */
const provenOf = ({ evaluations, wasMeasure, wasActiveEvaluated }: Returning): EvaluationOutcome | null => {
  const proven = evaluations.findLast(
    ({ deed, report }) => deed.verdict === 'blocked' || (deed.verdict === 'passed' && report !== null),
  );
  if (proven !== undefined)
    return { kind: proven.deed.verdict, why: proven.report?.verdict.why ?? 'its report cannot be read' };
  if (wasMeasure) return { kind: 'passed', why: 'another version was held against it' };
  const last = evaluations.at(-1);
  return last === undefined || !wasActiveEvaluated
    ? null
    : { kind: 'not-enough-data', why: last.report?.verdict.why ?? 'its report cannot be read' };
};

/** True when an evaluation that proved something held another content against this one. */
export const wasMeasured = (kept: readonly KeptEvaluation[], { digest }: Pick<RevisionRef, 'digest'>): boolean =>
  kept.some(({ deed, report }) => deed.verdict !== 'not-enough-data' && report?.against?.digest === digest);
