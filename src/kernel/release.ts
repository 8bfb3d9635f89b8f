// The verdict on a release: what its watch window has proven, and what it could have proven.

import type { ReleaseEffect } from './deployment.ts';
import type { Reason } from './reason.ts';
import type { Instant } from './time.ts';

/**
 * `watching`: nothing is proven yet. `regressed`: proven worse, once and for all. `passed`: the window is over, and what it
 * would have seen. `not-enough-data`: the window could not have seen even half of all answers fail; that is not good.
 */
export type ReleaseVerdict =
  | {
      readonly kind: 'watching';
      /** Evidence against the release: the e-value. 1 is none; it is regressed from 1 / (rate of false alarms) on. */
      readonly evidence: number;
      /** A failure rate of the release that would be proven by now, nine times of ten; null: not even 100 %. */
      readonly detectablePercent: number | null;
    }
  | {
      readonly kind: 'regressed';
      readonly since: Instant;
      readonly evidence: number;
      readonly effect: ReleaseEffect;
      readonly reasons: readonly Reason[];
    }
  | { readonly kind: 'passed'; readonly evidence: number; readonly detectablePercent: number }
  | { readonly kind: 'not-enough-data'; readonly why: string };
