// How the dashboard looks to those who see it and to those who do not: axe, narrow windows, hostile text.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overflow, seriousFaults, VIEWS } from './dashboard/look.ts';
import { options, play, setTheStage } from './dashboard/stage.ts';
import { HOSTILE, hostileTown, record, troubledTown } from './dashboard/town.ts';

setTheStage();

for (const view of VIEWS) {
  test(`no serious fault for axe and no sideways scroll at ${view.width} px, ${view.scheme}`, options, async () => {
    await play({ town: troubledTown(), view }, async ({ page, stand }) => {
      await page.click('[data-service="redis"] button.title');
      await page.waitForSelector('.detail');
      assert.equal(await overflow(page), 0);
      assert.deepEqual(await seriousFaults(page), []);
      await page.click('.service [aria-label="Restart redis"]');
      await page.waitForSelector('[data-verdict]');
      assert.deepEqual(await seriousFaults(page), []);
      await page.keyboard.press('Escape');
      await stand.close();
      await page.waitForSelector('[data-banner="connection"]');
      assert.equal(await overflow(page), 0);
      assert.deepEqual(await seriousFaults(page), []);
    });
    await play({ town: hostileTown(), view }, async ({ page }) => {
      assert.equal(await overflow(page), 0);
      assert.deepEqual(await seriousFaults(page), []);
    });
  });
}

test('hostile text is text', options, () =>
  play({ town: hostileTown() }, async ({ page, desk }) => {
    desk.addRecord(record(5, { type: HOSTILE, subject: HOSTILE, trigger: HOSTILE, action: HOSTILE }));
    await page.waitForSelector('[data-seq="5"]');
    for (const title of await page.$$('button.title')) await title.click();
    await page.waitForSelector('.detail .check');
    assert.equal(await page.evaluate('window.wasHurt'), undefined);
    assert.equal((await page.$$('#page script, #page img:not(.owl)')).length, 0);
    assert.equal((await page.innerText('[data-seq="5"]')).includes(HOSTILE), true);
    // A mark that turns the text round is shown for what it is.
    assert.equal((await page.innerText('.services')).includes('\\u202eevil'), true);
  }),
);
