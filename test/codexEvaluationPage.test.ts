// The evaluations of a version on its page, as a real `codex evaluate` left them: the verdict, its reason, and the numbers.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { startEndpoint, type Endpoint } from './codex/endpoint.ts';
import { overflow, seriousFaults, VIEWS } from './dashboard/look.ts';
import { openBrowser, openPage, whyNot } from './dashboard/window.ts';
import { CodexTown, ITEM } from './stand/codexTown.ts';

/** A folder: pictures for people to look at are put there. */
const SHOTS = process.env['SERENO_SHOTS'];

const SUITE = `goal: { regression: 30% }
cases:
${Array.from({ length: 12 }, (_, index) => `  - { name: posting of job ${index}, input: { posting: job ${index} }, expect: [{ contains: good }] }`).join('\n')}
`;

const source = (model: string): string =>
  `task_id: ${ITEM}\ntitle: A title\nmodel: { model_id: ${model} }\ngeneration_config: { temperature: 0.7, max_tokens: 800 }\ninput_schema: [{ name: posting, type: string }]\n`;

let browser: Browser;
let endpoint: Endpoint;
let town: CodexTown;

suite('evaluations on the page of an item', { skip: whyNot ?? false, timeout: 180_000 }, () => {
  before(async () => {
    [browser, endpoint] = await Promise.all([openBrowser(), startEndpoint()]);
    town = new CodexTown(`model: { base_url: "${endpoint.url}" }\n`);
    await town.trust();
    mkdirSync(town.path('suites'));
    town.post.write(`suites/${ITEM}.yaml`, SUITE);
    for (const model of ['steady', 'rate-30']) {
      town.post.write('ty_log/concise.yaml', source(model));
      await town.must('export', town.path('ty_log/concise.yaml'), '--as', 'cleo');
      const { code } = await town.codex('evaluate', ITEM, '--as', 'cleo');
      assert.equal(code, model === 'steady' ? 0 : 1);
      if (model === 'steady') await town.must('submit', ITEM);
      if (model === 'steady') await town.bless();
    }
    await town.post.up();
  });
  after(async () => {
    await browser.close();
    await endpoint.close();
  });

  test('verdict, reason, pass rates, pairs and cases, as the command told them', async () => {
    const told = (await town.codex('show', `${ITEM}@2`)).out;
    const [, passed = '', total = ''] = /the candidate passed (\d+) of (\d+)/.exec(told) ?? [];
    const [, why = ''] = /blocked: (it passes less often[^\n]*)/.exec(told) ?? [];
    assert.notEqual(why, '', told);
    for (const view of VIEWS) {
      const { page, complaints, close } = await openPage(browser, `${town.post.url()}/#/codex/${ITEM}`, view);
      const textOf = async (selector: string): Promise<string> =>
        (await page.innerText(selector)).replaceAll(/\s+/g, ' ').trim();
      await page.waitForSelector('[data-version="2"] [data-evaluation="blocked"]');
      const blocked = await textOf('[data-version="2"] [data-evaluation]');
      assert.match(blocked, /^evaluation blocked by cleo /);
      assert.ok(blocked.includes(why), blocked);
      assert.match(blocked, new RegExp(`passed ${passed} of ${total} answers, version 1 passed (\\d+) of \\1;`));
      assert.match(blocked, new RegExp(`; ${total} of at most \\d+ pairs`));
      assert.match(await textOf('[data-version="2"]'), /stands against it: its evaluation: it passes less often/);
      const first = await textOf('[data-version="1"] [data-evaluation="passed"]');
      assert.match(first, /passed (\d+) of \1 answers; \1 of at most \d+ questions/);
      assert.match(first, new RegExp(`cases of ${ITEM}: 1?\\d passed each time, 0 some times, 0 never$`));
      assert.equal(await overflow(page), 0);
      assert.deepEqual(await seriousFaults(page), []);
      if (SHOTS !== undefined) {
        mkdirSync(SHOTS, { recursive: true });
        await page.screenshot({ path: join(SHOTS, `evaluation-${view.width}-${view.scheme}.png`), fullPage: true });
      }
      assert.deepEqual(complaints, []);
      await close();
    }
  });
});
