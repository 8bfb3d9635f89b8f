// The site: everything that was declared, decoded once, frozen.

import type { Check } from './check.ts';
import type { MachineId, PersonId, ServiceId } from './id.ts';
import { machineId } from './id.ts';
import type { Severity } from './notification.ts';
import type { Policy } from './policy.ts';
import type { Role } from './actor.ts';
import type { Environment, Service } from './service.ts';
import type { DurationMs } from './time.ts';

export type Person = {
  readonly id: PersonId;
  readonly roles: readonly Role[];
  readonly contact: Readonly<Record<string, string>>;
};

/** Where messages go. Channels without an adapter yet are accepted and listed as declared, not yet active. */
export type Channel = {
  readonly name: string;
  readonly kind: 'webhook' | 'terminal' | 'slack' | 'pagerduty' | 'smtp';
  readonly url: string | null;
};

/** Something that a later release will carry out: accepted, validated, listed, never silently ignored. */
export type Declared = { readonly path: string; readonly what: string };

export type Site = {
  readonly name: string;
  readonly environment: Environment;
  readonly timezone: string;
  readonly services: readonly Service[];
  readonly people: readonly Person[];
  /** Who is paged, in this order; rotates weekly. */
  readonly onCall: readonly PersonId[];
  readonly policyAuthor: PersonId | null;
  readonly policy: Policy;
  readonly channels: readonly Channel[];
  readonly routes: Readonly<Record<Severity, readonly string[]>>;
  readonly heartbeat: { readonly url: string; readonly everyMs: DurationMs } | null;
  readonly declared: readonly Declared[];
  /** Values that must never leave the process. */
  readonly secrets: readonly string[];
  /** SHA-256 of the canonical form of what was read, secrets left out. */
  readonly digest: string;
};

export const watchMachine = (service: ServiceId): MachineId => machineId('watch', service);
export const GATE: MachineId = machineId('gate', 'site');
export const STARTUP: MachineId = machineId('startup', 'site');
export const INCIDENTS: MachineId = machineId('incidents', 'site');

export const findService = (site: Site, id: ServiceId): Service | null =>
  site.services.find((service) => service.id === id) ?? null;

/** The services that need this one directly. */
export const dependantsOf = (site: Site, id: ServiceId): readonly Service[] =>
  site.services.filter((service) => service.needs.includes(id));

export const allChecks = (site: Site): readonly Check[] => site.services.flatMap((service) => service.checks);
