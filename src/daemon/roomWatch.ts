// The room of the metrics, as findings at the alert desk: near the cap, over the number of series, a disk that fails.

import type { Message } from '#kernel/message.ts';
import { ALERTS } from '#kernel/site.ts';
import { seconds } from '#kernel/time.ts';
import type { Cancel, Clock } from '#ports/clock.ts';
import type { SeriesStore } from '#ports/metrics.ts';
import { roomFindings } from '#ports/room.ts';
import type { Engine } from '#loop/engine.ts';
import { every } from './every.ts';

/** A disk fills within minutes at the worst. */
const LOOK_MS = seconds(30);

export type RoomWatchParts = {
  readonly engine: Pick<Engine, 'crank'>;
  readonly metrics: Pick<SeriesStore, 'room'>;
  readonly clock: Clock;
};

/** What an earlier run may have told of, and this one has to end. */
const KEYS = ['room:metrics', 'room:metrics-disk', 'room:metrics-series'];

/** Looks at once and then every half minute. Each finding is told when it begins and when it ends. */
export const startRoomWatch = ({ engine, metrics, clock }: RoomWatchParts): Cancel => {
  const tell = (message: Message): void => engine.crank.put(ALERTS, { kind: 'told', from: ALERTS, message });
  let open: ReadonlySet<string> | null = null;
  const look = (): void => {
    const findings = roomFindings(metrics.room(), clock.now());
    for (const finding of findings) if (open?.has(finding.key) !== true) tell({ kind: 'found', finding });
    const now = new Set(findings.map(({ key }) => key));
    for (const key of open ?? KEYS) if (!now.has(key)) tell({ kind: 'found-over', key, how: 'there is room again' });
    open = now;
  };
  look();
  return every(clock, LOOK_MS, look);
};
