// The stand of the dashboard's test: the built page, the real server over a desk in memory, and Debian's chromium.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import type { Actor } from '#kernel/actor.ts';
import type { Desk } from '#ports/desk.ts';
import { startServer } from '#server/server.ts';
import { now } from './town.ts';

const CHROMIUM = '/usr/bin/chromium';

/** Null: it can run; otherwise why not. */
export const whyNot = existsSync(CHROMIUM) ? null : `${CHROMIUM} is not installed`;

export const TOKEN = 'sereno_operator-of-the-test';

const ADA: Actor = { kind: 'person', name: 'ada', roles: ['operator', 'approver'] };

/** Builds the page into a folder of its own, so that no other build is in the way. */
export const buildPage = (): { readonly directory: string; readonly remove: () => void } => {
  const directory = mkdtempSync(join(tmpdir(), 'sereno-dashboard-'));
  const built = spawnSync(
    process.execPath,
    ['node_modules/vite/bin/vite.js', 'build', 'web', '--outDir', directory, '--emptyOutDir', '--logLevel', 'error'],
    { encoding: 'utf8' },
  );
  if (built.status !== 0) throw new Error(`vite build failed: ${built.stdout}${built.stderr}`);
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
};

export type Stand = { readonly url: string; readonly port: number; readonly close: () => Promise<void> };

/** The real server over the desk. `port` 0: any free one. */
export const serve = async (desk: Desk, webDirectory: string, port = 0): Promise<Stand> => {
  const started = await startServer({
    desk,
    tokens: { find: (token) => (token === TOKEN ? ADA : null) },
    host: '127.0.0.1',
    port,
    hostNames: [],
    webDirectory,
    redact: (text) => text,
    now,
    version: '0.1.0',
    onFault: (thrown) => {
      throw thrown;
    },
  });
  if (started.kind === 'failed') throw new Error(started.problem.message);
  return started;
};

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--no-first-run',
      '--disable-component-update',
      '--disable-sync',
    ],
  });

export type View = { readonly width: number; readonly scheme: 'light' | 'dark' };

/** A page of its own, with what the browser complained of: refusals of the policy, faults, failed scripts. */
export const openPage = async (
  browser: Browser,
  url: string,
  view: View = { width: 1280, scheme: 'dark' },
): Promise<{ readonly page: Page; readonly complaints: string[]; readonly close: () => Promise<void> }> => {
  const context = await browser.newContext({
    viewport: { width: view.width, height: 800 },
    colorScheme: view.scheme,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    // A refused request is a part of some tests; a refusal of the Content-Security-Policy is not.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
      complaints.push(message.text());
    }
  });
  await page.goto(url);
  return { page, complaints, close: () => context.close() };
};
