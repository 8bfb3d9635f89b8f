// The verdict on a release: what its watch window has proven, and what it could have proven.

import type { Deployment, ReleaseEffect } from './deployment.ts';
import type { Finding } from './finding.ts';
import { sayInstant, sayReasons, type Reason } from './reason.ts';
import type { Instant } from './time.ts';
import { unreachable } from './unreachable.ts';

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

/** A deployment while it is watched, and after. */
export type Release = Deployment & {
  /** `<service>@<instant>`: a service begins to run one release at a time. */
  readonly id: string;
  /** The end of its window. */
  readonly until: Instant;
  /** Null: the window is open. */
  readonly verdict: ReleaseVerdict | null;
  readonly judgedAt: Instant | null;
};

/** As people are shown it: while the window is open, the verdict is what is known by now. */
export type ReleaseView = Release & { readonly isOpen: boolean; readonly headline: string };

/** The verdict in one sentence; null is an open window of which nothing is known in this run. */
export const sayVerdict = (verdict: ReleaseVerdict | null): string => {
  if (verdict === null) return 'watched; nothing is known yet';
  switch (verdict.kind) {
    case 'watching': {
      const seen = verdict.detectablePercent;
      const power = seen === null ? 'too few answers to tell' : `failures of ${seen} % or more would be seen by now`;
      return `watched; nothing is proven against it (e-value ${Number(verdict.evidence.toPrecision(2))}); ${power}`;
    }
    case 'regressed':
      return `worse since ${sayInstant(verdict.since)}: ${sayReasons(verdict.reasons)}`;
    case 'passed':
      return `passed: failures of ${verdict.detectablePercent} % or more would have been seen`;
    case 'not-enough-data':
      return `not enough data: ${verdict.why}`;
    default:
      return unreachable(verdict);
  }
};

/** What was proven against a release, as a finding; null for every other verdict. */
export const findingOf = ({ id, service, version, verdict }: Release): Finding | null =>
  verdict?.kind === 'regressed'
    ? {
        key: `release-regression:${id}`,
        kind: 'release-regression',
        service,
        target: null,
        severityHint: 'SEV3',
        since: verdict.since,
        title: `release ${version} of ${service} is worse than what ran before it`,
        reasons: verdict.reasons,
      }
    : null;
