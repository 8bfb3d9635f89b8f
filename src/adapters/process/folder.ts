// The folder of one service in the state directory: birth record, ledger, log.

import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { LedgerFile } from '#ports/ledger.ts';
import { strangeness } from './kept.ts';

/** The ledger rewrites itself beyond 512 lines of some kilobytes. */
const LEDGER_BYTES_MAX = 16_777_216;

export type Folder = {
  readonly path: string;
  readonly birth: string;
  readonly log: string;
  readonly ledger: LedgerFile;
  /** Why the folder could not be made; null when it is there. */
  readonly trouble: string | null;
};

const say = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const tryWrite = (write: () => void): string | null => {
  try {
    write();
    return null;
  } catch (error) {
    return say(error);
  }
};

const ledgerFile = (path: string): LedgerFile => ({
  read: () => {
    try {
      if (strangeness(path, LEDGER_BYTES_MAX) !== null) return null;
      // A file that does not end in a line's end gives its torn last line and an empty one: both are seen as torn.
      const text = readFileSync(path, 'utf8');
      return text.endsWith('\n') || text === '' ? text.split('\n').slice(0, -1) : [...text.split('\n'), ''];
    } catch (error) {
      const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      return isAbsent ? [] : null;
    }
  },
  append: (line) => tryWrite(() => appendFileSync(path, `${line}\n`, { mode: 0o600 })),
  replace: (lines) =>
    tryWrite(() => {
      const draft = `${path}.tmp-${process.pid}`;
      writeFileSync(draft, lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
      renameSync(draft, path);
    }),
});

/** Makes the folder when it is not there. A service's name is checked by the configuration; a path in it is a bug. */
export const openFolder = (directory: string, service: string): Folder => {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(service)) throw new Error(`not a folder name: ${service}`);
  const path = join(directory, service);
  const trouble = tryWrite(() => mkdirSync(path, { recursive: true, mode: 0o700 }));
  const ledger = ledgerFile(join(path, 'operations.jsonl'));
  return { path, birth: join(path, 'birth.jsonl'), log: join(path, 'out.log'), ledger, trouble };
};

/** Names a state directory in a child's environment: 16 hex digits of the SHA-256 of its real path. */
export const nameOfState = (directory: string): string => {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return createHash('sha256').update(realpathSync(directory)).digest('hex').slice(0, 16);
};
