// The machine as a source of metrics: its own figures, those of the services on it, and those of its containers.

import { instant } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import { failedLook, type Look, type Source } from '#ports/source.ts';
import { Containers } from './containers.ts';
import { readFigures, type Figure } from './figures.ts';
import { Processes, type Owner } from './processes.ts';

export type HostSourceParts = {
  readonly clock: Clock;
  /** Folders whose file systems are told. */
  readonly places: readonly string[];
  readonly owners: () => readonly Owner[];
};

/** Makes the source. One look reads some ten small files, one for each process when services run, seven a container. */
export const makeHostSource = ({ clock, places, owners }: HostSourceParts): Source => {
  const processes = new Processes();
  const containers = new Containers();
  const lookNow = (): Look => {
    const at = instant(Math.floor(clock.now()));
    const figures: readonly Figure[] = [
      ...readFigures(places),
      ...processes.figures(owners()),
      ...containers.figures(),
    ];
    if (figures.length === 0) return failedLook('cannot-look', 'there is no /proc to read from');
    return { kind: 'seen', readings: figures.map((figure) => ({ ...figure, at })), skipped: 0, notes: [] };
  };
  return {
    // It reads at once, but a report never comes inside the call.
    look: (_since, report) => clock.at(clock.now(), () => report(lookNow())),
  };
};
