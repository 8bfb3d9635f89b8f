// The post of the codex in a Sereno that runs: gives what the follower reads to those who ask.

import type { CodexListView } from '#kernel/codexView.ts';
import { problem } from '#kernel/problem.ts';
import type { CodexSite } from '#kernel/site.ts';
import type { Clock } from '#ports/clock.ts';
import type { CodexServing } from '#ports/codexServing.ts';
import type { CopiesOf } from './briefs.ts';
import type { CodexFollower } from './following.ts';
import { serveCodex } from './serving.ts';

export type CodexPostParts = {
  readonly follower: CodexFollower;
  readonly clock: Clock;
  /** What is known of deployed copies; left out: nobody watches over them. */
  readonly copiesOf?: CopiesOf;
};

export type CodexPost = {
  readonly serving: CodexServing;
  /** What the configuration says of the codex now; null: nothing, and nothing is served. */
  readonly setSite: (site: CodexSite | null) => void;
  readonly stop: () => void;
};

const NOTHING: CodexListView = { isDeclared: false, items: [], root: null, entries: 0 };

/** Begins to serve when `setSite` has named a codex. */
export const makeCodexPost = ({ follower, clock, copiesOf }: CodexPostParts): CodexPost => {
  const listeners = new Set<() => void>();
  const serving = serveCodex(follower, () => clock.now(), copiesOf ?? (() => null));
  let isDeclared = false;
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const deaf = follower.onChange(changed);
  return {
    serving: makeServing(() => (isDeclared ? serving : null), listeners),
    setSite: (site) => {
      isDeclared = site !== null;
      changed();
    },
    stop: () => {
      deaf();
      listeners.clear();
    },
  };
};

const missing = () =>
  Promise.resolve({
    kind: 'refused',
    problem: problem('not-found', 'no codex is declared', { mend: 'declare `codex:` in the configuration' }),
  } as const);

/** Whatever is declared at the moment of asking: a reload may bring a codex, or take it away. */
const makeServing = (current: () => CodexServing | null, listeners: Set<() => void>): CodexServing => ({
  list: () => current()?.list() ?? Promise.resolve({ kind: 'found', value: NOTHING }),
  item: (...words) => current()?.item(...words) ?? missing(),
  content: (...words) => current()?.content(...words) ?? missing(),
  proof: (...words) => current()?.proof(...words) ?? missing(),
  head: (...words) => current()?.head(...words) ?? missing(),
  diff: (...words) => current()?.diff(...words) ?? missing(),
  digestOf: (...words) => current()?.digestOf(...words) ?? null,
  onChange: (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
});
