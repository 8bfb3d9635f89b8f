// The source in a configuration of promptfoo: one prompt, one provider, all numbers; otherwise none, and the reason.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import type { Json } from '#kernel/evidence.ts';
import { Desk } from './desk.ts';
import { sourceIn } from './promptfooSource.ts';

const read = (yaml: string) => {
  const file = { value: parse(yaml) as Json, locate: () => ({ file: 'x.yaml', line: 1, column: 1 }) }; // decoder: YAML without tags is JSON
  const desk = new Desk(file);
  return { source: sourceIn(desk, file, 'greet'), why: desk.notTaken.map(({ why }) => why).join('; ') };
};

const PROVIDER = 'providers: [ { id: "openai:chat:gpt-4o", config: { temperature: 0.2, max_tokens: 300 } } ]';

test('one prompt and one provider are a source', () => {
  assert.deepEqual(read(`description: Greets\nprompts: [ "Greet {{ name }}." ]\n${PROVIDER}`), {
    source: {
      task_id: 'greet',
      title: 'Greets',
      model: { model_id: 'gpt-4o' },
      generation_config: { temperature: 0.2, max_tokens: 300 },
      variables: ['name'],
      prompt_template: 'Greet {{ name }}.',
    },
    why: '',
  });
  const ollama = PROVIDER.replace('openai:chat:gpt-4o', 'ollama:chat:gemma3:1b');
  assert.deepEqual(read(`prompts: "Greet."\n${ollama}`).source?.['model'], { model_id: 'gemma3:1b' });
});

test('nothing is made up: what is missing is told', () => {
  const rows: readonly (readonly [string, RegExp])[] = [
    [PROVIDER, /there are no prompts/],
    [`prompts: [a, b]\n${PROVIDER}`, /an item has one of them, and here are 2/],
    [`prompts: ["file://p.txt"]\n${PROVIDER}`, /in another file/],
    [`prompts: [p.txt]\n${PROVIDER}`, /in another file/],
    [`prompts: ["{% if a %}b{% endif %}"]\n${PROVIDER}`, /a program or a talk/],
    ['prompts: [Greet.]\nproviders: ["openai:gpt-4o"]', /no temperature/],
    ['prompts: [Greet.]\nproviders: [ { config: { temperature: 0, max_tokens: 3 } } ]', /no model/],
    ['prompts: [Greet.]', /there are no providers/],
  ];
  for (const [yaml, why] of rows) {
    const found = read(yaml);
    assert.equal(found.source, null, yaml);
    assert.match(found.why, why);
  }
});
