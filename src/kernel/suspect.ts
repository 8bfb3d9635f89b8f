// A suspect: what may be the cause of troubles that belong together, and the clues that speak for it.

import type { ServiceId } from './id.ts';
import type { Instant } from './time.ts';

/**
 * What a suspect did. `fault`: it broke without a change that is known. `path`: the way to it, `watchman`: Sereno's own
 * eyes. The others are changes that somebody or something made.
 */
export type SuspectKind =
  | 'deployment'
  | 'configuration'
  | 'flag'
  | 'operation'
  | 'job'
  | 'resource'
  | 'dependency'
  | 'fault'
  | 'path'
  | 'watchman';

/** Where a likelihood ratio comes from. `assumed` is a judgement of ours, kept between 1/10 and 10. */
export type ClueOrigin = 'published' | 'measured' | 'declared' | 'assumed';

/** One reason: how many times more likely it makes the suspect (above 1), or less likely (below 1). */
export type Clue = { readonly says: string; readonly ratio: number; readonly origin: ClueOrigin };

export type Suspect = {
  readonly kind: SuspectKind;
  /** Null: the whole site, or the machine it runs on. */
  readonly subject: ServiceId | null;
  /** In a few words: `version 1.4.2 of api`. */
  readonly what: string;
  /** When it changed, or began to fail. */
  readonly at: Instant;
  /** How probable it is among all suspects and a cause that nobody has seen, 0..1. */
  readonly probability: number;
  readonly clues: readonly Clue[];
};

/** Troubles with one cause: at most one incident. The most probable suspect first. */
export type CauseCandidate = {
  readonly since: Instant;
  readonly services: readonly ServiceId[];
  readonly suspects: readonly Suspect[];
};
