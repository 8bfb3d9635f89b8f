// PostgreSQL stand: a private cluster for a test, run as the postgres user when the test runs as root.

import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './port.ts';
import { startServer, temporaryFolder, type Stand } from './server.ts';

/** Where Debian keeps the programs of each version; the newest wins. */
const DEBIAN = '/usr/lib/postgresql';

const programsFolder = (): string => {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const [newest] = versions;
  if (newest === undefined) throw new Error('PostgreSQL is not installed: apt-get install postgresql');
  return join(DEBIAN, newest, 'bin');
};

const idOf = (flag: '-u' | '-g'): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));

/** PostgreSQL refuses to run as root. setpriv becomes the program itself, so that its pid is the server's. */
const asUser = (argv: readonly string[]): readonly string[] =>
  process.getuid?.() === 0
    ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', '--', ...argv]
    : argv;

const run = (argv: readonly string[], cwd: string): void => {
  const [program = '', ...args] = asUser(argv);
  execFileSync(program, args, { cwd, stdio: 'pipe' });
};

export type Postgres = Stand;

/** Starts a cluster on a free port of loopback; user `postgres`, no password, database `postgres`. About two seconds. */
export const startPostgres = async (settings: Readonly<Record<string, string>> = {}): Promise<Stand> => {
  const bin = programsFolder();
  const port = await freePort();
  const folder = temporaryFolder('postgres');
  if (process.getuid?.() === 0) chownSync(folder, idOf('-u'), idOf('-g'));
  const cluster = join(folder, 'cluster');
  run(
    [
      join(bin, 'initdb'),
      '--pgdata',
      cluster,
      '--username',
      'postgres',
      '--auth',
      'trust',
      '--locale',
      'C',
      '--no-sync',
    ],
    folder,
  );
  const all = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'off',
    ...settings,
  };
  const options = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const argv = asUser([join(bin, 'postgres'), '-D', cluster, ...options]);
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  return startServer({ argv, ready: 'database system is ready to accept connections', url, port, folder });
};
