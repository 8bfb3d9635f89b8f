// Decodes where the codex reads and writes, and who may bless.

import { isItemId, itemId } from '#kernel/codex.ts';
import { personId } from '#kernel/id.ts';
import type { CodexSite, CopyDeclared } from '#kernel/site.ts';
import type { Decoding } from './decoding.ts';
import { about } from './finding.ts';
import { fromFolder } from './folder.ts';
import type { SiteText } from './grammar.ts';

/** As the systems around the codex name their folders. */
const FOLDERS = {
  sources: 'ty_log',
  templates: 'templates',
  blessed: 'output/llm_tasks',
  suites: 'suites',
  schemas: 'schemas',
} as const;

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
    suites: folder('suites'),
    schemas: folder('schemas'),
    blessers,
    threshold,
    ...(text.memory === undefined ? {} : { memory: fromFolder(decoding, text.memory) }),
    copies: decodeCopies(decoding, text.copies ?? []),
    own: [...new Set(text.own ?? [])],
  };
};

type CopyText = NonNullable<NonNullable<SiteText['codex']>['copies']>[number];

/** Two items in one file would be written over each other for ever. */
const decodeCopies = (decoding: Decoding, texts: readonly CopyText[]): readonly CopyDeclared[] => {
  const seen = new Set<string>();
  return texts.map(({ item, file, traffic }, index) => {
    const path = ['codex', 'copies', index];
    const place = fromFolder(decoding, file);
    if (!isItemId(item)) refuse(decoding, [...path, 'item'], 'the name of an item: a-z, 0-9 and _, a letter first');
    if (seen.has(place)) refuse(decoding, [...path, 'file'], 'a file that no other copy names');
    seen.add(place);
    return { item: itemId(item), file: place, trafficPercent: traffic ?? 0 };
  });
};

const refuse = ({ ground, problems }: Decoding, path: readonly (string | number)[], expected: string): void =>
  void problems.push(about(ground, path, 'config-bad-value', expected));
