// Tidings: people are told once, the right one, and nothing that is not so; and what can be seen is shown.

import type { Notification } from '#kernel/notification.ts';
import { machineSubject, type MachineId } from '#kernel/id.ts';
import { allChecks } from '#kernel/site.ts';
import type { Invariant, Scene, Watcher } from '../witness.ts';
import { storedIncidents, storedWatch, textOf } from './chronicle.ts';

/** A flattered look or two may hide the end of something that was well for its whole stable time. */
const TRUE_FOR_MS = 60_000;
const DAY_MS = 86_400_000;
/** Unknown is told to people after five minutes; open eyes need two of the slowest intervals and a burst. */
const BURST_MS = 25_000;
const INTERVALS = 2.1;

/** The same words about the same thing. A recovery does not name its trouble: two of one length are two news. */
const wordsOf = ({ kind, subject, title, at }: Notification): string =>
  `${kind} ${subject} ${title}${kind === 'recovered' ? ` ${at}` : ''}`;

/** What was told of the trouble of one subject. */
const forget = (keys: Map<string, string>, subject: string): void => {
  for (const words of keys.keys())
    if (!words.startsWith('recovered ') && words.split(' ')[1] === subject) keys.delete(words);
};

const toldOnce = (): Watcher => {
  const keys = new Map<string, string>();
  return {
    recorded: ({ type, action, machine }) => {
      // What a person stops is over without a word; should it fail after its start, that is news.
      if (type === 'action.outcome' && action === 'stop') forget(keys, machineSubject(machine));
      return null;
    },
    delivered: (notification, earlier) => {
      // Once it is over, the same words are news again.
      if (notification.kind === 'recovered') forget(keys, notification.subject);
      // What informs nobody in particular may well repeat itself; equal keys are one news, compared elsewhere.
      if (earlier !== null || notification.kind === 'information') return null;
      const words = wordsOf(notification);
      const before = keys.get(words);
      keys.set(words, before ?? notification.key);
      // A notice that was reported as undelivered is given again, under its own key and a suffix.
      if (before === undefined || before.split('/')[0] === notification.key.split('/')[0]) return null;
      return `"${notification.title}" was told as ${before} and again as ${notification.key}`;
    },
  };
};

/** Whose turn it is: on call rotates by one each week, from Monday 1970-01-05 on, and page by page. */
const rightPerson = ({ site }: Scene): Watcher => {
  const openedAt = new Map<string, number>();
  return {
    // A page may be held back for an hour, and a week may end in it: who is paged is settled when the incident opens.
    recorded: (record) => {
      const incident = record.type === 'incident.opened' ? textOf(record.refs['incident']) : null;
      if (incident !== null) openedAt.set(incident, record.at);
      return null;
    },
    delivered: (notification) => {
      const [, incident = '', page = '0'] = /^page:(.+):(\d+)$/.exec(notification.key) ?? [];
      if (notification.kind !== 'page' || incident === '') return null;
      const at = openedAt.get(incident) ?? (page === '0' ? notification.at : null);
      if (at === null) return null;
      openedAt.set(incident, at);
      const week = Math.floor((at / DAY_MS - 4) / 7);
      const turn = site.onCall[(week + Number(page)) % site.onCall.length];
      const [person] = notification.people;
      return person === turn
        ? null
        : `${notification.key} went to ${person ?? 'nobody'}, though it is ${turn ?? '?'}'s turn`;
    },
  };
};

/** By then, a way to people that works every other time has let one page through. */
const REACHED_MS = 30 * 60_000;
/** A second page about the same subject within an hour waits for the end of that hour. */
const DAMPED_MS = 60 * 60_000;

const reached = ({ disk, nowMs, calmSinceMs }: Scene): Watcher => {
  const openSince = new Map<string, number>();
  const delivered = new Set<string>();
  /** Somebody was paged about the same subject within the hour before. */
  const dampedIncidents = new Set<string>();
  return {
    delivered: ({ kind, key }) => {
      if (kind === 'page') delivered.add(key.split(':')[1] ?? '');
      return null;
    },
    recorded: ({ type, refs }) => {
      const [, number = ''] = /^page:(.+):0$/.exec(typeof refs['key'] === 'string' ? refs['key'] : '') ?? [];
      if (type === 'notice.damped') dampedIncidents.add(number);
      return null;
    },
    minute: () => {
      for (const { number, status } of storedIncidents(disk)?.incidents ?? []) {
        if (status !== 'open' || delivered.has(number)) continue;
        const since = openSince.get(number) ?? nowMs();
        openSince.set(number, since);
        const withinMs = REACHED_MS + (dampedIncidents.has(number) ? DAMPED_MS : 0);
        if (nowMs() - Math.max(since, calmSinceMs()) > withinMs) return `no page of ${number} has reached anybody`;
      }
      return null;
    },
  };
};

const recoveryIsTrue = ({ world, nowMs }: Scene): Watcher => ({
  committed: ({ batch }) => {
    for (const { effect } of batch.outbox) {
      if (effect.kind !== 'notify' || effect.notification.kind !== 'recovered') continue;
      const { subject, title } = effect.notification;
      const unit = world.units.find((it) => it.service.id === subject);
      if (unit === undefined || unit.brokenSinceMs === 0 || !title.includes('well again')) continue;
      // One fresh look is asked for, and that one may have been flattered: nobody could know.
      if (nowMs() - unit.flatteredAtMs < TRUE_FOR_MS) continue;
      const brokenMs = nowMs() - unit.brokenSinceMs;
      if (brokenMs > TRUE_FOR_MS) return `"${title}" is told though ${subject} has not worked for ${brokenMs} ms`;
    }
    return null;
  },
});

const seen = ({ site, world, disk, weather, nowMs, calmSinceMs, pathSinceMs }: Scene): Watcher => {
  const slowestMs = Math.max(0, ...allChecks(site).map((check) => check.slowestMs));
  const seenByMs = slowestMs * INTERVALS + BURST_MS;
  const unknownSince = new Map<string, number>();
  return {
    minute: () => {
      for (const unit of world.units) {
        const { id } = unit.service;
        const watch = storedWatch(disk, id);
        const isUnknown = watch !== null && watch.health === 'unknown' && watch.wanted === 'running';
        if (!isUnknown || !world.works(unit.index)) unknownSince.delete(id);
        else if (!unknownSince.has(id)) unknownSince.set(id, nowMs());
        const sinceMs = Math.max(unknownSince.get(id) ?? nowMs(), pathSinceMs(), calmSinceMs(), unit.worksSinceMs);
        if (weather.path() === 'good' && nowMs() - sinceMs > seenByMs)
          return `${id} works and is shown as unknown, with open eyes, for ${nowMs() - sinceMs} ms`;
      }
      return null;
    },
  };
};

/** Who began each suppression, and its end. */
const quietByPerson = (): Watcher => {
  const until = new Map<string, number>();
  return {
    recorded: ({ type, refs, actor, at }) => {
      const named = refs['id'] ?? refs['by'];
      const id = typeof named === 'string' ? named : '';
      if (type === 'suppression.began') {
        if (actor.kind !== 'person') return `${id} was begun by the ${actor.kind} ${actor.name}`;
        if (typeof refs['until'] !== 'number') return `${id} has no end`;
        until.set(id, refs['until']);
      }
      if (type !== 'notice.suppressed' && type !== 'alert.silenced') return null;
      const end = until.get(id);
      return end !== undefined && at < end ? null : `something is held back by ${id}, which is not in force`;
    },
  };
};

/** Longer than a raw event may wait for a word, with room for a watchman that was away. */
const FATE_MS = 20 * 60_000;

/** Reads the evidence: each check that turns bad is accounted for. */
const fated = ({ world, nowMs, calmSinceMs }: Scene): Watcher => {
  const waitingSince = new Map<string, number>();
  /** Those that have their fate and are not over: to be seen bad once more is not another event. */
  const known = new Set<string>();
  const stopped = new Set<MachineId>();
  const checksOf = (machine: MachineId): readonly string[] =>
    world.units.find(({ service }) => service.id === machineSubject(machine))?.service.checks.map(({ id }) => id) ?? [];
  return {
    recorded: ({ type, trigger, action, outcome, refs, machine }) => {
      const key = trigger.split(': ')[0] ?? '';
      const turned = type === 'check.changed' ? (outcome ?? '') : '';
      // What cannot be seen for a while is not over: seen bad again, it is the same event.
      if (/→ (healthy|degraded)$/.test(turned)) known.delete(key);
      else if (turned.endsWith('→ unhealthy') && !known.has(key) && !stopped.has(machine))
        waitingSince.set(key, nowMs());
      // What a person stopped fails because it was stopped.
      if (type === 'action.outcome' && action === 'stop') stopped.add(machine);
      if (type === 'action.started') stopped.delete(machine);
      const isFate = /^alert\.(notified|grouped|silenced|inhibited)$/.test(type);
      for (const told of isFate && Array.isArray(refs['keys']) ? refs['keys'] : []) {
        waitingSince.delete(String(told));
        known.add(String(told));
      }
      if (isFate && (outcome === null || outcome === '')) return `${trigger} was ${type} without a reason`;
      // Every run begins anew: what it finds bad it raises anew.
      if (type === 'watch.began')
        for (const id of checksOf(machine)) [waitingSince, known].forEach((it) => it.delete(id));
      return null;
    },
    minute: () => {
      const limit = nowMs() - FATE_MS;
      if (calmSinceMs() > limit) return null;
      const lost = [...waitingSince].find(([, since]) => since < limit);
      return lost === undefined ? null : `${lost[0]} turned bad ${nowMs() - lost[1]} ms ago, and has no fate`;
    },
  };
};

export const TIDINGS: readonly Invariant[] = [
  {
    name: 'quiet-by-person',
    kind: 'safety',
    claim: 'Nothing is kept from people without a person who wanted it so, and an end that is to come.',
    watch: quietByPerson,
  },
  {
    name: 'fated',
    kind: 'liveness',
    claim: 'Every check that turns bad is notified, grouped, silenced or inhibited within 20 minutes, with a reason.',
    watch: fated,
  },
  {
    name: 'told-once',
    kind: 'safety',
    claim: 'Nobody is told the same news twice under two keys, unless it could not be delivered.',
    watch: toldOnce,
  },
  {
    name: 'right-person',
    kind: 'safety',
    claim: 'Each page of an incident goes to the person whose turn it is.',
    watch: rightPerson,
  },
  {
    name: 'reached',
    kind: 'liveness',
    claim: 'Of an incident that is open for half an hour, at least one page has reached somebody.',
    watch: reached,
  },
  {
    name: 'recovery-is-true',
    kind: 'safety',
    claim: 'Nobody is told that a service is well again while it has not worked for a minute.',
    watch: recoveryIsTrue,
  },
  {
    name: 'seen',
    kind: 'liveness',
    claim: 'With open eyes, what works is not shown as unknown for longer than two of the slowest intervals.',
    watch: seen,
  },
];
