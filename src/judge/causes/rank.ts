// Ranks the probable causes of what is in trouble now, and puts together what has one cause.
//
//   1. candidates   each place in trouble, what it needs, each change, each silent way (candidates.ts)
//   2. weighing     prior odds, times one likelihood ratio for each clue (odds.ts says where each number comes from)
//   3. grouping     the best candidate takes the troubles that it explains; what is left over is ranked again
//
// correlate.ts asks before a restart whether several failures share something; cause.ts tells the class of one failure
// from its black box. Here both are clues among others.

import type { ServiceId } from '#kernel/id.ts';
import type { CauseCandidate, Clue, Suspect } from '#kernel/suspect.ts';
import { sayDuration, type Instant } from '#kernel/time.ts';
import { candidatesOf, isStopped, type Candidate } from './candidates.ts';
import {
  BEFORE_ITS_CAUSE,
  CHANGES_PER_DAY,
  DAY_MS,
  DEPENDANTS_WELL,
  HALF_LIFE_MS,
  IS_DOWN,
  LOOKS_LIKE,
  LOOKS_WELL,
  MANNER,
  PRIOR,
  PRIOR_ASSUMED,
  TROUBLES_PER_DAY,
  UNSEEN_PRIOR,
} from './odds.ts';
import type { CauseScene, Trouble } from './scene.ts';

/** Suspects that are shown for one group. */
const SUSPECTS_MAX = 5;
/** With more groups than this nothing is explained by anything, and another one would not help. */
const GROUPS_MAX = 64;

type Weighed = {
  readonly candidate: Candidate;
  readonly clues: readonly Clue[];
  readonly explained: readonly Trouble[];
  /** The logarithm of what explaining them is worth. */
  readonly covered: number;
};

/** What is judged, and the stops that hold: they explain what they reach, whoever else is suspected. */
type Court = { readonly scene: CauseScene; readonly holding: readonly Candidate[] };

/** When a suspect began, and what it explains. */
type Begun = { readonly at: Instant; readonly explained: readonly Trouble[] };

/** The trouble at the place of a suspect itself, and the earliest that it explains. */
type Seen = { readonly place: Trouble | null; readonly first: Trouble };

const isChange = ({ kind }: Candidate): boolean => kind !== 'fault' && kind !== 'path' && kind !== 'watchman';

const earliestOf = (troubles: readonly Trouble[]): Trouble | null =>
  troubles.reduce<Trouble | null>((first, it) => (first === null || it.since < first.since ? it : first), null);

const sayPerDay = (often: number): string => (often === 1 ? 'once a day' : `${often} times a day`);

/**
 * How much more probable it is that the first sign comes so long after the change when the change is the cause, than
 * that a change of this kind happens to lie so close before it. The delay has density h/(h+t)², half of it within h.
 * What is stopped breaks those that need it each time: how often it is stopped says nothing against it.
 */
const timing = (candidate: Candidate, first: Trouble, isInForce: boolean): Clue => {
  const { at, perDay } = candidate;
  const density = delayAfter(candidate, first.since);
  const lag = `${sayDuration(Math.max(0, first.since - at))} before the first sign`;
  if (isInForce) return { says: `${lag}, and it holds`, ratio: density * DAY_MS, origin: 'declared' };
  const often = perDay ?? CHANGES_PER_DAY;
  const origin = perDay === null ? 'assumed' : 'measured';
  return {
    says: `${lag}; such happens ${sayPerDay(often)}`,
    ratio: (density * DAY_MS) / Math.max(often, 1 / 365),
    origin,
  };
};

/**
 * How it fails. What looks well and is the cause all the same is seen by those that need it. Of what is gone they have a
 * manner of their own, which says nothing of it: without its database, one times out and another answers that it cannot.
 */
const looks = (scene: CauseScene, { kind, subject }: Candidate, seen: Seen): Clue | null => {
  const { place, first } = seen;
  if (place === null && subject !== null && scene.healthOf(subject) !== 'healthy') return null;
  const at = place ?? first;
  const ratio = LOOKS_LIKE[kind][MANNER[at.symptom]];
  return ratio === undefined
    ? null
    : { says: `${at.service} fails like that: ${at.symptom}`, ratio, origin: 'assumed' };
};

/** What the black box of the place said, where it speaks for one kind against the others. */
const boxed = ({ kind, subject }: Candidate, place: Trouble | null): Clue | null => {
  if (place === null || subject !== place.service) return null;
  const says = `its black box says ${place.causeClass ?? 'nothing'}`;
  if (place.causeClass === 'out-of-memory' && kind === 'resource') return { says, ratio: 5, origin: 'assumed' };
  if (place.causeClass === 'killed' || place.causeClass === 'port-taken' || place.causeClass === 'stopped') {
    return { says, ratio: kind === 'fault' ? 5 : 0.2, origin: 'assumed' };
  }
  const isUpstream = place.causeClass === 'half-open' || place.causeClass === 'dependency';
  return isUpstream && kind === 'fault' ? { says, ratio: 0.2, origin: 'assumed' } : null;
};

/** The density of the delay after which a change breaks things. */
const delayAfter = ({ kind, at }: Candidate, since: Instant): number => {
  const half = kind === 'job' || kind === 'resource' ? HALF_LIFE_MS[kind] : HALF_LIFE_MS.change;
  return half / (half + Math.max(0, since - at)) ** 2;
};

/** How probable a trouble is then because something that it needs is stopped. */
const byStops = (scene: CauseScene, stops: readonly Candidate[], { service, since }: Trouble): number =>
  stops.reduce(
    (most, stop) => Math.max(most, (stop.reach.get(service) ?? 0) * delayAfter(stop, since) * scene.atOnceMs),
    0,
  );

/** Each trouble that it explains would have had to happen otherwise, at the same time: by chance, or by a stop. In logarithms. */
const coverage = ({ scene, holding }: Court, candidate: Candidate, { at, explained }: Begun): number => {
  const stops = holding.filter((stop) => stop !== candidate);
  const chance = chanceOf(scene);
  return explained.reduce((sum, trouble) => {
    const otherwise = stops.length === 0 ? chance : Math.max(chance, byStops(scene, stops, trouble));
    const isEarly = trouble.since < at - scene.atOnceMs;
    const reach = candidate.reach.get(trouble.service) ?? 1;
    return sum + Math.log((reach / otherwise) * (isEarly ? BEFORE_ITS_CAUSE : 1));
  }, 0);
};

/** That one service breaks for a reason of its own within the time that counts as at once. */
const chanceOf = (scene: CauseScene): number => (TROUBLES_PER_DAY * scene.atOnceMs) / DAY_MS;

const NAMED_MAX = 3;
/** Five hundred that fail together are certain enough; a larger number would not fit into JSON. */
const SURE = 1e12;

const covers = ({ explained, covered }: Weighed): Clue => {
  const names = explained.map((trouble) => trouble.service);
  const more = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : '';
  const says = `it explains ${names.slice(0, NAMED_MAX).join(', ')}${more}, which else failed at once by chance`;
  return { says, ratio: Math.min(SURE, Math.exp(covered)), origin: 'declared' };
};

/**
 * It was stopped and is down now, which nobody calls a trouble: that is what was asked for, and no release and no fault
 * explains it. Of several operations the last one holds.
 */
const holds = (scene: CauseScene, { kind, subject, at }: Candidate): boolean =>
  kind === 'operation' &&
  subject !== null &&
  isStopped(scene, subject) &&
  !scene.changes.some((other) => other.kind === kind && other.subject === subject && other.at > at);

/** What is not in trouble itself: whether it is well, and whether others that need it are. */
const elsewhere = ({ scene, holding }: Court, candidate: Candidate, place: Trouble | null): readonly Clue[] => {
  const { subject } = candidate;
  if (subject === null || place !== null) return [];
  const clues: Clue[] = [];
  if (scene.healthOf(subject) === 'healthy') {
    clues.push({ says: `${subject} is looked at and is well`, ratio: LOOKS_WELL, origin: 'assumed' });
  }
  if (holding.includes(candidate)) {
    clues.push({ says: `${subject} is down, and wanted so`, ratio: IS_DOWN, origin: 'declared' });
  }
  const dependants = scene.dependantsOf(subject);
  const suffering = dependants.filter((id) => candidate.reach.has(id)).length;
  if (suffering * 2 < dependants.length) {
    const says = `${dependants.length - suffering} of ${dependants.length} that need ${subject} are well`;
    clues.push({ says, ratio: DEPENDANTS_WELL, origin: 'assumed' });
  }
  return clues;
};

/** What began at its place before what it needs did was not brought about by that: the first to fail is the root. */
const order = (scene: CauseScene, { kind, subject }: Candidate, place: Trouble | null): Clue | null => {
  if (kind !== 'fault' || place === null || subject === null) return null;
  const isRoot = scene.needsOf(subject).every((need) => scene.healthOf(need) !== 'unhealthy');
  return isRoot && place.isFirstHand ? { says: `${subject} was seen to end`, ratio: 3, origin: 'assumed' } : null;
};

type Open = ReadonlyMap<ServiceId, Trouble>;

const weigh = (court: Court, candidate: Candidate, open: Open): Weighed | null => {
  const { scene, holding } = court;
  const explained = [...candidate.reach.keys()].flatMap((id) => open.get(id) ?? []);
  const place = candidate.subject === null ? null : (open.get(candidate.subject) ?? null);
  const first = earliestOf(explained);
  if (first === null) return null;
  // A fault begins where it is seen to begin: what failed long before its place did is not its doing.
  const at = candidate.kind === 'fault' && place !== null ? place.since : candidate.at;
  const prior: Clue = {
    says: `how often it is ${/^[aeiou]/.test(candidate.kind) ? 'an' : 'a'} ${candidate.kind}`,
    ratio: PRIOR[candidate.kind],
    origin: PRIOR_ASSUMED.has(candidate.kind) ? 'assumed' : 'published',
  };
  const clues = [
    prior,
    ...(isChange(candidate) ? [timing(candidate, first, holding.includes(candidate))] : []),
    looks(scene, candidate, { place, first }),
    boxed(candidate, place),
    order(scene, candidate, place),
    ...elsewhere(court, candidate, place),
  ].filter((clue) => clue !== null);
  return { candidate: { ...candidate, at }, clues, explained, covered: coverage(court, candidate, { at, explained }) };
};

const logOdds = ({ clues, covered }: Weighed): number =>
  clues.reduce((sum, { ratio }) => sum + Math.log(ratio), covered);

type Scored = Weighed & { readonly score: number };

const byScore = (a: Scored, b: Scored): number => b.score - a.score || (a.candidate.what < b.candidate.what ? -1 : 1);

const weight = ({ ratio }: Clue): number => Math.abs(Math.log(ratio));

/** Shares of all that was weighed, a cause that nobody has seen included. */
const suspectsOf = (scored: readonly Scored[]): readonly Suspect[] => {
  const top = Math.max(...scored.map((it) => it.score), Math.log(UNSEEN_PRIOR));
  const total = scored.reduce((sum, it) => sum + Math.exp(it.score - top), Math.exp(Math.log(UNSEEN_PRIOR) - top));
  return scored.slice(0, SUSPECTS_MAX).map((it) => ({
    kind: it.candidate.kind,
    subject: it.candidate.subject,
    what: it.candidate.what,
    at: it.candidate.at,
    probability: Math.exp(it.score - top) / total,
    clues: [...it.clues, covers(it)].sort((a, b) => weight(b) - weight(a)),
  }));
};

/** What a candidate explains no better than chance is not its doing. */
const claimed = ({ candidate, explained }: Weighed, byChance: number): readonly Trouble[] =>
  explained.filter((trouble) => (candidate.reach.get(trouble.service) ?? 0) > byChance);

const groupOf = (scene: CauseScene, best: Scored, scored: readonly Scored[]): CauseCandidate => {
  const mine = claimed(best, chanceOf(scene));
  const services = mine.map((trouble) => trouble.service);
  const named = new Set(services);
  const rivals = scored.filter((it) => it.explained.some((trouble) => named.has(trouble.service)));
  const since: Instant = earliestOf(mine)?.since ?? best.candidate.at;
  return { since, services, suspects: suspectsOf(rivals) };
};

/** One candidate of an incident for each cause, the one that explains most first; empty when nothing is in trouble. */
export const rankCauses = (scene: CauseScene): readonly CauseCandidate[] => {
  const candidates = candidatesOf(scene);
  const court: Court = { scene, holding: candidates.filter((candidate) => holds(scene, candidate)) };
  const groups: CauseCandidate[] = [];
  let open: Open = new Map(scene.troubles.map((trouble) => [trouble.service, trouble]));
  while (open.size > 0 && groups.length < GROUPS_MAX) {
    const left = open;
    const scored = candidates
      .flatMap((candidate) => weigh(court, candidate, left) ?? [])
      .map((weighed): Scored => ({ ...weighed, score: logOdds(weighed) }))
      .toSorted(byScore);
    const [best] = scored;
    if (best === undefined) break;
    const group = groupOf(scene, best, scored);
    const taken = new Set<ServiceId>(group.services);
    if (taken.size === 0) break;
    groups.push(group);
    open = new Map([...left].filter(([id]) => !taken.has(id)));
  }
  return groups;
};
