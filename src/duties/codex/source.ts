// Source: what a task declares, checked as a whole. A source is for experiments; nothing of it is guessed or filled in.
//
// Required: task_id, title, model.model_id, generation_config.temperature and .max_tokens. Everything else is optional, and
// what is not known here is kept: it is part of the closure, and so of the digest.

import { isItemId, itemId, type ItemId, type SourceFile, type SourcePath } from '#kernel/codex.ts';
import type { Json } from '#kernel/evidence.ts';
import { hiddenIn } from '#kernel/hidden.ts';
import { isOwnItem } from '#kernel/own.ts';
import { isVariableName } from '#kernel/template.ts';
import { Faults, refused, type Refusal } from './refusal.ts';

export type Source = {
  readonly item: ItemId;
  readonly title: string;
  readonly modelId: string;
  readonly temperature: number;
  readonly maxTokens: number;
  /** As written, even when it is empty: whether it is needed depends on the mapping of templates. */
  readonly promptTemplate: string | null;
  readonly format: 'json' | 'markdown';
  readonly expectedBehavior: string;
  /** Values that fill the template at export. */
  readonly parameters: Block;
  /** Names that the task's caller fills: those of `variables` and of `input_schema`. Sorted. */
  readonly variables: readonly string[];
  /** `output_schema`, when it is a JSON Schema. */
  readonly schema: Block | null;
};

export type Block = { readonly [key: string]: Json };

/** Reads a source. Refused: `codex-source`, all problems together, each with its place. */
export const decodeSource = (file: SourceFile): { readonly kind: 'source'; readonly source: Source } | Refusal => {
  const faults = new Faults(file, 'codex-source');
  if (!isBlock(file.value) || Object.keys(file.value).length === 0) {
    faults.add([], 'Source file is empty or invalid YAML', 'keys and values: task_id, title, model, generation_config');
    return refused(...faults.problems);
  }
  refuseHidden(file.value, [], faults);
  const source = decode(file.value, faults);
  return source === null || faults.problems.length > 0 ? refused(...faults.problems) : { kind: 'source', source };
};

/** Whether a value is keys and values. */
export const isBlock = (value: Json | undefined): value is Block =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A file's name without folders and without its last ending: the lineage that systems around the codex ask for. */
export const stemOf = (path: string): string => {
  const name = path.split(/[/\\]/).at(-1) ?? path;
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(0, dot) : name;
};

/** Sources need not come from YAML: the same characters are refused wherever they come from. */
const refuseHidden = (value: Json, path: SourcePath, faults: Faults): void => {
  if (typeof value === 'string') {
    const hidden = hiddenIn(value);
    if (hidden !== null) faults.add(path, `the hidden character ${hidden.name}`, 'only characters that can be seen');
    if (!value.isWellFormed()) faults.add(path, 'half a surrogate pair', 'whole characters');
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      refuseHidden(key, path, faults);
      refuseHidden(inner, [...path, Array.isArray(value) ? Number(key) : key], faults);
    }
  }
};

const decode = (block: Block, faults: Faults): Source | null => {
  for (const key of ['task_id', 'title', 'model', 'generation_config'])
    if (block[key] === undefined) faults.add([], `Missing required field: ${key}`);
  const item = takeItem(block['task_id'], faults);
  const title = takeTitle(block['title'], faults);
  const modelId = takeModel(block['model'], faults);
  const generation = takeGeneration(block['generation_config'], faults);
  const parameters = takeParameters(block['parameters'], faults);
  const variables = takeVariables(block, parameters, faults);
  const promptTemplate = takeText(block, 'prompt_template', faults);
  const expectedBehavior = takeText(block, 'expected_behavior', faults) ?? notesOf(block['notes']);
  if (item === null || title === null || modelId === null || generation === null) return null;
  const schema = isBlock(block['output_schema']) ? block['output_schema'] : null;
  const format = formatOf(block);
  return {
    item,
    title,
    modelId,
    ...generation,
    promptTemplate,
    format,
    expectedBehavior,
    parameters,
    variables,
    schema,
  };
};

const isFilled = (value: Json | undefined): value is string => typeof value === 'string' && value.trim() !== '';

const takeItem = (value: Json | undefined, faults: Faults): ItemId | null => {
  if (value === undefined) return null;
  if (!isFilled(value)) return faults.add(['task_id'], 'task_id must be non-empty string');
  if (isOwnItem(value)) return faults.add(['task_id'], `${value} is the name of Sereno's own configuration`);
  if (isItemId(value)) return itemId(value);
  const expected = 'a small letter, then small letters, digits and underscores, at most 100 in all';
  return faults.add(['task_id'], `task_id must be a plain name, not ${JSON.stringify(value.slice(0, 100))}`, expected);
};

const takeTitle = (value: Json | undefined, faults: Faults): string | null => {
  if (value === undefined || isFilled(value)) return value ?? null;
  return faults.add(['title'], 'title must be non-empty string');
};

const takeModel = (value: Json | undefined, faults: Faults): string | null => {
  if (value === undefined) return null;
  const modelId = isBlock(value) ? value['model_id'] : undefined;
  return isFilled(modelId) ? modelId : faults.add(['model', 'model_id'], 'Missing or invalid model.model_id');
};

type Generation = { readonly temperature: number; readonly maxTokens: number };

/** Whether the values are good ones is asked by the rules of compatibility; here they only have to be numbers. */
const takeGeneration = (value: Json | undefined, faults: Faults): Generation | null => {
  if (value === undefined) return null;
  if (!isBlock(value)) return faults.add(['generation_config'], 'generation_config must be dictionary');
  const { temperature, max_tokens: maxTokens } = value;
  if (temperature === undefined) faults.add(['generation_config'], 'Missing generation_config.temperature');
  else if (typeof temperature !== 'number' || !Number.isFinite(temperature))
    faults.add(['generation_config', 'temperature'], 'temperature must be numeric', 'a finite number');
  if (maxTokens === undefined) faults.add(['generation_config'], 'Missing generation_config.max_tokens');
  else if (!Number.isSafeInteger(maxTokens) || Number(maxTokens) < 1)
    faults.add(['generation_config', 'max_tokens'], 'max_tokens must be integer', 'a whole number from 1');
  return { temperature: Number(temperature), maxTokens: Number(maxTokens) };
};

const takeText = (block: Block, key: string, faults: Faults): string | null => {
  const value = block[key];
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? value : faults.add([key], `${key} must be text`);
};

const takeParameters = (value: Json | undefined, faults: Faults): Block => {
  if (value === undefined || value === null) return {};
  if (!isBlock(value)) {
    faults.add(['parameters'], 'parameters must be dictionary');
    return {};
  }
  for (const name of Object.keys(value)) refuseName(name, ['parameters', name], faults);
  return value;
};

const refuseName = (name: string, path: SourcePath, faults: Faults): void => {
  if (!isVariableName(name))
    faults.add(
      path,
      `${JSON.stringify(name.slice(0, 100))} is no name for a template`,
      'letters, digits and underscores',
    );
};

const takeVariables = (block: Block, parameters: Block, faults: Faults): readonly string[] => {
  const declared = block['variables'] ?? [];
  const names = Array.isArray(declared) ? declared.map(nameIn) : [];
  if (!Array.isArray(declared) || names.includes(null)) faults.add(['variables'], 'variables must be a list of names');
  for (const [index, name] of names.entries()) {
    if (name === null) continue;
    refuseName(name, ['variables', index], faults);
    if (Object.hasOwn(parameters, name))
      faults.add(
        ['variables', index],
        `${name} is a parameter too`,
        'filled at export, or when the task runs; not both',
      );
  }
  const inputs = inputsOf(block['input_schema']).filter(
    (name) => isVariableName(name) && !Object.hasOwn(parameters, name),
  );
  return [...new Set([...names.filter((name) => name !== null), ...inputs])].sort();
};

/** A name, or a block with one. */
const nameIn = (value: Json): string | null => {
  const name = isBlock(value) ? value['name'] : value;
  return typeof name === 'string' ? name : null;
};

/** The inputs of the task: a list with names, or the properties of a JSON Schema. */
const inputsOf = (value: Json | undefined): readonly string[] => {
  if (Array.isArray(value)) return value.map(nameIn).filter((name) => name !== null);
  const properties = isBlock(value) ? value['properties'] : undefined;
  return isBlock(properties) ? Object.keys(properties) : [];
};

const FORMATS: ReadonlyMap<string, Source['format']> = new Map([
  ['json', 'json'],
  ['object', 'json'],
  ['array', 'json'],
  ['markdown', 'markdown'],
  ['text', 'markdown'],
  ['string', 'markdown'],
]);

/** The first type of `output_schema`, or what the notes mention, or markdown. */
const formatOf = (block: Block): Source['format'] => {
  const schema = block['output_schema'];
  const first: Json | undefined = Array.isArray(schema) ? schema[0] : schema;
  const type = isBlock(first) ? first['type'] : undefined;
  const known = typeof type === 'string' ? FORMATS.get(type.toLowerCase()) : undefined;
  if (known !== undefined) return known;
  return /json/i.test(notesOf(block['notes'])) ? 'json' : 'markdown';
};

/** Notes are a text or a list of texts. */
const notesOf = (value: Json | undefined): string => {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.filter((it) => typeof it === 'string').join('\n') : '';
};
