// Drift: what the codex has deployed lies there as it was blessed, or people know; and nothing else is ever written.

import type { Invariant, Scene, Watcher } from '../witness.ts';
import { storedIncidents } from './chronicle.ts';

/**
 * Sereno looks every minute, waits five for what passes by itself and five after a refusal: what is wrong for longer than
 * this is mended or told.
 */
const SILENCE_MOST_MS = 15 * 60_000;

const mendedOrTold = ({ copies, disk, nowMs, calmSinceMs }: Scene): Watcher => {
  const open = new Set<string>();
  return {
    recorded: ({ type, refs }) => {
      const { key } = refs;
      if (typeof key !== 'string') return null;
      if (type === 'finding.opened') open.add(key);
      if (type === 'finding.closed') open.delete(key);
      return null;
    },
    minute: () => {
      if (nowMs() - calmSinceMs() < SILENCE_MOST_MS) return null;
      const incidents = storedIncidents(disk)?.incidents.filter(({ status }) => status !== 'resolved') ?? [];
      const subjects = new Set(incidents.map(({ subject }) => subject));
      const silent = copies.spots.find(
        ({ place, wrongSinceMs }) =>
          wrongSinceMs !== null &&
          nowMs() - wrongSinceMs >= SILENCE_MOST_MS &&
          !open.has(`drift:${place.copy}`) &&
          !subjects.has(place.copy),
      );
      if (silent === undefined) return null;
      return `${silent.place.copy} has not been as it was blessed for 15 minutes (${silent.lies.kind}), and nobody knows`;
    },
  };
};

const onlyBlessed = ({ copies }: Scene): Watcher => {
  const leave = new Set<string>();
  return {
    recorded: ({ type, action, refs }) => {
      const { subject, epoch, version } = refs;
      if (type === 'gate.allowed' && action === 'apply-config') leave.add(JSON.stringify([subject, epoch, version]));
      return null;
    },
    ordered: (order) => {
      const { copy, epoch, version } = order;
      if (!copies.wasBlessed(order)) return `${copy}@${version} was to be written, and nobody ever blessed it`;
      const isLeft = leave.has(JSON.stringify([copy, epoch, version]));
      return isLeft
        ? null
        : `${copy}@${version} was to be written under the epoch ${epoch}, for which the gate gave no leave`;
    },
  };
};

export const DRIFT: readonly Invariant[] = [
  {
    name: 'only-blessed-written',
    kind: 'safety',
    claim:
      'A configuration is written only when it was blessed, and only with leave of the gate for this very version.',
    watch: onlyBlessed,
  },
  {
    name: 'drift-is-mended-or-told',
    kind: 'liveness',
    claim: 'A deployed configuration that is not as it was blessed for 15 minutes is put back, or people know.',
    watch: mendedOrTold,
  },
];
