// Changes: what was done or happened lately, from what the parts of Sereno remember, as suspects for the ranking.
//
// A release that was marked or seen; a new configuration, for each service whose declaration it changed; a restart or a
// stop by a person or by Sereno, unless it answered the trouble; memory or room that ran out. Flags, jobs and the makers
// of what is needed from outside tell Sereno nothing yet: `ChangeKind` has a place for them, and nobody fills it.

import type { ActionRecord } from '#kernel/action.ts';
import type { RawAlert } from '#kernel/alert.ts';
import type { Exit, RecentChange } from '#kernel/cause.ts';
import type { EvidenceRecord } from '#kernel/evidence.ts';
import { serviceId, type ServiceId } from '#kernel/id.ts';
import type { Release } from '#kernel/release.ts';
import { elapsedMs, hours, minutes, type Instant } from '#kernel/time.ts';
import type { Change } from './scene.ts';

/** Older changes are no suspects: by then each of them is less likely than a fault (odds.ts). */
export const CHANGES_WITHIN_MS = hours(24);
/** A file that changed this close to a release came with it. */
const SAME_RELEASE_MS = minutes(10);

/** One service, as its watch remembers it. */
export type Remembered = {
  readonly service: ServiceId;
  /** Null: it is not in trouble. */
  readonly troubleSince: Instant | null;
  readonly actions: readonly ActionRecord[];
  readonly exit: Exit | null;
  /** What its black box saw change; empty when nothing was frozen. */
  readonly files: readonly RecentChange[];
};

export type Approved = {
  readonly id: string;
  readonly subject: string;
  readonly action: string;
  readonly requestedBy: string;
};

export type Memories = {
  readonly at: Instant;
  readonly releases: readonly Release[];
  /** Records `configuration.changed`; `refs.changed` names the services and what of each changed. */
  readonly configurations: readonly EvidenceRecord[];
  readonly services: readonly Remembered[];
  /** What persons agreed to. */
  readonly approvals: readonly Approved[];
  /** Raw events, those that are over too. */
  readonly alerts: readonly RawAlert[];
};

type Happened = Omit<Change, 'perDay'>;

const releaseChange = ({ service, version, at, source, by }: Release): Happened => {
  const isSeen = source === 'process' || source === 'image' || source === 'unit';
  const what = isSeen
    ? `another program of ${service} (seen: ${version})`
    : `release ${version} of ${service}, by ${by}`;
  return { kind: 'deployment', subject: service, what, at };
};

const cameWith = (file: RecentChange, release: Release): boolean =>
  Math.abs(elapsedMs(file.at, release.at)) <= SAME_RELEASE_MS || (file.isBeforeStart && release.at >= file.at);

/** Files that changed without a release that is known. */
const fileChanges = ({ service, files }: Remembered, releases: readonly Release[]): readonly Happened[] => {
  const own = releases.filter((release) => release.service === service);
  return files
    .filter((file) => !own.some((release) => cameWith(file, release)))
    .map(({ what, at }) => ({ kind: 'deployment', subject: service, what, at }));
};

const configurationChanges = ({ at, refs }: EvidenceRecord): readonly Happened[] => {
  const { changed } = refs;
  // Records of an earlier release do not say what changed.
  if (typeof changed !== 'object' || changed === null)
    return [{ kind: 'configuration', subject: null, what: 'a new configuration of the site', at }];
  return Object.entries(changed).map(([service, parts]) => ({
    kind: 'configuration',
    subject: serviceId(service),
    what: `the declaration of ${service} (${typeof parts === 'string' ? parts : 'changed'})`,
    at,
  }));
};

/** What was done because of the trouble is not its cause, and a start breaks nothing that ran. */
const isSuspect = ({ action, outcome, at }: ActionRecord, troubleSince: Instant | null): boolean =>
  action !== 'start' && outcome !== 'refused' && outcome !== 'failed' && (troubleSince === null || at < troubleSince);

const operationChanges = (
  { service, actions, troubleSince }: Remembered,
  approvals: readonly Approved[],
): readonly Happened[] =>
  actions
    .filter((done) => isSuspect(done, troubleSince))
    .map(({ action, at, by }) => {
      const agreed = approvals.find((it) => it.subject === service && it.action === action && it.requestedBy === by);
      const leave = agreed === undefined ? '' : ` (agreed to: ${agreed.id})`;
      return { kind: 'operation', subject: service, what: `${action} of ${service} by ${by}${leave}`, at };
    });

/** Figures of the machine, its processes and its containers; what a service answers is a symptom and no resource. */
const OF_RESOURCE = /^(room:|anomaly:.*\b(system|process|container)_)/;

const resourceChanges = ({ services, alerts }: Memories): readonly Happened[] => [
  ...services.flatMap(({ service, exit }): readonly Happened[] =>
    exit?.isOutOfMemory === true
      ? [{ kind: 'resource', subject: service, what: `${service} was killed for want of memory`, at: exit.at }]
      : [],
  ),
  ...alerts
    .filter(({ key }) => OF_RESOURCE.test(key))
    .map(({ service, title, since }): Happened => ({ kind: 'resource', subject: service, what: title, at: since })),
];

/** How often it happened within the day that is looked at; what happened once has no rate yet. */
const counted = (all: readonly Happened[]): readonly Change[] => {
  const counts = new Map<string, number>();
  const keyOf = ({ kind, subject }: Happened): string => `${kind} ${subject ?? '*'}`;
  for (const each of all) counts.set(keyOf(each), (counts.get(keyOf(each)) ?? 0) + 1);
  return all.map((each) => {
    const count = counts.get(keyOf(each)) ?? 1;
    return { ...each, perDay: count === 1 ? null : count };
  });
};

/** Everything that changed within a day before `at`. */
export const changesOf = (memories: Memories): readonly Change[] => {
  const { at, releases, configurations, services, approvals } = memories;
  const all: readonly Happened[] = [
    ...releases.map(releaseChange),
    ...services.flatMap((service) => fileChanges(service, releases)),
    ...configurations.flatMap(configurationChanges),
    ...services.flatMap((service) => operationChanges(service, approvals)),
    ...resourceChanges(memories),
  ];
  return counted(all.filter((each) => elapsedMs(each.at, at) <= CHANGES_WITHIN_MS));
};
