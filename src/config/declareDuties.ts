// Lists the sections whose duties this release does not carry out: accepted, validated, never silently ignored.

import { declare, type Decoding } from './decoding.ts';
import type { SiteText } from './grammar.ts';

const declareEach = (decoding: Decoding, section: string, entries: object | undefined, noun: string): void => {
  for (const name of Object.keys(entries ?? {})) declare(decoding, [section, name], `${noun} ${name}`);
};

/** Adds one entry for each job, runbook, experiment and section that waits for a later release. */
export const declareDuties = (decoding: Decoding, text: SiteText): void => {
  declareEach(decoding, 'jobs', text.jobs, 'job');
  declareEach(decoding, 'runbooks', text.runbooks, 'runbook');
  declareEach(decoding, 'chaos', text.chaos, 'experiment');
  if (text.guard !== undefined) declare(decoding, ['guard'], 'guard levels and budgets');
  if (text.model !== undefined)
    declare(decoding, ['model'], 'model endpoint for jobs (`sereno codex evaluate` asks it)');
  if (text.costs !== undefined) declare(decoding, ['costs'], 'costs and budget');
  if (text.on_call?.secondary !== undefined) declare(decoding, ['on_call', 'secondary'], 'second rota');
};
