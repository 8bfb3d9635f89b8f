// Migrations: numbered plain SQL, forward only, each in one transaction, recorded with the digest of what was applied.

import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { problem, type Problem } from '#kernel/problem.ts';
import type { Instant } from '#kernel/time.ts';
import { readNumber, readText } from './row.ts';

export type Migration = {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  readonly digest: string;
};

/** "SRNO" in ASCII, as PRAGMA application_id: tells a store of Sereno from any other database. */
const APPLICATION_ID = 0x53524e4f;

/** Beside the bundle in dist/, one above it, and from this file in the repository: the first that exists is used. */
const PLACES = ['./schema/sqlite/', '../schema/sqlite/', '../../../schema/sqlite/'];

const FILE_NAME = /^(\d{4})-[a-z0-9-]+\.sql$/;

const listSql = (directory: string): readonly string[] => {
  try {
    return readdirSync(directory).filter((name) => FILE_NAME.test(name));
  } catch {
    return [];
  }
};

/** Reads the migrations that this program knows, in order; empty when the installation lacks them. */
export const readMigrations = (places: readonly string[] = PLACES): readonly Migration[] => {
  for (const place of places) {
    const directory = fileURLToPath(new URL(place, import.meta.url));
    const names = listSql(directory).toSorted();
    if (names.length === 0) continue;
    return names.map((name) => {
      const sql = readFileSync(`${directory}/${name}`, 'utf8');
      return { version: Number(name.slice(0, 4)), name, sql, digest: hash('sha256', sql) };
    });
  }
  return [];
};

const readPragma = (db: DatabaseSync, name: 'user_version' | 'application_id'): number =>
  readNumber(db.prepare(`PRAGMA ${name}`).get() ?? {}, name);

/** Looks, without writing, whether this program may use the file. Null: it may. */
export const examineSchema = (db: DatabaseSync, path: string, migrations: readonly Migration[]): Problem | null => {
  const newest = migrations.at(-1)?.version ?? 0;
  if (newest === 0) {
    return problem('store-unusable', 'the SQL files of this installation are missing', {
      expected: 'schema/sqlite/0001-….sql beside the program',
      mend: 'install Sereno again',
    });
  }
  const version = readPragma(db, 'user_version');
  const tables = readNumber(db.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() ?? {}, 'tables');
  if (tables > 0 && readPragma(db, 'application_id') !== APPLICATION_ID) {
    return problem('store-unusable', `${path} is a database, but not one of Sereno's`, {
      mend: 'choose another directory with --state',
    });
  }
  if (version > newest) {
    return problem('store-newer', `${path} was written by a newer Sereno (schema ${version})`, {
      expected: `schema ${newest} or older`,
      mend: 'update Sereno; a store is never migrated backwards',
    });
  }
  return tables === 0 ? null : compareDigests(db, path, migrations);
};

const compareDigests = (db: DatabaseSync, path: string, migrations: readonly Migration[]): Problem | null => {
  for (const row of db.prepare('SELECT version, digest FROM migrations ORDER BY version').all()) {
    const version = readNumber(row, 'version');
    const known = migrations.find((migration) => migration.version === version);
    if (known?.digest === readText(row, 'digest')) continue;
    return problem('store-unusable', `${path} was made by another text of migration ${version}`, {
      expected: `the migration ${known?.name ?? version} as this program has it`,
      mend: 'use the Sereno that made the store, or choose another directory with --state',
    });
  }
  return null;
};

/** Applies what is missing, each migration in a transaction of its own. SQLite's errors pass through. */
export const migrate = (db: DatabaseSync, migrations: readonly Migration[], now: Instant): void => {
  const from = readPragma(db, 'user_version');
  for (const migration of migrations.filter(({ version }) => version > from)) {
    db.exec('BEGIN IMMEDIATE');
    try {
      db.exec(migration.sql);
      db.prepare('INSERT INTO migrations (version, name, digest, applied_at) VALUES (?, ?, ?, ?)').run(
        migration.version,
        migration.name,
        migration.digest,
        now,
      );
      db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${migration.version}; COMMIT`);
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  }
};
