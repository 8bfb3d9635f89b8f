// Unit: the tests that need nothing but Node: beside the code, the tools' own, the operator stories.

import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';

const PLACES = ['src', 'web/src', 'tools', 'bench', 'scenarios'];

const words = process.argv.slice(2);
const files = words.length > 0 ? words : PLACES.flatMap((place) => globSync(`${place}/**/*.test.ts`)).toSorted();
// CI's terminal is a pipe: the dots say that it lives, and failures are told whole at the end.
const reporter = words.length > 0 ? 'spec' : 'dot';
// A test that hangs, or leaves something running, ends all the same: it can never hold up the others.
const bounds = ['--test-concurrency=2', '--test-timeout=300000', '--test-force-exit'];
const run = spawnSync(process.execPath, ['--test', ...bounds, `--test-reporter=${reporter}`, ...files], {
  stdio: 'inherit',
});
console.log(`unit: ${files.length} files`);
process.exitCode = run.status ?? 1;
