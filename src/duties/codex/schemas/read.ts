// Reads JSON Schemas, draft 2020-12, into parts. What is understood is understood as the draft says; everything else is
// refused with its place, all of it together: a keyword that is not known is most often a misspelt limit, and a limit that is
// ignored is none. Words that assert nothing are taken and left aside, as is every keyword that begins with `x-`.

import type { Json } from '#kernel/evidence.ts';
import { KEYWORDS, NOTES, REFUSED, type Desk } from './keywords.ts';
import { ALWAYS, isArray, isObject, NEVER, textOf, type Part, type Schema } from './schema.ts';

/** `at`: a JSON pointer into the schema (RFC 6901). */
export type SchemaProblem = { readonly at: string; readonly says: string };
export type SchemaReading =
  | { readonly kind: 'read'; readonly schema: Schema }
  | { readonly kind: 'refused'; readonly problems: readonly SchemaProblem[] };

/** Places of schemas in one document. */
const SCHEMAS_MAX = 5_000;
const DEPTH_MAX = 64;
const TEXT_MAX = 200_000;
/** Schemas of one and the same value, each within or referred to by the one before. */
const CHAIN_MAX = 200;

/** Reads a whole document. References lead to places within it: `#`, `#/$defs/name`. */
export const readSchema = (document: Json): SchemaReading => {
  if (depthOf(document) > DEPTH_MAX) return refusal('', `nested deeper than ${DEPTH_MAX} levels`);
  const text = textOf(document);
  if (text.length > TEXT_MAX) return refusal('', `longer than ${TEXT_MAX} characters`);
  const reading = new Reading(document, text);
  const schema = reading.readAll();
  const problems = [...reading.problems, ...circle(reading.schemas)];
  return problems.length === 0 ? { kind: 'read', schema } : { kind: 'refused', problems };
};

/** One document while it is read: each place once, and places that are referred to after all others. */
class Reading implements Desk {
  readonly problems: SchemaProblem[] = [];
  readonly schemas = new Map<string, Schema>();
  readonly #document: Json;
  readonly #text: string;
  /** Not read at once: a row of references, each to the next, may be longer than the stack is deep. */
  readonly #referred: { readonly value: Json; readonly at: string }[] = [];

  constructor(document: Json, text: string) {
    this.#document = document;
    this.#text = text;
  }

  readAll(): Schema {
    const schema = this.read(this.#document, '');
    for (let next = this.#referred.pop(); next !== undefined; next = this.#referred.pop())
      this.read(next.value, next.at);
    if (this.schemas.size >= SCHEMAS_MAX) this.refuse('', `more than ${SCHEMAS_MAX} schemas in one`);
    return schema;
  }

  refuse(at: string, says: string): void {
    this.problems.push({ at, says });
  }

  read(value: Json, at: string): Schema {
    const known = this.schemas.get(at);
    if (known !== undefined) return known;
    if (this.schemas.size >= SCHEMAS_MAX) return ALWAYS;
    const schema = readOne(this, value, { at, document: this.#text });
    this.schemas.set(at, schema);
    return schema;
  }

  refer(target: string, at: string): () => Schema {
    const place = target.slice(1);
    const value = target === '#' || target.startsWith('#/') ? valueAt(this.#document, place) : undefined;
    if (value === undefined) this.refuse(at, `${target} leads to no place of this schema`);
    else this.#referred.push({ value, at: place });
    return () => this.schemas.get(place) ?? NEVER;
  }
}

const refusal = (at: string, says: string): SchemaReading => ({ kind: 'refused', problems: [{ at, says }] });

const depthOf = (value: Json): number => {
  let depth = 0;
  let row: readonly Json[] = [value];
  while (row.length > 0 && depth <= DEPTH_MAX) {
    depth += 1;
    row = row.flatMap((each) => (isArray(each) ? each : isObject(each) ? Object.values(each) : []));
  }
  return depth;
};

const unescape = (step: string): string => step.replaceAll('~1', '/').replaceAll('~0', '~');

const valueAt = (document: Json, pointer: string): Json | undefined => {
  let value: Json | undefined = document;
  for (const step of pointer.split('/').slice(1).map(unescape)) {
    if (value === undefined) return undefined;
    if (isArray(value)) value = value[Number(step)];
    else value = isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  }
  return value;
};

type Whole = { readonly at: string; readonly document: string };

const readOne = (desk: Desk, value: Json, { at, document }: Whole): Schema => {
  if (typeof value === 'boolean') return value ? ALWAYS : NEVER;
  if (!isObject(value)) {
    desk.refuse(at, 'a schema is an object, true or false');
    return NEVER;
  }
  for (const keyword of Object.keys(value)) judgeKeyword(desk, keyword, `${at}/${keyword}`);
  const parts = KEYWORDS.flatMap(({ words, read }): readonly Part[] =>
    words.some((each) => Object.hasOwn(value, each)) ? read(desk, value, at) : [],
  );
  const text = textOf(value);
  // What a reference means depends on the document around it.
  return { key: text.includes('"$ref"') ? `${text} in ${document}` : text, parts };
};

const KNOWN = new Set(KEYWORDS.flatMap(({ words }) => words));

const judgeKeyword = (desk: Desk, keyword: string, at: string): void => {
  if (KNOWN.has(keyword) || NOTES.has(keyword) || keyword.startsWith('x-')) return;
  const why = REFUSED[keyword];
  desk.refuse(at, why === undefined ? `${keyword} is not a keyword` : `${keyword} is not supported: ${why}`);
};

/** The schemas that speak of the same value as this one. */
const besides = (part: Part): readonly Schema[] => {
  if (part.kind === 'all' || part.kind === 'any' || part.kind === 'one') return part.of;
  if (part.kind === 'none') return [part.of];
  if (part.kind === 'if') return [part.test, part.met, part.unmet];
  if (part.kind === 'when') return [part.schema];
  return part.kind === 'ref' ? [part.target()] : [];
};

/**
 * References that come back to where they began without a step into the value: no value could ever be judged. And those that
 * do end, but farther off than whoever follows them could go.
 */
const circle = (schemas: ReadonlyMap<string, Schema>): readonly SchemaProblem[] => {
  const heights = new Map<Schema, number>();
  const open = new Set<Schema>();
  const heightOf = (schema: Schema): number => {
    const known = heights.get(schema);
    if (known !== undefined) return known;
    if (open.has(schema) || open.size > CHAIN_MAX) return Infinity;
    open.add(schema);
    const height = 1 + Math.max(0, ...schema.parts.flatMap(besides).map(heightOf));
    open.delete(schema);
    heights.set(schema, height);
    return height;
  };
  const first = [...schemas].find(([, schema]) => heightOf(schema) > CHAIN_MAX);
  return first === undefined ? [] : [{ at: first[0], says: 'its references lead in a circle, or on and on' }];
};
