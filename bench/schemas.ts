// What it costs to decide whether a new schema breaks its readers, and to see whether an answer fits: node bench/schemas.ts
//
// Processor time, medians. The peer of the second table is Ajv 8, which compiles a schema once and then only runs; ours reads it.

import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Json } from '#kernel/evidence.ts';
import { inclusionOf } from '#duties/codex/schemas/compatibility.ts';
import { fits } from '#duties/codex/schemas/fit.ts';
import { readSchema } from '#duties/codex/schemas/read.ts';
import type { Schema } from '#duties/codex/schemas/schema.ts';
import { spread } from './measure.ts';

const ROUNDS = 9;

type Answer = { readonly [key: string]: Json };

/** The schema of an answer with so many fields, of the kinds that answers have. `more`: what a change puts on the first field. */
const answerSchema = (fields: number, more: Answer = {}): Json => {
  const kinds: readonly Answer[] = [
    { type: 'string', minLength: 1, maxLength: 200 },
    { type: 'number', minimum: 0, maximum: 1 },
    { enum: ['low', 'middle', 'high'] },
    { type: 'array', items: { $ref: '#/$defs/part' }, maxItems: 20 },
    { type: 'string', pattern: '^[a-z][a-z0-9_]{0,63}$' },
    { anyOf: [{ type: 'null' }, { $ref: '#/$defs/part' }] },
  ];
  const properties = Object.fromEntries(
    Array.from({ length: fields }, (_, index) => [
      `field${index}`,
      { ...kinds[index % kinds.length], ...(index === 0 ? more : {}) },
    ]),
  );
  const part = {
    type: 'object',
    required: ['name'],
    properties: { name: { type: 'string' }, parts: { type: 'array', items: { $ref: '#/$defs/part' } } },
    additionalProperties: false,
  };
  return {
    $defs: { part },
    type: 'object',
    required: Object.keys(properties),
    properties,
    additionalProperties: false,
  };
};

const read = (document: Json): Schema => {
  const reading = readSchema(document);
  if (reading.kind === 'refused') throw new Error(JSON.stringify(reading.problems));
  return reading.schema;
};

const processorMs = (work: () => void): number => {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
};

const rounds = (work: () => void): readonly number[] => {
  work();
  return Array.from({ length: ROUNDS }, () => processorMs(work));
};

const decide = (fields: number): void => {
  const before = answerSchema(fields);
  const say = (name: string, writer: Json, reader: Json): void => {
    let kind = '';
    const spent = rounds(() => {
      kind = inclusionOf(read(writer), read(reader)).kind;
    });
    console.log(
      `${String(fields).padStart(4)} fields   ${name.padEnd(34)} ${kind.padEnd(14)} ${spread(spent, 'ms', 1)}`,
    );
  };
  say('the same, with a note', { ...(before as Answer), title: 'new' }, before); // decoder: it was made as an object
  say('a field narrower', answerSchema(fields, { maxLength: 100 }), before);
  say('a field wider', answerSchema(fields, { maxLength: 300 }), before);
};

console.log('whether old readers can read all that the new schema allows; reading both schemas included');
for (const fields of [6, 24, 96, 384]) decide(fields);

const FIELDS = 24;
const ANSWERS = 1_000;
const document = answerSchema(FIELDS);
const values: readonly Json[] = [
  'some words of an answer',
  0.5,
  'low',
  [{ name: 'a', parts: [{ name: 'b' }] }],
  'a_name',
  null,
];
const answer = Object.fromEntries(
  Array.from({ length: FIELDS }, (_, index) => [`field${index}`, values[index % 6] ?? null]),
);
const ours = read(document);
const theirs = new Ajv2020({ strict: false }).compile(document as object); // decoder: it was made as an object
if (!fits(ours, answer) || !theirs(answer)) throw new Error('the answer should fit');
const times = (check: () => unknown) => (): void => {
  for (let count = 0; count < ANSWERS; count += 1) check();
};
console.log(`\n${ANSWERS} answers of ${FIELDS} fields`);
console.log(`ours   ${spread(rounds(times(() => fits(ours, answer))), 'ms', 1)}`);
console.log(`Ajv    ${spread(rounds(times(() => theirs(answer))), 'ms', 1)}`);
