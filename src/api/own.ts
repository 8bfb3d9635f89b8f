// Own: Sereno's own configuration as it is shown, in the same words in the terminal and at the foot of the dashboard.

import { isOwnItem, sayConfigurations } from '#kernel/own.ts';
import type { TownView } from '#kernel/view.ts';
import { visible } from './visible.ts';

/** True for an item of the codex that is Sereno's own configuration and no task. */
export const isOwn = (item: string): boolean => isOwnItem(item);

/** Which configuration runs: a line for each part of it. */
export const sayRunning = ({ configDigest, own }: Pick<TownView, 'configDigest' | 'own'>): readonly string[] =>
  sayConfigurations(configDigest, own).map(visible);
