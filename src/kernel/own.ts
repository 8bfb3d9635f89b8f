// Sereno's own configuration as items of the codex, when it is declared so: what the watchman does is blessed like anything else.

import type { Instant } from './time.ts';

/** `config`: all of it. `policy`: who may do what. `runbooks`: what is done in which trouble. */
export type OwnKind = 'config' | 'policy' | 'runbooks';

export const OWN_KINDS = ['config', 'policy', 'runbooks'] as const satisfies readonly OwnKind[];

/** The items, by what they hold. No task may have these names. */
export const OWN_ITEMS: Readonly<Record<OwnKind, string>> = {
  config: 'sereno_config',
  policy: 'sereno_policy',
  runbooks: 'sereno_runbooks',
};

/** True for Sereno's own configuration: no program reads it as a task, no file of it lies among the blessed ones. */
export const isOwnItem = (item: string): boolean => Object.values(OWN_ITEMS).includes(item);

/**
 * How what runs stands to what was blessed. `emergency`: not blessed, and somebody who may bless signed that it may run for a
 * while. `unblessed`: it runs because this is not production, or because it was started before it was revoked.
 */
export type OwnState = 'blessed' | 'emergency' | 'unblessed';

export type OwnView = {
  readonly kind: OwnKind;
  readonly item: string;
  /** What runs: the digest of its closure. */
  readonly digest: string;
  /** Its version in the codex; null: it was never exported. */
  readonly version: number | null;
  readonly state: OwnState;
  /** Whose signatures count for it. */
  readonly by: readonly string[];
  /** When the emergency ends. */
  readonly until: Instant | null;
  /** One sentence for a person. */
  readonly headline: string;
};

/** As many digits of a digest as people compare. */
const DIGITS = 12;

/**
 * Which configuration runs, a line for each part of it. What must be blessed is named by what the codex names it by; only where
 * that is not all of it does the digest of the files, `configDigest`, stand beside it.
 */
export const sayConfigurations = (configDigest: string, own: readonly OwnView[]): readonly string[] => [
  ...(own.some(({ kind }) => kind === 'config') ? [] : [`configuration ${configDigest.slice(0, DIGITS)}`]),
  ...own.map(({ kind, digest, headline }) => {
    const part = kind === 'config' ? 'configuration' : kind;
    return `${part} ${digest.slice(0, DIGITS)}: ${headline}`;
  }),
];
