// A decision: act, wait or ask, always with typed reasons.

import type { ActionKind } from './action.ts';
import type { Reason } from './reason.ts';
import type { Instant } from './time.ts';

export type Decision =
  | { readonly kind: 'act'; readonly action: ActionKind; readonly reasons: readonly Reason[] }
  /** Wait until something changes, and look again at the latest at `lookAgainAt`. */
  | { readonly kind: 'wait'; readonly reasons: readonly Reason[]; readonly lookAgainAt: Instant }
  /** Hand it to a person; Sereno goes on with careful retries at `lookAgainAt`. */
  | { readonly kind: 'ask'; readonly reasons: readonly Reason[]; readonly lookAgainAt: Instant };

/** The gate's answer. Every change to the world passes it. */
export type Verdict =
  | { readonly kind: 'allow'; readonly reasons: readonly Reason[] }
  | { readonly kind: 'needs-approval'; readonly reasons: readonly Reason[] }
  /** `lookAgainAt` null: only a person or a change of policy can turn this around. */
  | { readonly kind: 'deny'; readonly reasons: readonly Reason[]; readonly lookAgainAt: Instant | null };
