// The demo town: where it lies, whether Redis is there, and three things to try.

import { accessSync, constants, cpSync, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Site } from '#kernel/site.ts';

/** Beside dist in the package and in a checkout. */
const PLACES = [
  join(import.meta.dirname, '..', 'examples', 'demo'),
  join(import.meta.dirname, '..', '..', 'examples', 'demo'),
];

const isOnPath = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false; // Not in this folder; the next may have it.
    }
  });

/**
 * Builds the demo town in a folder of its own, where it may write and where it can be edited: the running Sereno reads
 * a changed sereno.yaml anew. Returns its configuration; null when the package came without its examples.
 */
export const buildDemo = (town: string): string | null => {
  const place = PLACES.find((it) => existsSync(join(it, 'sereno.yaml')));
  if (place === undefined) return null;
  // With their old times: a fresh copy is not a fresh deployment.
  cpSync(place, town, { recursive: true, preserveTimestamps: true });
  const file = join(town, 'sereno.yaml');
  if (!isOnPath('redis-server')) cpSync(join(town, 'without-redis.yaml'), file);
  return file;
};

/** What to try in the demo town, once it is up. */
export const demoWords = (site: Site, stateDirectory: string): readonly string[] => {
  const town = join(stateDirectory, 'town');
  const hasRedis = site.services.some((service) => service.id === 'redis');
  return [
    '',
    'Three things to try in another terminal:',
    '  kill the api       curl -s -X POST http://127.0.0.1:3500/crash     and watch it come back',
    `  break the job      touch ${town}/report.broken                     its output grows stale (rm heals it)`,
    hasRedis
      ? `  stop redis         npx sereno --state ${stateDirectory} service stop redis     and see who waits on it`
      : '  freeze the worker  curl -s -X POST http://127.0.0.1:3501/freeze    alive, but it does not answer',
    '',
  ];
};
