// From reasons to a problem that a person reads: what cannot be believed, why, and what to do.

import { problem, type Problem } from '#kernel/problem.ts';
import { sayDistrust, sayVerdict, type DistrustReason, type TrustVerdict } from '#kernel/trust.ts';

/** `what`: the document, `root 7` or the name of a file. `codex-stale` when it is only too old, otherwise `codex-untrusted`. */
export const distrustProblem = (what: string, reasons: readonly DistrustReason[]): Problem => {
  const isOnlyOld = reasons.every(({ kind }) => kind === 'expired');
  return problem(isOnlyOld ? 'codex-stale' : 'codex-untrusted', `${what}: ${reasons.map(sayDistrust).join('; ')}`, {
    mend: isOnlyOld
      ? 'get a newer one from the people who sign it'
      : 'get the right document from the people whom the root names; what was believed before is kept',
  });
};

/** Null for a blessed revision. `what`: the revision, `codex:summary@3`. */
export const verdictProblem = (what: string, verdict: TrustVerdict): Problem | null => {
  if (verdict.kind === 'blessed') return null;
  const said = verdict.reasons.map(sayVerdict).join('; ');
  return problem(
    verdict.kind === 'stale' ? 'codex-stale' : 'codex-untrusted',
    `${what} is ${SAY[verdict.kind]}: ${said}`,
    {
      mend: MEND[verdict.kind],
    },
  );
};

const SAY = {
  waiting: 'not blessed yet',
  rejected: 'rejected',
  revoked: 'revoked',
  stale: 'not to be judged',
} as const satisfies Record<Exclude<TrustVerdict['kind'], 'blessed'>, string>;

const MEND = {
  waiting: 'the people who are missing sign it',
  rejected: 'mend the source and export it again',
  revoked: 'go back to a version that is blessed, or export a new one',
  stale: 'get a newer root of trust from the people who sign it',
} as const satisfies Record<Exclude<TrustVerdict['kind'], 'blessed'>, string>;
