// Going back and becoming active, by real programs: a good old version is one command away whatever lies around it, and one
// that does not go with what holds now is refused, with all reasons and the way around.

import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { makeDesk, type Desk } from './codex/desk.ts';
import { startEndpoint, type Endpoint } from './codex/endpoint.ts';

let desk: Desk;
let endpoint: Endpoint;

const source = (item: string, title: string, more = ''): string =>
  `task_id: ${item}\ntitle: ${title}\nmodel: { model_id: steady }\ngeneration_config: { temperature: 0.7, max_tokens: 200 }\nvariables: [posting]\nprompt_template: "Describe {{ posting }} in three sentences."\n${more}`;

const ANSWERS = (required: string): string =>
  `output_schema: { type: object, properties: { title: { type: string }, size: { type: integer } }, required: [${required}] }\n`;

const SUITE = `goal: { regression: 30% }
cases:
${Array.from({ length: 12 }, (_, index) => `  - { name: c${index}, input: { posting: posting ${index} }, expect: [{ contains: good }] }`).join('\n')}
`;

const exportAs = async (item: string, title: string, more = ''): Promise<void> => {
  desk.write(`ty_log/${item}.yaml`, source(item, title, more));
  await desk.must('export', `${item}.yaml`, '--as', 'cleo');
};

const bless = async (selector: string, ...more: readonly string[]): Promise<void> => {
  await desk.must('submit', selector);
  await desk.must('bless', selector, '--key', 'ana.pem', ...more);
};

const release = async (item: string, title: string, more = ''): Promise<void> => {
  await exportAs(item, title, more);
  await bless(item);
};

const back = (item: string, to: number): readonly string[] => ['rollback', item, '--to', `${to}`, '--why', 'it is bad'];

const active = async (item: string): Promise<string> => desk.must('get', item, '--field', 'title');

suite('going back through the gate', { timeout: 300_000 }, () => {
  before(async () => {
    endpoint = await startEndpoint();
    desk = makeDesk();
    desk.write(
      'sereno.yaml',
      `sereno: 1\nsite: town\npeople: { ana: {}, ben: {}, cleo: {} }\ncodex: { blessers: [ana, ben] }\nmodel: { base_url: "${endpoint.url}" }\npolicy: { autonomy: 1, allow: [] }\n`,
    );
    await Promise.all(['ana', 'ben'].map((who) => desk.must('key', `${who}.pem`)));
    await desk.must('trust', 'ana=ana.pem', 'ben=ben.pem');
  });
  after(async () => {
    desk.remove();
    await endpoint.close();
  });

  test('a good old version is one command, whatever became of the suites, the endpoint and the active one', async () => {
    desk.write('suites/good.yaml', SUITE);
    for (const title of ['first', 'second']) {
      await exportAs('good', title);
      await desk.must('evaluate', 'good');
      await bless('good');
    }
    desk.write('suites/good.yaml', 'cases: [ { name: a, expect: [ { contain: x } ] } ]');
    const { revision } = await desk.json<{ revision: { ref: { digest: string } } }>('show', 'good@2');
    const { digest } = revision.ref;
    const path = join(desk.folder, '.sereno/codex/objects', digest.slice(0, 2), digest.slice(2));
    const bytes = readFileSync(path);
    chmodSync(path, 0o644);
    writeFileSync(path, Buffer.from(bytes.map((byte, at) => (at === 50 ? byte ^ 1 : byte))));
    const asked = endpoint.asked();
    assert.match(await desk.must(...back('good', 1)), /good@3 has the content of version 1 and is active/);
    assert.equal(await active('good'), 'first\n');
    assert.equal(endpoint.asked(), asked);
    writeFileSync(path, bytes);
  });

  test('what the readers of the active version cannot read does not come back, until somebody signs that it does', async () => {
    await release('titles', 'loose', ANSWERS('title'));
    await release('titles', 'strict', ANSWERS('title, size'));
    const entries = desk.entries();
    const { code, err } = await desk.run(...back('titles', 1));
    assert.equal(code, 1);
    assert.match(err, /titles@1: version 2 cannot read what version 1 allows: \{"title":""\} .*\[codex-gate\]/);
    assert.match(err, /go back to another version; in an emergency: sereno codex waive titles@1 --key <file> --why/);
    assert.equal(desk.entries(), entries);
    assert.match(await desk.must('show', 'titles@1'), /stands against it: version 2 cannot read what version 1 allows/);
    await desk.must('waive', 'titles@1', '--key', 'ben.pem', '--why', 'the reader was put back as well');
    assert.match(await desk.must(...back('titles', 1)), /titles@3 has the content of version 1 and is active/);
    assert.equal(await active('titles'), 'loose\n');
    assert.match(await desk.must('verify'), /all of it is what was written/);
    // Forward again: whoever reads loose titles reads strict ones.
    await desk.must(...back('titles', 2));
    // What was signed spoke of version 2; the readers of version 4 were named by nobody.
    assert.match((await desk.run(...back('titles', 3))).err, /titles@3: version 4 cannot read what version 1 allows/);
  });

  test('where versions are evaluated, one that nobody has measured does not come back; what others were held against does', async () => {
    await release('measured', 'never');
    await release('measured', 'measure');
    desk.write('suites/measured.yaml', SUITE);
    await exportAs('measured', 'evaluated');
    await desk.must('evaluate', 'measured');
    await bless('measured');
    const { code, err } = await desk.run(...back('measured', 1));
    assert.equal(code, 1);
    assert.match(
      err,
      /measured@1: it was not evaluated \[codex-gate\]\n.*sereno codex evaluate measured@1; in an emerg/,
    );
    assert.match(await desk.must(...back('measured', 2)), /measured@4 has the content of version 2/);
    await desk.must(...back('measured', 3));
    await desk.must('evaluate', 'measured@1');
    assert.match(await desk.must(...back('measured', 1)), /measured@6 has the content of version 1/);
  });

  test('a version that was blessed and held becomes active only if it passes the gate of now, all reasons at once', async () => {
    await release('held', 'first', ANSWERS('title'));
    await exportAs('held', 'second', ANSWERS('title'));
    await bless('held@2', '--hold');
    desk.write('suites/held.yaml', SUITE);
    desk.write('schemas/qa_held_v1.json', '{ "type": "object", "required": ["size"] }');
    await desk.must('schema', 'add', 'qa_held_v1.json');
    const entries = desk.entries();
    const { code, err } = await desk.run('activate', 'held@2');
    assert.equal(code, 1);
    assert.match(err, /held@2: version 1 cannot read what version 2 allows: \{.*\[codex-gate\]/);
    assert.match(
      err,
      /held@2: it was not evaluated \[codex-gate\]\n.*sereno codex evaluate held@2; in an emergency: sereno/,
    );
    assert.equal(desk.entries(), entries);
    await desk.must('evaluate', 'held@2');
    await desk.must('waive', 'held@2', '--key', 'ben.pem', '--why', 'nobody reads the size');
    assert.match(await desk.must('activate', 'held@2'), /held@2 is active/);
  });

  test('a reason that was let pass by somebody who is trusted no more stands again', async () => {
    const input = 'input_schema: { type: object, properties: { posting: { type: string } } }\n';
    desk.write('ty_log/lost.yaml', source('lost', 'first', input).replace('variables: [posting]\n', ''));
    await desk.must('export', 'lost.yaml', '--as', 'cleo');
    assert.match((await desk.run('submit', 'lost')).err, /the template needs posting.*\[codex-gate\]\n.*waive lost@1/);
    await desk.must('waive', 'lost', '--key', 'ben.pem', '--why', 'every caller fills it');
    await bless('lost');
    await release('lost', 'second', ANSWERS('title'));
    await desk.must('trust', '--next', 'ana=ana.pem', '--key', 'ben.pem');
    const { code, err } = await desk.run(...back('lost', 1));
    assert.equal(code, 1);
    assert.match(err, /lost@1: no schema is declared for the answers \[codex-gate\]/);
    assert.match(err, /lost@1: the template needs posting.*\[codex-gate\]/);
  });

  test('a revoked version does not come back, and nobody can let it pass', async () => {
    await desk.must('revoke', 'good@2', '--why', 'it leaks names', '--key', 'ana.pem');
    assert.match((await desk.run(...back('good', 2))).err, /it leaks names.*\[codex-revoked\]/);
    const { code, err } = await desk.run('waive', 'good@2', '--key', 'ana.pem', '--why', 'x');
    assert.equal(code, 1);
    assert.match(err, /nothing stands against|codex-revoked/);
  });
});
