// The end of a root of trust, as people hear of it: a notice a month before, a page when it has come, and a word when the next
// root is there. Each of them once, over restarts too.
//
//   (none) ──a month left──▶ soon ──its end──▶ over
//      ▲──────the next root──────┴──────────────┘

import type { RootEnding } from '#kernel/codex.ts';
import type { Effect } from '#kernel/effect.ts';
import { ALERTS, INCIDENTS } from '#kernel/site.ts';
import type { Instant } from '#kernel/time.ts';

const KEY = 'codex:root';
const RENEWED = 'the root of trust in force has more than a month left';

export const endingKey = ({ version, isOver }: RootEnding): string => `${version} ${isOver ? 'over' : 'soon'}`;

const foundOver = (how: string): Effect => ({
  kind: 'tell',
  to: ALERTS,
  message: { kind: 'found-over', key: KEY, how },
});

const notice = ({ says, mend }: RootEnding, at: Instant): Effect => ({
  kind: 'tell',
  to: ALERTS,
  message: {
    kind: 'found',
    finding: {
      key: KEY,
      kind: 'codex',
      service: null,
      target: null,
      severityHint: 'SEV3',
      since: at,
      title: `${says}: ${mend}`,
      reasons: [],
    },
  },
});

const page = ({ says, mend }: RootEnding, at: Instant): Effect => ({
  kind: 'tell',
  to: INCIDENTS,
  message: {
    kind: 'escalate',
    escalation: {
      subject: KEY,
      severity: 'SEV2',
      title: says,
      ladder: [mend, 'Look: sereno codex trust'],
      reasons: [],
      trigger: says,
      since: at,
    },
  },
});

/** `known`: what was told before. What is shown of a notice begins anew with each run, so that is told again. */
export const endingNews = (known: string | null, ending: RootEnding | null, at: Instant): readonly Effect[] => {
  const isPaged = known?.endsWith(' over') === true;
  const isOver = ending?.isOver === true;
  const recovered: Effect = {
    kind: 'tell',
    to: INCIDENTS,
    message: { kind: 'recovered', subject: KEY, proof: RENEWED, at, how: 'measured' },
  };
  const calmed = isPaged && !isOver ? [recovered] : [];
  if (ending === null) return known === null ? [] : [foundOver(RENEWED), ...calmed];
  if (!isOver) return [...calmed, notice(ending, at)];
  return known === endingKey(ending) ? [] : [foundOver(ending.says), page(ending, at)];
};
