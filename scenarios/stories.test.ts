// Operator stories: each file holds what happens and, below the line, the transcript that must come of it.
//
// A changed transcript is reviewed as text: UPDATE_GOLDEN=1 node --test scenarios/stories.test.ts writes them anew.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { tell } from '#sim/story.ts';
import { tellTraffic } from '#sim/trafficStory.ts';

const FOLDER = new URL('./', import.meta.url);
const LINE = '----';

/** `.traffic` tells what a source of figures brings, without a town. */
const stories = readdirSync(FOLDER).filter((name) => name.endsWith('.story') || name.endsWith('.traffic'));

test('there are stories', () => {
  assert.ok(stories.length >= 6, `${stories.length} stories`);
});

for (const name of stories) {
  test(`story: ${name}`, () => {
    const file = new URL(name, FOLDER);
    const [input = '', expected = ''] = readFileSync(file, 'utf8').split(`\n${LINE}\n`);
    const transcript = `${(name.endsWith('.traffic') ? tellTraffic : tell)(input).join('\n')}\n`;
    if (process.env['UPDATE_GOLDEN'] === '1') {
      writeFileSync(file, `${input.trimEnd()}\n\n${LINE}\n${transcript}`);
      return;
    }
    assert.equal(transcript, expected, `${name}: the transcript has changed; review it with UPDATE_GOLDEN=1`);
  });
}

test('of twenty symptoms, each with a promise, none burns and nobody is called for one', () => {
  const [story = ''] = readFileSync(new URL('twenty-symptoms.story', FOLDER), 'utf8').split(`\n${LINE}\n`);
  const promises = Array.from({ length: 20 }, (_, index) => `target app${index + 1} 99.9% over 30d`);
  const lines = tell(story.replace('target app7 99.9% over 30d', promises.join('\n')));
  const states = lines.filter((line) => /target app\d+\.availability is/.test(line));
  assert.equal(states.length, 20);
  assert.deepEqual(
    states.filter((line) => /own|burning|breached/.test(line)),
    [],
  );
  assert.deepEqual(
    lines.filter((line) => /app\d+\.availability burns|told .*app\d+/.test(line)),
    [],
  );
});
