// Releases as they are shown: while a window is open, with what its comparison knows by now.

import type { ServiceId } from '#kernel/id.ts';
import { sayVerdict, type ReleaseView } from '#kernel/release.ts';
import type { Engine } from '#loop/engine.ts';
import { releasesOf } from './states.ts';

/** The newest first; of one service, or of all. */
export const releaseViews = (engine: Engine, of: ServiceId | null): readonly ReleaseView[] =>
  (releasesOf(engine)?.releases ?? [])
    .filter((release) => of === null || release.service === of)
    .map((release) => {
      const verdict = release.verdict ?? engine.lookout.verdictOf(release.service, release.id);
      return { ...release, verdict, isOpen: release.verdict === null, headline: sayVerdict(verdict) };
    });
