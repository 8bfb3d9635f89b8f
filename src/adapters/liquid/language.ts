// The language of templates: the part of Liquid that is total, the same on every machine, and enough for prompts.

import { Liquid } from 'liquidjs';

/** A template, and what it writes; the longest real prompts have some ten thousand characters. */
export const TEXT_LENGTH_MAX = 262_144;

/**
 * For one rendering. Memory is counted by the library in characters and items made. Time is only the last fence: whatever
 * takes a second of templates that take a millisecond was written to do so.
 */
export const RENDER_LIMITS = { memoryLimit: 4_000_000, renderLimit: 1_000 };

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
    parseLimit: 16 * TEXT_LENGTH_MAX,
    ...RENDER_LIMITS,
  });
  keepOnly(engine.tags, TAGS);
  keepOnly(engine.filters, FILTERS);
  return engine;
};

const keepOnly = (table: Record<string, unknown>, names: ReadonlySet<string>): void => {
  for (const name of Object.keys(table)) if (!names.has(name)) Reflect.deleteProperty(table, name);
};
