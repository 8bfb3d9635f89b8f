// Peer: another program that does a part of our work. It is installed by its package manager, and run as its manual says.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Peer = {
  readonly name: string;
  /** The package it comes in. */
  readonly from: { readonly apt: string } | { readonly npm: string; readonly range: string };
  /** Its executable, which also says whether it is there. */
  readonly program: string;
};

/** Packages of npm that are peers live here: git-ignored, outside our own dependencies. */
const NPM_HOME = join(import.meta.dirname, '..', '..', '..', 'node_modules', '.cache', 'duel');

/** Debian starts some of them at once as a daemon of the machine. That one is not ours to stop, so it must not start. */
const WITHOUT_DAEMONS = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };

export const fromApt = (name: string, apt: string, program: string): Peer => ({ name, from: { apt }, program });

export const fromNpm = (npm: string, range: string): Peer => ({
  name: npm,
  from: { npm, range },
  program: join(NPM_HOME, 'node_modules', '.bin', npm),
});

export const isThere = (peer: Peer): boolean => existsSync(peer.program);

/** The version that is installed, as the package manager knows it. */
export const versionOf = ({ from }: Peer): string => {
  if ('npm' in from) {
    const text = readFileSync(join(NPM_HOME, 'node_modules', from.npm, 'package.json'), 'utf8');
    return /"version":\s*"([^"]+)"/.exec(text)?.[1] ?? 'unknown';
  }
  const asked = spawnSync('dpkg-query', ['-W', '-f', '${Version}', from.apt], { encoding: 'utf8' });
  return asked.status === 0 ? asked.stdout : 'unknown';
};

/** Installs those that are missing. Returns one sentence for each that could not be had. */
export const install = (peers: readonly Peer[]): readonly string[] => {
  const missing = peers.filter((peer) => !isThere(peer));
  const apt = missing.flatMap(({ from }) => ('apt' in from ? [from.apt] : []));
  if (apt.length > 0 && process.getuid?.() === 0) {
    runs('apt-get', ['update', '-q']);
    runs('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...apt]);
  }
  for (const { from } of missing) {
    if (!('npm' in from)) continue;
    mkdirSync(NPM_HOME, { recursive: true });
    runs('npm', ['install', '--prefix', NPM_HOME, '--no-audit', '--no-fund', `${from.npm}@${from.range}`]);
  }
  return missing
    .filter((peer) => !isThere(peer))
    .map(({ name, from }) =>
      'apt' in from
        ? `${name} is missing; to mend, as root: apt-get update && apt-get install ${from.apt}`
        : `${name} is missing; npm install ${from.npm}@${from.range} failed, its words are above`,
    );
};

const runs = (program: string, words: readonly string[]): void => {
  spawnSync(program, words, { stdio: ['ignore', 2, 2], env: WITHOUT_DAEMONS });
};
