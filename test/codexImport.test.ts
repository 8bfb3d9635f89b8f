// Converted templates, filled by the engine that the codex uses: they say what they said where they come from.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Liquid } from 'liquidjs';
import { convertTemplate } from '#judge/evaluation/importing/handlebars.ts';

const liquid = new Liquid({ strictVariables: true, strictFilters: true });

/** What stands in the file, and what it says when `a` is V. */
const parts = fc.array(
  fc.oneof(
    fc.constantFrom('{', '%', 'x', ' ', '{%', '{{', '{% raw %', '\n').map((text) => ({ from: text, says: text })),
    fc.constantFrom(
      { from: '{{a}}', says: 'V' },
      { from: '{{{ a }}}', says: 'V' },
      { from: '{{! {% }}', says: '' },
      { from: '{{!-- }} --}}', says: '' },
      { from: '\\{{a}}', says: '{{a}}' },
    ),
  ),
  { maxLength: 12 },
);

test('text, variables, comments and escapes say in Liquid what they said in Handlebars', () => {
  fc.assert(
    fc.property(parts, (pieces) => {
      const from = pieces.map((piece) => piece.from).join('');
      // An open brace before three others is read as three and one, as Handlebars itself refuses to read it.
      fc.pre(!from.includes('{{{{'));
      const { text, problems } = convertTemplate('x', from, 0);
      assert.deepEqual(problems, []);
      assert.equal(liquid.parseAndRenderSync(text, { a: 'V' }), pieces.map((piece) => piece.says).join(''));
    }),
    { numRuns: 500 },
  );
});
