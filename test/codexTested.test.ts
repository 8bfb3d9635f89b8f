// Testers of the root of trust: where it names some, a pass that they have not signed opens no gate. By the real command line
// and a real endpoint.

import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { makeDesk, type Desk } from './codex/desk.ts';
import { startEndpoint, type Endpoint } from './codex/endpoint.ts';

const source = (title: string): string =>
  `task_id: concise\ntitle: ${title}\nmodel: { model_id: steady }\ngeneration_config: { temperature: 0.7, max_tokens: 200 }\nvariables: [posting]\nprompt_template: "Describe {{ posting }} in three sentences."\n`;

const SUITE = `goal: { regression: 30% }
least: 80%
at_once: 8
cases:
${Array.from({ length: 12 }, (_, index) => `  - { name: c${index}, input: { posting: posting ${index} }, expect: [{ contains: good }] }`).join('\n')}
`;

let desk: Desk;
let endpoint: Endpoint;

const propose = async (title: string): Promise<void> => {
  desk.write('ty_log/concise.yaml', source(title));
  await desk.must('export', 'concise.yaml', '--as', 'cleo');
};

const refused = async (...words: readonly string[]): Promise<string> => {
  const entries = desk.entries();
  const { code, err } = await desk.run(...words);
  assert.equal(code, 1, err);
  assert.equal(desk.entries(), entries, 'a refusal writes nothing');
  return err;
};

suite('testers of the root of trust', { timeout: 300_000 }, () => {
  before(async () => {
    endpoint = await startEndpoint();
    desk = makeDesk({ TEST_MODEL_KEY: 'sk-test-of-testers' });
    const model = `model: { base_url: "${endpoint.url}", api_key: "\${env:TEST_MODEL_KEY}", timeout: 20s }`;
    desk.write(
      'sereno.yaml',
      `sereno: 1\nsite: town\npeople: { ana: {}, ben: {}, cleo: {} }\ncodex: { blessers: [ana, ben] }\n${model}\npolicy: { autonomy: 1, allow: [] }\n`,
    );
    desk.write('suites/concise.yaml', SUITE);
    await Promise.all(['ana', 'ben', 'ci', 'other'].map((who) => desk.must('key', `${who}.pem`)));
    await desk.must('trust', 'ana=ana.pem', 'ben=ben.pub');
    await propose('One');
  });
  after(async () => {
    desk.remove();
    await endpoint.close();
  });

  test('where the root names no testers, an unsigned pass counts as before', async () => {
    await desk.must('evaluate', 'concise@1');
    await desk.must('submit', 'concise@1');
    await desk.must('bless', 'concise@1', '--key', 'ana.pem');
    assert.match(await desk.must('list'), /concise/);
  });

  test('before testers are named, it is told what would stand without their word', async () => {
    const out = await desk.must('--dry-run', 'trust', '--next', 'ana=ana.pem', 'ben=ben.pub', '--tester', 'ci=ci.pub');
    assert.match(out, /a test result counts when 1 of these have signed it: ci/);
    assert.match(out, /concise@1, which is active, is not blessed under it: no test-result yet: 0 of 1 needed/);
    // What is active is tested once more, signed: then nothing stands without it.
    await desk.must('evaluate', 'concise@1', '--key', 'ci.pem');
    const next = ['trust', '--next', 'ana=ana.pem', 'ben=ben.pub', '--tester', 'ci=ci.pub'] as const;
    assert.doesNotMatch(await desk.must('--dry-run', ...next), /is not blessed under it/);
    await desk.must(...next);
    assert.match(await desk.must('trust'), /root 2[^]*a test result counts when 1 of these have signed it: ci/);
    await desk.must('get', 'concise');
  });

  test('what is wrong with testers is told together, and nothing is made', async () => {
    const words = ['trust', '--next', 'ana=ana.pem', 'ben=ben.pub'] as const;
    const entries = desk.entries();
    const bad = await desk.run(...words, '--tester', 'ci', '--tester', '=x');
    assert.equal(bad.code, 2);
    assert.match(bad.err, /"ci" is no tester with a key[^]*"=x" is no tester with a key/);
    const many = await desk.run(...words, '--tester', 'ci=ci.pub', '--tests', '2');
    assert.match(many.err, /testers must sign, and 1 are named/);
    assert.equal(desk.entries(), entries);
  });

  test('not tested, tested unsigned, signed by another, signed rightly', async () => {
    await propose('Two');
    assert.match(await refused('submit', 'concise@2'), /concise@2: it was not evaluated \[codex-gate\]/);

    await desk.must('evaluate', 'concise@2');
    const unsigned = await refused('submit', 'concise@2');
    assert.match(unsigned, /its evaluation does not count: entry \d+ of the log is signed by nobody/);
    assert.match(unsigned, /root 2 counts only what is signed by 1 of ci \[codex-gate\]/);
    assert.match(unsigned, /sereno codex evaluate concise@2 --key <file of a tester>/);

    // A blesser is no tester, and a key that nobody knows is none either.
    await desk.must('evaluate', 'concise@2', '--key', 'ben.pem');
    assert.match(await refused('submit', 'concise@2'), /entry \d+ of the log is signed by ben, and root 2 counts only/);
    await desk.must('evaluate', 'concise@2', '--key', 'other.pem');
    assert.match(
      await refused('submit', 'concise@2'),
      /is signed by ben, a key that the root does not know, and root 2 counts only/,
    );

    await desk.must('evaluate', 'concise@2', '--key', 'ci.pem');
    await desk.must('submit', 'concise@2');
    await desk.must('bless', 'concise@2', '--key', 'ana.pem');
    assert.match(await desk.must('get', 'concise', '--field', 'title'), /Two/);
  });

  test('a reason beside it is told with it, and a signed result of another version opens nothing', async () => {
    desk.write('ty_log/concise.yaml', source('Three').replace('temperature: 0.7', 'temperature: 1.9'));
    await desk.must('export', 'concise.yaml', '--as', 'cleo');
    desk.write('suites/concise.yaml', SUITE.replace('12', '12').replace('least: 80%', 'least: 81%'));
    await desk.must('evaluate', 'concise@3', '--key', 'ci.pem');
    await desk.must('submit', 'concise@3');
    await propose('Four');
    assert.match(await refused('submit', 'concise@4'), /concise@4: it was not evaluated/);
  });

  test('the next root keeps its testers, another one replaces them, and none takes them away', async () => {
    const words = ['trust', '--next', 'ana=ana.pem', 'ben=ben.pub'] as const;
    await desk.must(...words);
    assert.match(await desk.must('trust'), /root 3[^]*signed it: ci/);
    await desk.must('evaluate', 'concise@4');
    await refused('submit', 'concise@4');
    await desk.must(...words, '--tester', 'none');
    assert.doesNotMatch(await desk.must('trust'), /test result/);
    await desk.must('submit', 'concise@4');
  });
});
