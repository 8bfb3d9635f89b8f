// The root of trust (TUF 1.0): whose keys count for what, and how many people must sign. A root is followed only by the next
// one, signed by enough people of the old root and of its own.

import type { TrustedKey } from '#kernel/trust.ts';
import { distrust, fieldsIn, jsonIn, listIn, momentIn, own, textIn, textsIn, wholeIn, type Fields } from './reading.ts';
import { isScheme, isSigned, pointIn } from './signature.ts';

export type ClientRole = { readonly keyIds: readonly string[]; readonly threshold: number };

export type ClientRoot = {
  readonly version: number;
  readonly expires: number;
  readonly keys: readonly TrustedKey[];
  readonly root: ClientRole;
  /** Who signs the end of the log. */
  readonly head: ClientRole;
  readonly blessing: ClientRole;
  /** Null: none is demanded. */
  readonly review: ClientRole | null;
  readonly test: ClientRole | null;
  /** Null: every single blesser may revoke. */
  readonly revocation: ClientRole | null;
  /** Keys that were given up: they still count for entries of the log before a number. */
  readonly retired: readonly { readonly keyId: string; readonly role: string; readonly before: number }[];
};

/** A document of TUF, its outside looked at. */
export type Signed = { readonly signed: Fields; readonly signatures: readonly unknown[] };

type Document = Signed & { readonly root: ClientRoot };

/** A name, however it is spelt: a person must not stand there as two. */
export const sameName = (name: string): string => name.normalize('NFKC').trim().toLowerCase();

const DEPTH_MAX = 16;

/** Canonical JSON of TUF (OLPC): sorted keys, whole numbers only, and in texts only `"` and `\` are escaped. */
const tufText = (value: unknown, depth = DEPTH_MAX): string => {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  if (typeof value === 'string' && value.isWellFormed())
    return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  if (typeof value !== 'object' || depth === 0) return distrust('the root has a value that nobody can sign');
  if (Array.isArray(value)) return `[${value.map((it) => tufText(it, depth - 1)).join(',')}]`;
  const fields = fieldsIn(value, 'a value');
  const parts = Object.keys(fields)
    .toSorted()
    .map((key) => `${tufText(key)}:${tufText(fields[key], depth - 1)}`);
  return `{${parts.join(',')}}`;
};

const keysIn = (signed: Fields): readonly TrustedKey[] => {
  const keys = Object.entries(fieldsIn(own(signed, 'keys'), 'keys')).flatMap(([id, value]): readonly TrustedKey[] => {
    const fields = fieldsIn(value, 'a key');
    const { scheme, 'x-sereno-owner': owner = null } = fields;
    if (!isScheme(scheme)) return []; // A kind that we do not know counts for nothing.
    const point = pointIn(scheme, textIn(fieldsIn(own(fields, 'keyval'), 'keyval'), 'public'));
    if (point === null) return distrust(`the key ${id} is no key for ${scheme}`);
    if (owner !== null && typeof owner !== 'string') return distrust(`the owner of the key ${id} is no name`);
    return [{ id, scheme, point, owner }];
  });
  for (const one of keys) {
    for (const other of keys) {
      if (one.owner === null || other.owner === null || one.owner === other.owner) continue;
      if (one.point === other.point || sameName(one.owner) === sameName(other.owner))
        distrust(`${one.owner} and ${other.owner} are not two people`);
    }
  }
  return keys;
};

const roleIn = (roles: Fields, name: string): ClientRole => {
  const fields = fieldsIn(own(roles, name), `the role ${name}`);
  return { keyIds: textsIn(fields, 'keyids'), threshold: wholeIn(fields, 'threshold') };
};

const spareIn = (roles: Fields, name: string): ClientRole | null =>
  own(roles, name) === undefined ? null : roleIn(roles, name);

/** Throws Distrust. */
export const readSigned = (text: string, what: string): Signed => {
  const outside = fieldsIn(jsonIn(text, what), what);
  return { signed: fieldsIn(own(outside, 'signed'), 'signed'), signatures: listIn(outside, 'signatures') };
};

const readRoot = (text: string): Document => {
  const { signed, signatures } = readSigned(text, 'the root');
  if (own(signed, '_type') !== 'root') distrust('it is not a root of trust');
  const roles = fieldsIn(own(signed, 'roles'), 'roles');
  const spare = fieldsIn(own(signed, 'x-sereno-roles') ?? {}, 'x-sereno-roles');
  const root: ClientRoot = {
    version: wholeIn(signed, 'version'),
    expires: momentIn(signed, 'expires'),
    keys: keysIn(signed),
    root: roleIn(roles, 'root'),
    head: roleIn(roles, 'timestamp'),
    blessing: roleIn(roles, 'targets'),
    review: spareIn(spare, 'review'),
    test: spareIn(spare, 'test-result'),
    revocation: spareIn(spare, 'revocation'),
    retired: listIn(signed, 'x-sereno-retired').map((it) => {
      const fields = fieldsIn(it, 'a retired key');
      return { keyId: textIn(fields, 'keyid'), role: textIn(fields, 'role'), before: wholeIn(fields, 'before') };
    }),
  };
  return { signed, signatures, root };
};

export const keysOf = ({ keys }: ClientRoot, { keyIds }: ClientRole): readonly TrustedKey[] =>
  keyIds.flatMap((id) => keys.filter((key) => key.id === id));

/** How many people have signed: one counts once, and so does a key under two names. */
export const peopleOf = ({ signed, signatures }: Signed, by: ClientRoot, role: ClientRole): number => {
  const message = Buffer.from(tufText(signed));
  const given = signatures.map((it) => fieldsIn(it, 'a signature'));
  const held = keysOf(by, role).filter((key) =>
    given.some((it) => own(it, 'keyid') === key.id && isSigned(key, message, Buffer.from(textIn(it, 'sig'), 'hex'))),
  );
  const people = held.filter(
    (key, at) =>
      !held.slice(0, at).some((it) => it.point === key.point || (it.owner !== null && it.owner === key.owner)),
  );
  return people.length;
};

const demand = (document: Document, by: ClientRoot): void => {
  const count = peopleOf(document, by, by.root);
  if (count < by.root.threshold)
    distrust(
      `root ${document.root.version} is signed by ${count} of the ${by.root.threshold} that root ${by.version} demands`,
    );
};

/** The root that the program was given by a way that is trusted. Throws Distrust. */
export const firstRoot = (text: string): ClientRoot => {
  const document = readRoot(text);
  demand(document, document.root);
  return document.root;
};

/** The root that follows; what is not newer changes nothing. Throws Distrust. */
export const nextRoot = (before: ClientRoot, text: string): ClientRoot => {
  const document = readRoot(text);
  const { version } = document.root;
  if (version <= before.version) return before;
  if (version !== before.version + 1) distrust(`root ${version} does not follow root ${before.version}`);
  demand(document, before);
  demand(document, document.root);
  return document.root;
};
