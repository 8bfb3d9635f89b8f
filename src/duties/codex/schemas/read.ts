// Reads JSON Schemas, draft 2020-12, into parts. What is understood is understood as the draft says; everything else is
// refused with its place, all of it together: a keyword that is not known is most often a misspelt limit, and a limit that is
// ignored is none. Words that assert nothing are taken and left aside, as is every keyword that begins with `x-`.

import { canonical, type Json } from '#kernel/evidence.ts';
import { KEYWORDS, NOTES, REFUSED, type Desk } from './keywords.ts';
import { ALWAYS, isArray, isObject, NEVER, type Part, type Schema } from './schema.ts';

/** `at`: a JSON pointer into the schema (RFC 6901). */
export type SchemaProblem = { readonly at: string; readonly says: string };
export type SchemaReading =
  | { readonly kind: 'read'; readonly schema: Schema }
  | { readonly kind: 'refused'; readonly problems: readonly SchemaProblem[] };

/** Places of schemas in one document. */
const SCHEMAS_MAX = 5_000;
const DEPTH_MAX = 64;
const TEXT_MAX = 200_000;

/** Reads a whole document. References lead to places within it: `#`, `#/$defs/name`. */
export const readSchema = (document: Json): SchemaReading => {
  const text = canonical(document);
  if (text.length > TEXT_MAX) return refusal('', `longer than ${TEXT_MAX} characters`);
  if (depthOf(document) > DEPTH_MAX) return refusal('', `nested deeper than ${DEPTH_MAX} levels`);
  const problems: SchemaProblem[] = [];
  const schemas = new Map<string, Schema>();
  const refuse: Desk['refuse'] = (at, says) => problems.push({ at, says });
  const read: Desk['read'] = (value, at) => {
    const known = schemas.get(at);
    if (known !== undefined) return known;
    if (schemas.size >= SCHEMAS_MAX) return ALWAYS;
    schemas.set(at, ALWAYS); // held while it is read: a reference back is followed late
    const schema = readOne(desk, value, { at, document: text });
    schemas.set(at, schema);
    return schema;
  };
  const refer: Desk['refer'] = (target, at) => {
    const place = target.slice(1);
    const value = target === '#' || target.startsWith('#/') ? valueAt(document, place) : undefined;
    if (value === undefined) refuse(at, `${target} leads to no place of this schema`);
    else read(value, place);
    return () => schemas.get(place) ?? NEVER;
  };
  const desk: Desk = { refuse, read, refer };
  const schema = read(document, '');
  if (schemas.size >= SCHEMAS_MAX) refuse('', `more than ${SCHEMAS_MAX} schemas in one`);
  problems.push(...circles(schemas));
  return problems.length === 0 ? { kind: 'read', schema } : { kind: 'refused', problems };
};

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
  const text = canonical(value);
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

/** References that come back to where they began without a step into the value: no value could ever be judged. */
const circles = (schemas: ReadonlyMap<string, Schema>): readonly SchemaProblem[] => {
  const done = new Set<Schema>();
  const open = new Set<Schema>();
  const isCircle = (schema: Schema): boolean => {
    if (open.has(schema)) return true;
    if (done.has(schema)) return false;
    open.add(schema);
    const found = schema.parts.some((part) => besides(part).some(isCircle));
    open.delete(schema);
    done.add(schema);
    return found;
  };
  return [...schemas].flatMap(([at, schema]) =>
    isCircle(schema) ? [{ at, says: 'the reference leads in a circle' }] : [],
  );
};
