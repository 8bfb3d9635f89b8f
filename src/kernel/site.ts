// The site: everything that was declared, decoded once, frozen.

import type { Check } from './check.ts';
import type { ItemId } from './codex.ts';
import type { MachineId, PersonId, ServiceId } from './id.ts';
import { machineId } from './id.ts';
import type { Maintenance } from './maintenance.ts';
import type { Severity } from './notification.ts';
import type { OwnKind } from './own.ts';
import type { Policy } from './policy.ts';
import type { Role } from './actor.ts';
import type { Environment, Service } from './service.ts';
import type { MetricSource } from './source.ts';
import type { DurationMs } from './time.ts';

export type Person = {
  readonly id: PersonId;
  readonly roles: readonly Role[];
  readonly contact: Readonly<Record<string, string>>;
};

/** Where messages go. Channels without an adapter yet are accepted and listed as declared, not yet active. */
export type Channel = {
  readonly name: string;
  readonly kind: 'webhook' | 'alertmanager' | 'terminal' | 'slack' | 'pagerduty' | 'smtp';
  readonly url: string | null;
};

/** Something that a later release will carry out: accepted, validated, listed, never silently ignored. */
export type Declared = { readonly path: string; readonly what: string };

/** Where the codex reads and writes, as whole paths, and who may bless. */
export type CodexSite = {
  readonly sources: string;
  readonly templates: string;
  readonly blessed: string;
  /** Suites of evaluation: `<item>.yaml`. */
  readonly suites: string;
  /** Where files of schemas are looked for, to be registered. */
  readonly schemas: string;
  readonly blessers: readonly PersonId[];
  /** How many of them must sign, each with a key of their own. */
  readonly threshold: number;
  /** Where what was believed of the codex is kept; left out: in the state directory. */
  readonly memory?: string;
  /** Places besides the folder of the blessed files in which programs read an item; written and watched like those. */
  readonly copies: readonly CopyDeclared[];
  /** Which parts of this very configuration must be blessed. */
  readonly own: readonly OwnKind[];
};

/** A place that the configuration names, and the share of user traffic that depends on it. */
export type CopyDeclared = { readonly item: ItemId; readonly file: string; readonly trafficPercent: number };

/** Where models answer: an endpoint that speaks the protocol of chat completions. */
export type ModelSite = {
  readonly baseUrl: string;
  /** A secret; null: none is asked for. */
  readonly apiKey: string | null;
  /** For one question with all its tries. */
  readonly timeoutMs: DurationMs;
  /** Why it cannot be asked: what it refers to is missing. Null: it can. */
  readonly cannotAsk: string | null;
};

export type Site = {
  readonly name: string;
  readonly environment: Environment;
  readonly timezone: string;
  readonly services: readonly Service[];
  /** Where metrics come from besides the checks. */
  readonly sources: readonly MetricSource[];
  readonly people: readonly Person[];
  /** Who is paged, in this order; rotates weekly. */
  readonly onCall: readonly PersonId[];
  readonly policyAuthor: PersonId | null;
  readonly policy: Policy;
  readonly channels: readonly Channel[];
  readonly routes: Readonly<Record<Severity, readonly string[]>>;
  /** Agreed work: what fails meanwhile is not taken from a budget. */
  readonly maintenance: readonly Maintenance[];
  /** How series are watched for what they have never done; null: not at all. */
  readonly anomaly: { readonly perWeek: number } | null;
  /** The metrics file never grows over this; null: as much as the store allows unless told. */
  readonly metricsCapBytes: number | null;
  /** Null: no codex is kept here. */
  readonly codex: CodexSite | null;
  /** Null: no model is declared. */
  readonly model: ModelSite | null;
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
/** The subject of what is said of Sereno's own eyes. */
export const WATCHMAN = 'watchman';
export const ALERTS: MachineId = machineId('alerts', 'site');
export const RELEASES: MachineId = machineId('releases', 'site');
export const CODEX: MachineId = machineId('codex', 'site');
/** The watch over what the codex has deployed. */
export const DRIFT: MachineId = machineId('drift', 'site');
/** The maintenance of the codex. */
export const KEEPING: MachineId = machineId('keeping', 'codex');

type Register = {
  readonly byId: ReadonlyMap<ServiceId, Service>;
  readonly dependants: ReadonlyMap<ServiceId, readonly Service[]>;
};

/** Made once for each list of services, which is frozen: asked ten thousand times, a search through it was 20 s of a start. */
const registers = new WeakMap<readonly Service[], Register>();

const makeRegister = (services: readonly Service[]): Register => {
  const byId = new Map<ServiceId, Service>();
  const dependants = new Map<ServiceId, Service[]>();
  for (const service of services) {
    if (!byId.has(service.id)) byId.set(service.id, service);
    for (const need of new Set(service.needs)) {
      const known = dependants.get(need);
      if (known === undefined) dependants.set(need, [service]);
      else known.push(service);
    }
  }
  return { byId, dependants };
};

const registerOf = (site: Site): Register => {
  const known = registers.get(site.services);
  if (known !== undefined) return known;
  const made = makeRegister(site.services);
  registers.set(site.services, made);
  return made;
};

export const findService = (site: Site, id: ServiceId): Service | null => registerOf(site).byId.get(id) ?? null;

/** The services that need this one directly. */
export const dependantsOf = (site: Site, id: ServiceId): readonly Service[] =>
  registerOf(site).dependants.get(id) ?? [];

export const allChecks = (site: Site): readonly Check[] => site.services.flatMap((service) => service.checks);
