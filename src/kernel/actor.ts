// Who acts: a person, an agent, or the system itself.

/** `reporter`: a program that pushes metrics, and may change nothing. */
export type Role = 'viewer' | 'reporter' | 'operator' | 'approver' | 'blesser' | 'admin';

export type Actor = {
  readonly kind: 'person' | 'agent' | 'system';
  readonly name: string;
  readonly roles: readonly Role[];
};

/** Sereno acting by itself. */
export const SERENO: Actor = { kind: 'system', name: 'sereno', roles: [] };

/** Admin may do everything except be two persons at once. */
export const hasRole = (actor: Actor, role: Role): boolean =>
  actor.roles.includes(role) || actor.roles.includes('admin');
