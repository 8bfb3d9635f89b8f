// The dashboard of judging over a real town: the demo's own services, watched by the built Sereno, broken and mended here.
// Every number that the page shows is compared with what the API says of the same town; nothing is made up.

import assert from 'node:assert/strict';
import { appendFileSync, cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { EvidenceRecord } from '#kernel/evidence.ts';
import type { SeriesRangeView } from '#kernel/seriesView.ts';
import type { TargetView } from '#kernel/targetView.ts';
import { overflow, seriousFaults, VIEWS } from './dashboard/look.ts';
import { openBrowser, openPage, whyNot, type View } from './dashboard/window.ts';
import { freePort } from './stand/port.ts';
import { Post, until } from './stand/sereno.ts';

const DEMO = join(import.meta.dirname, '..', 'examples', 'demo');

let post: Post;
let browser: Browser;
let apiPort: number;

/** The demo without Redis, on free ports. */
const demoOn = async (): Promise<string> => {
  const ports = new Map([['3500', String((apiPort = await freePort()))]]);
  for (const port of ['3501', '3502']) ports.set(port, String(await freePort()));
  const api = `http://127.0.0.1:${apiPort}/health`;
  return readFileSync(join(DEMO, 'without-redis.yaml'), 'utf8')
    .replaceAll(/\b350[012]\b/g, (port) => ports.get(port) ?? port)
    .replace(
      "env: { PORT: '" + (ports.get('3502') ?? '') + "' }",
      `env: { PORT: '${ports.get('3502') ?? ''}', API: '${api}' }`,
    );
};

const releasesOf = async (service: string): Promise<readonly EvidenceRecord[]> =>
  (await post.evidence('&machine=releases:site&type=release.opened')).filter((it) => it.refs['service'] === service);

/** A new program, and an end of the old one: the release is what the black box then sees. */
const releaseAndCrash = async (): Promise<void> => {
  appendFileSync(join(post.directory, 'api.mjs'), '\n// the next release\n');
  await fetch(`http://127.0.0.1:${apiPort}/crash`, { method: 'POST' });
  await until('the release to be seen', async () => (await releasesOf('api')).length > 0);
  await post.healthy('api');
};

/** A crash may lie between two looks; a server that hangs is looked at until it is started anew. */
const hang = async (): Promise<void> => {
  await fetch(`http://127.0.0.1:${apiPort}/hang`, { method: 'POST' });
  await until('the hang to eat of the budget', async () => {
    const target = await post.get<TargetView>('/api/targets/api.availability');
    return target.episodes.some(({ share }) => share === 'own');
  });
  await post.healthy('api');
};

const open = async (path: string, view?: View) => {
  const opened = await openPage(browser, `${post.url()}/${path}`, view);
  await opened.page.waitForSelector('[data-connection="live"]');
  return opened;
};

const onService = async (view?: View) => {
  const opened = await open('#/services/api', view);
  await opened.page.waitForSelector('.charts .plot canvas');
  await opened.page.waitForSelector('[data-target="api.availability"] .plot canvas');
  return opened;
};

/** How many pixels of a plot are drawn upon. */
const inkIn = (page: Page, selector: string): Promise<number> =>
  page.evaluate(`(() => {
    const canvas = document.querySelector('${selector} canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let drawn = 0;
    for (let at = 3; at < data.length; at += 4) if (data[at] > 0) drawn += 1;
    return drawn;
  })()`);

const settings = { skip: whyNot ?? false, timeout: 120_000 };

suite('the dashboard of judging', settings, () => {
  before(async () => {
    post = new Post(await demoOn());
    for (const name of ['api.mjs', 'worker.mjs', 'web.mjs', 'report.mjs'])
      cpSync(join(DEMO, name), join(post.directory, name), { preserveTimestamps: true });
    await post.up();
    await post.healthy('api');
    await releaseAndCrash();
    await hang();
    browser = await openBrowser();
  });
  after(async () => {
    await browser.close();
    await post.clear();
  });

  test('charts, marks and table tell what the metrics and the evidence hold', async () => {
    const { page, complaints, close } = await onService();
    await page.click('.numbers-table summary');
    await page.waitForSelector('.numbers-table tbody tr');
    // On a machine under load a look may fail meanwhile: both sides are read until they agree.
    await until('the failures in words', async () => {
      const range = await post.get<SeriesRangeView>('/api/series/range?check=api%2Fhttp&step=10');
      const failed = range.steps.reduce((sum, step) => sum + (step.outcomes?.unhealthy ?? 0), 0);
      return failed > 0 && (await page.innerText('.charts')).includes(`${failed} of `);
    });
    await until('two steps', async () => (await page.$$('.numbers-table tbody tr')).length >= 2);
    assert.ok((await inkIn(page, '.charts .plot')) > 500);
    const [release] = await releasesOf('api');
    const version = release?.refs['version'];
    assert.ok(typeof version === 'string');
    await until('the mark', async () => (await page.innerText('.marks')).includes(version));
    assert.deepEqual(complaints, []);
    await close();
  });

  test('the budget, what ate it, and where it leads', async () => {
    const { page, complaints, close } = await onService();
    const target = await post.get<TargetView>('/api/targets/api.availability');
    const shown = '[data-target="api.availability"]';
    assert.equal(await page.getAttribute(`${shown} [data-target-state]`, 'data-target-state'), target.state);
    assert.match(await page.innerText(shown), /of the budget is left/);
    const own = target.episodes.filter((it) => it.share === 'own').length;
    assert.ok(own > 0, 'the hang ate nothing');
    assert.equal((await page.$$(`${shown} .eaters tbody tr:not(.quiet)`)).length, own);
    assert.ok((await inkIn(page, `${shown} .plot`)) > 200);
    assert.deepEqual(complaints, []);
    await close();
  });

  test('nothing jumps while it streams', async () => {
    const { page, close } = await onService();
    await page.waitForSelector('.marks .strong');
    await page.evaluate(`(() => {
      window.shifts = [];
      new PerformanceObserver((list) => {
        for (const each of list.getEntries()) window.shifts.push(each.value);
      }).observe({ type: 'layout-shift', buffered: false });
    })()`);
    const wordsOf = (): Promise<string | null> => page.getAttribute('.charts .plot', 'aria-label');
    for (const round of ['once', 'twice']) {
      const words = await wordsOf();
      await until(`newer numbers, ${round}`, async () => (await wordsOf()) !== words);
    }
    const shifts: number[] = await page.evaluate('window.shifts');
    const sum = shifts.reduce((total, each) => total + each, 0);
    assert.ok(sum < 0.01, `it shifted by ${sum}`);
    await close();
  });

  test('keys: o opens the page of a service, Esc leads back; the browser’s own way back does too', async () => {
    const { page, close } = await open('');
    await page.waitForSelector('[data-service="api"]');
    await page.click('[data-service="api"] button.title');
    await page.keyboard.press('o');
    await page.waitForSelector('[data-page="api"]');
    assert.equal(await page.evaluate('document.activeElement.textContent'), 'api');
    await page.keyboard.press('Escape');
    await page.waitForSelector('[data-service="api"]');
    await page.goBack();
    await page.waitForSelector('[data-page="api"]');
    await page.goto(`${post.url()}/#/services/nobody`);
    await page.waitForSelector('text=No service is called');
    await close();
  });

  test('the site: score with its parts, streak, reach, alerts with their fates', async () => {
    const { page, close } = await open('');
    await page.waitForSelector('[data-score]');
    assert.equal((await page.$$('.standing .score-parts tbody tr')).length, 4);
    await page.waitForSelector('[data-streak]');
    await page.click('.reach summary');
    await page.waitForSelector('[data-reach="web api reached"]');
    appendFileSync(join(post.directory, 'report.broken'), '');
    await page.waitForSelector('[data-alert="report/file"]', { timeout: 30_000 });
    const until2h = new Date(Date.now() + 7_200_000).toISOString();
    const asked = await post.post(`/api/alerts/suppressions?what=worker&until=${encodeURIComponent(until2h)}`, {
      why: 'moving the disk',
    });
    assert.equal(asked.status, 200, JSON.stringify(asked.body));
    await page.waitForSelector('[data-suppression]');
    assert.match(await page.innerText('[data-suppression]'), /worker by .* ends in 1 h 59 min[\s\S]*moving the disk/);
    await close();
  });

  for (const view of VIEWS)
    test(`no serious fault for axe and no sideways scroll at ${view.width} px, ${view.scheme}`, async () => {
      const { page, close } = await onService(view);
      await page.click('.numbers-table summary');
      await page.click('.burns summary');
      assert.equal(await overflow(page), 0);
      assert.deepEqual(await seriousFaults(page), []);
      await page.goto(`${post.url()}/#/`);
      await page.waitForSelector('.alerts-panel .alert');
      assert.equal(await overflow(page), 0);
      assert.deepEqual(await seriousFaults(page), []);
      await close();
    });

  test('without Sereno nothing is called well: every state is past', async () => {
    const { page, close } = await onService();
    await post.kill();
    await page.waitForSelector('[data-banner="connection"]');
    assert.match(await page.innerText('.service-head'), /was (healthy|degraded|unhealthy|unknown)/);
    const words = await page.$$eval('[data-target-state] .word', (all) => all.map((it) => it.textContent ?? ''));
    assert.ok(words.length > 0 && words.every((word) => word.startsWith('was ')), words.join());
    await close();
  });
});
