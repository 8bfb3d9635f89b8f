// Room: what a person is told when the metrics come to the end of their disk, or the disk does not take them.

import type { Finding } from '#kernel/finding.ts';
import { sayInstant } from '#kernel/reason.ts';
import type { Instant } from '#kernel/time.ts';
import type { Room } from './metrics.ts';

/** From this share of the cap on it is a finding. */
export const ROOM_SHARE = 0.9;

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `1.5 GiB`. */
export const sayBytes = (bytes: number): string => {
  let [value, unit] = [bytes, 0];
  while (value >= 1_024 && unit < UNITS.length - 1) [value, unit] = [value / 1_024, unit + 1];
  return `${value >= 100 || unit === 0 ? Math.round(value) : Number(value.toFixed(1))} ${UNITS[unit]}`;
};

const sayReach = ({ keptFrom }: Room): string =>
  keptFrom.detail === null ? 'nothing is packed yet' : `detail reaches back to ${sayInstant(keptFrom.detail)}`;

const finding = (key: string, since: Instant, title: string): Finding => ({
  key: `room:${key}`,
  kind: 'room',
  service: null,
  target: null,
  severityHint: 'SEV3',
  since,
  title,
  reasons: [],
});

/** What is not well with the room of the metrics; empty when all is. */
export const roomFindings = (room: Room, now: Instant): readonly Finding[] => {
  const { usedBytes, capBytes, trouble, series, seriesMax, left } = room;
  const since = room.since ?? now;
  const findings: Finding[] = [];
  if (trouble !== null) findings.push(finding('metrics-disk', since, trouble));
  else if (room.since !== null) {
    const used = `metrics take ${sayBytes(usedBytes)} of ${sayBytes(capBytes)}`;
    findings.push(
      finding(
        'metrics',
        since,
        `${used}: the oldest detail goes first, ${sayReach(room)}; allow more room, or watch less`,
      ),
    );
  }
  if (left.bySeries > 0 || series >= seriesMax) {
    const what = `there are ${series} series, ${seriesMax} are allowed`;
    findings.push(finding('metrics-series', now, `${what}: new ones are not kept until another is silent for 48 h`));
  }
  return findings;
};
