// Identifiers are branded, so that a check can never be passed where a service is wanted.

declare const idBrand: unique symbol;
type Id<Noun extends string> = string & { readonly [idBrand]: Noun };

export type ServiceId = Id<'service'>;
/** `<service>/<kind>` or `<service>/<kind>-<n>`: unique in the site. */
export type CheckId = Id<'check'>;
export type PersonId = Id<'person'>;
/** `<kind>:<subject>`, for example `watch:api` or `gate:site`. */
export type MachineId = Id<'machine'>;
/** `<machine>/<version>/<index>`: the idempotency key of an effect. */
export type EffectKey = Id<'effect'>;

export const serviceId = (text: string): ServiceId => text as ServiceId; // brand
export const checkId = (text: string): CheckId => text as CheckId; // brand
export const personId = (text: string): PersonId => text as PersonId; // brand
export const machineId = (kind: string, subject: string): MachineId => `${kind}:${subject}` as MachineId; // brand
export const effectKey = (machine: MachineId, version: number, index: number): EffectKey =>
  `${machine}/${version}/${index}` as EffectKey; // brand

/** The kind of a machine: what stands before the colon. */
export const machineKind = (machine: MachineId): string => machine.slice(0, machine.indexOf(':'));
/** The subject of a machine: what stands after the colon. */
export const machineSubject = (machine: MachineId): string => machine.slice(machine.indexOf(':') + 1);

/** The name of one action on a service: epochs are never reused, so neither is the name. */
export const actionKey = (service: ServiceId, epoch: number): EffectKey => `action:${service}/${epoch}` as EffectKey; // brand
