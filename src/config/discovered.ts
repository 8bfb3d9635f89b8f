// Discovered: what `sereno init` found on a machine, before it is written down. Nothing here is a guess: what was not
// understood is listed by name instead.

import type { Json } from '#kernel/evidence.ts';

export type DiscoveredService = {
  readonly name: string;
  /** Where it was found, for the comment above it. */
  readonly origin: string;
  /** The value of `run:`; null when nobody could say how it is started. */
  readonly run: Json;
  readonly checks: readonly Json[];
  readonly needs: readonly string[];
  /** Ports of this machine on which it answers. */
  readonly ports: readonly number[];
  /** Remarks for the person who reads the file. */
  readonly notes: readonly string[];
};

export type DiscoveredJob = {
  readonly name: string;
  readonly origin: string;
  readonly schedule: string;
  readonly run: string;
};

/** Something that is there, and that Sereno could not turn into configuration. */
export type NotUnderstood = { readonly what: string; readonly why: string };

export type Discovery = {
  readonly services: readonly DiscoveredService[];
  readonly jobs: readonly DiscoveredJob[];
  /** Scripts that could become services; written as comments. */
  readonly candidates: readonly DiscoveredService[];
  readonly notUnderstood: readonly NotUnderstood[];
};

export const NOTHING: Discovery = { services: [], jobs: [], candidates: [], notUnderstood: [] };

export const joinDiscoveries = (all: readonly Discovery[]): Discovery => ({
  services: all.flatMap((each) => each.services),
  jobs: all.flatMap((each) => each.jobs),
  candidates: all.flatMap((each) => each.candidates),
  notUnderstood: all.flatMap((each) => each.notUnderstood),
});

/** A name that the language accepts, made of any text. */
export const asName = (text: string): string => {
  const plain = text
    .normalize('NFKD')
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 50)
    .replace(/[^A-Za-z0-9]+$/, '');
  return plain === '' ? 'unnamed' : plain;
};

/** A text that may be a secret is never copied into a file. */
export const looksSecret = (text: string): boolean =>
  /(?:passw|secret|token|api[_-]?key|credential|bearer |authorization)/i.test(text) ||
  /:\/\/[^/\s:@]+:[^/\s@]+@/.test(text);
