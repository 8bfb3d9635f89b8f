// What a person means to hold back, as it is written: a subject, or matchers with commas between them.

import { parseMatcher, type Matcher } from './matcher.ts';

/** By what a message can be named. A label that no message has would match nothing; turned round, everything. */
export const LABELS = ['subject', 'service', 'severity', 'kind'] as const;

export type Meant =
  | { readonly kind: 'matchers'; readonly matchers: readonly Matcher[]; readonly subject: string | null }
  /** All that is wrong with it. */
  | { readonly kind: 'wrong'; readonly whys: readonly string[] };

const isLabel = (name: string): boolean => LABELS.some((it) => it === name);

/** Between commas that stand in no quotes. */
const PART = /(?:[^,"]|"(?:[^"\\]|\\.)*")+/g;

/** Reads what is to be held back: `api`, or `service=~"api-.*",severity="SEV3"`. */
export const meantBy = (what: string): Meant => {
  if (/^[^=~!,"]+$/.test(what) && what.trim() !== '') {
    const subject = what.trim();
    return { kind: 'matchers', matchers: [{ label: 'subject', operator: '=', value: subject }], subject };
  }
  const parts = what.match(PART) ?? [];
  const whys: string[] = [];
  const matchers: Matcher[] = [];
  // What is left out between the parts is a comma, or a quote that is not closed.
  if (parts.join(',') !== what) whys.push('there is a comma too many, or a quote that is not closed');
  if (parts.length === 0) whys.push('it names nothing');
  for (const part of parts) {
    const parsed = parseMatcher(part);
    if (parsed.kind === 'wrong') whys.push(parsed.why);
    else if (!isLabel(parsed.matcher.label))
      whys.push(`there is no label ${parsed.matcher.label}, only ${LABELS.join(', ')}`);
    else matchers.push(parsed.matcher);
  }
  return whys.length > 0 ? { kind: 'wrong', whys } : { kind: 'matchers', matchers, subject: null };
};
