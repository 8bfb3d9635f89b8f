// The keywords of JSON Schema that the codex understands, each with how it is read into parts.

import type { Json } from '#kernel/evidence.ts';
import { either, isIn, not, type Language } from './language.ts';
import { readPattern } from './pattern.ts';
import { ALWAYS, isArray, isObject, named, textOf, VALUE_TYPES } from './schema.ts';
import type { JsonObject, Names, Part, Schema } from './schema.ts';

/** What the reading of a keyword may ask of the document. */
export type Desk = {
  readonly refuse: (at: string, says: string) => void;
  /** Reads the schema at a place; each place is read once. */
  readonly read: (value: Json, at: string) => Schema;
  readonly refer: (target: string, at: string) => () => Schema;
};

type Keyword = {
  /** Those that are read together, because one changes what another means. */
  readonly words: readonly string[];
  readonly read: (desk: Desk, schema: JsonObject, at: string) => readonly Part[];
};

/** They describe, and assert nothing. `format` is a note by the draft's own default. */
export const NOTES: ReadonlySet<string> = new Set(
  [
    '$schema',
    '$id',
    '$comment',
    'title',
    'description',
    'default',
    'examples',
    'deprecated',
    'readOnly',
    'writeOnly',
  ].concat(['format', 'contentEncoding', 'contentMediaType', 'contentSchema']),
);

/** Keywords of the draft, or of older ones, that are refused, and why. */
export const REFUSED: Readonly<Record<string, string>> = {
  unevaluatedItems: 'write items beside prefixItems',
  unevaluatedProperties: 'write additionalProperties',
  minContains: 'only contains alone is decided',
  maxContains: 'only contains alone is decided',
  $dynamicRef: 'use $ref',
  $dynamicAnchor: 'use $ref with a pointer',
  $recursiveRef: 'use $ref',
  $anchor: 'use $ref with a pointer',
  $vocabulary: 'there is one vocabulary here',
  definitions: 'since 2019 it is $defs',
  dependencies: 'since 2019 it is dependentRequired or dependentSchemas',
  additionalItems: 'since 2020 it is items beside prefixItems',
};

const escape = (step: string): string => step.replaceAll('~', '~0').replaceAll('/', '~1');

const refusing = (desk: Desk, at: string, says: string): readonly Part[] => {
  desk.refuse(at, says);
  return [];
};

const numberAt = (desk: Desk, value: Json | undefined, at: string): number | null => {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  desk.refuse(at, 'a number was expected');
  return null;
};

const countAt = (desk: Desk, value: Json | undefined, at: string): number | null => {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  desk.refuse(at, 'a whole number, 0 or more, was expected');
  return null;
};

const namesAt = (desk: Desk, value: Json | undefined, at: string): readonly string[] => {
  const names = value !== undefined && isArray(value) ? value.filter((each) => typeof each === 'string') : null;
  if (names !== null && isArray(value ?? null) && names.length === (value as readonly Json[]).length) return names; // decoder
  desk.refuse(at, 'a list of names was expected');
  return [];
};

const listAt = (desk: Desk, value: Json | undefined, at: string): readonly Schema[] => {
  if (value === undefined || !isArray(value) || value.length === 0) {
    desk.refuse(at, 'a list of schemas was expected, with one at least');
    return [];
  }
  return value.map((each, index) => desk.read(each, `${at}/${index}`));
};

const entriesAt = (desk: Desk, value: Json | undefined, at: string): readonly (readonly [string, Json])[] => {
  if (value === undefined) return [];
  if (isObject(value)) return Object.entries(value);
  desk.refuse(at, 'an object was expected');
  return [];
};

const bound = (keyword: string, side: 'low' | 'high', isStrict: boolean): Keyword => ({
  words: [keyword],
  read: (desk, schema, at) => {
    const limit = numberAt(desk, schema[keyword], `${at}/${keyword}`);
    return limit === null ? [] : [{ keyword, kind: 'bound', side, limit, isStrict }];
  },
});

const size = (keyword: string, type: 'string' | 'array' | 'object', side: 'min' | 'max'): Keyword => ({
  words: [keyword],
  read: (desk, schema, at) => {
    const limit = countAt(desk, schema[keyword], `${at}/${keyword}`);
    if (limit === null) return [];
    return [
      { keyword, kind: 'size', type, size: side === 'min' ? { min: limit, max: Infinity } : { min: 0, max: limit } },
    ];
  },
});

const group = (keyword: string, kind: 'all' | 'any' | 'one'): Keyword => ({
  words: [keyword],
  read: (desk, schema, at) => [{ keyword, kind, of: listAt(desk, schema[keyword], `${at}/${keyword}`) }],
});

const readTypes: Keyword['read'] = (desk, schema, at) => {
  const value = schema['type'] ?? null;
  const names = isArray(value) ? value : [value];
  const types = ([...VALUE_TYPES, 'integer'] as const).filter((type) => names.includes(type));
  if (types.length !== names.length || names.length === 0)
    return refusing(desk, `${at}/type`, `a type is one or several of ${VALUE_TYPES.join(', ')}, integer`);
  return [{ keyword: 'type', kind: 'types', types }];
};

const readEnum: Keyword['read'] = (desk, schema, at) => {
  const value = schema['enum'] ?? null;
  if (!isArray(value)) return refusing(desk, `${at}/enum`, 'a list of values was expected');
  return [{ keyword: 'enum', kind: 'values', values: value }];
};

const readMultiple: Keyword['read'] = (desk, schema, at) => {
  const step = numberAt(desk, schema['multipleOf'], `${at}/multipleOf`);
  if (step === null) return [];
  if (step <= 0) return refusing(desk, `${at}/multipleOf`, 'a number above 0 was expected');
  return [{ keyword: 'multipleOf', kind: 'multiple', step }];
};

const languageAt = (desk: Desk, text: Json | undefined, at: string): Language | null => {
  const reading = typeof text === 'string' ? readPattern(text) : ({ kind: 'refused', says: 'not a text' } as const);
  if (reading.kind === 'read') return reading.language;
  desk.refuse(at, `the pattern is not supported: ${reading.says}`);
  return null;
};

const readPatternPart: Keyword['read'] = (desk, schema, at) => {
  const language = languageAt(desk, schema['pattern'], `${at}/pattern`);
  return language === null ? [] : [{ keyword: 'pattern', kind: 'pattern', language }];
};

/** `additionalProperties` is of all names that its two neighbours do not speak of. */
const readProperties: Keyword['read'] = (desk, schema, at) => {
  const written = entriesAt(desk, schema['properties'], `${at}/properties`).map(([name, value]) => ({
    ...named(name),
    schema: desk.read(value, `${at}/properties/${escape(name)}`),
  }));
  const patterned = entriesAt(desk, schema['patternProperties'], `${at}/patternProperties`).flatMap(([text, value]) => {
    const place = `${at}/patternProperties/${escape(text)}`;
    const names = languageAt(desk, text, place);
    if (names === null) return [];
    return [{ names, name: null, covers: (name: string) => isIn(names, name), schema: desk.read(value, place) }];
  });
  const rest = schema['additionalProperties'];
  const others =
    rest === undefined
      ? []
      : [{ ...namesLeft([...written, ...patterned]), schema: desk.read(rest, `${at}/additionalProperties`) }];
  const part =
    (keyword: string) =>
    (each: Names & { readonly schema: Schema }): Part => ({ keyword, kind: 'each', ...each });
  return [
    ...written.map(part('properties')),
    ...patterned.map(part('patternProperties')),
    ...others.map(part('additionalProperties')),
  ];
};

/** All names that none of them covers. */
const namesLeft = (parts: readonly Names[]): Names => {
  const words = new Set(parts.flatMap(({ name }) => (name === null ? [] : [name])));
  const patterns = parts.filter(({ name }) => name === null);
  return {
    names: not(either(parts.map(({ names }) => names))),
    name: null,
    covers: (name) => !words.has(name) && patterns.every((pattern) => !pattern.covers(name)),
  };
};

const readRequired: Keyword['read'] = (desk, schema, at) =>
  namesAt(desk, schema['required'], `${at}/required`).map((name) => ({ keyword: 'required', kind: 'required', name }));

const readDependentSchemas: Keyword['read'] = (desk, schema, at) => {
  const place = `${at}/dependentSchemas`;
  return entriesAt(desk, schema['dependentSchemas'], place).map(([name, value]) => ({
    keyword: 'dependentSchemas',
    kind: 'when',
    name,
    schema: desk.read(value, `${place}/${escape(name)}`),
  }));
};

const readDependentRequired: Keyword['read'] = (desk, schema, at) => {
  const keyword = 'dependentRequired';
  const place = `${at}/${keyword}`;
  return entriesAt(desk, schema[keyword], place).map(([name, value]) => ({
    keyword,
    kind: 'when',
    name,
    schema: requiring(namesAt(desk, value, `${place}/${escape(name)}`)),
  }));
};

/** All of these properties are there. */
export const requiring = (names: readonly string[]): Schema => ({
  key: JSON.stringify({ required: names }),
  parts: names.map((name) => ({ keyword: 'required', kind: 'required', name })),
});

const readItems: Keyword['read'] = (desk, schema, at) => {
  const prefix = schema['prefixItems'] === undefined ? [] : listAt(desk, schema['prefixItems'], `${at}/prefixItems`);
  const first = prefix.map((item, index): Part => ({
    keyword: 'prefixItems',
    kind: 'items',
    from: index,
    to: index + 1,
    schema: item,
  }));
  const rest = schema['items'];
  if (rest === undefined) return first;
  const others = desk.read(rest, `${at}/items`);
  return [...first, { keyword: 'items', kind: 'items', from: prefix.length, to: Infinity, schema: others }];
};

const readUnique: Keyword['read'] = (desk, schema, at) => {
  if (typeof schema['uniqueItems'] !== 'boolean')
    return refusing(desk, `${at}/uniqueItems`, 'true or false was expected');
  return schema['uniqueItems'] ? [{ keyword: 'uniqueItems', kind: 'unique' }] : [];
};

/** `then` and `else` say nothing without `if`. */
const readIf: Keyword['read'] = (desk, schema, at) => {
  const branch = (name: string): Schema => {
    const value = schema[name];
    return value === undefined ? ALWAYS : desk.read(value, `${at}/${name}`);
  };
  const [met, unmet] = [branch('then'), branch('else')];
  return schema['if'] === undefined ? [] : [{ keyword: 'if', kind: 'if', test: branch('if'), met, unmet }];
};

const readRef: Keyword['read'] = (desk, schema, at) => {
  const target = schema['$ref'];
  if (typeof target !== 'string') return refusing(desk, `${at}/$ref`, 'a reference within this schema was expected');
  return [{ keyword: '$ref', kind: 'ref', target: desk.refer(target, `${at}/$ref`) }];
};

const readDefinitions: Keyword['read'] = (desk, schema, at) => {
  for (const [name, value] of entriesAt(desk, schema['$defs'], `${at}/$defs`))
    desk.read(value, `${at}/$defs/${escape(name)}`);
  return [];
};

export const KEYWORDS: readonly Keyword[] = [
  { words: ['type'], read: readTypes },
  {
    words: ['const'],
    read: (_desk, schema) => [{ keyword: 'const', kind: 'values', values: [schema['const'] ?? null] }],
  },
  { words: ['enum'], read: readEnum },
  bound('minimum', 'low', false),
  bound('maximum', 'high', false),
  bound('exclusiveMinimum', 'low', true),
  bound('exclusiveMaximum', 'high', true),
  { words: ['multipleOf'], read: readMultiple },
  size('minLength', 'string', 'min'),
  size('maxLength', 'string', 'max'),
  { words: ['pattern'], read: readPatternPart },
  size('minItems', 'array', 'min'),
  size('maxItems', 'array', 'max'),
  { words: ['uniqueItems'], read: readUnique },
  { words: ['prefixItems', 'items'], read: readItems },
  {
    words: ['contains'],
    read: (desk, schema, at) => [
      { keyword: 'contains', kind: 'contains', schema: desk.read(schema['contains'] ?? null, `${at}/contains`) },
    ],
  },
  size('minProperties', 'object', 'min'),
  size('maxProperties', 'object', 'max'),
  { words: ['required'], read: readRequired },
  { words: ['properties', 'patternProperties', 'additionalProperties'], read: readProperties },
  {
    words: ['propertyNames'],
    read: (desk, schema, at) => [
      {
        keyword: 'propertyNames',
        kind: 'names',
        schema: desk.read(schema['propertyNames'] ?? null, `${at}/propertyNames`),
      },
    ],
  },
  { words: ['dependentSchemas'], read: readDependentSchemas },
  { words: ['dependentRequired'], read: readDependentRequired },
  group('allOf', 'all'),
  group('anyOf', 'any'),
  group('oneOf', 'one'),
  {
    words: ['not'],
    read: (desk, schema, at) => [{ keyword: 'not', kind: 'none', of: desk.read(schema['not'] ?? null, `${at}/not`) }],
  },
  { words: ['if', 'then', 'else'], read: readIf },
  { words: ['$ref'], read: readRef },
  { words: ['$defs'], read: readDefinitions },
];

/** This value alone fits. */
export const constant = (value: Json): Schema => ({
  key: `const ${textOf(value)}`,
  parts: [{ keyword: 'const', kind: 'values', values: [value] }],
});

/** The one word is there, and its value fits. */
export const having = (name: string, schema: Schema): Schema => ({
  key: `having ${JSON.stringify(name)} ${schema.key}`,
  parts: [
    { keyword: 'type', kind: 'types', types: ['object'] },
    { keyword: 'required', kind: 'required', name },
    { keyword: 'properties', kind: 'each', ...named(name), schema },
  ],
});

export const allOf = (of: readonly Schema[]): Schema =>
  of.length === 0
    ? ALWAYS
    : { key: `all(${of.map(({ key }) => key).join()})`, parts: [{ keyword: 'allOf', kind: 'all', of }] };
