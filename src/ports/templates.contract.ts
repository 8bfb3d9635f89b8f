// The conformance suite of template engines: strict about names, no way out, always an end, one job one answer.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Json } from '#kernel/evidence.ts';
import type { Rendered, TemplateJob } from '#kernel/template.ts';
import type { Templates } from './templates.ts';

type Wish = Partial<Omit<TemplateJob, 'template' | 'partials'>> & {
  readonly partials?: Readonly<Record<string, string>>;
};

const jobOf = (text: string, wish: Wish): TemplateJob => ({
  template: { path: 'main.md', text },
  partials: Object.entries(wish.partials ?? {}).map(([path, partial]) => ({ path, text: partial })),
  parameters: wish.parameters ?? {},
  variables: wish.variables ?? [],
});

const textOf = (rendered: Rendered): string =>
  rendered.kind === 'rendered'
    ? rendered.text
    : `flawed: ${rendered.flaws.map((it) => `${it.path}:${it.line}:${it.column}: ${it.message}`).join('; ')}`;

/** Everything that an engine of the codex must keep. */
export const templatesContract = (name: string, make: () => Templates): void => {
  const check = (text: string, wish: Wish, expected: string | RegExp): void => {
    const found = textOf(make().render(jobOf(text, wish)));
    if (typeof expected === 'string') assert.equal(found, expected, text);
    else assert.match(found, expected, text);
  };

  test(`${name}: parameters are filled, all else stays byte for byte`, () => {
    check('Hello {{ who }}.', { parameters: { who: 'you' } }, 'Hello you.');
    check('{{ task.title }} {{ list[1] }}', { parameters: { task: { title: 'T' }, list: [1, 2] } }, 'T 2');
    check('{% if strict %}yes{% else %}no{% endif %}', { parameters: { strict: false } }, 'no');
    check('{% for each in list %}- {{ each }}\n{% endfor %}', { parameters: { list: ['a', 'b'] } }, '- a\n- b\n');
    check('{% assign a = "x" %}{{ a | upcase }}', {}, 'X');
    check('{% raw %}{{ not }} {% this %}{% endraw %}', {}, '{{ not }} {% this %}');
    check(
      'a {single} brace, <b>&amp;\r\n\ttab \u00e9\u{1f600}',
      {},
      'a {single} brace, <b>&amp;\r\n\ttab \u00e9\u{1f600}',
    );
    const plain = fc.string({ unit: 'binary' }).filter((text) => !text.includes('{'));
    fc.assert(fc.property(plain, (text) => check(text, {}, text)));
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => check('{{ v }}', { parameters: { v: value } }, value)),
    );
  });

  test(`${name}: variables of the task's caller stay as they are written`, () => {
    check(
      'Read {{posting}} for {{ job.title }}',
      { variables: ['posting', 'job'] },
      'Read {{ posting }} for {{ job.title }}',
    );
    const rendered = make().render(jobOf('{{ b }}{{ a }}{{ b }}', { variables: ['a', 'b', 'c'] }));
    assert.deepEqual(rendered.kind === 'rendered' ? rendered.used : [], ['a', 'b']);
    const onlyAlone = /main\.md:1:\d+: posting is filled when the task runs/;
    check('{{ posting | upcase }}', { variables: ['posting'] }, onlyAlone);
    check('{% if posting %}x{% endif %}', { variables: ['posting'] }, onlyAlone);
    check('{% for p in posting %}x{% endfor %}', { variables: ['posting'] }, onlyAlone);
    check('{% assign x = posting %}', { variables: ['posting'] }, onlyAlone);
    check("{% render 'p.md', q: posting %}", { variables: ['posting'], partials: { 'p.md': '{{ q }}' } }, onlyAlone);
    check('{{ list[posting] }}', { variables: ['posting'], parameters: { list: [1] } }, onlyAlone);
    check('{{ posting[0] }}', { variables: ['posting'] }, onlyAlone);
  });

  test(`${name}: names that nobody declared are told, all of them, seen or not`, () => {
    check('{{ a }}\n {{ b.c }}', {}, /main\.md:1:\d+: a is not declared; main\.md:2:\d+: b is not declared/);
    check('{% if false %}{{ hidden }}{% endif %}', {}, /hidden is not declared/);
    check(
      '{{ task.titel }}',
      { parameters: { task: { title: 'x' } } },
      /main\.md:1:\d+: undefined variable: task\.titel/,
    );
    check("{% render 'p.md' %}", { partials: { 'p.md': 'x\n{{ lost }}' } }, /p\.md:2:\d+: lost is not declared/);
    check('{{ constructor }}', {}, /constructor is not declared/);
    check('{{ task.constructor }}', { parameters: { task: {} } }, /undefined variable: task\.constructor/);
    check('{{ task.__proto__ }}', { parameters: { task: {} } }, /undefined variable: task\.__proto__/);
    check('{{ text.at }}', { parameters: { text: 'abc' } }, /undefined variable: text\.at/);
  });

  test(`${name}: partials are those that were handed in, and never go round`, () => {
    const partials = { 'tone.md': 'be {{ tone }}', 'deep/er.md': "[{% render 'tone.md' %}]" };
    check("{% render 'deep/er.md' %}!", { partials, parameters: { tone: 'kind' } }, '[be kind]!');
    check("{% render 'tone.md', tone: 'brief' %}", { partials }, 'be brief');
    check("{% render 'gone.md' %}", { partials }, /main\.md:1:\d+: there is no partial gone\.md/);
    check(
      "{% render 'a.md' %}",
      { partials: { 'a.md': "{% render 'b.md' %}", 'b.md': "{% render 'a.md' %}" } },
      /a\.md → b\.md → a\.md/,
    );
    check("{% render '../../etc/passwd' %}", {}, /main\.md:1:\d+: .*etc\/passwd/);
    check("{% render '/etc/passwd' %}", {}, /main\.md:1:\d+: .*etc\/passwd/);
    check('{% render which %}', { parameters: { which: 'tone.md' }, partials }, /the name of a partial in quotes/);
    check(
      "{% render '{{ which }}.md' %}",
      { parameters: { which: 'tone' }, partials },
      /the name of a partial in quotes/,
    );
    const mentions = make().mentions({
      path: 'm',
      text: "{% if a %}{% render 'b' %}{% endif %}{% render 'a' %}{% render 'b' %}",
    });
    assert.deepEqual(mentions, { kind: 'mentions', partials: ['a', 'b'] });
  });

  test(`${name}: whatever is chance, clock or way out is no part of the language`, () => {
    const words = [
      "{{ 'now' | date: '%s' }}",
      '{{ a | sample }}',
      "{% include 'x' %}",
      "{% layout 'x' %}",
      '{{ a | nonsense }}',
    ];
    for (const word of words) check(word, { parameters: { a: [1, 2] } }, /^flawed: main\.md:1:\d+: /);
    check('line\n{% if %}', {}, /^flawed: main\.md:2:\d+: /);
    check('{{ 1 | divided_by: 0 }}', {}, /^flawed: main\.md:1:\d+: it writes Infinity/);
    check('{{ broken', {}, /^flawed: main\.md:1:1: /);
    check('{% for a in b %}', { parameters: { b: [] } }, /not closed/);
  });

  test(`${name}: it always ends, and soon`, () => {
    const loops = (depth: number, range: string): string =>
      `${`{% for i in ${range} %}`.repeat(depth)}x${'{% endfor %}'.repeat(depth)}`;
    const doubling = '{% assign a = "xxxxxxxx" %}' + '{% assign a = a | append: a %}'.repeat(40) + '{{ a }}';
    const capturing =
      '{% capture a %}xxxxxxxx{% endcapture %}' +
      '{% capture a %}{{ a }}{{ a }}{% endcapture %}'.repeat(40) +
      '{{ a }}';
    const bombs = [loops(1, '(1..1000000000)'), loops(6, '(1..100)'), doubling, capturing];
    const startedAt = process.cpuUsage().user;
    for (const bomb of bombs) check(bomb, {}, /^flawed: main\.md:\d+:\d+: /);
    check(`${'{% if a %}'.repeat(20_000)}`, { parameters: { a: 1 } }, /^flawed: /);
    check(`{{ ${'a.'.repeat(20_000)}a }}`, { parameters: { a: 1 } }, /^flawed: /);
    check('x'.repeat(5_000_000), {}, /longer than/);
    check('{{a}}'.repeat(13_000), { parameters: { a: 1 } }, '1'.repeat(13_000));
    const empty = '{% for i in (1..3000000) %}{% endfor %}';
    check(empty, {}, /^flawed: main\.md:1:1: it does not end$/);
    const twice = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`p${index}`, `{% render 'p${index + 1}' %}`.repeat(2)]),
    );
    check("{% render 'p0' %}", { partials: { ...twice, p40: 'x' } }, /it does not end/);
    const chain = Object.fromEntries(
      Array.from({ length: 60 }, (_, index) => [`p${index}`, `{% render 'p${index + 1}' %}`]),
    );
    check("{% render 'p0' %}", { partials: { ...chain, p60: 'x' } }, /nested too deeply/);
    const nested = (levels: number): string => '{% if a %}'.repeat(levels) + 'x' + '{% endif %}'.repeat(levels);
    check(nested(50), { parameters: { a: 1 } }, 'x');
    check(nested(51), { parameters: { a: 1 } }, /^flawed: main\.md:1:\d+: it is nested too deeply$/);
    // A bound on processor time, not a measure: each bomb would otherwise run for years.
    assert.ok(process.cpuUsage().user - startedAt < 30_000_000);
  });

  test(`${name}: one job has one answer, whatever the order of keys, and nothing is kept between jobs`, () => {
    const engine = make();
    const text = '{{ task | json }}{% for pair in task %}{{ pair[0] }}={{ pair[1] }};{% endfor %}';
    const one = engine.render(jobOf(text, { parameters: { task: { b: 1, a: 2 } } }));
    const other = engine.render(jobOf(text, { parameters: { task: { a: 2, b: 1 } } }));
    assert.equal(textOf(one), '{"a":2,"b":1}a=2;b=1;');
    assert.deepEqual(one, other);
    const withPartial = (partial: string): string =>
      textOf(engine.render(jobOf("{% render 'p.md' %}", { partials: { 'p.md': partial } })));
    assert.equal(withPartial('one') + withPartial('two'), 'onetwo');
  });

  test(`${name}: hostile templates are flawed or filled, never thrown`, () => {
    const piece = fc.constantFrom(
      '{{',
      '}}',
      '{%',
      '%}',
      '{%-',
      '-%}',
      ' if ',
      ' endif ',
      ' for i in ',
      ' endfor ',
      ' a ',
      '|',
      ':',
      "'",
      '"',
      'render ',
      'raw',
      'endraw',
      '..',
      '(1..3)',
      '[',
      ']',
      '.',
      '\n',
      'capture x',
      'endcapture',
      'case ',
      'when ',
      '#',
    );
    const text = fc
      .array(fc.oneof(piece, fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 25 })
      .map((it) => it.join(''));
    const parameters: fc.Arbitrary<Json> = fc.jsonValue() as fc.Arbitrary<Json>; // decoder: fast-check makes JSON values
    fc.assert(
      fc.property(text, parameters, (it, a) => {
        const rendered = make().render(jobOf(it, { parameters: { a } }));
        if (rendered.kind === 'flawed')
          assert.ok(rendered.flaws.every(({ line, message }) => line >= 1 && message !== ''));
      }),
      { numRuns: 1_000 },
    );
  });
};
