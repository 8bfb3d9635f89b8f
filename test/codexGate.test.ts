// The gate of the codex, by real programs and a real endpoint: what is evaluated, what it stops, and how an emergency passes.

import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { EvaluationReport } from '#kernel/evaluation.ts';
import { makeDesk, type Desk } from './codex/desk.ts';
import { startEndpoint, type Endpoint } from './codex/endpoint.ts';
import { freePort } from './stand/port.ts';

const KEY = 'sk-test-of-the-gate';

let desk: Desk;
let endpoint: Endpoint;

const site = (model: string): string =>
  `sereno: 1\nsite: town\npeople: { ana: {}, ben: {}, cleo: {} }\ncodex: { blessers: [ana, ben, cleo] }\n${model}\npolicy: { autonomy: 1, allow: [] }\n`;

const source = (item: string, model: string, more = ''): string =>
  `task_id: ${item}\ntitle: A title\nmodel: { model_id: ${model} }\ngeneration_config: { temperature: 0.7, max_tokens: 200 }\nvariables: [posting]\nprompt_template: "Describe {{ posting }} in three sentences."\n${more}`;

/** A fall by 30 % needs few pairs: the promise is as strict, of a coarser thing. */
const SUITE = `goal: { regression: 30% }
least: 80%
at_once: 8
cases:
${Array.from({ length: 12 }, (_, index) => `  - { name: c${index}, input: { posting: posting ${index} }, expect: [{ contains: good }] }`).join('\n')}
`;

const exportAs = async (item: string, text: string): Promise<void> => {
  desk.write(`ty_log/${item}.yaml`, text);
  await desk.must('export', `${item}.yaml`, '--as', 'cleo');
};

const bless = async (selector: string): Promise<void> => {
  await desk.must('submit', selector);
  await desk.must('bless', selector, '--key', 'ana.pem');
};

type Answered = { readonly report: EvaluationReport };

const verdictOf = async (...words: readonly string[]): Promise<EvaluationReport> =>
  (await desk.json<Answered>('evaluate', ...words)).report;

suite('the gate of the codex', { timeout: 600_000 }, () => {
  before(async () => {
    endpoint = await startEndpoint();
    desk = makeDesk({ TEST_MODEL_KEY: KEY });
    desk.write('sereno.yaml', site(''));
    await Promise.all(['ana', 'ben', 'cleo'].map((who) => desk.must('key', `${who}.pem`)));
    await desk.must('trust', 'ana=ana.pem', 'ben=ben.pem', 'cleo=cleo.pem');
    desk.write('suites/concise.yaml', SUITE);
    await exportAs('concise', source('concise', 'steady'));
  });
  after(async () => {
    desk.remove();
    await endpoint.close();
  });

  test('without an endpoint, or with one that does not answer, it is told and nothing is written', async () => {
    const entries = desk.entries();
    const none = await desk.run('evaluate', 'concise');
    assert.equal(none.code, 1);
    assert.match(none.err, /no model endpoint is declared \[codex-model\]/);
    desk.write('sereno.yaml', site(`model: { base_url: "http://127.0.0.1:${await freePort()}/v1", timeout: 2s }`));
    const silent = await desk.run('evaluate', 'concise');
    assert.equal(silent.code, 1);
    assert.match(silent.err, /did not answer: .*\[codex-model\]/);
    const address = `model: { base_url: "${endpoint.url}", api_key: "\${env:NOT_SET_ANYWHERE}" }`;
    desk.write('sereno.yaml', site(address));
    assert.match((await desk.run('evaluate', 'concise')).err, /NOT_SET_ANYWHERE is not set \[codex-model\]/);
    assert.equal(endpoint.asked(), 0);
    assert.equal(desk.entries(), entries);
    desk.write(
      'sereno.yaml',
      site(address.replace('NOT_SET_ANYWHERE', 'TEST_MODEL_KEY').replace(' }', ', timeout: 20s }')),
    );
  });

  test('where suites are declared, what was not evaluated goes to nobody', async () => {
    const entries = desk.entries();
    const { code, err } = await desk.run('submit', 'concise');
    assert.equal(code, 1);
    assert.match(err, /concise@1: it was not evaluated \[codex-gate\]\n.*sereno codex evaluate concise@1/);
    assert.equal(desk.entries(), entries);
    desk.write('suites/broken.yaml', 'cases: [ { name: a, expect: [ { contain: x }, { words: 3 } ] } ]');
    await exportAs('broken', source('broken', 'steady'));
    const broken = await desk.run('submit', 'broken');
    assert.equal(broken.code, 2);
    assert.match(
      broken.err,
      /broken.yaml:1:\d+: an expectation with no rule.*\n.*\n.*broken.yaml:1:\d+: words cannot be read/,
    );
  });

  test('a first version that does well alone is evaluated, blessed and active', async () => {
    const out = await desk.must('evaluate', 'concise');
    assert.match(out, /^concise@1 alone, as a first version: passed: it passed \d+ of \d+/);
    assert.match(out, /pass\^k, each of k times: 1: 100 %/);
    assert.match(out, /pairs: at most (\d+), by which a fall by 30 % is seen in 9\d.* of runs; \1 are proposed/);
    assert.match(out, new RegExp(`answered by ${endpoint.url}`));
    assert.deepEqual([...endpoint.keys], [`Bearer ${KEY}`]);
    assert.match(
      await desk.must('show', 'concise'),
      /evaluated, entry \d+: version 1 alone, as a first version: passed/,
    );
    assert.match(await desk.must('history', 'concise'), /evaluated: passed/);
    await bless('concise@1');
    assert.ok(!JSON.stringify(await desk.json('show', 'concise')).includes(KEY));
    assert.match(await desk.must('verify'), /all of it is what was written/);
  });

  test('a version that is worse is blocked, cannot be run until it passes, and goes to nobody', async () => {
    await exportAs('concise', source('concise', 'rate-40'));
    const blocked = await desk.run('evaluate', 'concise@2');
    assert.equal(blocked.code, 1);
    assert.match(blocked.out, /^concise@2 beside version 1: blocked: it passes less often/);
    assert.match(blocked.out, /lost most: concise\/c/);
    const asked = endpoint.asked();
    const again = await desk.run('evaluate', 'concise@2');
    assert.equal(again.code, 1);
    assert.match(again.err, /is blocked: it passes less often.*\[codex-gate\]/);
    assert.equal(endpoint.asked(), asked);
    const { code, err } = await desk.run('submit', 'concise@2');
    assert.equal(code, 1);
    assert.match(err, /concise@2: its evaluation: it passes less often.*\[codex-gate\]/);
    // The same bytes under another number are the same.
    await exportAs('concise', source('concise', 'rate-40'));
    assert.match((await desk.run('submit', 'concise@3')).err, /passes less often/);
  });

  test('an emergency passes by a signature of somebody who may bless, with a reason, for what was named', async () => {
    const words = ['waive', 'concise@2', '--why', 'version 1 leaks names', '--key'] as const;
    assert.equal((await desk.run(...words.slice(0, -1))).code, 2);
    assert.match((await desk.run(...words, 'cleo.pem')).err, /the author of a source waives nothing/);
    await desk.must('key', 'mallory.pem');
    assert.match((await desk.run(...words, 'mallory.pem')).err, /belongs to nobody who may bless/);
    assert.equal((await desk.run('submit', 'concise@2')).code, 1);
    assert.match(await desk.must(...words, 'ben.pem'), /let pass.*\n {2}its evaluation: it passes less often/);
    await bless('concise@2');
    const shown = await desk.must('show', 'concise@2');
    assert.match(shown, /waived by ben: version 1 leaks names/);
    assert.match(await desk.must('history', 'concise'), /waived: let pass in an emergency .*version 1 leaks names/);
    assert.match((await desk.run(...words, 'ben.pem')).err, /codex-refused/);
    await desk.must('rollback', 'concise', '--to', '1', '--why', 'it is over');
  });

  test('an unchanged version passes beside the active one, although the endpoint is busy', async () => {
    await exportAs('concise', source('concise', 'busy'));
    const asked = endpoint.asked();
    const report = await verdictOf('concise@5');
    assert.equal(report.verdict.kind, 'passed', JSON.stringify(report));
    assert.equal(report.against?.version, 4);
    assert.ok(endpoint.asked() >= asked + 3 * (report.verdict.compared?.pairs ?? 0), 'nobody was turned away');
    await desk.must('submit', 'concise@5');
  });

  test('what is too little, too late or from a cache proves nothing', async () => {
    await exportAs('few', source('few', 'steady'));
    desk.write('suites/few.yaml', SUITE);
    const few = await desk.run('evaluate', 'few', '--n', '3');
    assert.equal(few.code, 5);
    assert.match(few.out, /not enough data: /);
    assert.match((await desk.run('submit', 'few')).err, /ended without proof.*\[codex-gate\]/);
    await exportAs('cached', source('cached', 'cached'));
    desk.write('suites/cached.yaml', SUITE);
    assert.match((await verdictOf('cached')).verdict.why, /one id: a cache answers on the way/);
    desk.write(
      'sereno.yaml',
      readFileSync(join(desk.folder, 'sereno.yaml'), 'utf8').replace('timeout: 20s', 'timeout: 1s'),
    );
    await exportAs('slow', source('slow', 'late'));
    desk.write('suites/slow.yaml', SUITE);
    const slow = await desk.run('evaluate', 'slow');
    assert.match(slow.err, /did not answer: no answer in \d+ ms \[codex-model\]/);
    await exportAs('wrong', source('wrong', 'refusing'));
    desk.write('suites/wrong.yaml', SUITE);
    assert.equal((await verdictOf('wrong')).verdict.kind, 'blocked');
  });

  test('fewer pairs than the goal needs: not to have seen a fall is no proof', async () => {
    await exportAs('pairs', source('pairs', 'steady'));
    desk.write('suites/pairs.yaml', SUITE);
    await desk.must('evaluate', 'pairs');
    await bless('pairs');
    await exportAs('pairs', source('pairs', 'rate-95'));
    const report = await verdictOf('pairs@2', '--n', '2');
    assert.equal(report.verdict.kind, 'not-enough-data');
    assert.match(report.verdict.why, /with 2 pairs such a fall is seen in \d+ % of runs: \d+ are needed/);
    assert.equal((await desk.run('submit', 'pairs@2')).code, 1);
  });

  test('suites that were changed or taken away, and another active version, ask anew', async () => {
    await exportAs('suites', source('suites', 'steady'));
    desk.write('suites/suites.yaml', SUITE);
    await desk.must('evaluate', 'suites');
    desk.write('suites/suites.yaml', `${SUITE}# a comment is no change\n`);
    await bless('suites');
    await exportAs('suites', source('suites', 'rate-99'));
    await desk.must('evaluate', 'suites@2');
    await desk.must('submit', 'suites@2');
    desk.write('suites/suites.yaml', SUITE.replace('contains: good', 'contains: o'));
    const words = ['bless', 'suites@2', '--key', 'ana.pem'] as const;
    assert.match((await desk.run(...words)).err, /its suites have changed since \[codex-gate\]/);
    rmSync(join(desk.folder, 'suites/suites.yaml'));
    assert.match((await desk.run(...words)).err, /the suites that it was evaluated with are gone \[codex-gate\]/);
    await exportAs('suites', source('suites', 'rate-98'));
    assert.match((await desk.run('submit', 'suites@3')).err, /it was not evaluated \[codex-gate\]/);
    desk.write('suites/suites.yaml', SUITE);
    await desk.must('evaluate', 'suites@3', '--against', 'suites@2');
    assert.match((await desk.run('submit', 'suites@3')).err, /held against version 2, and that is not what is active/);
  });
});

const ANSWERS = (required: string): string =>
  `output_schema: { type: object, properties: { title: { type: string }, size: { type: integer } }, required: [${required}] }\n`;

suite('schemas and imports of the codex', { timeout: 300_000 }, () => {
  before(async () => {
    endpoint = await startEndpoint();
    desk = makeDesk();
    desk.write('sereno.yaml', site(`model: { base_url: "${endpoint.url}" }`));
    await desk.must('key', 'ana.pem');
    await desk.must('trust', 'ana=ana.pem');
  });
  after(async () => {
    desk.remove();
    await endpoint.close();
  });

  test('a registry keeps each version for ever, and shows the value that breaks a reader', async () => {
    const schema = (required: string): string =>
      JSON.stringify({ type: 'object', properties: { title: { type: 'string' } }, required: [required] });
    desk.write('schemas/qa_describe_v1.json', schema('title'));
    assert.match(
      await desk.must('schema', 'check', 'qa_describe_v1.json'),
      /qa_describe_v1 could be registered \(forward-transitive\)/,
    );
    assert.match(await desk.must('schema', 'list'), /no schema is registered/);
    await desk.must('schema', 'add', 'qa_describe_v1.json', '--class', 'full');
    assert.match(await desk.must('schema', 'add', 'qa_describe_v1.json'), /registered under this name already/);
    desk.write('schemas/qa_describe_v1.json', schema('size'));
    assert.match(
      (await desk.run('schema', 'add', 'qa_describe_v1.json')).err,
      /is the name of another schema .*\[codex-schema\]/,
    );
    desk.write('schemas/qa_describe_v2.json', schema('size'));
    const entries = desk.entries();
    for (const verb of ['check', 'add']) {
      const { code, err } = await desk.run('schema', verb, 'qa_describe_v2.json');
      assert.equal(code, 1);
      assert.match(
        err,
        /version 2 cannot read what version 1 allows: \{"title":""\} \(required at its root\) \[codex-schema\]/,
      );
      assert.match(err, /version 1 cannot read what version 2 allows: \{"size":.*\[codex-schema\]/);
    }
    assert.equal(desk.entries(), entries);
    assert.match(
      (await desk.run('schema', 'add', 'qa_describe_v2.json', '--class', 'fully')).err,
      /no class of compatibility/,
    );
    desk.write('schemas/bad.yaml', 'type: object\nminimun: 3\n');
    assert.match((await desk.run('schema', 'add', 'bad.yaml', '--id', 'qa_bad_v1')).err, /minimun is not a keyword/);
    await desk.must('schema', 'add', 'qa_describe_v2.json', '--class', 'none');
    assert.match(await desk.must('schema', 'list'), /qa_describe_v1 +full.*\n.*qa_describe_v2 +none/);
    assert.match(await desk.must('verify'), /all of it is what was written/);
  });

  test('a candidate whose answers the readers of the active one cannot read is not submitted, all reasons at once', async () => {
    await exportAs('titles', source('titles', 'steady', ANSWERS('title, size')));
    await bless('titles');
    desk.write('suites/titles.yaml', SUITE);
    await exportAs('titles', source('titles', 'steady', ANSWERS('title')));
    const { code, err } = await desk.run('submit', 'titles');
    assert.equal(code, 1);
    assert.match(err, /titles@2: version 1 cannot read what version 2 allows: \{.*\[codex-gate\]/);
    assert.match(err, /titles@2: it was not evaluated \[codex-gate\]/);
    assert.match(await desk.must('show', 'titles@2'), /stands against it: version 1 cannot read/);
  });

  test('a configuration of promptfoo becomes a source and suites, which run', async () => {
    desk.write(
      'promptfooconfig.yaml',
      `description: Describes postings
prompts: ["Describe {{ posting }} in three sentences."]
providers: [{ id: openai:steady, config: { temperature: 0.7, max_tokens: 200 } }]
tests:
  - { description: a, vars: { posting: [one, two] }, assert: [{ type: contains, value: good }, { type: javascript, value: "1" }] }
`,
    );
    assert.match(
      (await desk.run('import', 'promptfooconfig.yaml')).err,
      /cannot be the name of an item[^]*give --item/,
    );
    const { code, out, err } = await desk.run('import', 'promptfooconfig.yaml', '--item', 'postings');
    assert.equal(code, 0, err);
    assert.match(err, /promptfooconfig.yaml:5:\d+: not taken: javascript: it runs code of the suite/);
    assert.match(out, /ty_log\/postings.yaml\n.*suites\/postings.yaml\npostings: 1 things were not taken over/);
    assert.match((await desk.run('import', 'promptfooconfig.yaml', '--item', 'postings')).err, /is there already/);
    await desk.must('export', 'postings.yaml', '--as', 'cleo');
    assert.match(await desk.must('evaluate', 'postings'), /passed/);
    await bless('postings');
  });

  test('a dotprompt file becomes a source', async () => {
    desk.write(
      'greeting.prompt',
      '---\nmodel: googleai/gemini\nconfig: { temperature: 0.7, maxOutputTokens: 400, topK: 20 }\ninput: { schema: { name: string } }\n---\nGreet {{name}} in one sentence.\n',
    );
    const { code, err } = await desk.run('import', 'greeting.prompt');
    assert.equal(code, 0, err);
    assert.match(err, /greeting.prompt:3:\d+: not taken: topK/);
    await desk.must('export', 'greeting.yaml', '--as', 'cleo');
    await bless('greeting');
    desk.write('bad.prompt', '---\nmodel: m\n---\n{{#if a}}b{{/if}}\n');
    const bad = await desk.run('import', 'bad.prompt');
    assert.equal(bad.code, 2);
    assert.match(bad.err, /no temperature[^]*no length/);
  });
});
