#!/usr/bin/env node
// Starts Sereno: the bundle where it was built, else the sources. An older Node hands over to the one in the package.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Type stripping, node:sqlite and Array.prototype methods that Sereno uses came with this release. */
const MAJOR_MIN = 24;

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

if (Number(process.versions.node.split('.')[0]) < MAJOR_MIN) {
  const newer = ['../node_modules/.bin/node', '../../.bin/node'].map(here).find(existsSync);
  if (newer === undefined) {
    console.error(`sereno needs Node ${MAJOR_MIN} or newer; this is ${process.versions.node}. To mend: npm install node@24`);
    process.exit(1);
  }
  const ended = spawnSync(newer, [here('./sereno.js'), ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exit(ended.status ?? 1);
}

const bundle = new URL('../dist/sereno.js', import.meta.url);
const source = new URL('../src/cli/main.ts', import.meta.url);
const isBuilt = process.env.SERENO_DEV !== '1' && existsSync(bundle);
await import((isBuilt ? bundle : source).href);
