// A finding: what judging says is not as it should be. Deduplicated by its key; who handles it is decided elsewhere.

import type { ServiceId } from './id.ts';
import type { Severity } from './notification.ts';
import type { Reason } from './reason.ts';
import type { TargetId } from './target.ts';
import type { Instant } from './time.ts';

export type FindingKind =
  | 'target-burn'
  | 'target-breach'
  | 'anomaly'
  | 'release-regression'
  | 'stale-source'
  | 'reality-gap'
  | 'alert-noise'
  | 'drift'
  | 'codex'
  | 'room';

export type Finding = {
  /** `<kind>:<subject>`: the same trouble has the same key, however often it is seen. */
  readonly key: string;
  readonly kind: FindingKind;
  readonly service: ServiceId | null;
  readonly target: TargetId | null;
  readonly severityHint: Severity;
  readonly since: Instant;
  /** One sentence for a person. */
  readonly title: string;
  readonly reasons: readonly Reason[];
};
