// Picoschema, the short form of schemas in dotprompt files, as JSON Schema.
//
//   name: string, what it is        tags(array): string        mood?(enum): [GOOD, BAD]        (*): any
//
// Source: google.github.io/dotprompt/reference/picoschema. An optional field may also be null; no field is allowed that is not
// named, unless `(*)` allows it. Schemas that have a name elsewhere cannot be known here.

import type { Json } from '#kernel/evidence.ts';
import { isBlock, isList, type Block, type Desk, type FilePath } from './desk.ts';

const SCALARS: ReadonlySet<string> = new Set(['any', 'boolean', 'integer', 'null', 'number', 'string']);
const DEPTH_MAX = 50;

/** Reads a schema in either form. Null: there is none, or the desk knows what is wrong with it. */
export const readSchema = (desk: Desk, value: Json | undefined, path: FilePath): Block | null => {
  if (value === undefined || value === null) return null;
  const type = isBlock(value) ? value['type'] : undefined;
  const isJsonSchema = typeof type === 'string' && (SCALARS.has(type) || type === 'object' || type === 'array');
  if (isBlock(value) && isJsonSchema) return value;
  if (isBlock(value) && isBlock(value['properties'])) return { ...value, type: 'object' };
  return readPico(desk, value, path);
};

/** Text up to the first comma, and what is behind it. */
const splitDescription = (text: string): readonly [string, string | null] => {
  const comma = text.indexOf(',');
  return comma < 0 ? [text.trim(), null] : [text.slice(0, comma).trim(), text.slice(comma + 1).trim()];
};

const described = (description: string | null): Block => (description === null ? {} : { description });

const readPico = (desk: Desk, value: Json, path: FilePath): Block | null => {
  if (path.length > DEPTH_MAX)
    return desk.refuse(path, 'the schema is nested too deeply', `at most ${DEPTH_MAX} levels`);
  if (typeof value === 'string') return readScalar(desk, value, path);
  if (!isBlock(value)) return desk.refuse(path, 'not a schema', 'a type, as in string, or a block of fields');
  return readFields(desk, value, path);
};

const readScalar = (desk: Desk, text: string, path: FilePath): Block | null => {
  const [type, description] = splitDescription(text);
  if (type === 'any') return described(description);
  if (SCALARS.has(type)) return { type, ...described(description) };
  return desk.refuse(path, `the schema ${type} is not in this file`, [...SCALARS].join(', '));
};

type Key = {
  readonly name: string;
  readonly isOptional: boolean;
  /** What stands in brackets: array, object, enum. */
  readonly form: string | null;
  readonly description: string | null;
};

const readKey = (key: string): Key => {
  const bracket = key.indexOf('(');
  const head = bracket < 0 ? key : key.slice(0, bracket);
  const inside = bracket < 0 ? null : key.slice(bracket + 1).replace(/\)$/, '');
  const isOptional = head.endsWith('?');
  const [form, description] = inside === null ? [null, null] : splitDescription(inside);
  return { name: isOptional ? head.slice(0, -1) : head, isOptional, form, description };
};

const ANY_OTHER = '(*)';

const readFields = (desk: Desk, block: Block, path: FilePath): Block | null => {
  const properties: (readonly [string, Json])[] = [];
  const required: string[] = [];
  let others: Json = false;
  for (const [text, value] of Object.entries(block)) {
    const at = [...path, text];
    if (text === ANY_OTHER) others = readPico(desk, value, at);
    const key = readKey(text);
    const field = text === ANY_OTHER ? null : readField(desk, key, value, at);
    if (field === null) continue;
    properties.push([key.name, { ...field, ...described(key.description) }]);
    if (!key.isOptional) required.push(key.name);
  }
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: others,
  };
};

const readField = (desk: Desk, key: Key, value: Json, path: FilePath): Block | null => {
  switch (key.form) {
    case null:
    case 'object':
      return nullable(readPico(desk, value, path), key.isOptional);
    case 'array': {
      const items = readPico(desk, value, path);
      return items === null ? null : nullable({ type: 'array', items }, key.isOptional);
    }
    case 'enum':
      return isList(value)
        ? { enum: withNull(value, key.isOptional) }
        : desk.refuse(path, 'an enum is no list', 'a list');
    default:
      return desk.refuse(path, `a field cannot be (${key.form})`, 'array, object or enum');
  }
};

const nullable = (schema: Block | null, isOptional: boolean): Block | null => {
  const type = schema?.['type'];
  return isOptional && typeof type === 'string' ? { ...schema, type: [type, 'null'] } : schema;
};

const withNull = (values: readonly Json[], isOptional: boolean): readonly Json[] =>
  isOptional && !values.includes(null) ? [...values, null] : values;
