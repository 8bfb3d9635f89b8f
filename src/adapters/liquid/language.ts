// The language of templates: the part of Liquid that is total, the same on every machine, and enough for prompts.

import { Liquid } from 'liquidjs';

/**
 * Characters of one template. The longest real prompts have some ten thousand. The library looks for the line of each name
 * from the beginning of the text: in four times as many characters, full of names, that takes half a minute.
 */
export const TEMPLATE_LENGTH_MAX = 65_536;
/** Characters of what a template writes, values included. */
export const TEXT_LENGTH_MAX = 262_144;

/**
 * Limits of one rendering. They are counted and not timed, so that a template has the same answer on a slow machine.
 * `memoryLimit` is counted by the library: characters and items that filters and ranges make.
 */
export const MEMORY_LIMIT = 4_000_000;
/** Parts of a template that are rendered, and turns of loops; prompts have some hundreds. */
const STEPS_MAX = 100_000;
/** Tags within tags, and partials within partials. */
export const DEPTH_MAX = 50;

/** Without `include` (sees what its caller assigned), layouts, counters that live on, and tables of HTML. */
const TAGS: ReadonlySet<string> = new Set([
  '#',
  'assign',
  'break',
  'capture',
  'case',
  'comment',
  'continue',
  'for',
  'if',
  'raw',
  'render',
  'unless',
]);

/** Without dates (clock, zone), `sample` (chance), `replace` (grows without being counted), and all of HTML, URLs and hashes. */
const FILTERS: ReadonlySet<string> = new Set(
  [
    'abs',
    'append',
    'at_least',
    'at_most',
    'capitalize',
    'ceil',
    'compact',
    'concat',
    'default',
    'divided_by',
    'downcase',
  ]
    .concat(['first', 'floor', 'join', 'json', 'last', 'lstrip', 'map', 'minus', 'modulo', 'plus', 'prepend', 'remove'])
    .concat([
      'replace_first',
      'reverse',
      'round',
      'rstrip',
      'size',
      'slice',
      'sort',
      'split',
      'strip',
      'strip_newlines',
    ])
    .concat(['times', 'truncate', 'truncatewords', 'uniq', 'upcase']),
);

/** An engine that can only render these templates, by path. */
export const limited = (templates: Readonly<Record<string, string>>): Liquid => {
  const engine = new Liquid({
    templates: Object.assign(Object.create(null), templates),
    cache: false,
    strictFilters: true,
    strictVariables: true,
    ownPropertyOnly: true,
    relativeReference: false,
    // Said, the library does not ask the machine for its own: that takes 15 ms and 7 MB, and differs from machine to machine.
    locale: 'en-US',
    parseLimit: TEMPLATE_LENGTH_MAX,
    memoryLimit: MEMORY_LIMIT,
  });
  keepOnly(engine.tags, TAGS);
  keepOnly(engine.filters, FILTERS);
  countSteps(engine.renderer);
  return engine;
};

/** Every tag with an inside renders it through this one function, once for each turn of a loop. */
const countSteps = (renderer: Liquid['renderer']): void => {
  const render = renderer.renderTemplates.bind(renderer);
  let steps = 0;
  renderer.renderTemplates = (templates, context, emitter) => {
    steps += 1 + templates.length;
    if (steps > STEPS_MAX) throw new Error('it does not end');
    return render(templates, context, emitter);
  };
};

const keepOnly = (table: Record<string, unknown>, names: ReadonlySet<string>): void => {
  for (const name of Object.keys(table)) if (!names.has(name)) Reflect.deleteProperty(table, name);
};
