// The OpenAPI document as strangers read it: its structure, its schemas under another validator, and real answers.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { openApiDocument } from '#api/openapi.ts';
import { ROUTES, ROUTE_NAMES, type Route } from '#api/routes.ts';
import { fakePath } from '#server/paths.fake.test.ts';
import { startFake, type StartedFake } from '#server/started.fake.test.ts';

/** What OpenAPI 3.1 asks of the parts that we use (spec.openapis.org/oas/v3.1.1, section 4.8), as JSON Schema. */
const META = {
  $defs: {
    media: { type: 'object', minProperties: 1, additionalProperties: { type: 'object', required: ['schema'] } },
    answer: {
      type: 'object',
      required: ['description'],
      properties: { description: { type: 'string', minLength: 1 }, content: { $ref: '#/$defs/media' } },
      additionalProperties: false,
    },
    parameter: {
      type: 'object',
      required: ['name', 'in', 'schema'],
      properties: {
        name: { type: 'string', minLength: 1 },
        in: { enum: ['path', 'query', 'header'] },
        required: { type: 'boolean' },
        schema: { type: 'object' },
      },
      oneOf: [
        { properties: { in: { enum: ['query', 'header'] } } },
        { properties: { in: { const: 'path' }, required: { const: true } }, required: ['required'] },
      ],
      additionalProperties: false,
    },
    operation: {
      type: 'object',
      required: ['operationId', 'summary', 'responses', 'security'],
      properties: {
        operationId: { type: 'string', pattern: '^[a-zA-Z]+$' },
        summary: { type: 'string', minLength: 5 },
        security: { type: 'array', items: { type: 'object' } },
        parameters: { type: 'array', items: { $ref: '#/$defs/parameter' } },
        requestBody: { type: 'object', required: ['content'] },
        responses: {
          type: 'object',
          minProperties: 1,
          patternProperties: { '^([1-5][0-9]{2}|default)$': { $ref: '#/$defs/answer' } },
          additionalProperties: false,
        },
      },
      patternProperties: { '^x-': true },
      additionalProperties: false,
    },
  },
  type: 'object',
  required: ['openapi', 'info', 'paths', 'components'],
  properties: {
    openapi: { type: 'string', pattern: String.raw`^3\.1\.\d+$` },
    info: { type: 'object', required: ['title', 'version'] },
    servers: { type: 'array' },
    paths: {
      type: 'object',
      patternProperties: {
        '^/': {
          type: 'object',
          properties: Object.fromEntries(
            ['get', 'post', 'delete'].map((name) => [name, { $ref: '#/$defs/operation' }]),
          ),
          additionalProperties: false,
        },
      },
      additionalProperties: false,
    },
    components: {
      type: 'object',
      required: ['schemas', 'securitySchemes'],
      properties: {
        schemas: { type: 'object', propertyNames: { pattern: '^[a-zA-Z0-9._-]+$' } },
        securitySchemes: { type: 'object' },
      },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
};

/** As it travels: keys with undefined are gone. */
const paper = JSON.parse(JSON.stringify(openApiDocument('0.1.0')));
const ajv = new Ajv2020({ strict: true, strictTuples: false, allowUnionTypes: true, discriminator: false });
ajv.addKeyword('components');
ajv.addSchema({ $id: 'openapi', components: paper.components });

let fake: StartedFake;
before(async () => {
  fake = await startFake();
});
after(() => fake.stop());

test('the document has the structure of OpenAPI 3.1', () => {
  const validate = new Ajv2020({ strict: false }).compile(META);
  assert.ok(validate(paper), JSON.stringify(validate.errors, null, 2));
});

test('every reference leads somewhere, every path parameter is declared, every operation has its own name', () => {
  const references = [...JSON.stringify(paper).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)];
  for (const [, name = ''] of references) assert.ok(name in paper.components.schemas, name);
  const operations: { readonly operationId: string }[] = [];
  for (const [path, item] of Object.entries<
    Record<string, { operationId: string; parameters: { name: string; in: string }[] }>
  >(paper.paths)) {
    for (const operation of Object.values(item)) {
      operations.push(operation);
      const declared = operation.parameters.filter((each) => each.in === 'path').map((each) => each.name);
      assert.deepEqual(
        declared,
        [...path.matchAll(/\{(\w+)\}/g)].map((found) => found[1]),
      );
    }
  }
  assert.equal(new Set(operations.map((each) => each.operationId)).size, ROUTE_NAMES.length);
});

for (const name of ROUTE_NAMES.filter((each) => ROUTES[each].media === 'application/json')) {
  const route: Route = ROUTES[name];
  test(`${route.method} ${route.path}: the real answer is valid under the published schema`, async () => {
    fake.desk.finish('known', { status: 'completed' });
    const headers = { authorization: `Bearer ${fake.tokenOf('admin')}`, accept: 'application/json' };
    const came = await fake.send({ method: route.method, path: fakePath(name), headers });
    const { content } = paper.paths[route.path][route.method.toLowerCase()].responses[came.status];
    const { schema } = content['application/json'];
    const validate = schema.$ref === undefined ? ajv.compile(schema) : ajv.getSchema(`openapi${String(schema.$ref)}`);
    assert.ok(validate !== undefined);
    assert.ok(validate(JSON.parse(came.text)), JSON.stringify(validate.errors));
  });
}

test('a refusal is valid under the published schema, and what is not a refusal is not', async () => {
  const validate = ajv.getSchema('openapi#/components/schemas/Refusal');
  assert.ok(validate !== undefined);
  assert.ok(validate(await fake.json({ path: '/api/services/nobody' })));
  assert.ok(!validate({ problems: [{ code: 'no-such-code' }], answer: null }));
});
