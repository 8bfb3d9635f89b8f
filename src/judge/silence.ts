// Silence: sources that bring nothing and targets that have no data, as findings. Missing data is never good news.

import type { Finding } from '#kernel/finding.ts';
import type { ServiceId } from '#kernel/id.ts';
import { sayInstant } from '#kernel/reason.ts';
import type { SourceView } from '#kernel/source.ts';
import type { TargetId } from '#kernel/target.ts';
import type { Instant } from '#kernel/time.ts';

export type SilentTarget = {
  readonly id: TargetId;
  readonly service: ServiceId;
  readonly name: string;
  /** Null: it has data. */
  readonly staleSince: Instant | null;
};

const silent = { kind: 'stale-source', severityHint: 'SEV4', reasons: [] } as const;

/** One finding for each source whose values say nothing of now. */
export const silentSources = (sources: readonly SourceView[]): readonly Finding[] =>
  sources.flatMap(({ name, staleSince, lastError }) =>
    staleSince === null
      ? []
      : [
          {
            ...silent,
            key: `stale-source:site/${name}`,
            service: null,
            target: null,
            since: staleSince,
            title: `source ${name} brings nothing since ${sayInstant(staleSince)}${lastError === null ? '' : `: ${lastError}`}`,
          },
        ],
  );

/** One finding for each target that cannot be judged for want of data. */
export const silentTargets = (targets: readonly SilentTarget[]): readonly Finding[] =>
  targets.flatMap(({ id, service, name, staleSince }) =>
    staleSince === null
      ? []
      : [
          {
            ...silent,
            key: `stale-source:${service}/${name}`,
            service,
            target: id,
            since: staleSince,
            title: `target ${id} has no data since ${sayInstant(staleSince)}`,
          },
        ],
  );
