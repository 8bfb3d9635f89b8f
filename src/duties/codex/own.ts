// Sereno's own configuration in the codex: which part of the files belongs to which item, and what such a version says.
//
// What counts is the values as they were read, of the main file and all included ones together. References (`${env:NAME}`)
// stay references: what they stand for is a secret of the machine, and is neither kept nor blessed.
//
// Whether it must be blessed stands in the configuration, and so does whether this is production. Both belong to every item,
// and what was blessed last counts beside what is new: nobody can take the demand away by taking out the line.

import { canonicalOfAny } from '#kernel/canonical.ts';
import { itemId, type Closure, type Content } from '#kernel/codex.ts';
import type { Json } from '#kernel/evidence.ts';
import { OWN_ITEMS, OWN_KINDS, type OwnKind } from '#kernel/own.ts';
import { schemaId } from './closure.ts';

export type OwnTree = { readonly [key: string]: Json };

/** What every item holds besides its own part: by these it is decided whether it must be blessed. */
const ALWAYS: readonly string[] = ['environment', 'codex'];

const SECTIONS: Readonly<Record<Exclude<OwnKind, 'config'>, readonly string[]>> = {
  policy: ['policy', 'people', 'on_call', ...ALWAYS],
  runbooks: ['runbooks', ...ALWAYS],
};

/** The part of a configuration that belongs to an item. */
export const ownPart = (kind: OwnKind, tree: OwnTree): OwnTree => {
  if (kind === 'config') return tree;
  const sections = SECTIONS[kind];
  return Object.fromEntries(Object.entries(tree).filter(([section]) => sections.includes(section)));
};

/** The closure of Sereno's own configuration. The name of the file is no part of it. */
export const ownClosure = (kind: OwnKind, tree: OwnTree): Closure => ({
  format: 1,
  item: itemId(OWN_ITEMS[kind]),
  source: { stem: 'sereno', value: ownPart(kind, tree) },
  template: null,
  partials: [],
  schema: null,
  parameters: {},
  own: kind,
});

const isTree = (value: Json | undefined): value is OwnTree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The tree of a closure of Sereno's own; null: it is a task. */
export const ownTree = (closure: Closure): OwnTree | null => {
  const { value } = closure.source;
  return closure.own !== undefined && isTree(value) ? value : null;
};

/** With the keys of every object sorted: two ways to write the same configuration give the same lines. */
const sorted = (value: Json): Json => {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
};

/** The configuration as lines that a person can compare; it is YAML too, so it can be put back as a file. */
export const ownText = (tree: OwnTree): string => `${JSON.stringify(sorted(tree), null, 2)}\n`;

const TITLES: Readonly<Record<OwnKind, string>> = {
  config: 'configuration',
  policy: 'policy, people and on-call',
  runbooks: 'runbooks',
};

/** A version in the form in which the codex shows all of them. No model reads it: there is none, and nothing is generated. */
export const ownContent = (kind: OwnKind, tree: OwnTree): Content => {
  const site = typeof tree['site'] === 'string' ? ` of ${tree['site']}` : '';
  return {
    task_id: itemId(OWN_ITEMS[kind]),
    title: `Sereno's own ${TITLES[kind]}${site}`,
    model_id: 'none',
    prompt: ownText(tree),
    temperature: 0,
    max_tokens: 0,
    format: 'json',
    expected_behavior: '',
    qa_schema_id: schemaId(OWN_ITEMS[kind]),
    source_log_id: 'sereno',
  };
};

/** What a configuration asks for itself. */
export type OwnDemand = { readonly kinds: readonly OwnKind[]; readonly isProduction: boolean };

/** Read from the values as they stand in the file: what was blessed is not resolved again. Undeclared means production. */
export const ownDemand = (tree: OwnTree): OwnDemand => {
  const { codex, environment } = tree;
  const named = isTree(codex) && Array.isArray(codex['own']) ? codex['own'] : [];
  const isRelaxed = environment === 'dev' || environment === 'staging';
  return { kinds: OWN_KINDS.filter((kind) => named.includes(kind)), isProduction: !isRelaxed };
};

/** The demands of two configurations together: the stricter one counts. */
export const joinDemands = (demands: readonly OwnDemand[]): OwnDemand => ({
  kinds: OWN_KINDS.filter((kind) => demands.some(({ kinds }) => kinds.includes(kind))),
  isProduction: demands.some(({ isProduction }) => isProduction),
});

/** Where a value of a secret stands in plain text, as paths; a reference would be there otherwise. */
export const plainSecrets = (tree: OwnTree, secrets: readonly string[]): readonly string[] => {
  const known = secrets.filter((secret) => secret.length >= SECRET_LENGTH_MIN);
  const found: string[] = [];
  const walk = (value: Json, path: string): void => {
    if (typeof value === 'string' && known.some((secret) => value.includes(secret))) found.push(path);
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) walk(inner, path === '' ? key : `${path}.${key}`);
  };
  walk(tree, '');
  return found;
};

/** A secret of one or two characters stands everywhere. */
const SECRET_LENGTH_MIN = 4;

/** The text whose SHA-256 says which configuration this is. Equal for two ways to write the same. */
export const ownIdentity = (kind: OwnKind, tree: OwnTree): string => canonicalOfAny(ownClosure(kind, tree));
