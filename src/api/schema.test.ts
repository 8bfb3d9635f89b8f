// The proof that the proof works: a schema that differs from its kernel type does not compile, and one that agrees
// decodes what the kernel holds.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import type { Instant } from '#kernel/time.ts';
import { frameReader, frameText } from './frame.ts';
import { instantSchema } from './noun.ts';
import { fillPath, ROUTES, ROUTE_NAMES } from './routes.ts';
import { mirrors, WIRE_NAMES } from './schema.ts';
import { decodeStreamMessage } from './stream.ts';
import { visible } from './visible.ts';

type Lamp = { readonly at: Instant; readonly isLit: boolean; readonly names: readonly string[] };

const at = instantSchema;
const isLit = z.boolean();
const names = z.array(z.string());

// The compiler is the test here: without the error that is announced, it reports the announcement itself.
mirrors<Lamp>()('TestRight', z.object({ at, isLit, names }));
// @ts-expect-error a key too few
mirrors<Lamp>()('TestFew', z.object({ at, isLit }));
// @ts-expect-error a key too many
mirrors<Lamp>()('TestMany', z.object({ at, isLit, names, colour: z.string() }));
// @ts-expect-error another type
mirrors<Lamp>()('TestType', z.object({ at, isLit: z.string(), names }));
// @ts-expect-error null where the kernel has none
mirrors<Lamp>()('TestNull', z.object({ at, isLit: isLit.nullable(), names }));
// @ts-expect-error a word that the kernel does not know
mirrors<'on' | 'off'>()('TestWord', z.enum(['on', 'off', 'dim']));
// @ts-expect-error a word too few
mirrors<'on' | 'off'>()('TestWords', z.enum(['on']));

test('every schema has a name of its own', () => {
  const ids = ROUTE_NAMES.map((name) => WIRE_NAMES.get(ROUTES[name].answer)?.id).filter((id) => id !== undefined);
  assert.ok(ids.length > 10);
});

const checkPath = (path: string, words: Readonly<Record<string, string>>, expected: string): void => {
  void test(`${path} with ${JSON.stringify(words)}`, () => assert.equal(fillPath(path, words), expected));
};

checkPath('/api/services/{id}', { id: 'api' }, '/api/services/api');
checkPath('/api/services/{id}', { id: 'a/../b?x#y' }, '/api/services/a%2F..%2Fb%3Fx%23y');
checkPath('/api/services/{id}', {}, '/api/services/{id}');

const checkFrames = (name: string, pieces: readonly string[], expected: readonly string[]): void => {
  void test(`frames: ${name}`, () => {
    const read = frameReader();
    const found = pieces.flatMap((piece) => read(piece));
    assert.deepEqual(
      found.map(({ event, body, id }) => `${event} ${body} ${id ?? '-'}`),
      expected,
    );
  });
};

const one = frameText({ event: 'evidence', body: '{"seq":7}', id: '7' });
checkFrames('whole', [one], ['evidence {"seq":7} 7']);
checkFrames('cut at every character', [...one], ['evidence {"seq":7} 7']);
checkFrames(
  'two at once, with a comment between',
  [`${one}: still here\n\n${one}`],
  ['evidence {"seq":7} 7', 'evidence {"seq":7} 7'],
);
checkFrames('other line ends', ['data: 1\r\n\r\nevent: x\r\ndata: 2\r\n\r\n'], ['message 1 -', 'x 2 -']);
checkFrames('not over yet', ['event: x\ndata: 1\n'], []);

test('a message of a newer Sereno, or one that cannot be read, is left out', () => {
  assert.equal(decodeStreamMessage('aurora', {}), null);
  assert.equal(decodeStreamMessage('evidence', { seq: 'seven' }), null);
  assert.deepEqual(decodeStreamMessage('resync', { why: 'x' }), { event: 'resync', body: { why: 'x' } });
});

const checkVisible = (text: string, expected: string): void => {
  void test(`visible: ${JSON.stringify(text)}`, () => assert.equal(visible(text), expected));
};

checkVisible('plain, with ümlaut and 夜', 'plain, with ümlaut and 夜');
checkVisible('\u001b[31mred', '\\u001b[31mred');
checkVisible('two\nlines\r', 'two\\u000alines\\u000d');
checkVisible('\u202eevil\u2066', '\\u202eevil\\u2066');
checkVisible('\u009b2J', '\\u009b2J');
