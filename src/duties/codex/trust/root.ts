// The root of trust: a root document of TUF 1.0 with what the codex needs besides, in fields of its own (`x-sereno-…`), so that
// every implementation of TUF can check the chain of roots.
//
//   roles of TUF    root → root    timestamp → head    targets → blessing    snapshot: the same as head, not used
//   x-sereno-roles  review, test-result, revocation
//   x-sereno-owner  in a key: whose it is
//   x-sereno-retired  keys that were given up in good order, and from which entry of the log on they are worth nothing

import type { PublicKey, RetiredKey, Role, RoleName, Root, TrustedKey } from '#kernel/trust.ts';
import { instant, type Instant } from '#kernel/time.ts';
import type { Json } from '#kernel/evidence.ts';
import { readUtc, sayUtc } from './moment.ts';
import { keyFields, pointOf } from './key.ts';
import { field, Reading, type Fields, type Read } from './reading.ts';
import { apart, sameName } from './signers.ts';

const KEYS_MAX = 64;
const TEXT_MAX = 256;
/** A name of a person that cannot be mistaken: no breaks, no marks that turn the direction of writing. */
const OWNER = /^[\p{L}\p{N}][\p{L}\p{N}._@+ -]{0,99}$/u;

/** The name of each role in the document, and where it stands. */
const PLACES: Record<RoleName, { readonly at: 'roles' | 'x-sereno-roles'; readonly name: string }> = {
  root: { at: 'roles', name: 'root' },
  head: { at: 'roles', name: 'timestamp' },
  blessing: { at: 'roles', name: 'targets' },
  review: { at: 'x-sereno-roles', name: 'review' },
  'test-result': { at: 'x-sereno-roles', name: 'test-result' },
  revocation: { at: 'x-sereno-roles', name: 'revocation' },
};

/** Reads the inside of a root document. Nothing is believed yet. `bad-input` with all that is wrong. */
export const readRoot = (signed: Fields): Read<Root> => {
  const reading = new Reading('root of trust');
  reading.chosen(field(signed, '_type'), '_type', ['root']);
  const spec = reading.text(field(signed, 'spec_version'), 'spec_version', TEXT_MAX);
  if (!/^1(\.\d+)*$/.test(spec)) reading.wrong('spec_version', '1.0');
  const keys = keysIn(reading, field(signed, 'keys'));
  const roles = {
    root: roleIn(reading, signed, 'root', keys),
    head: roleIn(reading, signed, 'head', keys),
    blessing: roleIn(reading, signed, 'blessing', keys),
    review: spareRoleIn(reading, signed, 'review', keys),
    'test-result': spareRoleIn(reading, signed, 'test-result', keys),
    revocation: spareRoleIn(reading, signed, 'revocation', keys),
  };
  return reading.result({
    version: reading.whole(field(signed, 'version'), 'version', 1),
    expires: expiryIn(reading, signed),
    keys: keys.known,
    roles,
    retired: retiredIn(reading, signed, keys.ids),
  });
};

/** When a document expires; a document without that is refused. */
export const expiryIn = (reading: Reading, signed: Fields): Instant => {
  const at = readUtc(reading.text(field(signed, 'expires'), 'expires', TEXT_MAX));
  if (at === null) reading.wrong('expires', 'a moment, 2026-11-21T20:15:00Z');
  return at ?? instant(0);
};

type Keys = { readonly known: readonly TrustedKey[]; readonly ids: ReadonlySet<string> };

const keysIn = (reading: Reading, value: unknown): Keys => {
  const entries = Object.entries(reading.object(value, 'keys'));
  if (entries.length > KEYS_MAX) reading.wrong('keys', `at most ${KEYS_MAX}`);
  const known = entries.slice(0, KEYS_MAX).flatMap(([id, it]) => keyIn(reading, id, it));
  for (const key of known) checkOwner(reading, key, known);
  return { known, ids: new Set(entries.map(([id]) => id)) };
};

/** One key has one owner, and one owner is spelt in one way; otherwise a person could stand there as two. */
const checkOwner = (reading: Reading, key: TrustedKey, keys: readonly TrustedKey[]): void => {
  const path = `keys.${key.id.slice(0, TEXT_MAX)}`;
  for (const { owner, point } of keys) {
    if (key.owner === null || owner === null || owner === key.owner) continue;
    if (point === key.point) reading.wrong(path, `one owner: ${owner} has the same key`);
    if (sameName(owner) === sameName(key.owner)) reading.wrong(path, `one spelling: ${owner} is there too`);
  }
};

/** A key of a kind that we do not know is no error: it counts for nothing. */
const keyIn = (reading: Reading, id: string, value: unknown): readonly TrustedKey[] => {
  const path = `keys.${id.slice(0, TEXT_MAX)}`;
  const fields = reading.object(value, path);
  const scheme = reading.text(field(fields, 'scheme'), `${path}.scheme`, TEXT_MAX);
  reading.text(field(fields, 'keytype'), `${path}.keytype`, TEXT_MAX);
  const held = reading.object(field(fields, 'keyval'), `${path}.keyval`);
  const written = reading.text(field(held, 'public'), `${path}.keyval.public`, 4_096);
  const owner = field(fields, 'x-sereno-owner') ?? null;
  if (owner !== null && !(typeof owner === 'string' && OWNER.test(owner))) {
    reading.wrong(`${path}.x-sereno-owner`, 'the name of a person: letters, digits, . _ @ + - and spaces');
  }
  if (scheme !== 'ed25519' && scheme !== 'ecdsa-sha2-nistp256' && scheme !== 'sshsig') return [];
  const point = pointOf(scheme, written);
  if (point === null) reading.wrong(`${path}.keyval.public`, `a public key for ${scheme}`);
  return point === null ? [] : [{ id, scheme, point, owner: typeof owner === 'string' ? owner : null }];
};

const spareRoleIn = (reading: Reading, signed: Fields, name: RoleName, keys: Keys): Role | null => {
  const spare = reading.object(field(signed, 'x-sereno-roles') ?? {}, 'x-sereno-roles');
  return field(spare, name) === undefined ? null : roleIn(reading, signed, name, keys);
};

const roleIn = (reading: Reading, signed: Fields, role: RoleName, keys: Keys): Role => {
  const { at, name } = PLACES[role];
  const path = `${at}.${name}`;
  const fields = reading.object(field(reading.object(field(signed, at), at), name), path);
  const listed = reading.list(field(fields, 'keyids'), `${path}.keyids`, KEYS_MAX);
  const keyIds = listed.map((it, index) => reading.text(it, `${path}.keyids[${index}]`, TEXT_MAX));
  const threshold = reading.whole(field(fields, 'threshold'), `${path}.threshold`, 1);
  if (new Set(keyIds).size !== keyIds.length) reading.wrong(`${path}.keyids`, 'each key once');
  const unknown = keyIds.find((id) => !keys.ids.has(id));
  if (unknown !== undefined) reading.wrong(`${path}.keyids`, `keys that are under keys; ${unknown} is not`);
  const people = apart(keys.known.filter(({ id }) => keyIds.includes(id))).length;
  const foreign = keyIds.filter((id) => !keys.known.some((key) => key.id === id)).length;
  // Whoever relied on such a root could never bless again, nor ever replace it.
  if (threshold > people + foreign)
    reading.wrong(`${path}.threshold`, `at most ${people + foreign}, the people who can sign`);
  return { keyIds, threshold };
};

const retiredIn = (reading: Reading, signed: Fields, ids: ReadonlySet<string>): readonly RetiredKey[] => {
  const path = 'x-sereno-retired';
  return reading.list(field(signed, path) ?? [], path, KEYS_MAX).map((it, index) => {
    const fields = reading.object(it, `${path}[${index}]`);
    const keyId = reading.text(field(fields, 'keyid'), `${path}[${index}].keyid`, TEXT_MAX);
    if (!ids.has(keyId)) reading.wrong(`${path}[${index}].keyid`, 'a key that is under keys');
    return {
      keyId,
      role: reading.chosen(field(fields, 'role'), `${path}[${index}].role`, ROLE_NAMES),
      beforeSeq: reading.whole(field(fields, 'before'), `${path}[${index}].before`, 1),
    };
  });
};

const ROLE_NAMES = ['blessing', 'review', 'test-result', 'revocation'] as const satisfies readonly RoleName[];

/** The inside of a root document for this root: what its signers sign. `readRoot` gives the same root back. */
export const rootSigned = (root: Root): { readonly [key: string]: Json } => ({
  _type: 'root',
  spec_version: '1.0.31',
  version: root.version,
  expires: sayUtc(root.expires),
  consistent_snapshot: true,
  keys: Object.fromEntries(root.keys.map((key) => [key.id, keyJson(key)])),
  roles: {
    root: roleJson(root.roles.root),
    timestamp: roleJson(root.roles.head),
    snapshot: roleJson(root.roles.head),
    targets: roleJson(root.roles.blessing),
  },
  'x-sereno-roles': Object.fromEntries(
    (['review', 'test-result', 'revocation'] as const).flatMap((name) => {
      const role = root.roles[name];
      return role === null ? [] : [[name, roleJson(role)]];
    }),
  ),
  'x-sereno-retired': root.retired.map(({ keyId, role, beforeSeq }) => ({ keyid: keyId, role, before: beforeSeq })),
});

const roleJson = ({ keyIds, threshold }: Role): Json => ({ keyids: keyIds, threshold });

const keyJson = (key: TrustedKey): Json => ({
  ...keyFields(key),
  ...(key.owner === null ? {} : { 'x-sereno-owner': key.owner }),
});

/** The text whose SHA-256 is the id of a key, as TUF makes it. The owner is not part of it. */
export const keyIdText = (key: PublicKey): string => JSON.stringify(keyFields(key));
