// Crowd: a hundred light services on real ports, for tests that kill. Each is a Perl of 6 MB that takes connections;
// Perl is a part of every Debian, and a hundred of Node would not fit into a build server.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './port.ts';
import { isAlive, type Post } from './sereno.ts';

const UNIT = `use IO::Socket::INET;
my $door = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $ENV{PORT}, Listen => 16, ReuseAddr => 1) or die $!;
while (my $guest = $door->accept) { close $guest }
`;

const PROGRAM = 'unit.pl';

/** A new group of ten begins with a service that the nine others need. */
const GROUP = 10;

export type Crowd = {
  readonly names: readonly string[];
  /** The lines of `services:` in a configuration. */
  readonly services: string;
};

/** Declares a crowd whose program lies in the post's directory. */
export const gather = async (post: Post, count: number): Promise<Crowd> => {
  const unit = post.write(PROGRAM, UNIT);
  const names = Array.from({ length: count }, (_, index) => `s${String(index).padStart(3, '0')}`);
  const ports = await Promise.all(Array.from({ length: count }, freePort));
  const lines = names.map((name, index) => {
    const root = names[index - (index % GROUP)] ?? '';
    const needs = index % GROUP === 0 ? '' : `needs: [${root}], `;
    const command = `run: { process: { command: [perl, ${unit}], env: { PORT: "${ports[index]}" } } }`;
    const rest = 'targets: { availability: 99% over 7d }, restart: { budget: 100000 per 1h, stable_after: 1s }';
    return `  ${name}: { ${needs}${command}, checks: [ { tcp: "127.0.0.1:${ports[index]}", every: 1s } ], ${rest} }`;
  });
  return { names, services: lines.join('\n') };
};

/** Every living process of the crowd, by the name of its service, however it came to be started. */
export const copiesOf = (post: Post): ReadonlyMap<string, readonly number[]> => {
  const found = new Map<string, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const service = serviceOf(name, join(post.directory, PROGRAM));
    if (service !== null && isAlive(Number(name))) found.set(service, [...(found.get(service) ?? []), Number(name)]);
  }
  return found;
};

const serviceOf = (pid: string, program: string): string | null => {
  try {
    if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(program)) return null;
    const words = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return words.find((word) => word.startsWith('SERENO_SERVICE='))?.slice('SERENO_SERVICE='.length) ?? null;
  } catch {
    return null; // It ended while it was looked at.
  }
};
