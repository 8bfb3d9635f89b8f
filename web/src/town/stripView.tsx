// The strip on the page: five paths, and the same in words.

import { memo, type ReactNode } from 'react';
import type { SampleView } from '../live/wire.ts';
import { drawStrip, sayStrip, STRIP_HEIGHT } from './strip.ts';

type Props = { readonly samples: readonly SampleView[]; readonly name: string };

export const StripView = memo(({ samples, name }: Props): ReactNode => {
  const { width, paths, gaps } = drawStrip(samples);
  const words = `${name}: ${sayStrip(samples)}`;
  return (
    <svg
      className="strip"
      viewBox={`0 0 ${width} ${STRIP_HEIGHT}`}
      preserveAspectRatio="none"
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- a drawing inside the page has no tag of its own
      role="img"
      aria-label={words}
    >
      <title>{words}</title>
      <path className="ground" d={`M0 ${STRIP_HEIGHT - 0.25}H${width}`} />
      <path className="is-healthy" d={paths.healthy} />
      <path className="is-degraded" d={paths.degraded} />
      <path className="is-unknown" d={paths.unknown} />
      <path className="is-unhealthy" d={paths.unhealthy} />
      <path className="gap" d={gaps} />
    </svg>
  );
});
