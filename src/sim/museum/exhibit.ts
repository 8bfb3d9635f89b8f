// Exhibit: one guard of ours taken out, and the documented bug of a peer that it brings back.
//
// Production code has no switch for this: a mutant wraps a socket between real parts (tampering.ts), or tells the
// machines of a site that is not the declared one. A mutant that no invariant notices is a guard that nothing proves,
// and a weather in which the untouched watchman fails would prove nothing: both are tested.

import type { Site } from '#kernel/site.ts';
import type { Faults } from '../faults.ts';
import { NO_TAMPERING, type Tampering } from '../tampering.ts';
import { DENSE } from './seasons.ts';

/** Where the bug was really seen. */
export type Peer = {
  readonly name: string;
  /** What happened there, in one sentence. */
  readonly happened: string;
  readonly link: string;
};

export type Mutant = {
  readonly name: string;
  /** Which guard is missing, in one sentence. */
  readonly missing: string;
  /** Null: a guard of our own, for which no peer's bug is known to us. */
  readonly peer: Peer | null;
  /** Any of these may notice it first. */
  readonly killers: readonly string[];
  readonly tampering: Tampering;
  readonly faults: Faults;
  /** What the town is like, for the untouched watchman as well. */
  readonly town: (site: Site) => Site;
  /** What befalls a machine that no weather knows, for the untouched watchman as well. */
  readonly mishap: Tampering['machine'];
  /** Invariants that nobody could keep in this place, with the reason: the untouched watchman is not asked for them. */
  readonly unasked: Readonly<Record<string, string>>;
};

type Guardless = Partial<Tampering> & Partial<Pick<Mutant, 'faults' | 'town' | 'mishap' | 'unasked'>>;

export type Card = Pick<Mutant, 'name' | 'missing' | 'killers'>;

const asDrawn = (site: Site): Site => site;

const noMishap: Tampering['machine'] = (machine) => machine;

const make = (card: Card, peer: Peer | null, without: Guardless): Mutant => {
  const { faults = DENSE, town = asDrawn, mishap = noMishap, unasked = {}, ...guardless } = without;
  const given = { ...NO_TAMPERING, ...guardless };
  const tampering: Tampering = { ...given, machine: (machine) => given.machine(mishap(machine)) };
  return { ...card, peer, tampering, faults, town, mishap, unasked };
};

/** The same place with every guard where it belongs. */
export const untouched = (mutant: Mutant): Tampering => ({ ...NO_TAMPERING, machine: mutant.mishap });

/** A mutant that brings back a documented bug of a peer. */
export const exhibit = (card: Card, peer: Peer, without: Guardless): Mutant => make(card, peer, without);

/** A guard of our own: it keeps its place, but is no bug of a peer and counts as none. */
export const ownGuard = (card: Card, without: Guardless): Mutant => make(card, null, without);

/** Nobody needs anybody: what fails at once has no excuse in a dependency. */
export const flat = (site: Site): Site => ({
  ...site,
  services: site.services.map((service) => ({ ...service, needs: [] })),
});
