// Whether every input that the schema allows has what a template asks of it. It is the same question as between two schemas:
// is everything that fits the input schema something that has the variable? So the answer comes with an input as well.

import type { Json } from '#kernel/evidence.ts';
import { inclusionOf } from './compatibility.ts';
import { wanted } from './demands.ts';
import { allOf, having } from './keywords.ts';
import { ALWAYS, type Schema, type ValueType } from './schema.ts';
import { findWitness } from './witness.ts';

/** A variable of a template, as the template names it: `customer.name` is `['customer', 'name']`. */
export type Variable = {
  readonly path: readonly string[];
  /** `text`: it is written out, so a list or an object would be nonsense. `list`: something is repeated over it. */
  readonly use: 'text' | 'list' | 'any';
  /** The template has an answer to its absence. */
  readonly isOptional: boolean;
};

export type VariableReason =
  /** An input that the schema allows, and that the template cannot be filled with. */
  | { readonly kind: 'variable-missing'; readonly variable: string; readonly input: Json }
  /** No input that the schema allows has it: most often a misspelt name. */
  | { readonly kind: 'variable-never'; readonly variable: string }
  | { readonly kind: 'variable-undecided'; readonly variable: string };

const USES: Readonly<Record<Variable['use'], readonly (ValueType | 'integer')[] | null>> = {
  text: ['string', 'number', 'boolean'],
  list: ['array'],
  any: null,
};

/** What is wrong between the variables of a template and the schema of its input; empty: every input fills it. */
export const variablesWithin = (variables: readonly Variable[], input: Schema): readonly VariableReason[] =>
  variables.flatMap((variable) => judge(variable, input));

const judge = (variable: Variable, input: Schema): readonly VariableReason[] => {
  const name = variable.path.join('.');
  const has = hasPath(variable);
  const some = findWitness([wanted(allOf([input, has]))]);
  if (some.kind === 'none') return [{ kind: 'variable-never', variable: name }];
  if (some.kind === 'unsure') return [{ kind: 'variable-undecided', variable: name }];
  if (variable.isOptional) return [];
  const inclusion = inclusionOf(input, has);
  if (inclusion.kind === 'included') return [];
  if (inclusion.kind === 'undecided') return [{ kind: 'variable-undecided', variable: name }];
  return [{ kind: 'variable-missing', variable: name, input: inclusion.value }];
};

/** Objects that have a value of the right type at the end of the path. */
const hasPath = ({ path, use }: Variable): Schema => {
  const types = USES[use];
  const end: Schema =
    types === null ? ALWAYS : { key: `types ${types.join()}`, parts: [{ keyword: 'type', kind: 'types', types }] };
  return path.reduceRight<Schema>((inner, name) => having(name, inner), end);
};
