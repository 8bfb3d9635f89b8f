// Towns whose codex has something in it: two items exported, or blessed, by the real command.

import { blessedPath } from '#adapters/codex/projection.ts';
import { CodexTown, MAPPED, PLAIN, PROMPT, sourceOf } from './town.ts';

/** A town whose two items were exported once. */
export const exportedTown = async (): Promise<CodexTown> => {
  const town = new CodexTown();
  town.write('ty_log/concise.yaml', sourceOf(MAPPED));
  town.write('ty_log/skills.yaml', sourceOf(PLAIN, PROMPT));
  for (const source of ['concise.yaml', 'skills.yaml']) await town.must('export', source, '--as', 'cleo');
  return town;
};

/** … and blessed by ana. */
export const blessedTown = async (): Promise<CodexTown> => {
  const town = await exportedTown();
  await town.must('key', 'ana.pem');
  await town.must('trust', 'ana=ana.pem');
  for (const item of [MAPPED, PLAIN]) {
    await town.must('submit', item);
    await town.must('bless', item, '--key', 'ana.pem', '--why', 'reads well');
  }
  return town;
};

export const blessedFile = (town: CodexTown, item: string): string => blessedPath(town.path('output/llm_tasks'), item);
export const candidateFile = (town: CodexTown, item: string): string =>
  blessedPath(town.path('output/llm_tasks/candidates'), item);
