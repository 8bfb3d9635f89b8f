// Story town: the lines of a story that declare something, made into a site.
//
//   begins 2026-10-24T22:00Z       when the story begins; without it on a Saturday at nightfall
//   running                        all services run already when the watchman begins: he adopts them
//   codex                          items describe, extract and judge are deployed and watched; `codex watched` may not be mended
//   service api needs redis traffic 20 every 1min
//   services app 20 needs queue    app1 to app20
//   target api 99.9% over 30d      of its looks; `over day in Europe/Berlin` follows the calendar (day, week, month)
//   work api sun 02:30 1h Europe/Berlin     agreed work, every week at this time of the wall clock there

import { checkId, serviceId } from '#kernel/id.ts';
import type { Maintenance, Weekday } from '#kernel/maintenance.ts';
import { sayInstant } from '#kernel/reason.ts';
import type { Service } from '#kernel/service.ts';
import type { Site } from '#kernel/site.ts';
import { targetId, type Target, type Window } from '#kernel/target.ts';
import { durationMs, hours, instant, later, minutes, seconds, type DurationMs, type Instant } from '#kernel/time.ts';
import { DAY_MS, fromWallClock } from '#kernel/zone.ts';
import { withCodex } from './copies.ts';
import { NIGHTFALL, siteOf } from './town.ts';

/** One line of a story, in words. */
export type Line = readonly string[];

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `5min`, `2h`, `30d` as milliseconds; null when it is none. */
export const lengthOf = (word: string | undefined): number | null => {
  const parts = /^(\d+)(ms|s|min|h|d)$/.exec(word ?? '');
  const unit = UNITS_MS[parts?.[2] ?? ''];
  return parts === null || unit === undefined ? null : Number(parts[1]) * unit;
};

/** Looks of a story are quick: it is short, and what it shows must be seen. */
const PACE_MS = seconds(10);
/** The steps of a story, in words; comments and empty lines left out. */
export const linesOf = (input: string): readonly Line[] =>
  input
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(/\s+/));

/** `00:02:10`, and `12d 00:02:10` from the second day on. */
export const sayElapsed = (ms: number): string => {
  const days = Math.floor(ms / DAY_MS);
  const clock = sayInstant(instant(ms)).slice(11, 19);
  return days === 0 ? clock : `${days}d ${clock}`;
};

/** So long what runs already has run. */
export const RUNS_BEFORE_MS = minutes(1);
const KEYWORDS = ['needs', 'traffic', 'every'];

/** What follows a keyword, up to the next one. */
const after = (words: Line, keyword: string): Line => {
  const at = words.indexOf(keyword);
  const rest = at < 0 ? [] : words.slice(at + 1);
  const end = rest.findIndex((word) => KEYWORDS.includes(word));
  return end < 0 ? rest : rest.slice(0, end);
};

const serviceOf = (name: string, words: Line, targets: readonly Target[]): Service => {
  const id = serviceId(name);
  const needs = after(words, 'needs').map((need) => serviceId(need));
  return {
    id,
    tier: needs.length === 0 ? 'core' : 'app',
    owner: null,
    needs,
    mustRun: true,
    trafficPercent: Number(after(words, 'traffic')[0] ?? 0),
    replicas: 1,
    workload: {
      kind: 'process',
      command: [`/opt/${name}`],
      cwd: null,
      env: {},
      stopSignal: 'SIGTERM',
      stopTimeoutMs: seconds(5),
      standby: 'none',
    },
    checks: [
      {
        id: checkId(`${name}/http`),
        service: id,
        probe: { kind: 'http', url: `http://${name}/`, method: 'GET', headers: {}, expect: { status: [200] } },
        everyMs: seconds(2),
        slowestMs: durationMs(lengthOf(after(words, 'every')[0]) ?? PACE_MS),
        timeoutMs: seconds(1),
        rise: 2,
        fall: 3,
        retries: 0,
      },
    ],
    targets: targets.filter((target) => target.service === id),
    restartBudget: { count: 3, windowMs: hours(1) },
    stableAfterMs: seconds(30),
    startTimeoutMs: seconds(20),
  };
};

const namesOf = ([verb, name = '', count]: Line): readonly string[] =>
  verb === 'service' ? [name] : Array.from({ length: Number(count) }, (_, index) => `${name}${index + 1}`);

const UNITS = ['day', 'week', 'month'] as const;

/** A Monday, and the first of a month, at its midnight there. */
const startOf = (unit: (typeof UNITS)[number], zone: string): Instant =>
  fromWallClock(unit === 'week' ? Date.UTC(1970, 0, 5) : Date.UTC(1970, 0, 1), zone);

const windowOf = (over: string, zone: string): Window => {
  const unit = UNITS.find((each) => each === over);
  return unit === undefined
    ? { kind: 'rolling', lengthMs: durationMs(lengthOf(over) ?? hours(30 * 24)) }
    : { kind: 'calendar', unit, count: 1, timezone: zone, startsAt: startOf(unit, zone) };
};

/** `target api 99.9% over 30d`, `target api 99% over day in Europe/Berlin` */
const targetOf = ([, name = '', objective = '', , over = '', , zone = 'UTC']: Line): Target => {
  const service = serviceId(name);
  return {
    id: targetId(service, 'availability'),
    service,
    name: 'availability',
    indicator: { kind: 'availability' },
    objectivePercent: Number.parseFloat(objective),
    window: windowOf(over, zone),
    budgeting: { method: 'occurrences' },
    burn: [],
    said: `${objective} over ${over}`,
  };
};

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

const dayOf = (word: string): Weekday => {
  const day = DAYS.findIndex((each) => each === word);
  return (day < 0 ? 0 : day) as Weekday; // decoder: a place in a list of seven
};

const clockOf = (word: string): DurationMs => {
  const [hour, minute] = word.split(':').map(Number);
  return durationMs(hours(hour ?? 0) + minutes(minute ?? 0));
};

/** `work api sun 02:30 1h Europe/Berlin` */
const workOf = ([, name = '', day = '', starts = '', length, timezone = 'UTC']: Line): Maintenance => ({
  services: [serviceId(name)],
  why: 'agreed work',
  when: {
    kind: 'weekly',
    days: [dayOf(day)],
    startsMs: clockOf(starts),
    lengthMs: durationMs(lengthOf(length) ?? 0),
    timezone,
  },
});

const DECLARATIONS = ['begins', 'running', 'codex', 'service', 'services', 'target', 'work'];

/** True for a line that declares something. */
export const isDeclaration = ([verb = '']: Line): boolean => DECLARATIONS.includes(verb);

const MOMENT = /^(\d+)-(\d+)-(\d+)[T ](\d+):(\d+):(\d+)/;

/** `2026-10-24T22:00:00Z`, always UTC, as milliseconds since 1970. */
export const momentOf = (text: string): number => {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = (MOMENT.exec(text) ?? [])
    .slice(1)
    .map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
};

/** When the story begins; a minute earlier for what runs already. */
export const beginningOf = (lines: readonly Line[]): Instant => {
  const [, when] = lines.find(([verb]) => verb === 'begins') ?? [];
  const beginsAt = when === undefined ? NIGHTFALL : instant(momentOf(when));
  return hasRunBefore(lines) ? later(beginsAt, -RUNS_BEFORE_MS) : beginsAt;
};

/** True when all services run already. */
export const hasRunBefore = (lines: readonly Line[]): boolean => lines.some(([verb]) => verb === 'running');

/** The site that the lines of a story declare. */
export const townOf = (lines: readonly Line[]): Site => {
  const those = (...verbs: readonly string[]): readonly Line[] => lines.filter(([verb = '']) => verbs.includes(verb));
  const targets = those('target').map(targetOf);
  const services = those('service', 'services').flatMap((words) =>
    namesOf(words).map((name) => serviceOf(name, words, targets)),
  );
  const site = siteOf(services, {
    autonomy: 4,
    allow: ['restart', 'start', 'stop'],
    approval: [],
    never: [],
    freeze: [],
    restartBudget: { count: 3, windowMs: hours(1) },
    trafficLimitPercent: 25,
  });
  const [codex] = those('codex');
  const town = codex === undefined ? site : withCodex(site);
  const policy = codex?.[1] === 'watched' ? site.policy : town.policy;
  return { ...town, policy, maintenance: those('work').map(workOf) };
};
