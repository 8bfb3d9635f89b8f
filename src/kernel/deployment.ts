// A deployment: a new release of a service began to run. It opens a watch window (release.ts has its verdict).

import type { CheckId, ServiceId } from './id.ts';
import { minutes, type DurationMs, type Instant } from './time.ts';

/** Who said so: a person or program through the API or the command line, or Sereno itself, which saw it change. */
export type DeploymentSource = 'api' | 'cli' | 'process' | 'image' | 'unit';

export type Deployment = {
  readonly service: ServiceId;
  /** What the releaser calls it; a digest of the program when Sereno saw it by itself. */
  readonly version: string;
  readonly at: Instant;
  readonly source: DeploymentSource;
  readonly by: string;
  /** Share of the service's own traffic that the new release has, 0..100; the rest is the concurrent control. */
  readonly trafficPercent: number;
};

/** How long a release is compared. What breaks by a change mostly breaks within minutes; a slow leak is the anomaly's. */
export const RELEASE_WINDOW_MS: DurationMs = minutes(30);

/** Longest version: a digest, a tag or a build number. Visible ASCII, so that it can be shown anywhere. */
export const VERSION_FORM = /^[\x21-\x7e]{1,128}$/;

/** What of a release is compared: wrong answers, and answers slower than 95 or 99 of 100 were before. */
export type ReleaseMetric = 'errors' | 'slow-p95' | 'slow-p99';

/** `control`: the release before, in the same minutes. `before`: the same service, in the hours before. */
export type ComparedWith = 'control' | 'before';

/** How much worse, with a 95 % interval that holds at every look. */
export type ReleaseEffect = {
  readonly metric: ReleaseMetric;
  /** Of one check; null: of all requests. */
  readonly check: CheckId | null;
  readonly afterPercent: number;
  readonly comparedPercent: number;
  /** Ratio of the odds after to those that it is compared with; null: no bound on this side. */
  readonly ratioLow: number;
  readonly ratioHigh: number | null;
};
