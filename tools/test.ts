// Test: the end-to-end tests. Installs the servers and the browser that they need, builds, and runs them.
//
// Nothing is installed when the binaries are there. Installing needs apt and root; without them it says what is missing.

import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';

type Need = { readonly apt: string; readonly binaries: readonly string[]; readonly why: string };

const NEEDS: readonly Need[] = [
  { apt: 'redis-server', binaries: ['/usr/bin/redis-server'], why: 'checks of Redis' },
  { apt: 'postgresql-15', binaries: ['/usr/lib/postgresql/*/bin/postgres'], why: 'checks of PostgreSQL' },
  { apt: 'libfaketime', binaries: ['/usr/lib/*/faketime/libfaketime.so.1'], why: 'clocks that are set' },
  { apt: 'e2fsprogs', binaries: ['/sbin/mkfs.ext4', '/usr/sbin/mkfs.ext4'], why: 'a disk that turns read-only' },
  { apt: 'strace', binaries: ['/usr/bin/strace'], why: 'the crash points of the store' },
  { apt: 'prometheus-alertmanager', binaries: ['/usr/bin/prometheus-alertmanager'], why: 'alerts' },
  { apt: 'prometheus', binaries: ['/usr/bin/prometheus'], why: 'burn rules, beside those of Prometheus' },
  { apt: 'chromium', binaries: ['/usr/bin/chromium'], why: 'the dashboard' },
  { apt: 'runit', binaries: ['/usr/bin/runsvdir'], why: 'duels' },
  { apt: 's6', binaries: ['/usr/bin/s6-svscan'], why: 'duels' },
  { apt: 'supervisor', binaries: ['/usr/bin/supervisord'], why: 'duels' },
  { apt: 'monit', binaries: ['/usr/bin/monit'], why: 'duels' },
];

/** The files run one after another: each has the two cores, the ports and the clock to itself. */
const CONCURRENCY = 1;

/** No single test needs longer, and a file ends with its last test: one that fails can never hold up the others. */
const BOUNDS = ['--test-timeout=600000', '--test-force-exit'];

/** Runs a program on this terminal and tells whether it ended well. */
const run = (program: string, words: readonly string[]): boolean =>
  spawnSync(program, words, {
    stdio: ['ignore', 'inherit', 'inherit'],
    // Debian would start what it installs as daemons of the machine; the tests start their own.
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
  }).status === 0;

const isThere = (need: Need): boolean => need.binaries.some((pattern) => globSync(pattern).length > 0);

/** What is still missing after trying; empty when all is there. */
const install = (missing: readonly Need[]): readonly Need[] => {
  const isRoot = process.getuid?.() === 0;
  if (missing.length === 0 || !isRoot || !existsSync('/usr/bin/apt-get')) return missing;
  console.log(`installing ${missing.map((need) => need.apt).join(', ')}`);
  const isGood =
    run('apt-get', ['update', '-q']) &&
    run('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...missing.map((need) => need.apt)]);
  if (!isGood) console.error('apt-get failed; its words are above');
  return missing.filter((need) => !isThere(need));
};

const main = (words: readonly string[]): number => {
  const missing = install(NEEDS.filter((need) => !isThere(need)));
  if (missing.length > 0) {
    for (const need of missing) console.error(`missing: ${need.apt} (for ${need.why})`);
    console.error(`to mend, as root: apt-get update && apt-get install ${missing.map((it) => it.apt).join(' ')}`);
    return 1;
  }
  if (!run(process.execPath, ['tools/build.ts'])) return 1;
  const files = words.length > 0 ? words : globSync('test/**/*.test.ts').toSorted();
  if (files.length === 0) {
    console.error('no tests in test/');
    return 1;
  }
  const runner = ['--test', `--test-concurrency=${CONCURRENCY}`, ...BOUNDS, '--test-reporter=spec', ...files];
  return run(process.execPath, runner) ? 0 : 1;
};

process.exitCode = main(process.argv.slice(2));
