// The tokens of a state directory, for the command line: it may not know the server, which owns the file's form.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { instant } from '#kernel/time.ts';
import {
  issueToken,
  listTokens,
  revokeTokens,
  type Issued,
  type Listed,
  type Revoked,
  type TokenWish,
} from '#server/tokens.ts';

/** Where the digests of all tokens lie. */
export const tokensFile = (stateDirectory: string): string => join(stateDirectory, 'tokens.json');

/** Makes a token; the state directory is made first where there is none. `days` null: it does not end. */
export const issueTo = (stateDirectory: string, wish: Omit<TokenWish, 'expiresAt'>, days: number | null): Issued => {
  const at = instant(Date.now());
  mkdirSync(stateDirectory, { recursive: true, mode: 0o700 });
  const expiresAt = days === null ? null : instant(at + days * 86_400_000);
  return issueToken(tokensFile(stateDirectory), { ...wish, expiresAt }, at);
};

export const tokensOf = (stateDirectory: string): Listed => listTokens(tokensFile(stateDirectory));

export const revokeFrom = (stateDirectory: string, idOrPerson: string): Revoked =>
  revokeTokens(tokensFile(stateDirectory), idOrPerson);
