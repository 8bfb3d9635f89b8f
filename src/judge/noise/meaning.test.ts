// What is held back, as people write it; all mistakes are told at once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sayMatcher } from './matcher.ts';
import { meantBy } from './meaning.ts';

const MEANT: readonly (readonly [string, string])[] = [
  ['api', 'subject="api"'],
  [' api ', 'subject="api"'],
  ['service=~"api-.*",severity="SEV3"', 'service=~"api-.*" severity="SEV3"'],
  ['service="a,b"', 'service="a,b"'],
  ['kind!=page', 'kind!="page"'],
];

for (const [what, expected] of MEANT) {
  test(`${what} is meant`, () => {
    const meant = meantBy(what);
    assert.ok(meant.kind === 'matchers', JSON.stringify(meant));
    assert.equal(meant.matchers.map(sayMatcher).join(' '), expected);
  });
}

const WRONG: readonly (readonly [string, readonly RegExp[]])[] = [
  ['', [/names nothing/]],
  ['  ', [/is not NAME=VALUE/]],
  [',', [/a comma too many/, /names nothing/]],
  ['service="a",,severity="SEV3"', [/a comma too many/]],
  ['service=api,subject="x', [/a quote that is not closed/, /is not NAME=VALUE/]],
  ['serviec!="api"', [/no label serviec, only subject, service/]],
  ['serviec="api",service=~"(",severity', [/no label serviec/, /not a regular expression/, /is not NAME=VALUE/]],
];

for (const [what, expected] of WRONG) {
  test(`${JSON.stringify(what)} is wrong`, () => {
    const meant = meantBy(what);
    assert.ok(meant.kind === 'wrong', JSON.stringify(meant));
    assert.equal(meant.whys.length, expected.length, meant.whys.join('; '));
    for (const [index, why] of expected.entries()) assert.match(meant.whys[index] ?? '', why);
  });
}
