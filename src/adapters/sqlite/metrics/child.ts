// A child process for tests: looks without an end, and tells after each turn how many looks that turn has made safe.
//
// Run as `node child.ts <directory> <looks so far>`.

import { writeSync } from 'node:fs';
import { later } from '#kernel/time.ts';
import { look, makeGround, START } from './ground.ts';

const [directory = '', from = '0'] = process.argv.slice(2);
const { open, clock, notices } = makeGround(directory);
clock.now = later(START, Number(from) * 10_000);
const store = open();
for (let count = Number(from); ;) {
  const more = 1 + (count % 9);
  look(store, clock, [count, count + more]);
  count += more;
  store.turn();
  if (notices.length > 0) throw new Error(notices.join('; '));
  writeSync(1, `${count}\n`);
}
