// Honesty: what is shown and told is true: unknown is not healthy, the evidence is whole, one news once.

import { hash } from 'node:crypto';
import { evidenceText, GENESIS_HASH } from '#kernel/evidence.ts';
import type { HealthState } from '#kernel/health.ts';
import { actionKey } from '#kernel/id.ts';
import { allChecks, type Site } from '#kernel/site.ts';
import type { Unit } from '../world.ts';
import type { Invariant, Scene, Watcher } from '../witness.ts';
import { outcomeKeyOf, shownBy, startedKeyOf, storedWatch, textOf, unitOf } from './chronicle.ts';

/** A burst of looks with their timeouts, until a check is decided. */
const DECIDED_MS = 25_000;
/** Two intervals with their jitter: one look may be flattered by a lying sensor. */
const INTERVALS = 2.1;

/** By then, open eyes have seen a change: the slowest interval of the site, and the burst that follows. */
const seenByMs = (site: Site): number =>
  Math.max(0, ...allChecks(site).map((check) => check.slowestMs)) * INTERVALS + DECIDED_MS;

/** A dependency known to be down for this long is the cause that is told, and nothing else. */
const CAUSE_KNOWN_MS = 30_000;

const unknownIsNotHealthy = ({ site, disk, weather, nowMs, pathSinceMs, calmSinceMs }: Scene): Watcher => ({
  minute: () => {
    const sinceMs = Math.max(pathSinceMs(), calmSinceMs());
    if (weather.path() === 'good' || nowMs() - sinceMs < seenByMs(site)) return null;
    const shown = site.services.find((service) => storedWatch(disk, service.id)?.health === 'healthy');
    return shown === undefined
      ? null
      : `${shown.id} is shown healthy though nothing could be seen for ${seenByMs(site)} ms`;
  },
});

const downIsNotHealthy = ({ site, world, weather, nowMs, calmSinceMs, pathSinceMs }: Scene): Watcher => {
  /** World time since when each service is shown healthy. */
  const healthySince = new Map<string, number>();
  const isLie = (unit: Unit): boolean => {
    const { service, brokenSinceMs } = unit;
    const shownMs = healthySince.get(service.id);
    if (brokenSinceMs === 0 || shownMs === undefined) return false;
    return nowMs() - Math.max(brokenSinceMs, shownMs) > seenByMs(site);
  };
  return {
    recorded: (record) => {
      const show = shownBy(record);
      if (show === null) return null;
      if (show.health !== 'healthy') healthySince.delete(show.service);
      else if (!healthySince.has(show.service)) healthySince.set(show.service, nowMs());
      return null;
    },
    minute: () => {
      const sinceMs = Math.max(pathSinceMs(), calmSinceMs());
      if (weather.path() !== 'good' || nowMs() - sinceMs < seenByMs(site)) return null;
      const lie = world.units.find(isLie);
      return lie === undefined
        ? null
        : `${lie.service.id} is shown healthy though it has not worked for ${seenByMs(site)} ms`;
    },
  };
};

const evidenceChained = ({ disk }: Scene): Watcher => {
  let seq = 0;
  let prevHash = GENESIS_HASH;
  return {
    recorded: (record) => {
      seq += 1;
      const isNext = record.seq === seq && record.prevHash === prevHash;
      prevHash = record.hash;
      return isNext ? null : `record ${record.seq} does not follow record ${seq - 1}`;
    },
    over: () => {
      const bad = disk.evidence.find(
        (record) => record.hash !== hash('sha256', evidenceText(record, record.seq, record.prevHash), 'hex'),
      );
      return bad === undefined ? null : `record ${bad.seq} has another hash than its text`;
    },
  };
};

const evidenceWithState = (): Watcher => ({
  committed: ({ batch, records }) =>
    batch.snapshots.length > 0 && records.length === 0
      ? `${batch.snapshots.map((it) => it.machine).join(', ')} changed without a record`
      : null,
});

/** Two runs that overlap (a zombie) have each a clock; what one run writes, and what it takes over, must go forward. */
const forward = (): Watcher => {
  const lastOf = new Map<number, number>();
  let newest = 0;
  return {
    committed: ({ records, run }) => {
      for (const record of records) {
        const earlier = lastOf.get(run) ?? newest;
        lastOf.set(run, record.at);
        newest = Math.max(newest, record.at);
        if (record.at < earlier) return `record ${record.seq} is ${earlier - record.at} ms older than one before it`;
      }
      return null;
    },
  };
};

const triple = (): Watcher => {
  const open = new Map<string, string>();
  const started = new Set<string>();
  return {
    recorded: (record) => {
      const begun = startedKeyOf(record);
      if (begun !== null) {
        started.add(begun);
        open.set(begun, `${record.action ?? 'action'} (record ${record.seq})`);
      }
      const over = outcomeKeyOf(record);
      if (over !== null) open.delete(over);
      return null;
    },
    began: (deed) => {
      const key = actionKey(deed.operation.subject, deed.operation.epoch);
      return started.has(key) ? null : `${key} began without its action.started record`;
    },
    over: () => {
      const [first] = open;
      return first === undefined ? null : `${first[0]}: ${first[1]} has no measured outcome in the end`;
    },
  };
};

const oneNewsOneKey = (): Watcher => ({
  delivered: (notification, earlier) => {
    if (earlier === null) return null;
    const isSame =
      earlier.kind === notification.kind && earlier.title === notification.title && earlier.body === notification.body;
    return isSame ? null : `key ${notification.key} was delivered as "${earlier.title}" and as "${notification.title}"`;
  },
});

const onePageForOneCause = ({ world, nowMs }: Scene): Watcher => {
  const downSince = new Map<string, number>();
  const shown = new Map<string, HealthState>();
  const isKnownDown = (unit: Unit): boolean => nowMs() - (downSince.get(unit.service.id) ?? nowMs()) >= CAUSE_KNOWN_MS;
  const causeOf = (unit: Unit): Unit | undefined =>
    unit.needs.map((need) => world.units[need]).find((it) => it !== undefined && isKnownDown(it));
  /** Subjects whose incident was opened before any cause was known: a page that reaches nobody is repeated for long. */
  const openedAlone = new Set<string>();
  return {
    recorded: (record) => {
      if (record.type === 'incident.opened') {
        const unit = unitOf(world, textOf(record.refs['subject']));
        if (unit !== undefined && causeOf(unit) === undefined) openedAlone.add(unit.service.id);
        else if (unit !== undefined) openedAlone.delete(unit.service.id);
      }
      const show = shownBy(record);
      if (show === null || shown.get(show.service) === show.health) return null;
      shown.set(show.service, show.health);
      if (show.health === 'unhealthy') downSince.set(show.service, nowMs());
      else downSince.delete(show.service);
      return null;
    },
    delivered: (notification, earlier) => {
      // That something cannot be seen is a news of its own (SEV3), told for each service.
      const isFirst = earlier === null && notification.key.endsWith(':0');
      if (notification.kind !== 'page' || !isFirst || notification.severity === 'SEV3') return null;
      const unit = unitOf(world, notification.subject);
      const isSick = unit === undefined || unit.pid === null || unit.condition !== 'well' || unit.trouble !== null;
      if (isSick || openedAlone.has(unit.service.id)) return null;
      const cause = causeOf(unit);
      return cause === undefined
        ? null
        : `a page names ${notification.subject}, which is only a symptom of ${cause.service.id} ("${notification.title}")`;
    },
  };
};

const noBrokenMachine = (): Watcher => ({
  recorded: (record) => (record.type === 'machine.broken' ? `${record.machine} threw: ${record.trigger}` : null),
});

export const HONESTY: readonly Invariant[] = [
  {
    name: 'unknown-is-not-healthy',
    kind: 'safety',
    claim: 'While nothing can be seen for longer than two of the slowest intervals, no service is shown healthy.',
    watch: unknownIsNotHealthy,
  },
  {
    name: 'down-is-not-healthy',
    kind: 'safety',
    claim: 'What has not worked for longer than two of the slowest intervals, with open eyes, is not shown healthy.',
    watch: downIsNotHealthy,
  },
  { name: 'chained', kind: 'safety', claim: 'The evidence is gap-free and chained.', watch: evidenceChained },
  {
    name: 'forward',
    kind: 'safety',
    claim: 'Time in the evidence never runs backwards, within a run or into the next.',
    watch: forward,
  },
  {
    name: 'evidence-with-state',
    kind: 'safety',
    claim: 'No state changes without a record in the same transaction.',
    watch: evidenceWithState,
  },
  {
    name: 'triple',
    kind: 'safety',
    claim: 'Every operation has its trigger before and, in the end, its measured outcome.',
    watch: triple,
  },
  {
    name: 'one-news-one-key',
    kind: 'safety',
    claim: 'A notification key never carries two different news.',
    watch: oneNewsOneKey,
  },
  {
    name: 'one-page-one-cause',
    kind: 'safety',
    claim: 'Nobody is paged for a symptom whose cause is known.',
    watch: onePageForOneCause,
  },
  { name: 'no-broken-machine', kind: 'safety', claim: 'No machine throws.', watch: noBrokenMachine },
];
