// What to do about a reason of the gate: the way that mends it, and for an emergency the way around.

import type { QaReason } from './qa.ts';

type Mends = Partial<Record<QaReason['kind'], (name: string) => string>>;

const evaluate = (name: string): string => `sereno codex evaluate ${name}`;

const readWhy = (name: string): string => `read why in sereno codex show ${name}, and evaluate it again`;

const MENDS: Mends = {
  'evaluation-missing': evaluate,
  'evaluation-unfit': evaluate,
  'evaluation-unsigned': (name) => `sereno codex evaluate ${name} --key <file of a tester>`,
  'evaluation-proves-nothing': readWhy,
  'evaluation-blocked': () => 'mend the source and export it again: running the same again proves nothing',
  'schema-incompatible': () => 'make the schema so that the value fits, or register one of another class',
  'schema-undecided': () => 'write simpler patterns',
  'schema-missing': () => 'declare output_schema in the source, as in the version before',
};

/** An old version stays what it is: it can be measured, and nothing else of it can be mended. */
const MENDS_BACK: Mends = {
  'evaluation-missing': evaluate,
  'evaluation-proves-nothing': readWhy,
};

const TO_ANOTHER = 'go back to another version';

/**
 * What to do about each of the reasons. The last one names the way around all of them: a waiver lets pass all that stands.
 * `isBack`: an old version is to come back.
 */
export const mendsOf = (name: string, reasons: readonly QaReason[], isBack: boolean): readonly (string | null)[] => {
  const around = `in an emergency: sereno codex waive ${name} --key <file> --why <reason>`;
  return reasons.map(({ kind }, index) => {
    const mend = isBack ? (MENDS_BACK[kind]?.(name) ?? TO_ANOTHER) : (MENDS[kind]?.(name) ?? null);
    return index < reasons.length - 1 ? mend : [mend, around].filter((it) => it !== null).join('; ');
  });
};
