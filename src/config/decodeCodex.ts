// Decodes where the codex reads and writes, and who may bless.

import { personId } from '#kernel/id.ts';
import type { CodexSite } from '#kernel/site.ts';
import type { Decoding } from './decoding.ts';
import { about } from './finding.ts';
import { fromFolder } from './folder.ts';
import type { SiteText } from './grammar.ts';

/** As the systems around the codex name their folders. */
const FOLDERS = { sources: 'ty_log', templates: 'templates', blessed: 'output/llm_tasks' } as const;

export const decodeCodex = (decoding: Decoding, text: SiteText['codex']): CodexSite | null => {
  if (text === undefined) return null;
  const folder = (name: keyof typeof FOLDERS): string => fromFolder(decoding, text[name] ?? FOLDERS[name]);
  const blessers = [...new Set(text.blessers ?? [])].map(personId);
  const threshold = text.threshold ?? 1;
  if (text.threshold !== undefined && threshold > blessers.length) {
    const expected = `at most ${blessers.length}: so many are named under blessers`;
    decoding.problems.push(about(decoding.ground, ['codex', 'threshold'], 'config-bad-value', expected));
  }
  return {
    sources: folder('sources'),
    templates: folder('templates'),
    blessed: folder('blessed'),
    blessers,
    threshold,
  };
};
