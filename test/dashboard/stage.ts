// The stage of the dashboard's tests: one build and one browser for a file, and a page on a town for each scene.

import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { TownView } from '#kernel/view.ts';
import { makeDesk, type DeskInMemory } from './desk.ts';
import { quietTown, troubledRecords } from './town.ts';
import { buildPage, openBrowser, openPage, serve, TOKEN, whyNot, type Stand, type View } from './window.ts';

/** A machine without the browser skips, and says so. */
export const options = { skip: whyNot ?? false, timeout: 60_000 };

let browser: Browser;
let built: { readonly directory: string; readonly remove: () => void };

/** Call it once at the head of a file of tests. */
export const setTheStage = (): void => {
  before(async () => {
    if (whyNot !== null) return;
    built = buildPage();
    browser = await openBrowser();
  });
  after(async () => {
    if (whyNot !== null) return;
    await browser.close();
    built.remove();
  });
};

export type Scene = {
  readonly page: Page;
  readonly desk: DeskInMemory;
  readonly stand: Stand;
  readonly directory: string;
};
export type Given = {
  readonly town?: TownView;
  readonly view?: View;
  readonly token?: string | null;
  /** How the connection is once the scene begins; live unless told otherwise. */
  readonly connection?: 'live' | 'refused';
};

/** Opens the page on a town, waits until it is live, plays, and asks that the browser complained of nothing. */
export const play = async (given: Given, scene: (it: Scene) => Promise<void>): Promise<void> => {
  const desk = makeDesk();
  desk.setTown(given.town ?? quietTown());
  desk.setRecords(troubledRecords());
  const stand = await serve(desk, built.directory);
  const token = given.token === undefined ? TOKEN : given.token;
  const address = token === null ? `${stand.url}/` : `${stand.url}/#token=${token}`;
  const { page, complaints, close } = await openPage(browser, address, given.view);
  try {
    await page.waitForSelector(`[data-connection="${given.connection ?? 'live'}"]`);
    await scene({ page, desk, stand, directory: built.directory });
    assert.deepEqual(complaints, []);
  } finally {
    await close();
    await stand.close();
  }
};
