// Evaluations that do not come to their end, by real programs: broken off by a person, killed, or without their endpoint. What
// was counted is told, and nothing of it is ever a pass.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { makeDesk, type Desk, type Ran } from './codex/desk.ts';
import { startEndpoint, type Endpoint } from './codex/endpoint.ts';
import { until } from './stand/sereno.ts';

const BIN = join(import.meta.dirname, '..', 'bin', 'sereno.js');

let desk: Desk;
let endpoint: Endpoint;

/** Two pairs at a time, of a model that takes a second and a half: a run of minutes. */
const SUITE = `at_once: 2
cases:
${Array.from({ length: 40 }, (_, index) => `  - { name: c${index}, input: { posting: posting ${index} }, expect: [{ contains: good }] }`).join('\n')}
`;

const site = (url: string): string =>
  `sereno: 1\nsite: town\npeople: { ana: {}, cleo: {} }\ncodex: { blessers: [ana] }\nmodel: { base_url: "${url}", timeout: 5s }\npolicy: { autonomy: 1, allow: [] }\n`;

type Broken = Ran & { readonly signal: NodeJS.Signals | null };

/** Evaluates, and does something to it when so many questions have come. */
const breakAt = async (
  questions: number,
  act: (kill: (signal: NodeJS.Signals) => void) => unknown,
): Promise<Broken> => {
  const wanted = endpoint.asked() + questions;
  const child = spawn(process.execPath, [BIN, 'codex', 'evaluate', 'slow'], {
    cwd: desk.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (part) => (out += String(part)));
  child.stderr.on('data', (part) => (err += String(part)));
  const ended = new Promise<Broken>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, out, err }));
  });
  await until('the questions to have come', () => endpoint.asked() >= wanted);
  act((signal) => child.kill(signal));
  return ended;
};

suite('evaluations that are broken off', { timeout: 180_000 }, () => {
  before(async () => {
    endpoint = await startEndpoint();
    desk = makeDesk();
    desk.write('sereno.yaml', site(endpoint.url));
    await desk.must('key', 'ana.pem');
    await desk.must('trust', 'ana=ana.pem');
    desk.write('suites/slow.yaml', SUITE);
    desk.write(
      'ty_log/slow.yaml',
      'task_id: slow\ntitle: A title\nmodel: { model_id: late }\ngeneration_config: { temperature: 0.7, max_tokens: 200 }\nvariables: [posting]\nprompt_template: "Describe {{ posting }} in three sentences."\n',
    );
    await desk.must('export', 'slow.yaml', '--as', 'cleo');
  });
  after(async () => {
    desk.remove();
    await endpoint.close();
  });

  test('before anything was counted, or killed: nothing is written, and nothing is a pass', async () => {
    const entries = desk.entries();
    const early = await breakAt(1, (kill) => kill('SIGINT'));
    assert.equal(early.code, 1, early.err);
    assert.match(early.err, /broken off \(SIGINT\) before a pair was counted \[codex-refused\]/);
    const { signal } = await breakAt(6, (kill) => kill('SIGKILL'));
    assert.equal(signal, 'SIGKILL');
    assert.equal(desk.entries(), entries);
    assert.match((await desk.run('submit', 'slow')).err, /it was not evaluated \[codex-gate\]/);
    assert.match(await desk.must('verify'), /all of it is what was written/);
  });

  test('by Ctrl-C: what was counted is kept as not finished, is told, and is no pass', async () => {
    const entries = desk.entries();
    const { code, out, err } = await breakAt(6, (kill) => kill('SIGINT'));
    assert.equal(code, 5, err);
    assert.match(out, /not enough data: it was broken off \(SIGINT\) after [1-9]\d* of \d+ pairs/);
    assert.match(out, /the candidate passed ([1-9]\d*) of \1: 100 %/);
    assert.equal(desk.entries(), entries + 1);
    assert.match(
      await desk.must('show', 'slow'),
      /evaluated, entry \d+.*not enough data: it was broken off \(SIGINT\)/,
    );
    assert.match(await desk.must('history', 'slow'), /evaluated: not-enough-data/);
    assert.match((await desk.run('submit', 'slow')).err, /without proof: it was broken off \(SIGINT\).*\[codex-gate\]/);
  });

  test('without its endpoint: what was counted is kept, with what was missing', async () => {
    const { code, out } = await breakAt(6, () => endpoint.close());
    assert.equal(code, 5, out);
    assert.match(out, /not enough data: /);
    assert.match(out, /the candidate passed [1-9]\d* of /);
    assert.match((await desk.run('submit', 'slow')).err, /ended without proof: .*\[codex-gate\]/);
  });
});
