// Pictures of the dashboard in every mood, for people to look at: node test/dashboard/shots.ts DIRECTORY

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TownView } from '#kernel/view.ts';
import { makeDesk } from './desk.ts';
import { hostileTown, quietTown, troubledRecords, troubledTown } from './town.ts';
import { buildPage, openBrowser, openPage, serve, TOKEN, type View } from './window.ts';

const directory = process.argv[2] ?? join('.sereno', 'shots');
mkdirSync(directory, { recursive: true });
const built = buildPage();
const browser = await openBrowser();

const VIEWS: readonly View[] = [
  { width: 1280, scheme: 'dark' },
  { width: 1280, scheme: 'light' },
  { width: 360, scheme: 'dark' },
  { width: 360, scheme: 'light' },
];

const MOODS: readonly (readonly [mood: string, town: TownView])[] = [
  ['healthy', quietTown()],
  ['trouble', troubledTown()],
  ['hostile', hostileTown()],
];

const shoot = async (mood: string, town: TownView, view: View): Promise<void> => {
  const desk = makeDesk();
  desk.setTown(town);
  desk.setRecords(troubledRecords());
  const stand = await serve(desk, built.directory);
  const { page, complaints, close } = await openPage(browser, `${stand.url}/#token=${TOKEN}`, view);
  const picture = async (name: string, isWhole = true): Promise<void> => {
    const path = join(directory, `${name}-${view.width}-${view.scheme}.png`);
    await page.screenshot({ path, fullPage: isWhole });
  };
  await page.waitForSelector('[data-connection="live"]');
  await picture(mood);
  if (mood === 'trouble') {
    await page.click('[data-service="redis"] button.title');
    await page.waitForSelector('.detail');
    await picture('opened');
    desk.setAnswers({ status: 'needs-approval', reasons: town.approvals[0]?.reasons ?? [] }, {});
    await page.keyboard.press('r');
    await page.waitForSelector('[data-verdict]');
    await picture('asking', false);
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await picture('help', false);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await stand.close();
    await page.waitForSelector('[data-banner="connection"]');
    await picture('disconnected');
  }
  for (const complaint of complaints) console.log(`${mood} ${view.width} ${view.scheme}: ${complaint}`);
  await close();
  await stand.close().catch(() => undefined);
};

for (const [mood, town] of MOODS) {
  for (const view of VIEWS) await shoot(mood, town, view);
}
await browser.close();
built.remove();
console.log(`pictures are in ${directory}`);
