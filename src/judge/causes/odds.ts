// Odds: every number that the ranking of causes weighs with, and where it comes from.
//
// A clue is a likelihood ratio: how often it is seen when the suspect is the cause, divided by how often it is seen when
// it is not. The ratios are multiplied (Good 1950, "Probability and the weighing of evidence"). What was published or
// counted is taken as it is. What is assumed is kept between 1/10 and 10, so that no assumption outweighs a fact.

import type { SuspectKind } from '#kernel/suspect.ts';
import type { Symptom } from '#kernel/observation.ts';
import { hours, minutes } from '#kernel/time.ts';

/**
 * What sets off an outage, as a share of thousands of postmortems (The Site Reliability Workbook, table C-1, 2010–2017):
 * binary push 37, configuration push 31, user behaviour 9, processing pipeline 6, service provider 5, performance decay
 * 5, capacity 5, hardware 2; network failure 2.75 from table C-2. Flags are pushed like configuration and share its
 * number. A fault has no change before it: user behaviour, decay, hardware. The watchman's own blindness is not in the
 * table; it is put level with the network. Nor is a restart or a stop that somebody asked for: it is put level with what a
 * provider changes.
 */
export const PRIOR: Record<SuspectKind, number> = {
  deployment: 0.37,
  configuration: 0.31,
  flag: 0.31,
  operation: 0.05,
  job: 0.06,
  resource: 0.1,
  dependency: 0.05,
  fault: 0.16,
  path: 0.0275,
  watchman: 0.0275,
};

/** A cause that nobody has seen: what the table's eight rows leave over is under 1 %; told too rarely there, so more. */
export const UNSEEN_PRIOR = 0.05;

/** Kinds whose number is our own judgement. */
export const PRIOR_ASSUMED: ReadonlySet<SuspectKind> = new Set(['operation', 'watchman']);

/**
 * How soon a change breaks things: half of those that do, within five minutes, and with a long tail (leaks, caches that
 * run out). cause.ts calls ten minutes suspicious for the same reason. A job breaks things while it runs.
 */
export const HALF_LIFE_MS: Record<'change' | 'job' | 'resource', number> = {
  change: minutes(5),
  job: minutes(2),
  resource: minutes(5),
};

/** How often a thing changes when nobody has counted yet. */
export const CHANGES_PER_DAY = 1;
/** How often a service breaks for a reason of its own: the rate that correlate.ts reckons with. */
export const TROUBLES_PER_DAY = 1;
export const DAY_MS = hours(24);

/** `needs` is declared: who needs what is down, is down itself, but for one in ten that gets by for a while. */
export const PASSES_ON = 0.9;
/** What is made for the whole site or machine reaches any one service in one of three cases. */
export const REACHES_ANY = 0.3;
/** A caller that went mad pulls down what it calls: seldom, and only directly. */
export const PULLS_DOWN = 0.02;
/** Everybody behind a way that is silent is silent. */
export const PATH_REACHES = 0.95;

/** It is looked at and looks well, and is the cause all the same: the checks look at something else. */
export const LOOKS_WELL = 0.1;
/** It began before its cause was seen to begin, by more than the looks are apart. */
export const BEFORE_ITS_CAUSE = 0.1;
/** Somebody stopped it and it is stopped now: by declaration those that need it cannot be well. As sure as a fact is. */
export const IS_DOWN = 100;
/** Most of those who need it directly are well. */
export const DEPENDANTS_WELL = 0.1;

type Manner = 'gone' | 'silent' | 'wrong' | 'slow' | 'stale' | 'other';

export const MANNER: Record<Symptom, Manner> = {
  none: 'other',
  refused: 'gone',
  timeout: 'silent',
  unfinished: 'silent',
  'wrong-answer': 'wrong',
  slow: 'slow',
  'not-running': 'gone',
  frozen: 'silent',
  zombie: 'gone',
  'not-listening': 'gone',
  'port-taken': 'gone',
  stale: 'stale',
  failed: 'other',
  'cannot-run': 'other',
};

/**
 * What each kind of cause looks like at the place that it hits; assumed. A new program or setting answers otherwise or
 * does not come up; load makes slow; a program does not begin to answer otherwise without a change.
 */
export const LOOKS_LIKE: Record<SuspectKind, Partial<Record<Manner, number>>> = {
  deployment: { gone: 1.5, wrong: 2 },
  configuration: { gone: 1.5, wrong: 2 },
  flag: { wrong: 2, slow: 1.5, gone: 0.5 },
  operation: { gone: 1.5, wrong: 0.3 },
  job: { slow: 3, silent: 2, wrong: 0.5, gone: 0.5 },
  resource: { slow: 3, silent: 1.5, gone: 1.5, wrong: 0.3 },
  dependency: { silent: 1.5, slow: 1.5, wrong: 1.5, gone: 0.3 },
  fault: { gone: 1.5, silent: 1.5, wrong: 0.3 },
  path: { silent: 2, gone: 1.5, wrong: 0.1, slow: 1 },
  watchman: { silent: 1.5, gone: 1 },
};
