// Templates in Liquid, by liquidjs: few tags, few filters, no files, no clock, no chance, and an end.
//
// The library is told as little as possible: partials come from a map in memory, names must exist, prototypes cannot be seen.
// What it cannot limit is refused before (partials that go round, names that nobody declared) or counted here (the length of
// what is written).

import { Context, toValueSync, type Liquid } from 'liquidjs';
import { canonical, uncanonical } from '#kernel/canonical.ts';
import type { Named } from '#kernel/codex.ts';
import type { Json } from '#kernel/evidence.ts';
import { isTemplatePath, type Mentions, type Rendered, type TemplateFlaw, type TemplateJob } from '#kernel/template.ts';
import type { Templates } from '#ports/templates.ts';
import { Flawed, flawOf } from './flaw.ts';
import { DEPTH_MAX, limited, MEMORY_LIMIT, TEMPLATE_LENGTH_MAX, TEXT_LENGTH_MAX } from './language.ts';
import { Placeholder } from './placeholder.ts';
import { readTemplate, type Uses } from './uses.ts';

/** Makes an engine. It keeps nothing between jobs: the one engine that it has only parses, and is handed no template. */
export const makeLiquid = (): Templates => {
  const reader = limited({});
  return {
    mentions: (template) =>
      guarded<Mentions>(template.path, () => ({ kind: 'mentions', partials: usesOf(reader, template).partials })),
    render: (job) => guarded<Rendered>(job.template.path, () => render(reader, job)),
  };
};

/** Whatever is thrown by the library becomes a flaw of the template. */
const guarded = <Answer>(
  path: string,
  ask: () => Answer,
): Answer | { kind: 'flawed'; flaws: readonly TemplateFlaw[] } => {
  try {
    return ask();
  } catch (error) {
    return { kind: 'flawed', flaws: error instanceof Flawed ? error.flaws : [flawOf(error, path)] };
  }
};

const usesOf = (reader: Liquid, template: Named): Uses => {
  const isLong = template.text.length > TEMPLATE_LENGTH_MAX;
  if (isLong) throw new Flawed([flawAt(template.path, `it is longer than ${TEMPLATE_LENGTH_MAX} characters`)]);
  return readTemplate(reader, template);
};

const flawAt = (path: string, message: string): TemplateFlaw => ({ path, line: 1, column: 1, message, expected: null });

const render = (reader: Liquid, job: TemplateJob): Rendered => {
  const files = filesOf(reader, job);
  refuseAll(undeclared(job, files));
  const engine = limited(Object.fromEntries(files.map(({ file }) => [file.path, file.text])));
  const scope = { ...plain(job.parameters), ...placeholders(job.variables) };
  const text = write(engine, job.template, scope);
  const used = new Set(files.flatMap(({ uses }) => uses.plain.map(({ name }) => name)));
  return { kind: 'rendered', text, used: [...job.variables].filter((name) => used.has(name)).sort() };
};

const refuseAll = (flaws: readonly TemplateFlaw[]): void => {
  if (flaws.length > 0) throw new Flawed(flaws);
};

/** Sorted and copied, so that nothing of the caller's own order can be seen. Values that are not JSON are refused. */
const plain = (parameters: TemplateJob['parameters']): { readonly [name: string]: Json } => {
  const flaw = uncanonical(parameters);
  if (flaw !== null) throw new Error(`the parameter ${flaw.path} ${flaw.why}`);
  return JSON.parse(canonical(parameters));
};

const placeholders = (names: readonly string[]): { readonly [name: string]: Placeholder } =>
  Object.fromEntries(names.map((name) => [name, new Placeholder(name)]));

type File = { readonly file: Named; readonly uses: Uses };

/** The template and all partials that it reaches, each read once. Partials that go round are refused. */
const filesOf = (reader: Liquid, job: TemplateJob): readonly File[] => {
  const texts = new Map(job.partials.map((it) => [it.path, it]));
  const reached = new Map<string, File>();
  const visit = (file: Named, above: readonly string[]): void => {
    if (reached.has(file.path)) return;
    const uses = usesOf(reader, file);
    for (const mention of uses.mentions) {
      const partial = texts.get(mention.path);
      const circle = [...above, file.path, mention.path];
      if (circle.indexOf(mention.path) < circle.length - 1)
        throw new Flawed([
          { ...mention.at, message: `partials go round: ${circle.slice(circle.indexOf(mention.path)).join(' → ')}` },
        ]);
      if (circle.length > DEPTH_MAX) throw new Flawed([{ ...mention.at, message: 'it is nested too deeply' }]);
      if (partial === undefined || !isTemplatePath(mention.path))
        throw new Flawed([{ ...mention.at, message: `there is no partial ${mention.path}` }]);
      visit(partial, [...above, file.path]);
    }
    reached.set(file.path, { file, uses });
  };
  visit(job.template, []);
  return [...reached.values()].reverse();
};

/**
 * Names that nobody declared, and variables that are used for more than to stand there. In a partial a name may also be an
 * argument of any `render` that names it: that it is one of this very `render` is seen when the text is filled.
 */
const undeclared = (job: TemplateJob, files: readonly File[]): readonly TemplateFlaw[] => {
  const variables = new Set(job.variables);
  const flaws = files.flatMap(({ file, uses }) => {
    const handed = files.flatMap((it) => it.uses.mentions.filter(({ path }) => path === file.path));
    const known = new Set([...Object.keys(job.parameters), ...job.variables, ...handed.flatMap((it) => it.handed)]);
    const lost = uses.names.filter(({ name }) => !known.has(name));
    const alone = new Set(uses.plain.map(({ at }) => `${at.line}:${at.column}`));
    const worked = uses.names.filter(({ name, at }) => variables.has(name) && !alone.has(`${at.line}:${at.column}`));
    return [
      ...lost.map(({ name, at }) => ({
        ...at,
        message: `${name} is not declared`,
        expected: 'a name of `parameters` or `variables`',
      })),
      ...worked.map(({ name, at }) => ({
        ...at,
        message: `${name} is filled when the task runs, and may only stand by itself`,
        expected: `{{ ${name} }}`,
      })),
    ];
  });
  return flaws.toSorted((a, b) => a.line - b.line || a.column - b.column);
};

/** Counts what is written: a loop over a long text would otherwise fill the memory before its time is up. */
class Paper {
  buffer = '';
  readonly #path: string;
  constructor(path: string) {
    this.#path = path;
  }

  write(piece: unknown): void {
    this.buffer += sayValue(piece);
    if (this.buffer.length > TEXT_LENGTH_MAX)
      throw new Flawed([flawAt(this.#path, `what it writes is longer than ${TEXT_LENGTH_MAX} characters`)]);
  }
}

/** As the language writes values: nothing for nothing, lists without a separator, objects as JSON. */
const sayValue = (value: unknown): string => {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(sayValue).join('');
  if (value instanceof Placeholder) return value.valueOf();
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Error(`it writes ${value}, which is no number`);
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
};

const write = (engine: Liquid, template: Named, scope: object): string => {
  const paper = new Paper(template.path);
  const context = new Context(
    {},
    engine.options,
    { sync: true, globals: scope, memoryLimit: MEMORY_LIMIT },
    { liquid: engine },
  );
  const templates = engine.parse(template.text, template.path);
  toValueSync(engine.renderer.renderTemplates(templates, context, paper));
  return paper.buffer;
};
