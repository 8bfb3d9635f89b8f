// Who is asking, and may they: tokens and roles against the table of routes.

import type { Access } from '#api/routes.ts';
import { hasRole, type Actor } from '#kernel/actor.ts';
import { problem, type Problem } from '#kernel/problem.ts';
import type { Instant } from '#kernel/time.ts';
import type { Attempts } from './attempts.ts';
import type { TokenBook } from './tokens.ts';

export type Admission =
  | { readonly kind: 'admitted'; readonly actor: Actor | null }
  | { readonly kind: 'refused'; readonly problem: Problem; readonly retryAfterSeconds: number | null };

export type Asking = {
  /** The Authorization header. */
  readonly authorization: string | undefined;
  readonly address: string;
  readonly access: Access;
};

export type Door = {
  readonly tokens: TokenBook;
  readonly attempts: Attempts;
  readonly now: () => Instant;
  /** True when only this machine can reach the server: then reading is open. */
  readonly isReadingOpen: boolean;
};

const MEND_TOKEN = 'send `Authorization: Bearer …`; `sereno token issue <person> --role <role>` makes a token';

const refused = (trouble: Problem, retryAfterSeconds: number | null = null): Admission => ({
  kind: 'refused',
  problem: trouble,
  retryAfterSeconds,
});

const refuseToken = (door: Door, address: string): Admission => {
  const waitSeconds = door.attempts.fail(address, door.now());
  return waitSeconds === null
    ? refused(problem('unauthorized', 'this token is not known, or it has ended', { mend: MEND_TOKEN }))
    : refused(problem('too-many-requests', 'too many tokens that are not known came from this address'), waitSeconds);
};

/** Lets the asking in, or says why not (`unauthorized`, `forbidden`, `too-many-requests`). */
export const admit = (door: Door, asking: Asking): Admission => {
  const { access, address, authorization } = asking;
  if (access === 'anyone') return { kind: 'admitted', actor: null };
  if (authorization === undefined) {
    const isOpen = access === 'reader' && door.isReadingOpen;
    return isOpen
      ? { kind: 'admitted', actor: null }
      : refused(problem('unauthorized', 'this needs a token', { mend: MEND_TOKEN }));
  }
  const token = /^Bearer +(\S{1,200})$/i.exec(authorization)?.[1];
  const actor = token === undefined ? null : door.tokens.find(token);
  if (actor === null) return refuseToken(door, address);
  // Whoever holds any role may look.
  const isEnough = access === 'reader' || access === 'viewer' || hasRole(actor, access);
  return isEnough
    ? { kind: 'admitted', actor }
    : refused(
        problem('forbidden', `${actor.name} has not the role ${access}`, {
          expected: access,
          mend: `sereno token issue ${actor.name} --role ${access}`,
        }),
      );
};
