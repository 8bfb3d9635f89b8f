// From a source to its closure, and from the closure to the content: the mapping, the partials, the digest's text, the keys.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { canonical } from '#kernel/canonical.ts';
import { digest, type Closure, type SourceFile } from '#kernel/codex.ts';
import type { Json } from '#kernel/evidence.ts';
import type { Render, Shelf } from '#kernel/template.ts';
import { instant } from '#kernel/time.ts';
import { changedIn, closureText, decodeClosure, dependantsOf, gather, INLINE } from './closure.ts';
import { blessedOf, contentOf, decodeBlessed } from './content.ts';

const fileOf = (value: Json, file = 'ty_log/extract_v3.yaml'): SourceFile => ({
  file,
  value,
  locate: (path) => ({ file, line: 1 + path.length, column: 1 }),
});

const source = (more: { readonly [key: string]: Json } = {}): SourceFile =>
  fileOf({
    task_id: 'extract',
    title: 'Extract it',
    model: { model_id: 'gemma3:1b' },
    generation_config: { temperature: 0.2, max_tokens: 500 },
    ...more,
  });

/** The least of an engine: partials are named by `>name`, and are put in their place; the contract proves the real one. */
const shelfOf = (templates: Readonly<Record<string, string>>): Shelf => ({
  read: (path) => templates[path] ?? null,
  where: (path) => `templates/${path}`,
  list: () => Object.keys(templates),
  mentions: ({ text }) => ({ kind: 'mentions', partials: [...text.matchAll(/>([\w./]+)/g)].map((it) => it[1] ?? '') }),
});

const render: Render = ({ template, partials }) => ({
  kind: 'rendered',
  text: partials.reduce((text, it) => text.replaceAll(`>${it.path}`, it.text), template.text),
  used: [],
});

const closureOf = (file: SourceFile, templates: Readonly<Record<string, string>>, mapping = {}): Closure => {
  const gathered = gather(file, shelfOf(templates), mapping);
  assert.equal(gathered.kind, 'gathered', gathered.kind === 'refused' ? JSON.stringify(gathered.problems) : '');
  return gathered.kind === 'gathered' ? gathered.closure : assert.fail();
};

const refusal = (file: SourceFile, templates: Readonly<Record<string, string>>, mapping = {}): readonly string[] => {
  const gathered = gather(file, shelfOf(templates), mapping);
  return gathered.kind === 'refused' ? gathered.problems.map((it) => `${it.code} ${it.message}`) : [];
};

test('the mapping wins, then the prompt of the source; without either there is none', () => {
  const own = source({ prompt_template: 'My own prompt.' });
  const mapped = closureOf(own, { 'x.md': 'The template.' }, { extract: 'x.md' });
  assert.deepEqual(mapped.template, { path: 'x.md', text: 'The template.' });
  assert.equal(closureOf(own, { 'x.md': 'The template.' }).template, null);
  assert.deepEqual(refusal(source(), { 'a.md': 'x', 'b.md': 'y' }), [
    "codex-source No prompt configuration found for task 'extract'. Required: Either V14 template mapping OR prompt_template field. Available V14 templates: [a.md, b.md]",
  ]);
  assert.deepEqual(refusal(source({ prompt_template: ' \n' }), {}), ['codex-source prompt_template field is empty']);
  assert.deepEqual(refusal(own, {}, { extract: 'x.md' }), ['codex-template V14 template not found: templates/x.md']);
  assert.deepEqual(refusal(own, { 'x.md': '\n' }, { extract: 'x.md' }), [
    'codex-template V14 template is empty: templates/x.md',
  ]);
  assert.deepEqual(refusal(own, { 'x.md': 'a\n b\u202e' }, { extract: 'x.md' }), [
    'codex-template the hidden character U+202E',
  ]);
  assert.deepEqual(refusal(own, { '../x.md': 'secret' }, { extract: '../x.md' }), [
    'codex-template V14 template not found: templates/../x.md',
  ]);
});

test('partials come along, theirs too, each once, sorted', () => {
  const templates = { 'x.md': '>b.md >a.md', 'a.md': 'A >c.md', 'b.md': 'B >c.md', 'c.md': 'C', 'other.md': 'O' };
  const closure = closureOf(source(), templates, { extract: 'x.md' });
  assert.deepEqual(
    closure.partials.map((it) => it.path),
    ['a.md', 'b.md', 'c.md'],
  );
  assert.deepEqual(refusal(source(), { 'x.md': '>gone.md >lost.md' }, { extract: 'x.md' }), [
    'codex-template V14 template not found: templates/gone.md',
    'codex-template V14 template not found: templates/lost.md',
  ]);
  const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`p${index}`, `>p${index + 1}`]));
  assert.deepEqual(refusal(source({ prompt_template: '>p0' }), many), [
    'codex-template more than 100 partials: (prompt_template)',
  ]);
});

test('what is laid over a source is looked at too', () => {
  const said = (parameters: { readonly [name: string]: Json }, file = 'a/x.yaml'): string => {
    const value = source({
      prompt_template: 'P',
      variables: ['posting'],
      parameters: { tone: 1 },
      extra: { deep: [1] },
    }).value;
    const gathered = gather(fileOf(value, file), shelfOf({}), {}, parameters);
    return gathered.kind === 'refused'
      ? gathered.problems.map((it) => it.message).join()
      : canonical(gathered.closure.parameters);
  };
  assert.equal(said({ tone: 2, more: 'x' }), '{"more":"x","tone":2}');
  assert.equal(said({ 'a-b': 1 }), '"a-b" is no name for a template');
  assert.equal(said({ posting: 1 }), 'posting is a variable, and no parameter');
  assert.equal(said({ tone: Number.NaN }), '$.parameters.tone is NaN, which JSON has not');
  assert.equal(said({}, 'a/x\u202e.yaml'), 'the name of the file has a hidden character');
  const unjson = gather(source({ prompt_template: 'P', extra: Number.POSITIVE_INFINITY }), shelfOf({}), {});
  assert.equal(
    unjson.kind === 'refused' ? unjson.problems[0]?.message : '',
    '$.source.value.extra is Infinity, which JSON has not',
  );
});

test('flaws of a template are shown where a person finds them', () => {
  const flawed = (path: string): Shelf => ({
    ...shelfOf({ 'x.md': 'X' }),
    mentions: () => ({ kind: 'flawed', flaws: [{ path, line: 7, column: 2, message: 'broken', expected: null }] }),
  });
  const places = (gathered: ReturnType<typeof gather>): readonly unknown[] =>
    gathered.kind === 'refused'
      ? gathered.problems.map(({ place }) => `${place?.file}:${place?.line}:${place?.column}`)
      : [];
  assert.deepEqual(places(gather(source(), flawed('x.md'), { extract: 'x.md' })), ['templates/x.md:7:2']);
  assert.deepEqual(places(gather(source({ prompt_template: 'P' }), flawed(INLINE), {})), [
    'ty_log/extract_v3.yaml:2:1',
  ]);
});

test('dependants of a template are those whose closure holds it', () => {
  const templates = { 'x.md': '>a.md', 'a.md': 'A', 'y.md': 'Y' };
  const one = closureOf(source(), templates, { extract: 'x.md' });
  const other = closureOf(source({ task_id: 'other' }), templates, { other: 'y.md' });
  assert.deepEqual(dependantsOf(new Set(['a.md']), [other, one, one]), ['extract']);
  assert.deepEqual(dependantsOf(new Set(['y.md', 'x.md']), [other, one]), ['extract', 'other']);
  assert.deepEqual(dependantsOf(new Set(['z.md']), [other, one]), []);
  assert.deepEqual(
    changedIn(one, (path) => (path === 'a.md' ? 'A2' : '>a.md')),
    ['a.md'],
  );
  assert.deepEqual(changedIn(one, shelfOf(templates).read), []);
});

test('the text of a closure is that of its values: no order of keys shows, and every part of it does', () => {
  const closure = closureOf(
    source({ parameters: { tone: 'kind' }, prompt_template: 'P >a', output_schema: { type: 'object' } }),
    { a: 'A' },
  );
  const turned = Object.fromEntries(Object.entries(closure).reverse()) as unknown as Closure; // decoder: the same fields
  assert.equal(closureText(turned), closureText(closure));
  const others: readonly Closure[] = [
    { ...closure, parameters: { tone: 'cold' } },
    { ...closure, partials: [{ path: 'a', text: 'B' }] },
    { ...closure, partials: [] },
    { ...closure, schema: null },
    { ...closure, template: { path: 't', text: 'T' } },
    { ...closure, source: { ...closure.source, stem: 'extract_v4' } },
  ];
  assert.equal(new Set([closure, ...others].map(closureText)).size, 1 + others.length);
  assert.deepEqual(decodeClosure(JSON.parse(closureText(closure))), JSON.parse(closureText(closure)));
  for (const key of Object.keys(closure))
    assert.equal(decodeClosure({ ...JSON.parse(closureText(closure)), [key]: 7 }), null, key);
  for (const partials of [[7], [{ path: 'a' }]])
    assert.equal(decodeClosure({ ...JSON.parse(closureText(closure)), partials }), null);
  fc.assert(
    fc.property(fc.jsonValue(), (value) => assert.equal(decodeClosure(JSON.parse(JSON.stringify(value))), null)),
  );
});

test('content comes from the closure alone, its keys in their order', () => {
  const file = source({ prompt_template: 'Read >a', expected_behavior: 'short', output_schema: [{ type: 'json' }] });
  const closure = closureOf(file, { a: 'this.' });
  const made = contentOf(JSON.parse(closureText(closure)), render);
  assert.ok(made.kind === 'made');
  const blessed = blessedOf(made.content, {
    blessedBy: ['cleo', 'ben'],
    blessedAt: instant(Date.UTC(2026, 10, 21, 23, 59)),
    version: 3,
    digest: digest('ab'),
  });
  assert.equal(
    JSON.stringify(blessed),
    '{"task_id":"extract","title":"Extract it","model_id":"gemma3:1b","prompt":"Read this.","temperature":0.2,"max_tokens":500,"format":"json",' +
      '"expected_behavior":"short","qa_schema_id":"qa_extract_v1","source_log_id":"extract_v3","blessed_by":"cleo, ben","blessed_on":"2026-11-21","version":3,"digest":"ab"}',
  );
  const nobody = blessedOf(made.content, { blessedBy: [], blessedAt: null, version: 1, digest: digest('ab') });
  assert.deepEqual([nobody.blessed_by, nobody.blessed_on], [null, null]);
});

test('a closure that does not fit together has no content', () => {
  const closure = closureOf(source({ prompt_template: 'P' }), {});
  const said = (it: Closure, engine: Render = render): string => {
    const made = contentOf(it, engine);
    return made.kind === 'refused' ? made.problems.map((one) => `${one.place?.line} ${one.message}`).join() : 'made';
  };
  assert.equal(said(closure), 'made');
  assert.match(
    said({ ...closure, item: closureOf(source({ task_id: 'other', prompt_template: 'P' }), {}).item }),
    /holds the source of extract/,
  );
  assert.match(
    said({ ...closure, source: { ...closure.source, value: { task_id: 'extract' } } }),
    /Missing required field: title/,
  );
  assert.match(
    said(closure, () => ({ kind: 'rendered', text: ' \n', used: [] })),
    /is empty once its template is filled/,
  );
  const flaw = { path: 'x.md', line: 7, column: 2, message: 'tone is not declared', expected: null };
  assert.equal(
    said(closure, () => ({ kind: 'flawed', flaws: [flaw] })),
    '7 tone is not declared',
  );
});

test('a blessed file: what is missing is listed, what is wrong too', () => {
  const good = {
    task_id: 'a',
    title: 't',
    model_id: 'm',
    prompt: 'p',
    temperature: 0,
    max_tokens: 100,
    qa_schema_id: 'qa_a_v1',
    blessed_by: 'cleo',
    version: 2,
  };
  const said = (value: Json): string => {
    const decoded = decodeBlessed(fileOf(value));
    return decoded.kind === 'refused'
      ? decoded.problems.map((it) => it.message).join()
      : `version ${decoded.loaded.version}`;
  };
  assert.equal(said(good), 'version 2');
  for (const nothing of [null, [], 'x', {}]) assert.equal(said(nothing), 'Empty or invalid blessed config');
  const { title, prompt, ...rest } = good;
  assert.equal(said(rest), 'Blessed config missing required fields: [title, prompt]');
  assert.equal(
    said({ ...rest, title, prompt, blessed_by: null }),
    'Blessed config missing required fields: [blessed_by]',
  );
  assert.equal(
    said({ ...good, temperature: true, prompt: 7 }),
    'Blessed config has invalid fields: [prompt, temperature]',
  );
  assert.equal(
    said({ ...good, version: 0, max_tokens: 1.5 }),
    'Blessed config has invalid fields: [max_tokens, version]',
  );
});
