// Mischief: what a bad half hour does to a town, from a seed: kills, freezes, hangs, refusals, outages of what others
// need, files that vanish, configurations that change, clients that come and go.

import type { ChildProcess } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import type { ServiceView } from '#kernel/view.ts';
import { pause } from '../measure.ts';
import type { Soaked } from './soaked.ts';
import type { Mood } from './targets.ts';
import type { Town } from './town.ts';

/** What was done, by name. */
export type Deeds = Record<string, number>;

const AILS_MOST_MS = 15_000;
const MOODS: readonly Mood[] = ['hang', 'refuse', 'wrong', 'slow'];
const PAGES = [
  '/api/town',
  '/api/figures',
  '/metrics',
  '/api/evidence?limit=200',
  '/api/services/port1',
  '/',
  '/nowhere',
];
/** Streams that are open at once: well under the 64 that the server allows. */
const STREAMS = 12;

/** mulberry32: a small generator with 32 bits of state, good enough to draw mischief. */
export const makeChance = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

export type Scene = {
  readonly soaked: Soaked;
  readonly town: Town;
  readonly targets: ChildProcess;
  readonly chance: () => number;
  readonly deeds: Deeds;
  readonly isOver: () => boolean;
};

const pick = <T>(scene: Scene, items: readonly T[]): T => {
  const item = items[Math.floor(scene.chance() * items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
};

const count = (scene: Scene, deed: string): void => {
  scene.deeds[deed] = (scene.deeds[deed] ?? 0) + 1;
};

/** Something ails for a while, and then ails no more, whatever else happens. */
const forAWhile = async (scene: Scene, begin: () => void, end: () => void): Promise<void> => {
  begin();
  const until = performance.now() + scene.chance() * AILS_MOST_MS;
  while (performance.now() < until && !scene.isOver()) await pause(200);
  end();
};

const ailPort = (scene: Scene, ports: readonly number[], what: string): Promise<void> => {
  const port = pick(scene, ports);
  const mood = pick(scene, MOODS);
  count(scene, what);
  return forAWhile(
    scene,
    () => scene.targets.send({ port, mood }),
    () => scene.targets.send({ port, mood: 'well' }),
  );
};

const strikeProcess = async (scene: Scene): Promise<void> => {
  const view = await scene.soaked.get<ServiceView>(`/api/services/${pick(scene, scene.town.processes)}`);
  const signal = scene.chance() < 0.7 ? 'SIGKILL' : 'SIGSTOP';
  if (view.pid === null) return;
  count(scene, signal === 'SIGKILL' ? 'killed' : 'frozen');
  try {
    process.kill(view.pid, signal);
  } catch {
    // It ended by itself since we asked.
  }
};

const loseFile = (scene: Scene): Promise<void> => {
  const file = pick(scene, scene.town.files);
  count(scene, 'file lost');
  return forAWhile(
    scene,
    () => rmSync(file, { force: true }),
    () => writeFileSync(file, 'here'),
  );
};

const reconfigure = (scene: Scene): void => {
  count(scene, 'reload');
  writeFileSync(join(scene.soaked.folder, 'sereno.yaml'), scene.town.config(Math.floor(scene.chance() * 5)));
  process.kill(scene.soaked.pid, 'SIGHUP');
};

const askPage = async (scene: Scene): Promise<void> => {
  count(scene, 'request');
  const answer = await fetch(`${scene.soaked.url}${pick(scene, PAGES)}`);
  await answer.text();
};

/** A reader that reads, one that never does, and one that leaves in the middle: all hang up without a word. */
const follow = async (scene: Scene): Promise<void> => {
  count(scene, 'stream');
  const asked = request(`${scene.soaked.url}/api/events`, { agent: false }, (answer) => {
    answer.on('error', () => undefined);
    if (scene.chance() < 0.7) answer.resume();
  });
  asked.on('error', () => undefined);
  asked.end();
  const until = performance.now() + scene.chance() * AILS_MOST_MS;
  while (performance.now() < until && !scene.isOver()) await pause(200);
  asked.destroy();
};

type Habit = { readonly everyMs: number; readonly deed: (scene: Scene) => Promise<void> | void };

const HABITS: readonly Habit[] = [
  { everyMs: 700, deed: strikeProcess },
  { everyMs: 1_500, deed: (scene) => ailPort(scene, scene.town.ports, 'target ails') },
  { everyMs: 20_000, deed: (scene) => ailPort(scene, scene.town.needed, 'outage of what others need') },
  { everyMs: 10_000, deed: loseFile },
  { everyMs: 20_000, deed: reconfigure },
  { everyMs: 150, deed: askPage },
  ...Array.from({ length: STREAMS }, (): Habit => ({ everyMs: 500, deed: follow })),
];

/** Does mischief until it is over, and comes back when the last of it has ended. */
export const makeMischief = async (scene: Scene): Promise<void> => {
  const live = async ({ everyMs, deed }: Habit): Promise<void> => {
    while (!scene.isOver()) {
      await pause(everyMs * 2 * scene.chance());
      await Promise.resolve(deed(scene)).catch(() => count(scene, 'request that failed'));
    }
  };
  await Promise.all(HABITS.map(live));
};
