// The gate before blessing: one verdict on a candidate from all that was checked of it.
//
//   fail             something is wrong, and is shown
//   undecided        something could not be decided; it is not taken for good
//   not-enough-data  nothing is wrong so far; something has not been measured to its end
//   pass             everything that is demanded was checked, and is well
//
// The worst answer is the verdict. Only `pass` may go on to review; what is demanded and missing never passes.

import type { SchemaReason } from './schemas/registry.ts';
import type { VariableReason } from './schemas/variables.ts';

/** A rule of compatibility (C03) that the content breaks. */
export type BrokenRule = { readonly kind: 'rule-broken'; readonly rule: string; readonly says: string };

/**
 * What became of the evaluation, beside the blessed version. `not-enough-data`: it ended, and proves nothing. `unfit`: it is
 * of other suites, or was held against something else than what is active. `unsigned`: it passed, and is not signed by those
 * whom the root of trust demands.
 */
export type EvaluationOutcome =
  | { readonly kind: 'running'; readonly pairsPlanned: number }
  | { readonly kind: 'passed' | 'blocked' | 'not-enough-data' | 'unfit' | 'unsigned'; readonly why: string };

export type SchemaOutcome =
  { readonly kind: 'registered' | 'known' } | { readonly kind: 'refused'; readonly reasons: readonly SchemaReason[] };

/** Null: there is none, or it has not begun. */
export type QaFindings = {
  readonly rules: readonly BrokenRule[];
  readonly schema: SchemaOutcome | null;
  readonly variables: readonly VariableReason[];
  readonly evaluation: EvaluationOutcome | null;
};

export type QaDemands = { readonly needsSchema: boolean; readonly needsEvaluation: boolean };

export type QaReason =
  | BrokenRule
  | SchemaReason
  | VariableReason
  | { readonly kind: 'schema-missing' }
  | { readonly kind: 'evaluation-missing' }
  | { readonly kind: 'evaluation-running'; readonly pairsPlanned: number }
  | { readonly kind: 'evaluation-blocked'; readonly why: string }
  | { readonly kind: 'evaluation-passed'; readonly why: string }
  | { readonly kind: 'evaluation-proves-nothing'; readonly why: string }
  | { readonly kind: 'evaluation-unfit'; readonly why: string }
  | { readonly kind: 'evaluation-unsigned'; readonly why: string };

export type QaKind = 'pass' | 'not-enough-data' | 'undecided' | 'fail';
export type QaVerdict = { readonly kind: QaKind; readonly reasons: readonly QaReason[] };

/** From best to worst. */
const ORDER: readonly QaKind[] = ['pass', 'not-enough-data', 'undecided', 'fail'];

const WEIGHT: Readonly<Record<QaReason['kind'], QaKind>> = {
  'rule-broken': 'fail',
  'schema-id': 'fail',
  'schema-unreadable': 'fail',
  'schema-taken': 'fail',
  'schema-skips': 'fail',
  'schema-incompatible': 'fail',
  'schema-undecided': 'undecided',
  'schema-missing': 'fail',
  'variable-missing': 'fail',
  'variable-never': 'fail',
  'variable-undecided': 'undecided',
  'evaluation-missing': 'not-enough-data',
  'evaluation-running': 'not-enough-data',
  'evaluation-proves-nothing': 'not-enough-data',
  'evaluation-unfit': 'not-enough-data',
  'evaluation-unsigned': 'not-enough-data',
  'evaluation-blocked': 'fail',
  'evaluation-passed': 'pass',
};

/** True for a reason that stands against nothing. */
export const isPassed = ({ kind }: QaReason): boolean => WEIGHT[kind] === 'pass';

/** Joins what was found into one verdict, with every reason. */
export const judgeCandidate = (found: QaFindings, demands: QaDemands): QaVerdict => {
  const reasons = [
    ...found.rules,
    ...schemaReasons(found.schema, demands.needsSchema),
    ...found.variables,
    ...evaluationReasons(found.evaluation, demands.needsEvaluation),
  ];
  const worst = Math.max(0, ...reasons.map(({ kind }) => ORDER.indexOf(WEIGHT[kind])));
  return { kind: ORDER[worst] ?? 'fail', reasons };
};

const schemaReasons = (schema: SchemaOutcome | null, isNeeded: boolean): readonly QaReason[] => {
  if (schema === null) return isNeeded ? [{ kind: 'schema-missing' }] : [];
  return schema.kind === 'refused' ? schema.reasons : [];
};

const evaluationReasons = (evaluation: EvaluationOutcome | null, isNeeded: boolean): readonly QaReason[] => {
  if (evaluation === null) return isNeeded ? [{ kind: 'evaluation-missing' }] : [];
  if (evaluation.kind === 'running') return [{ kind: 'evaluation-running', pairsPlanned: evaluation.pairsPlanned }];
  const kinds = {
    passed: 'evaluation-passed',
    blocked: 'evaluation-blocked',
    'not-enough-data': 'evaluation-proves-nothing',
    unfit: 'evaluation-unfit',
    unsigned: 'evaluation-unsigned',
  } as const;
  return [{ kind: kinds[evaluation.kind], why: evaluation.why }];
};

type Say = { readonly [Kind in QaReason['kind']]: (reason: Extract<QaReason, { readonly kind: Kind }>) => string };

const SAY: Say = {
  'rule-broken': ({ rule, says }) => `${rule}: ${says}`,
  'schema-id': ({ id }) => `${id} is no name of a schema; such a name is qa_describe_v2`,
  'schema-unreadable': ({ problems }) =>
    `the schema cannot be read: ${problems.map(({ at, says }) => `${at === '' ? 'at its root' : at}: ${says}`).join('; ')}`,
  'schema-taken': ({ id, digest }) =>
    `${id} is the name of another schema (${digest.slice(0, 12)}); take the next version`,
  'schema-skips': ({ id, nextVersion }) => `${id} leaves a gap; the next version is ${nextVersion}`,
  'schema-incompatible': ({ writtenWith, readWith, value, breaks }) =>
    `version ${readWith} cannot read what version ${writtenWith} allows: ${JSON.stringify(value)} (${breaks.map(({ at, keyword }) => `${keyword} at ${at === '' ? 'its root' : at}`).join(', ')})`,
  'schema-undecided': ({ writtenWith, readWith }) =>
    `whether version ${readWith} can read all that version ${writtenWith} allows was not decided; simpler patterns help`,
  'schema-missing': () => 'no schema is declared for the answers',
  'variable-missing': ({ variable, input }) =>
    `the template needs ${variable}; this input has none: ${JSON.stringify(input)}`,
  'variable-never': ({ variable }) => `the template needs ${variable}, which no input has`,
  'variable-undecided': ({ variable }) => `whether every input has ${variable} was not decided`,
  'evaluation-missing': () => 'it was not evaluated',
  'evaluation-running': ({ pairsPlanned }) => `its evaluation is under way; ${pairsPlanned} pairs are planned`,
  'evaluation-blocked': ({ why }) => `its evaluation: ${why}`,
  'evaluation-passed': ({ why }) => `its evaluation: ${why}`,
  'evaluation-proves-nothing': ({ why }) => `its evaluation ended without proof: ${why}`,
  'evaluation-unfit': ({ why }) => `its evaluation does not count: ${why}`,
  'evaluation-unsigned': ({ why }) => `its evaluation does not count: ${why}`,
};

/** One reason in one sentence, without the full stop. */
export const sayQaReason = (reason: QaReason): string => {
  // The row of a kind takes the reasons of that kind; the compiler cannot follow the pairing.
  const say = SAY[reason.kind] as (reason: QaReason) => string; // decoder
  return say(reason);
};
