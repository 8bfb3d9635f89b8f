// The stand of the dashboard's test: the built page, the real server over a desk in memory, and Debian's chromium.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import type { Actor } from '#kernel/actor.ts';
import type { EvidenceRecord } from '#kernel/evidence.ts';
import type { Answer } from '#kernel/message.ts';
import type { ServiceView, TownView } from '#kernel/view.ts';
import type { Ask, Change, Desk } from '#ports/desk.ts';
import { startServer } from '#server/server.ts';
import { now, quietTown } from './town.ts';

const CHROMIUM = '/usr/bin/chromium';

/** Null: it can run; otherwise why not. */
export const whyNot = existsSync(CHROMIUM) ? null : `${CHROMIUM} is not installed`;

export const TOKEN = 'sereno_operator-of-the-test';

const ADA: Actor = { kind: 'person', name: 'ada', roles: ['operator', 'approver'] };

export type DeskInMemory = Desk & {
  readonly asked: Ask[];
  readonly setTown: (town: TownView) => void;
  /** The town is another, and everybody is told of every service. */
  readonly tellTown: (town: TownView) => void;
  /** One service is another, and everybody is told of that one. */
  readonly tellService: (service: ServiceView) => void;
  readonly addRecord: (record: EvidenceRecord) => void;
  readonly setRecords: (records: readonly EvidenceRecord[]) => void;
  /** How the next askings are answered: dry runs, and the real thing. */
  readonly setAnswers: (dryRun: Partial<Answer>, real: Partial<Answer>) => void;
  readonly finish: (answer: Partial<Answer>) => void;
};

const blankAnswer = (askKey: string): Answer => ({
  askKey,
  status: 'accepted',
  reasons: [],
  detail: '',
  approval: null,
  actionKey: null,
  at: now(),
});

/** Keeps the promises of ports/desk.ts as far as a page can see. */
export const makeDesk = (): DeskInMemory => {
  const asked: Ask[] = [];
  const answers = new Map<string, Answer>();
  const listeners = new Set<(change: Change) => void>();
  let town = quietTown();
  let records: readonly EvidenceRecord[] = [];
  let next: { readonly dryRun: Partial<Answer>; readonly real: Partial<Answer> } = { dryRun: {}, real: {} };
  const startedAt = now();
  const tell = (change: Change): void => listeners.forEach((listener) => listener(change));
  return {
    asked,
    setTown: (value) => {
      town = value;
    },
    tellTown: (value) => {
      town = value;
      tell({ kind: 'town' });
      for (const service of value.services) tell({ kind: 'service', service });
    },
    tellService: (service) => {
      town = { ...town, services: town.services.map((it) => (it.id === service.id ? service : it)) };
      tell({ kind: 'service', service });
    },
    addRecord: (record) => {
      records = [...records, record];
      tell({ kind: 'evidence', record });
    },
    setRecords: (value) => {
      records = value;
    },
    setAnswers: (dryRun, real) => {
      next = { dryRun, real };
    },
    finish: (answer) => {
      for (const [key, known] of answers) answers.set(key, { ...known, ...answer });
    },
    town: () => town,
    service: (id) => town.services.find((service) => service.id === id) ?? null,
    explain: (subject) => {
      const found = town.services.find((service) => service.id === subject);
      return found === undefined
        ? null
        : { subject, headline: found.headline, why: [], reasons: found.reasons, lookAgainAt: null, evidence: [] };
    },
    evidence: (query) =>
      records
        .filter((record) => record.seq > (query.after ?? 0))
        .toSorted((a, b) => (query.order === 'oldest-first' ? a.seq - b.seq : b.seq - a.seq))
        .slice(0, query.limit),
    checkpoints: () => [],
    verifyEvidence: (report) => report({ isIntact: true, records: records.length, badSeq: null, detail: '' }),
    ask: (ask, report) => {
      const askKey = ask.askKey ?? 'ask-of-the-desk';
      const earlier = answers.get(askKey);
      if (earlier !== undefined) return report(earlier);
      asked.push(ask);
      const answer = { ...blankAnswer(askKey), ...(ask.isDryRun ? next.dryRun : next.real) };
      if (!ask.isDryRun) answers.set(askKey, answer);
      report(answer);
    },
    answer: (askKey) => answers.get(askKey) ?? null,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    figures: () => ({
      startedAt,
      eventsTotal: 5_120,
      commitsTotal: 611,
      probesTotal: 48_210,
      probesInFlight: 1,
      queueLength: 0,
      outboxPending: 0,
      loopLagMs: 1.2,
      memoryBytes: 92_000_000,
      decisionLatencyMs: { p50: 0.2, p99: 0.7, count: 41 },
      storeFailures: 0,
    }),
  };
};

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
