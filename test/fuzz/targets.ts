// Targets: all of them, by name.

import { CODEX } from './codex.ts';
import { MEETING } from './meet.ts';
import { READING } from './read.ts';
import type { Target } from './target.ts';

export const TARGETS: readonly Target[] = [...READING, ...MEETING, ...CODEX];

export const findTarget = (name: string): Target => {
  const found = TARGETS.find((target) => target.name === name);
  if (found === undefined) throw new Error(`no target ${name}; there are ${TARGETS.map((it) => it.name).join(', ')}`);
  return found;
};
