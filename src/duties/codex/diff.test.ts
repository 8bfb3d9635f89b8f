// Differences: what they say makes the one out of the other, and they say no more than they must.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { canonicalOfAny } from '#kernel/canonical.ts';
import type { Json } from '#kernel/evidence.ts';
import { diffFields, diffLines, sayLines, type FieldChange, type LineChange } from './diff.ts';

const SOURCE = { title: 'Concise', model: { model_id: 'gemma', 'a/b~c': 1 }, tags: ['x', 'y'] };

describe('diffFields', () => {
  const cases: readonly (readonly [says: string, after: Json, changes: readonly FieldChange[]])[] = [
    ['nothing', { tags: ['x', 'y'], model: { 'a/b~c': 1, model_id: 'gemma' }, title: 'Concise' }, []],
    [
      'a value',
      { ...SOURCE, title: 'Short' },
      [{ kind: 'changed', path: '/title', before: 'Concise', after: 'Short' }],
    ],
    [
      'a key with characters of the pointer',
      { ...SOURCE, model: { model_id: 'gemma', 'a/b~c': 2 } },
      [{ kind: 'changed', path: '/model/a~1b~0c', before: 1, after: 2 }],
    ],
    [
      'a key that went and one that came',
      { title: 'Concise', model: SOURCE.model, tag: null },
      [
        { kind: 'added', path: '/tag', after: null },
        { kind: 'removed', path: '/tags', before: ['x', 'y'] },
      ],
    ],
    [
      'a list',
      { ...SOURCE, tags: ['y'] },
      [
        { kind: 'changed', path: '/tags/0', before: 'x', after: 'y' },
        { kind: 'removed', path: '/tags/1', before: 'y' },
      ],
    ],
    [
      'another shape',
      { ...SOURCE, tags: { 0: 'x' } },
      [{ kind: 'changed', path: '/tags', before: ['x', 'y'], after: { 0: 'x' } }],
    ],
    ['everything', null, [{ kind: 'changed', path: '', before: SOURCE, after: null }]],
  ];
  for (const [says, after, changes] of cases) {
    it(says, () => assert.deepEqual(diffFields(SOURCE, after), changes));
  }

  it('is empty for equal values only, and the other way round from the other side', () => {
    const value = fc.jsonValue({ maxDepth: 4 }).map((it): Json => JSON.parse(JSON.stringify(it)));
    fc.assert(
      fc.property(value, value, (before, after) => {
        assert.deepEqual(diffFields(before, before), []);
        const isEqual = canonicalOfAny(before) === canonicalOfAny(after);
        assert.equal(diffFields(before, after).length === 0, isEqual);
        const paths = (changes: readonly FieldChange[]): readonly string[] => changes.map(({ path }) => path);
        assert.deepEqual(paths(diffFields(before, after)), paths(diffFields(after, before)));
      }),
    );
  });
});

const side = (changes: readonly LineChange[], without: LineChange['kind']): string =>
  changes
    .filter(({ kind }) => kind !== without)
    .map(({ line }) => line)
    .join('\n');

/** The longest common subsequence by the table that everybody knows: what the fewest changes must leave. */
const commonLines = (before: readonly string[], after: readonly string[]): number => {
  let row = after.map(() => 0).concat(0);
  for (const line of before) {
    const next = [0];
    for (const [index, other] of after.entries()) {
      const best = Math.max(row[index + 1] ?? 0, next[index] ?? 0);
      next.push(line === other ? (row[index] ?? 0) + 1 : best);
    }
    row = next;
  }
  return row.at(-1) ?? 0;
};

const TEXT = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 14 }).map((lines) => lines.join('\n'));

describe('diffLines', () => {
  it('makes the one text out of the other, with the fewest lines', () => {
    fc.assert(
      fc.property(TEXT, TEXT, (before, after) => {
        const changes = diffLines(before, after);
        assert.equal(side(changes, 'added'), before);
        assert.equal(side(changes, 'removed'), after);
        const stayed = changes.filter(({ kind }) => kind === 'same').length;
        assert.equal(stayed, commonLines(before.split('\n'), after.split('\n')));
      }),
      { numRuns: 1_000 },
    );
  });

  it('gives up the search for texts that have nothing in common, and is still right', () => {
    const lines = (name: string): string => Array.from({ length: 2_000 }, (_, index) => `${name} ${index}`).join('\n');
    const changes = diffLines(`head\n${lines('a')}\ntail`, `head\n${lines('b')}\ntail`);
    assert.equal(side(changes, 'added'), `head\n${lines('a')}\ntail`);
    assert.equal(side(changes, 'removed'), `head\n${lines('b')}\ntail`);
    assert.equal(changes.filter(({ kind }) => kind === 'same').length, 2);
  });
});

describe('sayLines', () => {
  const TEN = Array.from({ length: 20 }, (_, index) => `line ${index + 1}`);
  const change = (edit: (lines: string[]) => void): string => {
    const after = [...TEN];
    edit(after);
    return sayLines(diffLines(TEN.join('\n'), after.join('\n')));
  };

  it('shows three lines around a change, and tells where it stands', () => {
    assert.equal(
      change((lines) => lines.splice(9, 1, 'changed', 'added')),
      [
        '@@ -7,7 +7,8 @@',
        ' line 7',
        ' line 8',
        ' line 9',
        '-line 10',
        '+changed',
        '+added',
        ' line 11',
        ' line 12',
        ' line 13',
      ].join('\n'),
    );
  });

  it('keeps apart what is far apart, and together what touches', () => {
    const far = change((lines) => {
      lines.splice(17, 1);
      lines.splice(1, 1);
    });
    assert.deepEqual(far.match(/^@@.*$/gm), ['@@ -1,5 +1,4 @@', '@@ -15,6 +14,5 @@']);
    const near = change((lines) => {
      lines.splice(7, 1);
      lines.splice(1, 1);
    });
    assert.deepEqual(near.match(/^@@.*$/gm), ['@@ -1,11 +1,9 @@']);
  });

  it('is empty when nothing changed, and counts from nothing', () => {
    assert.equal(
      change(() => undefined),
      '',
    );
    assert.equal(sayLines([{ kind: 'added', line: 'a' }]), '@@ -0,0 +1,1 @@\n+a');
  });
});
