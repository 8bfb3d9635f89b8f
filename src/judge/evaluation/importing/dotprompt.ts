// Dotprompt files as sources of the codex: their front matter becomes fields of a source, their template a template.
//
// Source: google.github.io/dotprompt/reference/frontmatter. Everything in a front matter is optional there; the codex demands
// a model, a temperature and a length, and nothing is filled in that the file does not say.

import type { Json } from '#kernel/evidence.ts';
import type { Problem } from '#kernel/problem.ts';
import { Desk, isBlock, sayScalar, type Block, type NotTaken, type ParsedFile } from './desk.ts';
import { convertTemplate } from './handlebars.ts';
import { readSchema } from './picoschema.ts';

export type SplitPrompt = {
  /** The YAML, on the lines on which it stands in the file; null: there is none. */
  readonly frontMatter: string | null;
  readonly template: string;
  /** Lines of the file before the template. */
  readonly linesBefore: number;
};

/** Comments and empty lines may come first, as a licence does. */
const FRONT = /^((?:[ \t]*(?:#.*)?\r?\n)*)---[ \t]*\r?\n([\s\S]*?\n|)---[ \t]*(?:\r?\n|$)/;

const linesIn = (text: string): number => text.split('\n').length - 1;

/** Divides a dotprompt file. */
export const splitPrompt = (text: string): SplitPrompt => {
  const bare = text.startsWith('\ufeff') ? text.slice(1) : text;
  const match = FRONT.exec(bare);
  if (match === null) return { frontMatter: null, template: bare, linesBefore: 0 };
  const [whole, before = '', yaml = ''] = match;
  // As many empty lines as there are before, so that a place in the YAML is a place in the file.
  const frontMatter = `${'\n'.repeat(linesIn(before) + 1)}${yaml}`;
  return { frontMatter, template: bare.slice(whole.length), linesBefore: linesIn(whole) };
};

export type ImportedPrompt = {
  /** A source of the codex; null: there are problems. */
  readonly source: Block | null;
  /** Partials that the template names. */
  readonly partials: readonly string[];
  readonly problems: readonly Problem[];
  readonly notTaken: readonly NotTaken[];
};

/** Keys that have no place in a source, and why. */
const LEFT: Readonly<Record<string, string>> = {
  variant: 'a variant is an item of its own',
  tools: 'tasks of the codex call no tools',
  toolDefs: 'tasks of the codex call no tools',
  maxTurns: 'tasks of the codex answer once',
  returnToolRequests: 'tasks of the codex call no tools',
  metadata: 'what is not read decides nothing',
  ext: 'what is not read decides nothing',
};

const CONFIG_TAKEN: ReadonlySet<string> = new Set(['temperature', 'maxOutputTokens', 'max_tokens', 'maxTokens']);

/** Makes a source of a divided file. `front`: its front matter, read; `stem`: the file's name without its ending. */
export const readDotprompt = (front: ParsedFile, split: SplitPrompt, stem: string): ImportedPrompt => {
  const desk = new Desk(front);
  const file = front.locate([]).file;
  const template = convertTemplate(file, split.template, split.linesBefore);
  const block = front.value === null ? {} : front.value;
  if (!isBlock(block)) desk.refuse([], 'the front matter is no block', 'keys and values between two lines of ---');
  const fields = isBlock(block) ? readFront(desk, block, stem) : null;
  const problems = [...desk.problems, ...template.problems];
  const { partials } = template;
  if (fields === null || problems.length > 0) return { source: null, partials, problems, notTaken: desk.notTaken };
  const source = { ...fields, variables: template.variables, prompt_template: template.text };
  return { source, partials, problems, notTaken: desk.notTaken };
};

const blockAt = (block: Block, key: string): Block => {
  const value = block[key];
  return isBlock(value) ? value : {};
};

const readFront = (desk: Desk, block: Block, stem: string): Block | null => {
  for (const [key, why] of Object.entries(LEFT)) if (block[key] !== undefined) desk.leave([key], key, why);
  const [config, input, output] = [blockAt(block, 'config'), blockAt(block, 'input'), blockAt(block, 'output')];
  for (const key of Object.keys(config).filter((name) => !CONFIG_TAKEN.has(name)))
    desk.leave(['config', key], key, 'the codex pins the temperature and the length, and nothing else');
  if (input['default'] !== undefined)
    desk.leave(['input', 'default'], 'default', 'variables are filled when the task runs, by whoever runs it');
  const name = sayScalar(block['name']) ?? stem;
  const model = sayScalar(block['model']);
  const temperature = config['temperature'];
  const maxTokens = config['maxOutputTokens'] ?? config['max_tokens'] ?? config['maxTokens'];
  if (model === null) desk.refuse([], 'no model is named', '`model`, as in googleai/gemini');
  if (typeof temperature !== 'number')
    desk.refuse(['config'], 'no temperature', '`temperature`, a number, under `config`');
  if (typeof maxTokens !== 'number')
    desk.refuse(['config'], 'no length', '`maxOutputTokens`, a number, under `config`');
  const inputSchema = readSchema(desk, input['schema'], ['input', 'schema']);
  const outputSchema = readSchema(desk, output['schema'], ['output', 'schema']);
  const format = sayScalar(output['format']);
  const fields: Record<string, Json | undefined> = {
    task_id: itemOf(name),
    title: sayScalar(block['description']) ?? name,
    model: { model_id: model },
    generation_config: { temperature: temperature ?? null, max_tokens: maxTokens ?? null },
    // The codex derives the format from the schema, or else from the notes.
    notes: outputSchema === null && format !== null ? `The output is ${format}.` : undefined,
    input_schema: inputSchema ?? undefined,
    output_schema: outputSchema ?? undefined,
  };
  return Object.fromEntries(Object.entries(fields).flatMap(withoutNothing));
};

const withoutNothing = ([key, value]: readonly [string, Json | undefined]): readonly (readonly [string, Json])[] =>
  value === undefined ? [] : [[key, value]];

/** `greetingPrompt` and `Greeting prompt` are the item `greeting_prompt`. */
const itemOf = (name: string): string =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[^A-Za-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
    .toLowerCase();
