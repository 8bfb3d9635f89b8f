// Hostile sources and templates, given to the real command: a clear error, exit 1, nothing written, bounded memory and time.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { suite, test } from 'node:test';
import { DRAWS } from './fuzz/target.ts';
import { CodexTown, MAPPED, PLAIN, PROMPT, sourceOf, type Ran } from './codex/town.ts';

/** Of the whole process; a bare Node has 45 to 60 MB. What a file of 1 MB can make of it is measured here and bounded. */
const PEAK_MB_MAX = 400;
/** Processor time: a machine under load changes it little. */
const CPU_MS_MAX = 8_000;
/** What a person is told of one file. */
const WORDS_MAX = 40_000;

const GOOD = sourceOf(PLAIN, PROMPT);
const MB = 1_048_576;

const times = (count: number, text: string): string => text.repeat(count);

/** Nine levels of nine: 9^9 values. */
const LAUGHS = `${'abcdefghi'
  .split('')
  .map((name, at, all) => `${name}: &${name} [${times(9, at === 0 ? 'lol,' : `*${all[at - 1] ?? ''},`)}]\n`)
  .join('')}`;

const SOURCES: readonly (readonly [name: string, source: string | Uint8Array, says: RegExp])[] = [
  ['an alias bomb', GOOD + LAUGHS, /unfolds to too much|too many aliases/],
  ['aliases of a long list, many times', `${GOOD}a: &a [${times(900, 'x,')}]\nb: [${times(900, '*a,')}]\n`, /too much/],
  ['an alias to what is around it', `${GOOD}a: &a { b: *a }\n`, /too deeply/],
  ['50 MB of lines', times(10 * MB, 'a: b\n'), /larger than 1048576 bytes/],
  ['50 MB in one line', `title: ${times(50 * MB, 'x')}`, /larger than 1048576 bytes/],
  ['10,000 lists inside each other', `${GOOD}a: ${times(10_000, '[')}${times(10_000, ']')}\n`, /too deeply/],
  ['10,000 lists that never end', `${GOOD}a: ${times(10_000, '[')}`, /❌ Export failed/],
  ['10,000 blocks inside each other', `${GOOD}a:\n${times(700, '- ')}x\n`, /too deeply/],
  ['10,000 keys in one line', `${GOOD}a: ${times(10_000, '{a: ')}${times(10_000, '}')}`, /too deeply/],
  ['a million mistakes', times(MB - 10, '"'), /❌ Export failed/],
  ['a million openings', times(MB - 10, '{'), /❌ Export failed/],
  ['half a million questions', times(MB / 2 - 10, '? '), /❌ Export failed/],
  ['100,000 anchors', `${GOOD}a: [${times(70_000, '&a x,')}]\n`, /stands twice|too much/],
  ['100,000 tags', `${GOOD}a: [${times(70_000, '!x y,')}]\n`, /❌ Export failed/],
  [
    '100,000 keys',
    `${GOOD}a: {${Array.from({ length: 100_000 }, (_, at) => `k${at}: 1`).join(',')}}\n`,
    /too much|larger/,
  ],
  ['not a number', GOOD.replace('0.1', '.NaN'), /the number NaN/],
  ['infinity', GOOD.replace('0.1', '-.inf'), /the number -Infinity/],
  ['a number that ends in infinity', GOOD.replace('0.1', '1e999999'), /the number Infinity/],
  ['a million digits', GOOD.replace('800', times(500_000, '9')), /loses digits|Infinity/],
  ['a boolean as a number', GOOD.replace('0.1', 'true'), /temperature must be numeric/],
  ['a boolean as a whole number', GOOD.replace('800', 'yes'), /max_tokens must be integer/],
  ['a text as a number', GOOD.replace('800', '"800"'), /max_tokens must be integer/],
  ['a path as a name', GOOD.replace(PLAIN, '../../../../tmp/owned'), /task_id must be a plain name/],
  ['a whole path as a name', GOOD.replace(PLAIN, '/etc/cron.d/owned'), /task_id must be a plain name/],
  ['a long name', GOOD.replace(PLAIN, times(5_000, 'a')), /task_id must be a plain name/],
  ['a name with a break', GOOD.replace(PLAIN, '"a\\nb"'), /task_id must be a plain name/],
  ['a mark that turns the writing', GOOD.replace('posting', '\u202egnitsop'), /U\+202E/],
  ['the same mark, escaped', GOOD.replace('A description of a posting', '"A \\u202e description"'), /U\+202E/],
  ['an isolate', GOOD.replace('A description', 'A \u2066description'), /U\+2066/],
  ['a zero byte', GOOD.replace('A description', 'A \u0000description'), /U\+0000/],
  ['a zero byte, escaped', GOOD.replace('title: A', 'title: "A\\0"\nother: A'), /U\+0000/],
  ['tag characters', GOOD.replace('posting', 'posting\u{e0041}\u{e0042}'), /U\+E0041/],
  ['a sequence for the terminal', GOOD.replace('A description of a posting', '"\\e[2J\\e]0;owned\\a"'), /U\+001B/],
  ['bytes that are no UTF-8', Buffer.concat([Buffer.from(GOOD), Buffer.from([0xff, 0xfe, 0xc0, 0x80])]), /not UTF-8/],
  ['half a character', Buffer.concat([Buffer.from(GOOD), Buffer.from([0xed, 0xa0, 0x80])]), /not UTF-8/],
  ['UTF-16', Buffer.from(`\ufeff${GOOD}`, 'utf16le'), /not UTF-8/],
  ['a mark of byte order in the middle', GOOD.replace('gemma3', 'gem\ufeffma3'), /U\+FEFF/],
  ['a key twice', `${GOOD}title: Another\n`, /the key title stands twice/],
  ['a key twice in two spellings', `${GOOD}"title": Another\n`, /the key title stands twice/],
  ['a tag that makes an object', `${GOOD}a: !!js/function "process.exit()"\n`, /❌ Export failed.*tag/i],
  ['a tag of one’s own', `${GOOD}a: !run ls\n`, /❌ Export failed.*tag/i],
  ['bytes by a tag', `${GOOD}a: !!binary aGVsbG8=\n`, /❌ Export failed/],
  ['a merge key', `a: &a { title: x }\n${GOOD}b:\n  <<: *a\n`, /merge key/],
  ['two documents', `${GOOD}---\n${GOOD}`, /❌ Export failed/],
  ['another version of YAML', `%YAML 1.1\n---\n${GOOD}`, /it asks for YAML 1\.1/],
  ['a key for the prototype', `${GOOD}__proto__: { title: x }\n`, /the key __proto__/],
  ['a key that is a list', `${GOOD}? [a, b]\n: c\n`, /not plain text/],
  ['tabs as indentation', `${GOOD}a:\n\tb: c\n`, /❌ Export failed/],
  ['a text', 'only words', /empty or invalid YAML/],
  ['a list', '- a\n- b\n', /empty or invalid YAML/],
];

const TEMPLATES: readonly (readonly [name: string, template: string | Uint8Array, says: RegExp])[] = [
  ['50 MB', times(50 * MB, 'x'), /larger than|longer than/],
  ['a partial that is itself', "{% render 'concise_description.md' %}", /❌ Export failed/],
  ['a partial from outside', "{% render '../sereno.yaml' %}", /❌ Export failed/],
  ['a loop that never ends', '{% for a in (1..999999999) %}{{ a }}{% endfor %}{{ posting }}', /❌ Export failed/],
  [
    'loops in loops',
    `${times(8, '{% for a in (1..100) %}')}x${times(8, '{% endfor %}')}{{ posting }}`,
    /❌ Export failed/,
  ],
  ['a prototype', '{{ posting.constructor.constructor }}{{ __proto__ }}', /❌ Export failed/],
  ['a name that nobody declared', 'Say {{ secret }} about {{ posting }}', /secret/],
  ['a tag that opens files', "{% include 'x' %}{{ posting }}", /❌ Export failed/],
  ['10,000 conditions inside each other', `${times(5_000, '{% if posting %}')}x`, /❌ Export failed/],
  ['bytes that are no UTF-8', Buffer.from([0xc3, 0x28]), /not UTF-8/],
  ['a mark that turns the writing', 'Say {{ posting }} \u202eback', /U\+202E/],
];

const mustRefuse = (name: string, { code, signal, out, err, peakMb, cpuMs }: Ran, says: RegExp): void => {
  const where = `${name}: ${out.slice(0, 500)}${err.slice(0, 500)}`;
  assert.deepEqual([code, signal], [1, null], where);
  assert.match(out, /^🚀 Starting LLM Task Codex Export\n❌ Export failed: /, where);
  assert.match(out, says, where);
  assert.ok(out.length + err.length < WORDS_MAX, `${name}: ${out.length + err.length} characters are told`);
  assert.doesNotMatch(`${out}${err}`.replaceAll('\n', ''), DRAWS, name);
  assert.ok(peakMb !== null && peakMb < PEAK_MB_MAX, `${name}: ${peakMb} MB`);
  assert.ok(cpuMs !== null && cpuMs < CPU_MS_MAX, `${name}: ${cpuMs} ms`);
};

suite('hostile sources and templates', { timeout: 600_000 }, () => {
  test('a source that is hostile is refused, and nothing is written', async (context) => {
    const town = new CodexTown();
    let [worst, longest] = [0, 0];
    for (const [name, source, says] of SOURCES) {
      town.write('ty_log/bad.yaml', source);
      const before = town.snapshot();
      const ran = await town.run('export', 'bad.yaml');
      mustRefuse(name, ran, says);
      assert.deepEqual(town.snapshot(), before, `${name}: something was written`);
      worst = Math.max(worst, ran.peakMb ?? 0);
      longest = Math.max(longest, ran.cpuMs ?? 0);
      if ((ran.peakMb ?? 0) > 150 || (ran.cpuMs ?? 0) > 1000)
        context.diagnostic(`${name}: ${ran.peakMb?.toFixed(0)} MB, ${ran.cpuMs?.toFixed(0)} ms`);
    }
    context.diagnostic(`${SOURCES.length} sources, at most ${worst.toFixed(0)} MB and ${longest.toFixed(0)} ms`);
  });

  test('a template that is hostile is refused, and nothing is written', async () => {
    const town = new CodexTown();
    town.write('ty_log/good.yaml', sourceOf(MAPPED));
    for (const [name, template, says] of TEMPLATES) {
      town.write('templates/concise_description.md', template);
      const before = town.snapshot();
      mustRefuse(name, await town.run('export', 'good.yaml'), says);
      assert.deepEqual(town.snapshot(), before, `${name}: something was written`);
    }
  });

  test('a source that is no file is refused', async () => {
    const town = new CodexTown();
    mkdirSync(town.path('ty_log/folder.yaml'), { recursive: true });
    execFileSync('mkfifo', [town.path('ty_log/pipe.yaml')]);
    symlinkSync('loop.yaml', town.path('ty_log/loop.yaml'));
    symlinkSync('/dev/zero', town.path('ty_log/zero.yaml'));
    const before = town.snapshot(['ty_log/pipe.yaml']);
    for (const name of [
      'folder.yaml',
      'pipe.yaml',
      'loop.yaml',
      'zero.yaml',
      '/dev/zero',
      '/proc/self/mem',
      times(5_000, 'a'),
    ])
      mustRefuse(name, await town.run('export', name), /❌ Export failed: /);
    assert.deepEqual(town.snapshot(['ty_log/pipe.yaml']), before);
  });

  test('a mark of byte order at the beginning and other line ends are no other source', async () => {
    const town = new CodexTown();
    const digests: string[] = [];
    for (const text of [GOOD, `\ufeff${GOOD}`, GOOD.replaceAll('\n', '\r\n')]) {
      town.write('ty_log/same.yaml', text);
      const { revision } = await town.json<{ revision: { digest: string } }>('export', 'same.yaml');
      digests.push(revision.digest);
    }
    assert.equal(new Set(digests).size, 1, digests.join(' '));
  });
});
