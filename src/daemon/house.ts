// The house of one run: the lock, the store, the tokens. Opened in that order, closed in reverse.

import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Boot } from '#kernel/event.ts';
import { problem, type Problem } from '#kernel/problem.ts';
import type { Clock } from '#ports/clock.ts';
import type { RealClock } from '#adapters/clock/clock.ts';
import { takeLock } from '#adapters/sqlite/lock.ts';
import { openStore, type SqliteStore } from '#adapters/sqlite/store.ts';
import { issueToken, openTokenBook, revokeTokens, type TokenBook } from '#server/tokens.ts';

export type House = {
  /** The state directory. */
  readonly directory: string;
  readonly store: SqliteStore;
  readonly tokens: TokenBook;
  /** For the dashboard's address that is printed on this terminal, and for the command line of this user. */
  readonly localToken: string;
  readonly lastRun: Pick<Boot, 'isClean' | 'uncleanStops'>;
  readonly writeAddress: (url: string) => void;
  /** `isClean`: the end was orderly, so the next start is not in safe mode. */
  readonly close: (isClean: boolean) => void;
};

export type HouseOpening =
  { readonly kind: 'opened'; readonly house: House } | { readonly kind: 'refused'; readonly problem: Problem };

const TOKENS_FILE = 'tokens.json';
const LOCAL_TOKEN_FILE = 'token';
const ADDRESS_FILE = 'address';

const localName = (): string => {
  try {
    return `${userInfo().username}@local`;
  } catch {
    return 'local';
  }
};

/** Each run has its own local token: one that leaked from an old terminal is worth nothing. */
const makeLocalToken = (directory: string, clock: Clock): string | Problem => {
  const file = join(directory, TOKENS_FILE);
  const person = localName();
  const revoked = revokeTokens(file, person);
  if (revoked.kind === 'failed' && revoked.problem.code !== 'not-found') return revoked.problem;
  const issued = issueToken(file, { person, kind: 'person', roles: ['admin'], expiresAt: null }, clock.now());
  if (issued.kind === 'failed') return issued.problem;
  const path = join(directory, LOCAL_TOKEN_FILE);
  rmSync(path, { force: true });
  writeFileSync(path, `${issued.token}\n`, { mode: 0o600 });
  return issued.token;
};

/** An open store goes into a house, or is closed again. */
const furnish = (directory: string, clock: RealClock, store: SqliteStore, release: () => void): HouseOpening => {
  const [newest] = store.evidence({ limit: 1 });
  if (newest !== undefined) clock.goOnAfter(newest.at);
  const refuse = (trouble: Problem): HouseOpening => {
    store.close();
    release();
    return { kind: 'refused', problem: trouble };
  };
  const lastRun = store.readLastRun(clock.now());
  const localToken = makeLocalToken(directory, clock);
  if (typeof localToken !== 'string') return refuse(localToken);
  const unmarked = store.markRunning(clock.now());
  if (unmarked !== null) return refuse(problem('store-unusable', unmarked));
  const address = join(directory, ADDRESS_FILE);
  const house: House = {
    directory,
    store,
    tokens: openTokenBook(join(directory, TOKENS_FILE), () => clock.now()),
    localToken,
    lastRun,
    writeAddress: (url) => {
      const half = `${address}.tmp-${randomBytes(4).toString('hex')}`;
      writeFileSync(half, `${url}\n`, { mode: 0o600 });
      renameSync(half, address);
    },
    close: (isClean) => {
      rmSync(address, { force: true });
      if (isClean) store.markClean(clock.now());
      store.close();
      release();
    },
  };
  return { kind: 'opened', house };
};

/** Opens the state directory for this run. Refused with `already-running`, `store-…` or a token problem. */
export const openHouse = (directory: string, clock: RealClock): HouseOpening => {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    chmodSync(directory, 0o700);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { kind: 'refused', problem: problem('store-unusable', `${directory} cannot be used: ${detail}`) };
  }
  const locking = takeLock(directory, clock.now());
  if (locking.kind === 'refused') return { kind: 'refused', problem: locking.problem };
  const opening = openStore({ directory, clock });
  if (opening.kind === 'refused') {
    locking.release();
    return { kind: 'refused', problem: opening.problem };
  }
  return furnish(directory, clock, opening.store, locking.release);
};
