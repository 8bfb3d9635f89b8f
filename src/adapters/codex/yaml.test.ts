// Reading YAML: plain values with their places; hostile files end as a problem with a place, soon, and never as a throw.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { canonical, uncanonical } from '#kernel/canonical.ts';
import type { Json } from '#kernel/evidence.ts';
import { hiddenIn } from '#kernel/hidden.ts';
import { sayProblem } from '#kernel/problem.ts';
import { BLESSED_WORDING, readYaml, SOURCE_WORDING, writeYaml, YAML_BYTES_MAX } from './yaml.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

const said = (content: string | Uint8Array): string => {
  const read = readYaml('task.yaml', typeof content === 'string' ? bytesOf(content) : content);
  return 'problems' in read ? read.problems.map(sayProblem).join('\n') : `read ${canonical(read.value)}`;
};

const check = (content: string | Uint8Array, expected: string | RegExp): void => {
  if (typeof expected === 'string') assert.equal(said(content), expected);
  else assert.match(said(content), expected);
};

test('values are those of YAML 1.2, and nothing is guessed', () => {
  check('a: 1\nb: [x, 2.5, true, null, ~, -0]\n', 'read {"a":1,"b":["x",2.5,true,null,null,0]}');
  check('yes: no\nversion: 1.10\ndate: 2026-11-21\n', 'read {"date":"2026-11-21","version":1.1,"yes":"no"}');
  check('prompt: |\n  one\n  two\n', 'read {"prompt":"one\\ntwo\\n"}');
  check('a: &x {k: 1}\nb: *x\n', 'read {"a":{"k":1},"b":{"k":1}}');
  check('\ufeffa: 1', 'read {"a":1}');
  check('', 'read null');
  check('7: seven', 'read {"7":"seven"}');
});

test('what two readers would understand differently is refused, with its line', () => {
  const begins = 'Source file is empty or invalid YAML: ';
  const cases: readonly (readonly [string, string])[] = [
    ['a: 1\na: 2', `task.yaml:2:1: ${begins}the key a stands twice`],
    ['n: 12345678901234567890', `task.yaml:1:4: ${begins}the number 12345678901234567890 loses digits`],
    ['n: 0xffffffffffffffff', `task.yaml:1:4: ${begins}the number 0xffffffffffffffff loses digits`],
    ['n: .nan', `task.yaml:1:4: ${begins}the number NaN`],
    ['n: -.inf', `task.yaml:1:4: ${begins}the number -Infinity`],
    ['n: 1e999', `task.yaml:1:4: ${begins}the number Infinity`],
    ['<<: {a: 1}', `task.yaml:1:1: ${begins}a merge key`],
    ['a: !!python/object:os.system x', `task.yaml:1:4: ${begins}Unresolved tag`],
    ['a: !!binary aGk=', `task.yaml:1:4: ${begins}Unresolved tag`],
    ['a: !mine x', `task.yaml:1:4: ${begins}Unresolved tag`],
    ['a: &x 1\nb: &x 2\nc: *x', `task.yaml:2:7: ${begins}the anchor &x stands twice`],
    ['a: *gone', `task.yaml:1:4: ${begins}the alias *gone before its anchor`],
    ['? [a]\n: 1', `task.yaml:1:3: ${begins}a key that is not plain text`],
    ['__proto__: {a: 1}', `task.yaml:1:1: ${begins}the key __proto__`],
    ['a: 1\n---\nb: 2', `task.yaml:2:1: ${begins}Source contains multiple documents`],
    ['a: [1, 2', `task.yaml:1:9: ${begins}Flow sequence`],
    ['a:\n\t- 1', `task.yaml:2:1: ${begins}Tabs are not allowed`],
    ['title: a\u202eb', `task.yaml:1:9: ${begins}the hidden character U+202E`],
    ['# \u200f\ntitle: a', `task.yaml:1:3: ${begins}the hidden character U+200F`],
    ['title: "a\\u202eb"', `task.yaml:1:8: ${begins}the hidden character U+202E`],
    ['title: "\\U000E0041"', `task.yaml:1:8: ${begins}the hidden character U+E0041`],
    ['title: "\\0"', `task.yaml:1:8: ${begins}the hidden character U+0000`],
    ['title: a\0b', `task.yaml:1:9: ${begins}the hidden character U+0000`],
    ['"a\\ud800": 1', `task.yaml:1:1: ${begins}half a surrogate pair`],
  ];
  for (const [text, expected] of cases)
    assert.ok(said(text).startsWith(expected), `${JSON.stringify(text)}: ${said(text)}`);
  check(new Uint8Array([0x61, 0x3a, 0x20, 0xff]), /task\.yaml:1:1: .*not UTF-8/);
});

test('several problems of one file are told together, in the words of what is read', () => {
  const read = readYaml('x.yaml', bytesOf('a: .nan\nb: "\\u202e"\nc: 1\nc: 2\n'), BLESSED_WORDING);
  const lines = 'problems' in read ? read.problems : [];
  assert.deepEqual(
    lines.map((it) => it.place?.line),
    [1, 2, 4],
  );
  assert.ok(
    lines.every((it) => it.code === 'codex-content' && it.message.startsWith('Invalid YAML in blessed config: ')),
  );
});

test('each value knows its line; what is not there is shown at what is around it', () => {
  const read = readYaml('t.yaml', bytesOf('a: 1\nmodel:\n  id: x\n  list: [1,\n    2]\n'), SOURCE_WORDING);
  assert.ok(!('problems' in read));
  const at = (path: readonly (string | number)[]): string => `${read.locate(path).line}:${read.locate(path).column}`;
  assert.deepEqual(
    [at(['a']), at(['model', 'id']), at(['model', 'list', 1]), at(['model', 'gone']), at(['gone'])],
    ['1:1', '3:3', '5:5', '2:1', '1:1'],
  );
});

test('bombs end soon, as one problem', () => {
  const laughs = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 12; level += 1)
    laughs.push(`a${level}: &a${level} [${Array.from({ length: 9 }, () => `*a${level - 1}`).join(', ')}]`);
  const startedAt = process.cpuUsage().user;
  check(laughs.join('\n'), /unfolds to too much|too many aliases/);
  check('a: &a {b: *a}', /nested too deeply|before its anchor|Unresolved alias/);
  check('['.repeat(50_000), /task\.yaml:\d+:\d+: /);
  check(`${'['.repeat(200)}${']'.repeat(200)}`, /nested too deeply/);
  check(`a: ${'{a: '.repeat(120)}1${'}'.repeat(120)}`, /nested too deeply/);
  check(Array.from({ length: 60_000 }, (_, index) => `k${index}: 1`).join('\n'), /unfolds to too much/);
  check(`a: ${'*x '.repeat(100_000)}`, /task\.yaml:1:\d+: /);
  check('- : : :\n'.repeat(60_000), /task\.yaml:\d+:\d+: /);
  check(new Uint8Array(50 * 1_048_576).fill(0x61), /larger than 1048576 bytes/);
  check(bytesOf('a'.repeat(YAML_BYTES_MAX)), /^read "aaa/);
  // A bound on processor time, not a measure: bombs that go off take minutes.
  assert.ok(process.cpuUsage().user - startedAt < 60_000_000);
});

test('fuzzed: never a throw; what is read is canonical JSON, and each problem has a place in the file', () => {
  const piece = fc.constantFrom(
    'a: ',
    '- ',
    '\n',
    '  ',
    '{',
    '}',
    '[',
    ']',
    ',',
    ': ',
    '? ',
    '&x ',
    '*x',
    '!!str ',
    '!t ',
    '|\n',
    '>-\n',
    '"',
    "'",
    '#',
    '%YAML 1.1\n',
    '---\n',
    '...\n',
    '<<: ',
    '\t',
    '.nan',
    '0x1',
    '1e400',
    '~',
    '\\u202e',
    '\u0085',
    '\r',
    '__proto__',
  );
  const text = fc
    .array(fc.oneof(piece, fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 30 })
    .map((it) => it.join(''));
  const content = fc.oneof({ weight: 5, arbitrary: text.map(bytesOf) }, fc.uint8Array({ maxLength: 60 }));
  fc.assert(
    fc.property(content, (bytes) => {
      const read = readYaml('f.yaml', bytes);
      if (!('problems' in read)) assert.equal(uncanonical(read.value), null);
      else
        for (const it of read.problems)
          assert.ok((it.place?.line ?? 0) >= 1 && (it.place?.column ?? 0) >= 1 && it.message !== '');
    }),
    { numRuns: 3_000 },
  );
});

test('what is written is read as the same value, and is the same text each time', () => {
  const texts = fc.string({
    unit: fc.oneof(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
      fc.constantFrom('\n', ' ', ':', '#', '-', '"'),
    ),
  });
  const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>; // decoder: fast-check makes JSON values
  const isReadable = (value: Json): boolean => {
    const text = canonical(value);
    return !text.includes('__proto__') && !text.includes('"<<"') && hiddenIn(text) === null;
  };
  const value = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.oneof(texts, json)).filter(isReadable);
  const folded = 'x'.repeat(300) + ' y'.repeat(100);
  for (const prompt of [
    'yes',
    '1',
    'null',
    ' lead',
    ' \n',
    '  \n a\n',
    '\n  \n',
    'trail ',
    'a\n\n\nb\n\n',
    '\n',
    '- a',
    '# no',
    'a: b',
    '"',
    folded,
    'tab\there',
    'cr\r\nlf',
    '.nan',
    '0x10',
    '<<',
    '---\n',
    '{{ a }}',
  ])
    assert.equal(said(writeYaml({ prompt })), `read ${canonical({ prompt })}`);
  fc.assert(
    fc.property(value, (it) => {
      const text = writeYaml(it);
      assert.equal(said(text), `read ${canonical(it)}`, text);
      assert.equal(writeYaml(it), text);
    }),
  );
  // Lines are never folded: who compares two versions sees the lines that were changed.
  assert.equal(writeYaml({ prompt: folded }), `prompt: ${folded}\n`);
  assert.equal(writeYaml({ b: 'one\ntwo\n', a: 1 }), 'b: |\n  one\n  two\na: 1\n');
});
