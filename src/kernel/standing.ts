// Standing: how well a service or the site stands, beyond the word for its health: its score, whom it reaches, what was
// claimed of it and what is, and for how many days in a row all went well. Computed when asked, never stored.

import type { ServiceId } from './id.ts';
import type { Finding } from './finding.ts';
import type { Instant } from './time.ts';

/** 0..100 each; null: there is nothing to judge that part by. */
export type HealthScore = {
  readonly value: number;
  readonly checks: number;
  readonly targets: number | null;
  readonly needs: number | null;
  readonly freshness: number;
};

/**
 * Whether one service can use another that it needs, directly or through others, as the checks measured it. `unknown`:
 * something on every way that is not broken could not be seen.
 */
export type Reach = {
  readonly from: ServiceId;
  readonly to: ServiceId;
  readonly hops: number;
  readonly state: 'reached' | 'broken' | 'unknown';
  /** The first one on the way that does not answer, or cannot be seen; null when it is reached. */
  readonly stoppedBy: ServiceId | null;
};

export type ClaimKind = 'running' | 'replicas' | 'version' | 'limit' | 'target' | 'schedule' | 'declared';

/** What is declared, beside what is measured. */
export type Claim = {
  /** Null: the site. */
  readonly service: ServiceId | null;
  readonly kind: ClaimKind;
  /** Which one, where there are several: a check, a target, a path in the configuration. */
  readonly name: string;
  readonly declared: string;
  /** Null: it cannot be measured; `why` says why not. */
  readonly measured: string | null;
  readonly state: 'agrees' | 'differs' | 'unknown';
  /** Since when it differs, or is unknown; null: not known, or it agrees. */
  readonly since: Instant | null;
  readonly why: string;
};

export type Reality = {
  readonly at: Instant;
  readonly claims: readonly Claim[];
  /** One for each claim that differs; kind `reality-gap`. */
  readonly findings: readonly Finding[];
};

/** What broke a day: people were called, or nobody watched, or something could not be seen. */
export type Break = {
  readonly kind: 'incident' | 'not-watched' | 'unknown';
  readonly from: Instant;
  /** Null: it lasts. */
  readonly to: Instant | null;
  readonly what: string;
};

export type Streak = {
  /** Whole days in a row, yesterday the last, in the site's zone; a day that is not over does not count yet. */
  readonly days: number;
  readonly timezone: string;
  /** When the first of these days began; null: there is none. */
  readonly since: Instant | null;
  /** Nothing has broken today so far. */
  readonly isTodaySmooth: boolean;
  /** What ended the days before, or broke today; null: nothing on record did, the watch began. */
  readonly brokenBy: Break | null;
  /** The evidence was read no further back: there may be more days. */
  readonly isAtLeast: boolean;
};
