// The pages of the codex over a real Sereno: nothing is declared, nothing is exported, versions, differences, trouble. In all
// four looks; what the page says is compared with what was done on the command line.

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { overflow, seriousFaults, VIEWS } from './dashboard/look.ts';
import { openBrowser, openPage, whyNot, type View } from './dashboard/window.ts';
import { CodexTown, ITEM } from './stand/codexTown.ts';
import { Post, until } from './stand/sereno.ts';

/** A folder: pictures for people to look at are put there. */
const SHOTS = process.env['SERENO_SHOTS'];

let browser: Browser;
const town = new CodexTown();

const on = async (post: Post, path: string, view: View | undefined, scene: (page: Page) => Promise<void>) => {
  const { page, complaints, close } = await openPage(browser, `${post.url()}/${path}`, view);
  try {
    await page.waitForSelector('[data-connection="live"]');
    await scene(page);
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
};

const shoot = async (page: Page, name: string, view: View): Promise<void> => {
  assert.equal(await overflow(page), 0, `${name} at ${view.width}`);
  assert.deepEqual(await seriousFaults(page), [], `${name} at ${view.width}, ${view.scheme}`);
  if (SHOTS === undefined) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}-${view.width}-${view.scheme}.png`), fullPage: true });
};

const textOf = async (page: Page, selector: string): Promise<string> =>
  (await page.innerText(selector)).replaceAll(/\s+/g, ' ').trim();

const settings = { skip: whyNot ?? false, timeout: 300_000 };

suite('the pages of the codex', settings, () => {
  before(async () => {
    browser = await openBrowser();
    await town.post.up();
  });
  after(() => browser.close());

  test('a site without a codex is told what it is, and how it begins', async () => {
    const bare = new Post('sereno: 1\nsite: bare\npolicy: { autonomy: 1, allow: [] }\n');
    await bare.up();
    for (const view of VIEWS)
      await on(bare, '#/codex', view, async (page) => {
        assert.match(await textOf(page, '[data-empty="undeclared"]'), /prompts, models, limits.*codex: \{/);
        await shoot(page, 'undeclared', view);
      });
  });

  test('an empty codex says what it is, and the first command; the head leads there', async () => {
    for (const view of VIEWS)
      await on(town.post, '', view, async (page) => {
        await page.click('.to-codex');
        assert.match(await textOf(page, '[data-empty="bare"]'), /Nothing was exported yet.*sereno codex export/);
        await shoot(page, 'empty', view);
        await page.keyboard.press('Escape');
        await page.waitForSelector('.first');
      });
  });

  test('items, versions, who blessed, tags and history, as they were done', async () => {
    await town.trust();
    await town.release('A concise description');
    town.template('Describe {{ posting }} in three sentences.\nBe exact.\nNothing else, and no names.\n');
    await town.release('A concise and exact description');
    await town.must('tag', `${ITEM}@1`, 'stable');
    town.template('Describe {{ posting }}\nin two sentences.\n');
    await town.propose('A short description');
    for (const view of VIEWS) {
      await on(town.post, '#/codex', view, async (page) => {
        await page.waitForSelector(`[data-item="${ITEM}"]`);
        const said = await textOf(page, `[data-item="${ITEM}"]`);
        assert.match(said, /active version 2 [0-9a-f]{12} blessed by ana/);
        assert.match(said, /in review version 3 [0-9a-f]{12} exported by cleo/);
        assert.match(said, /3 versions.*stable = 1/);
        await shoot(page, 'items', view);
        await page.click(`[data-item="${ITEM}"] a`);
        await page.waitForSelector('[data-prompt="2"]');
        assert.match(
          await textOf(page, '[data-version="2"]'),
          /active.*blessed by ana.*blessing signed by ana.*reads well/,
        );
        assert.match(await textOf(page, '[data-version="3"]'), /in review.*no blessing yet: 0 of 1 needed signatures/);
        assert.match(await textOf(page, '[data-version="1"]'), /superseded.*stable/);
        assert.match(await textOf(page, '[data-prompt="2"]'), /Be exact/);
        assert.match(await textOf(page, '.codex-history'), /given to review.*made active/);
        await shoot(page, 'item', view);
        await page.click('[data-version="3"] button');
        await page.waitForSelector('[data-prompt="3"]');
        assert.match(await textOf(page, '[data-prompt="3"]'), /in two sentences/);
      });
    }
  });

  test('two versions by field and by line; Escape leads back up', async () => {
    for (const view of VIEWS)
      await on(town.post, `#/codex/${ITEM}`, view, async (page) => {
        await page.click('[data-version="2"] a');
        await page.waitForSelector('[data-field="prompt"]');
        const added = await page.locator('[data-field="prompt"] [data-change="added"]').allTextContents();
        assert.ok(
          added.some((line) => line.includes('Be exact.')),
          JSON.stringify(added),
        );
        const removed = await page.locator('[data-field="title"] [data-change="removed"]').allTextContents();
        assert.match(removed.join(), /A concise description/);
        await shoot(page, 'diff', view);
        await page.keyboard.press('Escape');
        await page.waitForSelector('[data-version="2"]');
        await page.keyboard.press('Escape');
        await page.waitForSelector(`[data-item="${ITEM}"]`);
      });
  });

  test('a new version is on an open page within seconds, without a click', async () => {
    await on(town.post, '#/codex', undefined, async (page) => {
      await page.waitForSelector(`[data-item="${ITEM}"]`);
      await town.bless();
      await page.waitForFunction(`document.querySelector('[data-item]').textContent.includes('version 3')`);
      await until('it to be active', async () => /active version 3/.test(await textOf(page, `[data-item="${ITEM}"]`)));
    });
  });

  test('a revoked version says why, and one that is damaged is not shown', async () => {
    await town.must('revoke', `${ITEM}@1`, '--why', 'it leaks names', '--key', town.path('ana.pem'));
    const { revision } = JSON.parse(await town.must('show', `${ITEM}@2`, '--format', 'json'));
    const digest = String(revision.ref.digest);
    const path = join(town.post.state, 'codex/objects', digest.slice(0, 2), digest.slice(2));
    const bytes = readFileSync(path);
    chmodSync(path, 0o644);
    writeFileSync(path, Buffer.from(bytes.map((byte, at) => (at === 50 ? byte ^ 1 : byte))));
    for (const view of VIEWS)
      await on(town.post, `#/codex/${ITEM}`, view, async (page) => {
        await page.waitForSelector('[data-version="1"]');
        assert.match(
          await textOf(page, '[data-version="1"]'),
          /revoked.*it leaks names.*revocation signed by ana.*it leaks names$/,
        );
        await page.click('[data-version="2"] button');
        await page.waitForSelector('.codex-trouble');
        assert.match(await textOf(page, '.codex-trouble'), /do not have the SHA-256/);
        await shoot(page, 'trouble', view);
      });
    writeFileSync(path, bytes);
  });

  test('a name that is none, and a hostile one, are told and do nothing', async () => {
    const hostile = encodeURIComponent('<img src=x onerror=window.wasHurt=1>');
    await on(town.post, `#/codex/${hostile}`, undefined, async (page) => {
      await page.waitForSelector('.codex-trouble');
      assert.match(await textOf(page, '.codex-trouble'), /there is no item/);
      assert.equal(await page.evaluate('window.wasHurt'), undefined);
    });
  });
});
