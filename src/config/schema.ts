// The JSON Schema of the configuration language (draft 2020-12), generated from the same schemas that validate it, so
// that an editor and Sereno never disagree about the shape.

import * as z from 'zod';
import type { Json } from '#kernel/evidence.ts';
import { SITE } from './grammar.ts';

/** Where editors find it; an identifier, not an address that anything opens. */
const SCHEMA_ID = 'https://sereno.dev/schema/sereno-1.json';

const asJson = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json; // decoder: JSON.parse gives JSON

/**
 * The published schema. It knows shapes, names and patterns; what only the whole file can tell (cycles, undeclared
 * names, unmonitored services) is left to `sereno check`.
 */
export const configSchema = (): Json =>
  asJson({
    ...z.toJSONSchema(SITE, { io: 'input', target: 'draft-2020-12', reused: 'ref' }),
    $id: SCHEMA_ID,
    title: 'Sereno configuration, version 1',
  });
