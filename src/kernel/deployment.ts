// A deployment: a new release of a service began to run. It opens a watch window.

import type { ServiceId } from './id.ts';
import type { Instant } from './time.ts';

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
