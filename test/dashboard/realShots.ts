// Pictures of a Sereno that runs, for people to look at: node test/dashboard/realShots.ts URL DIRECTORY SERVICE...
//
// Nothing in them is made up: `sereno up --demo`, break something, and take them.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openBrowser, openPage, type View } from './window.ts';

const [url = 'http://127.0.0.1:7373', directory = join('.sereno', 'shots'), ...services] = process.argv.slice(2);
mkdirSync(directory, { recursive: true });

const VIEWS: readonly View[] = [
  { width: 1280, scheme: 'dark' },
  { width: 1280, scheme: 'light' },
  { width: 360, scheme: 'dark' },
  { width: 360, scheme: 'light' },
];

const browser = await openBrowser();
for (const view of VIEWS) {
  const { page, complaints, close } = await openPage(browser, url, view);
  // A machine that is busy draws slowly.
  page.setDefaultTimeout(120_000);
  const picture = async (name: string): Promise<void> => {
    const path = join(directory, `${name}-${view.width}-${view.scheme}.png`);
    await page.evaluate('scrollTo(0, 0)');
    await page.screenshot({ path, fullPage: true });
  };
  await page.waitForSelector('[data-connection="live"]');
  await page.waitForSelector('.alerts-panel p');
  await page.click('.reach summary');
  await page.waitForSelector('.matrix, .reach-list, .reach p');
  await picture('town');
  for (const service of services) {
    await page.goto(`${url}/#/services/${service}`);
    await page.waitForSelector('.plot canvas');
    await page.waitForSelector('.burn-frame canvas');
    await picture(`service-${service}`);
  }
  for (const complaint of complaints) console.log(`${view.width} ${view.scheme}: ${complaint}`);
  await close();
}
await browser.close();
console.log(`pictures are in ${directory}`);
