// The OpenAPI 3.1 document, made from the table of routes; nothing in it is written by hand twice.

import * as z from 'zod';
import { ROUTES, ROUTE_NAMES, type Route } from './routes.ts';
import { WIRE_NAMES } from './schema.ts';
import { STREAM_SCHEMAS } from './stream.ts';

type JsonObject = { readonly [key: string]: unknown };

const REFERENCE = '#/components/schemas/';

const withoutKeys = (schema: JsonObject, keys: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(schema).filter(([key]) => !keys.includes(key)));

/** A JSON Schema without what only a whole document has. */
const bare = (schema: z.core.JSONSchema.BaseSchema): JsonObject => withoutKeys({ ...schema }, ['$schema', '$id', 'id']);

const components = (): JsonObject => {
  const { schemas } = z.toJSONSchema(WIRE_NAMES, { uri: (id) => `${REFERENCE}${id}`, unrepresentable: 'throw' });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, bare(schema)]));
};

const schemaOf = (schema: z.ZodType): JsonObject => {
  const name = WIRE_NAMES.get(schema)?.id;
  return name === undefined ? bare(z.toJSONSchema(schema)) : { $ref: `${REFERENCE}${name}` };
};

const refusal = (description: string): JsonObject => ({
  description,
  content: { 'application/json': { schema: { $ref: `${REFERENCE}Refusal` } } },
});

const pathParameters = (path: string): readonly JsonObject[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map((found) => ({
    name: found[1] ?? '',
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));

const queryParameters = (route: Route): readonly JsonObject[] =>
  route.query === null
    ? []
    : Object.entries(route.query.shape).map(([name, schema]) => ({
        name,
        in: 'query',
        required: false,
        schema: bare(z.toJSONSchema(schema)),
      }));

const headerParameters = (route: Route): readonly JsonObject[] => {
  const names = [
    ...(route.isChange ? ['Idempotency-Key'] : []),
    ...(route.hasTag ? ['If-None-Match'] : []),
    ...(route.media === 'text/event-stream' ? ['Last-Event-ID'] : []),
  ];
  return names.map((name) => ({ name, in: 'header', required: false, schema: { type: 'string' } }));
};

const answers = (route: Route): JsonObject => {
  const success = { description: 'The answer', content: { [route.media]: { schema: schemaOf(route.answer) } } };
  return {
    200: success,
    ...(route.mayBeUnwell ? { 503: { ...success, description: 'The same, and it is not well' } } : {}),
    ...(route.isChange ? { 202: { ...success, description: 'Accepted; follow it at /api/answers/{askKey}' } } : {}),
    ...(route.hasTag ? { 304: { description: 'Not changed since If-None-Match' } } : {}),
    ...(route.access === 'anyone' ? {} : { 401: refusal('A token is needed, or this one is not known') }),
    ...(route.access === 'anyone' ? {} : { 403: refusal('The role, the Host or the Origin does not allow it') }),
    // The head of a codex: without one, or before anybody has signed, there is none.
    ...(route.path.includes('{') || route.isChange || route.path === ROUTES.codexHead.path
      ? { 404: refusal('No such thing') }
      : {}),
    ...(route.isChange ? { 409: refusal('Another person must approve; the answer names the approval') } : {}),
    ...(route.isChange ? { 422: refusal('Denied by policy, or failed; the answer holds the reasons') } : {}),
    429: refusal('Too many failed attempts, or too many streams'),
    default: refusal('Any other problem'),
  };
};

/** The schema of the data of each event name. */
const streamEvents = (): JsonObject =>
  Object.fromEntries(Object.entries(STREAM_SCHEMAS).map(([event, schema]) => [event, schemaOf(schema)]));

const operation = (name: string, route: Route): JsonObject => ({
  operationId: name,
  summary: route.summary,
  'x-sereno-role': route.access,
  security: route.access === 'anyone' ? [] : route.access === 'reader' ? [{}, { token: [] }] : [{ token: [] }],
  parameters: [...pathParameters(route.path), ...queryParameters(route), ...headerParameters(route)],
  ...(route.isChange
    ? {
        requestBody: {
          required: false,
          content: { 'application/json': { schema: { $ref: `${REFERENCE}Why` } } },
        },
      }
    : {}),
  ...(route.media === 'text/event-stream' ? { 'x-sereno-events': streamEvents() } : {}),
  responses: answers(route),
});

const paths = (): JsonObject => {
  const merged = new Map<string, JsonObject>();
  for (const name of ROUTE_NAMES) {
    const route = ROUTES[name];
    merged.set(route.path, {
      ...merged.get(route.path),
      [route.method.toLowerCase()]: operation(name, route),
    });
  }
  return Object.fromEntries(merged);
};

/** The whole API as an OpenAPI 3.1.1 document (spec.openapis.org/oas/v3.1.1). `version` is Sereno's. */
export const openApiDocument = (version: string): JsonObject => ({
  openapi: '3.1.1',
  info: {
    title: 'Sereno',
    version,
    summary: 'A night watchman for software: what is watched, how it is, what was done about it, and the proof.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: '/', description: 'This Sereno' }],
  paths: paths(),
  components: {
    schemas: components(),
    securitySchemes: { token: { type: 'http', scheme: 'bearer', description: '`sereno token issue` makes one' } },
  },
});
