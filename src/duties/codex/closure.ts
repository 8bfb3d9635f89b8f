// Closure: everything that a revision is made of, gathered from a source and its templates.
//
// A prompt comes from the template that the mapping names for the task, or else from `prompt_template` of the source. There
// is no third way: a task without either cannot be exported.

import { isItemId, type Closure, type Named, type SourceFile } from '#kernel/codex.ts';
import { canonical, uncanonical } from '#kernel/canonical.ts';
import type { Json } from '#kernel/evidence.ts';
import { hiddenIn } from '#kernel/hidden.ts';
import { OWN_ITEMS, OWN_KINDS } from '#kernel/own.ts';
import { problem, type Place, type Problem } from '#kernel/problem.ts';
import { isTemplatePath, isVariableName, type Shelf, type TemplateFlaw } from '#kernel/template.ts';
import { problemsOf, refused, type Refusal } from './refusal.ts';
import { decodeSource, isBlock, stemOf, type Block, type Source } from './source.ts';

/** Tasks whose prompt is a template, by the path of the template. */
export type PromptMapping = { readonly [item: string]: string };

/** The mapping of the systems that the codex serves; a site adds its own. */
export const PROMPT_MAPPING: PromptMapping = {
  ty_extract_concise_description: 'concise_description.md',
  ty_extract_skill_extraction: 'skill_extraction.md',
};

/** Partials of one template, theirs included; more were not written by people for a prompt. */
const PARTIALS_MAX = 100;

export type Gathered = { readonly kind: 'gathered'; readonly closure: Closure; readonly source: Source };

/**
 * Gathers the closure of a source. `parameters` are laid over those of the source. Refused: `codex-source` and
 * `codex-template`, all problems of the stage that was reached.
 */
export const gather = (
  file: SourceFile,
  shelf: Shelf,
  mapping: PromptMapping = PROMPT_MAPPING,
  parameters: Block = {},
): Gathered | Refusal => {
  const decoded = decodeSource(file);
  if (decoded.kind === 'refused') return decoded;
  const { source } = decoded;
  const template = takeTemplate(file, source, shelf, mapping);
  if (template.kind === 'refused') return template;
  const root = template.named ?? { path: INLINE, text: source.promptTemplate ?? '' };
  const partials = gatherPartials(file, root, shelf);
  if (partials.kind === 'refused') return partials;
  const schema = source.schema === null ? null : { id: schemaId(source.item), value: source.schema };
  const closure: Closure = {
    format: 1,
    item: source.item,
    source: { stem: stemOf(file.file), value: file.value },
    template: template.named,
    partials: partials.partials,
    schema,
    parameters: { ...source.parameters, ...parameters },
  };
  const problems = whole(file, closure, source);
  return problems.length > 0 ? refused(...problems) : { kind: 'gathered', closure, source };
};

/** What was laid over or came with the file's name: none of it was looked at with the source. */
const whole = (file: SourceFile, closure: Closure, source: Source): readonly Problem[] => {
  const names = Object.keys(closure.parameters);
  const flaw = uncanonical(closure);
  const messages = [
    ...names.filter((name) => !isVariableName(name)).map((name) => `${JSON.stringify(name)} is no name for a template`),
    ...names.filter((name) => source.variables.includes(name)).map((name) => `${name} is a variable, and no parameter`),
    ...(hiddenIn(closure.source.stem) === null ? [] : ['the name of the file has a hidden character']),
    ...(flaw === null ? [] : [`${flaw.path} ${flaw.why}`]),
  ];
  return messages.map((message) => problem('codex-source', message, { place: file.locate([]) }));
};

/** Where a flaw lies for a person: in a file of the templates, or at the prompt of the source. */
export const placeOfFlaw =
  (file: SourceFile, shelf: Shelf) =>
  ({ path, line, column }: TemplateFlaw): Place =>
    path === INLINE ? file.locate(['prompt_template']) : { file: shelf.where(path), line, column };

/** The name under which the source's own prompt appears where templates are named; no template can be called so. */
export const INLINE = '(prompt_template)';

export const schemaId = (item: string): string => `qa_${item}_v1`;

/** The text whose SHA-256 is the identity of a revision. */
export const closureText = (closure: Closure): string => canonical(closure);

/** Items whose closures hold one of these templates or partials, sorted: what has to be exported again when they change. */
export const dependantsOf = (paths: ReadonlySet<string>, closures: Iterable<Closure>): readonly string[] =>
  [...closures]
    .filter(({ template, partials }) => [template, ...partials].some((it) => it !== null && paths.has(it.path)))
    .map(({ item }) => String(item))
    .sort()
    .filter((item, index, all) => item !== all[index - 1]);

/** Templates and partials of a closure whose text is another now, or gone: by path. */
export const changedIn = (closure: Closure, read: Shelf['read']): readonly string[] =>
  [closure.template, ...closure.partials]
    .filter((it) => it !== null)
    .filter(({ path, text }) => read(path) !== text)
    .map(({ path }) => path);

type Template = { readonly kind: 'template'; readonly named: Named | null };

/** The mapping wins; null: the prompt of the source itself. */
const takeTemplate = (file: SourceFile, source: Source, shelf: Shelf, mapping: PromptMapping): Template | Refusal => {
  const path = Object.hasOwn(mapping, source.item) ? mapping[source.item] : undefined;
  if (path !== undefined) return readTemplate(path, shelf);
  if (source.promptTemplate === null) {
    const mend = 'write prompt_template into the source';
    const message =
      `No prompt configuration found for task '${source.item}'. Required: Either V14 template mapping OR prompt_template field. ` +
      `Available V14 templates: [${shelf.list().join(', ')}]`;
    return refused(problem('codex-source', message, { place: file.locate([]), mend }));
  }
  if (source.promptTemplate.trim() !== '') return { kind: 'template', named: null };
  return refused(
    problem('codex-source', 'prompt_template field is empty', { place: file.locate(['prompt_template']) }),
  );
};

const readTemplate = (path: string, shelf: Shelf): Template | Refusal => {
  const named = readNamed(path, shelf);
  return 'code' in named ? refused(named) : { kind: 'template', named };
};

const IN_THE_FOLDER = 'a file in the folder of the templates, and no path or link that leads out of it';

const readNamed = (path: string, shelf: Shelf): Named | Problem => {
  const where = shelf.where(path);
  const text = isTemplatePath(path) ? shelf.read(path) : null;
  if (text === null) return problem('codex-template', `V14 template not found: ${where}`, { expected: IN_THE_FOLDER });
  if (typeof text !== 'string') return text;
  if (text.trim() === '') return problem('codex-template', `V14 template is empty: ${where}`);
  const hidden = hiddenIn(text);
  if (hidden === null && text.isWellFormed()) return { path, text };
  const before = text.slice(0, hidden?.index ?? 0).split('\n');
  const place = { file: where, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  const expected = 'only characters that can be seen';
  return problem('codex-template', `the hidden character ${hidden?.name ?? 'of half a surrogate pair'}`, {
    place,
    expected,
  });
};

/** Partials that go round are found by the engine; here each is read once, so that the gathering ends. */
const gatherPartials = (
  file: SourceFile,
  root: Named,
  shelf: Shelf,
): { kind: 'partials'; partials: readonly Named[] } | Refusal => {
  const found = new Map<string, Named>();
  const problems: Problem[] = [];
  const asked = new Set<string>();
  let waiting: readonly Named[] = [root];
  while (waiting.length > 0 && problems.length === 0) {
    const mentions = waiting.map(shelf.mentions);
    for (const mentioned of mentions)
      if (mentioned.kind === 'flawed') problems.push(...problemsOf(mentioned.flaws, placeOfFlaw(file, shelf)));
    const named = new Set(mentions.flatMap((mentioned) => (mentioned.kind === 'mentions' ? mentioned.partials : [])));
    const fresh = [...named].filter((path) => !asked.has(path));
    for (const path of fresh) asked.add(path);
    if (asked.size > PARTIALS_MAX)
      return refused(problem('codex-template', `more than ${PARTIALS_MAX} partials: ${root.path}`));
    const read = fresh.map((path) => readNamed(path, shelf));
    problems.push(...read.filter((it) => 'code' in it));
    waiting = read.filter((it) => 'path' in it);
    for (const it of waiting) found.set(it.path, it);
  }
  if (problems.length > 0) return refused(...problems);
  return { kind: 'partials', partials: [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1)) };
};

/** A closure as it was stored, with its shape checked; null: it is not one. Whether it is the right one, its digest says. */
export const decodeClosure = (value: Json): Closure | null => {
  if (!isBlock(value)) return null;
  const { format, item, source, template, partials, schema, parameters } = value;
  const isWhole =
    format === 1 &&
    typeof item === 'string' &&
    isItemId(item) &&
    isBlock(source) &&
    typeof source['stem'] === 'string' &&
    source['value'] !== undefined &&
    (template === null || isNamed(template)) &&
    Array.isArray(partials) &&
    partials.every(isNamed) &&
    (schema === null || (isBlock(schema) && typeof schema['id'] === 'string' && schema['value'] !== undefined)) &&
    isBlock(parameters) &&
    (value['own'] === undefined || OWN_KINDS.some((kind) => kind === value['own'] && OWN_ITEMS[kind] === item));
  return isWhole ? (value as unknown as Closure) : null; // decoder: every field was looked at
};

const isNamed = (value: Json | undefined): boolean =>
  isBlock(value) && typeof value['path'] === 'string' && typeof value['text'] === 'string';
