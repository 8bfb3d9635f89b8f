// Notices: what stands above everything else in `sereno status` and in the dashboard, as long as it is so.

import type { Instant } from '#kernel/time.ts';
import type { CodexRoom } from './room.ts';
import { rootEnding } from './roots.ts';
import { sayUnread } from './trouble.ts';

/** What people are to know of the codex; empty: nothing. */
export const codexNotices = (room: Pick<CodexRoom, 'now'>, now: Instant): readonly string[] => {
  const opened = room.now();
  if (opened.kind === 'trouble') return [sayUnread(opened.problem)];
  const ending = rootEnding(opened.desk.chain.root(), now);
  return ending === null ? [] : [`${ending.says}: ${ending.mend}`];
};
