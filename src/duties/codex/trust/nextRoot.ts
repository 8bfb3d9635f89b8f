// The root that follows: who may bless from now on, with which keys, and what becomes of the keys that are not named any more.
//
// A key that is left out loses all that it ever signed, as in TUF: that is what a stolen key asks for. A key that only changes
// hands is retired: what the log has from it before this moment still counts.

import type { RetiredKey, Role, RoleName, Root, TrustedKey } from '#kernel/trust.ts';
import type { Instant } from '#kernel/time.ts';
import { sameName } from './signers.ts';

/** Who signs test results, and how many of them must. */
export type Testers = { readonly keys: readonly TrustedKey[]; readonly threshold: number };

export type RootTerms = {
  /** The people who bless, each key with its owner. */
  readonly people: readonly TrustedKey[];
  readonly threshold: number;
  readonly expires: Instant;
  /** The key of the codex itself: it signs the head of the log and nothing else. Null: there is none. */
  readonly machine: TrustedKey | null;
  /** Whose keys stay good for what they signed before the entry `beforeSeq`, although they are not named any more. */
  readonly retire: readonly string[];
  /** `kept`: as in the root before. `none`: test results count unsigned, as where none were ever named. */
  readonly testers: Testers | 'kept' | 'none';
  readonly beforeSeq: number;
};

const SPARE = ['review', 'test-result', 'revocation'] as const satisfies readonly RoleName[];

/** The first root (`before` null), or the next one. Nobody has signed it yet. */
export const nextRootOf = (before: Root | null, terms: RootTerms): Root => {
  const { people, threshold, machine } = terms;
  const machines = machine === null ? [] : [machine];
  const all: Role = { keyIds: people.map(({ id }) => id), threshold };
  const retired = retiredIn(before, terms);
  const kept = (before?.keys ?? []).filter(({ id }) => retired.some(({ keyId }) => keyId === id));
  const testers = testersIn(before, terms);
  const spare = (name: (typeof SPARE)[number]): Role | null => withKeys(before?.roles[name] ?? null, people);
  return {
    version: (before?.version ?? 0) + 1,
    expires: terms.expires,
    keys: once([...people, ...machines, ...(testers?.keys ?? []), ...kept]),
    roles: {
      root: all,
      head: { keyIds: [...all.keyIds, ...machines.map(({ id }) => id)], threshold: 1 },
      blessing: all,
      review: spare('review'),
      'test-result':
        testers === null ? null : { keyIds: testers.keys.map(({ id }) => id), threshold: testers.threshold },
      revocation: spare('revocation'),
    },
    retired,
  };
};

/** A tester who blesses nothing stays until others are named; one who blesses too goes with that. */
const testersIn = (before: Root | null, { people, testers }: RootTerms): Testers | null => {
  if (testers !== 'kept') return testers === 'none' ? null : testers;
  const role = before?.roles['test-result'] ?? null;
  if (before === null || role === null) return null;
  const isBlesser = (id: string): boolean => before.roles.blessing.keyIds.includes(id);
  const stays = (id: string): boolean => !isBlesser(id) || people.some((key) => key.id === id);
  return { keys: before.keys.filter(({ id }) => role.keyIds.includes(id) && stays(id)), threshold: role.threshold };
};

const once = (keys: readonly TrustedKey[]): readonly TrustedKey[] =>
  keys.filter((key, at) => keys.findIndex(({ id }) => id === key.id) === at);

/** A role that others made goes on with those of its keys that are still there; its threshold is never lowered. */
const withKeys = (role: Role | null, people: readonly TrustedKey[]): Role | null =>
  role === null ? null : { ...role, keyIds: role.keyIds.filter((id) => people.some((key) => key.id === id)) };

const retiredIn = (before: Root | null, { people, retire, beforeSeq }: RootTerms): readonly RetiredKey[] => {
  if (before === null) return [];
  const names = new Set(retire.map(sameName));
  const isGiven = (id: string): boolean => people.some((key) => key.id === id);
  const given = before.keys.filter(({ id, owner }) => owner !== null && names.has(sameName(owner)) && !isGiven(id));
  const fresh = given.flatMap(({ id }) =>
    (['blessing', ...SPARE] as const)
      .filter((role) => before.roles[role]?.keyIds.includes(id) === true)
      .map((role): RetiredKey => ({ keyId: id, role, beforeSeq })),
  );
  // What was retired once stays retired from the same entry on, unless the key is named again.
  const known = before.retired.filter(({ keyId }) => !isGiven(keyId));
  return [...known, ...fresh.filter((it) => !known.some(({ keyId, role }) => keyId === it.keyId && role === it.role))];
};

/** People whose keys are in the old root, and neither in the next one nor retired: what they signed counts for nothing then. */
export const dropped = (before: Root | null, next: Root): readonly string[] => {
  const owners = (before?.keys ?? []).flatMap((key) => {
    const isKept = next.keys.some(({ id }) => id === key.id);
    return key.owner === null || isKept ? [] : [key.owner];
  });
  return [...new Set(owners)];
};
