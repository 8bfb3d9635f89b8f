// The JSON Schema: an independent validator accepts the contract by it and refuses typical mistakes.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { configSchema } from '#config/schema.ts';

const EXAMPLES = join(import.meta.dirname, '../examples');
const PUBLISHED = join(EXAMPLES, 'sereno.schema.json');
const schema = configSchema();

const accepts = new Ajv2020({ strict: false, allErrors: true }).compile(
  typeof schema === 'object' && schema !== null ? schema : {},
);

const check = (yaml: string, expected: boolean): void => {
  const isValid = accepts(parse(yaml));
  assert.equal(isValid, expected, `${yaml}\n${JSON.stringify(accepts.errors?.slice(0, 3))}`);
};

const service = (text: string): string => `{ sereno: 1, site: town, services: { api: ${text} } }`;

test('the contract passes', () => {
  check(readFileSync(join(EXAMPLES, 'sereno.yaml'), 'utf8'), true);
});

test('typical mistakes fail', () => {
  const mistakes = [
    '{ site: town }',
    '{ sereno: 2, site: town }',
    '{ sereno: 1, site: town, servces: {} }',
    '{ sereno: 1, site: town, environment: prod }',
    service('{ teir: core }'),
    service('{ checks: [ { http: not an address } ] }'),
    service('{ checks: [ { http: http://a/, tcp: 80 } ] }'),
    service('{ checks: [ { every: 2s } ] }'),
    service('{ checks: [ { tcp: 80, every: 5 seconds } ] }'),
    service('{ checks: [ { tcp: 80, every: 5 } ] }'),
    service('{ traffic: 160 }'),
    service('{ run: { process: a, docker: b } }'),
    service('{ targets: { availability: 99.9 } }'),
    '{ sereno: 1, site: town, jobs: { a: { schedule: daily, run: x } } }',
    '{ sereno: 1, site: town, policy: { allow: [dance] } }',
    '{ sereno: 1, site: town, notify: { chat: { slak: x } } }',
    '{ sereno: 1, site: town, runbooks: { r: { on: { finding: crash }, steps: [ { do: restart } ] } } }',
  ];
  for (const mistake of mistakes) check(mistake, false);
});

test('short and long forms pass', () => {
  const forms = [
    service('{ checks: [ { process: } ] }'),
    service('{ checks: [ { process: {} } ] }'),
    service('{ checks: [ { http: { url: "${env:URL}" } } ] }'),
    service('{ needs: a }'),
    service('{ needs: [a] }'),
    service('{ traffic: 60% }'),
    service('{ traffic: 60 }'),
    service('{ restart: 3 per 1h }'),
    service('{ restart: { budget: { count: 3, window: 1h } } }'),
    service('{ limits: { memory: 4Gi, replicas: 3 } }'),
  ];
  for (const form of forms) check(form, true);
});

test('the published schema beside the example is this one', () => {
  const text = `${JSON.stringify(schema, null, 1)}\n`;
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(PUBLISHED, text);
  assert.equal(
    readFileSync(PUBLISHED, 'utf8'),
    text,
    'UPDATE_GOLDEN=1 node --test test/configSchema.test.ts writes it anew',
  );
});
