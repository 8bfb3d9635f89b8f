// Targets: all of them, by name.

import { MEETING } from './meet.ts';
import { READING } from './read.ts';
import type { Target } from './target.ts';

export const TARGETS: readonly Target[] = [...READING, ...MEETING];

export const findTarget = (name: string): Target => {
  const found = TARGETS.find((target) => target.name === name);
  if (found === undefined) throw new Error(`no target ${name}; there are ${TARGETS.map((it) => it.name).join(', ')}`);
  return found;
};
