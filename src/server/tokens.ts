// Tokens: who may ask for what. Only SHA-256 digests are kept, in `<state>/tokens.json`, readable by the owner alone.
//
// A token is `sereno_` and 32 random bytes in base64url (RFC 4648, section 5): 256 bits cannot be guessed, so a plain
// hash is enough; a slow one (scrypt, argon2) is for passwords that people choose.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import * as z from 'zod';
import type { Actor, Role } from '#kernel/actor.ts';
import { problem, type Problem } from '#kernel/problem.ts';
import { instant, type Instant } from '#kernel/time.ts';

const recordSchema = z.object({
  id: z.string(),
  person: z.string(),
  kind: z.enum(['person', 'agent']),
  roles: z.array(z.enum(['viewer', 'reporter', 'operator', 'approver', 'blesser', 'admin'])),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  createdAt: z.number(),
  expiresAt: z.number().nullable(),
});

const fileSchema = z.object({ format: z.literal(1), tokens: z.array(recordSchema) });

export type TokenRecord = {
  readonly id: string;
  readonly person: string;
  readonly kind: 'person' | 'agent';
  readonly roles: readonly Role[];
  readonly sha256: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
};

export type TokenWish = {
  readonly person: string;
  readonly kind: 'person' | 'agent';
  readonly roles: readonly Role[];
  readonly expiresAt: Instant | null;
};

export type Listed =
  | { readonly kind: 'listed'; readonly tokens: readonly TokenRecord[] }
  | { readonly kind: 'failed'; readonly problem: Problem };

export type Issued =
  | { readonly kind: 'issued'; readonly token: string; readonly record: TokenRecord }
  | { readonly kind: 'failed'; readonly problem: Problem };

export type Revoked =
  | { readonly kind: 'revoked'; readonly records: readonly TokenRecord[] }
  | { readonly kind: 'failed'; readonly problem: Problem };

/** More than any team needs; it bounds what one authentication may cost (about 1 ms at the limit). */
const TOKENS_MAX = 1_000;

/** A writer that died leaves its half-written file behind; after this long it is in nobody's hands. */
const ABANDONED_AFTER_MS = 10_000;

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

const failed = (what: string, mend: string): { readonly kind: 'failed'; readonly problem: Problem } => ({
  kind: 'failed',
  problem: problem('store-unusable', what, { mend }),
});

const errorCode = (thrown: unknown): string =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : String(thrown);

/**
 * The tokens in the file; a file that does not exist holds none.
 * A file that others may write, or that cannot be understood, is a problem (`store-unusable`) and lets nobody in.
 */
export const listTokens = (file: string): Listed => {
  try {
    const text = readFileSync(file, 'utf8');
    // Bits for writing by the group or by others: whoever can write the file can make themselves admin.
    if ((statSync(file).mode & 0o022) !== 0) return failed(`${file} can be written by others`, `chmod 600 ${file}`);
    const decoded = fileSchema.safeParse(JSON.parse(text));
    return decoded.success
      ? { kind: 'listed', tokens: decoded.data.tokens }
      : failed(`${file} is not a file of tokens`, 'move it away and issue the tokens again');
  } catch (thrown) {
    if (errorCode(thrown) === 'ENOENT') return { kind: 'listed', tokens: [] };
    return failed(`${file} cannot be read: ${errorCode(thrown)}`, 'mend or move the file');
  }
};

/** Replaces the file as a whole under an exclusive name, so that two writers never lose each other's token. */
const rewrite = (file: string, change: (tokens: readonly TokenRecord[]) => readonly TokenRecord[]): Problem | null => {
  const draft = `${file}.new`;
  try {
    if (Date.now() - statSync(draft).mtimeMs > ABANDONED_AFTER_MS) rmSync(draft, { force: true });
  } catch {
    // No draft lies there: nothing to clear away.
  }
  try {
    const descriptor = openSync(draft, 'wx', 0o600);
    try {
      const listed = listTokens(file);
      if (listed.kind === 'failed') {
        rmSync(draft, { force: true });
        return listed.problem;
      }
      writeSync(descriptor, `${JSON.stringify({ format: 1, tokens: change(listed.tokens) }, null, 2)}\n`);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(draft, file);
    return null;
  } catch (thrown) {
    const isTaken = errorCode(thrown) === 'EEXIST';
    return problem('store-unusable', `${file} cannot be written: ${errorCode(thrown)}`, {
      mend: isTaken ? 'another token command is running; try again' : 'make the state directory writable',
    });
  }
};

/** Makes a token and keeps its digest. The token itself is in the answer and nowhere else. */
export const issueToken = (file: string, wish: TokenWish, at: Instant): Issued => {
  const listed = listTokens(file);
  if (listed.kind === 'failed') return listed;
  if (listed.tokens.length >= TOKENS_MAX) return failed(`${TOKENS_MAX} tokens exist already`, 'revoke some first');
  const token = `sereno_${randomBytes(32).toString('base64url')}`;
  const record: TokenRecord = {
    id: randomBytes(4).toString('hex'),
    ...wish,
    sha256: sha256(token).toString('hex'),
    createdAt: at,
  };
  const trouble = rewrite(file, (tokens) => [...tokens, record]);
  return trouble === null ? { kind: 'issued', token, record } : { kind: 'failed', problem: trouble };
};

/** Forgets the token with this id, or all of the person with this name. Nothing that fits is `not-found`. */
export const revokeTokens = (file: string, idOrPerson: string): Revoked => {
  const listed = listTokens(file);
  if (listed.kind === 'failed') return listed;
  const isMeant = (record: TokenRecord): boolean => record.id === idOrPerson || record.person === idOrPerson;
  const records = listed.tokens.filter(isMeant);
  if (records.length === 0) {
    return { kind: 'failed', problem: problem('not-found', `no token and no person called ${idOrPerson}`) };
  }
  const trouble = rewrite(file, (tokens) => tokens.filter((record) => !isMeant(record)));
  return trouble === null ? { kind: 'revoked', records } : { kind: 'failed', problem: trouble };
};

/** What the server asks of the file: whose token is this? Null: nobody's, or one that has ended. */
export type TokenBook = { readonly find: (token: string) => Actor | null };

/** Tells whether the file is still the one that was read: replaced files have another inode, edited ones another time. */
const fingerprint = (file: string): string => {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined ? 'none' : `${stat.ino}/${stat.size}/${stat.mtimeMs}/${stat.mode}`;
};

/** Reads the file when it has changed, and compares in constant time: every digest, all of its bytes, every time. */
export const openTokenBook = (file: string, now: () => Instant): TokenBook => {
  let seen = '';
  let tokens: readonly TokenRecord[] = [];
  const refresh = (): void => {
    const current = fingerprint(file);
    if (current === seen) return;
    const listed = listTokens(file);
    tokens = listed.kind === 'listed' ? listed.tokens.slice(0, TOKENS_MAX) : [];
    seen = current;
  };
  return {
    find: (token) => {
      refresh();
      const digest = sha256(token);
      const at = now();
      let found: TokenRecord | null = null;
      for (const record of tokens) {
        const isSame = timingSafeEqual(digest, Buffer.from(record.sha256, 'hex'));
        const isAlive = record.expiresAt === null || instant(record.expiresAt) > at;
        found = isSame && isAlive ? record : found;
      }
      return found === null ? null : { kind: found.kind, name: found.person, roles: found.roles };
    },
  };
};
