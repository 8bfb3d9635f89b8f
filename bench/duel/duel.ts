// Duel: one race between Sereno and its peers on the same machine, in the same run, with the goal written down before.

import type { Watchman } from '../watchman.ts';
import type { Peer } from './peers/peer.ts';

/** One contender as a line of the table. `cells` are in the order of the report's columns, medians with their spread. */
export type Row = {
  readonly contender: string;
  readonly version: string;
  /** In words, so that a reader can judge whether the peer was given a fair chance. */
  readonly settings: string;
  readonly cells: readonly string[];
};

/** What must hold on any machine, however slow: counts and words, never times. CI's short form asserts these alone. */
export type Claim = { readonly what: string; readonly isTrue: boolean };

export type Report = {
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  readonly claims: readonly Claim[];
  readonly verdict: 'reached' | 'missed' | 'not built';
  /** What a reader must know besides: by how much a goal was missed and why, what a number does not say. */
  readonly notes: readonly string[];
};

export type Duel = {
  /** As it is called on the command line: `d1`. */
  readonly name: string;
  readonly title: string;
  readonly goal: string;
  /** Whom it needs; they are installed before it runs. */
  readonly peers: readonly Peer[];
  readonly run: (stand: Stand) => Promise<Report>;
};

/** Where a duel runs. Everything that is started on it is stopped after the duel, however it ended. */
export type Stand = {
  /** A temporary folder of this duel. */
  readonly folder: string;
  /** Few rounds and short waits, for CI: the claims are tested, the numbers are not worth quoting. */
  readonly isShort: boolean;
  /** A new folder inside `folder`. */
  readonly room: (name: string) => string;
  readonly freePort: () => Promise<number>;
  /** Runs after the duel, the last one first. */
  readonly defer: (cleanUp: () => unknown) => void;
  /** A Sereno on this configuration in a room of its own; ended after the duel. */
  readonly sereno: (room: string, config: string) => Promise<Watchman>;
  /** The Sereno of that room once more, after it was killed; ended after the duel. */
  readonly serenoAgain: (room: string) => Promise<Watchman>;
  /** Tells the person who waits how far it is. */
  readonly say: (line: string) => void;
};
