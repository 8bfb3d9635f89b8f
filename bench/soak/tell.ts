// Tell: loaded into the measured Sereno with --import. Writes the heap and the lag of the event loop, once a second, to
// the file that SOAK_TELL names. Heap is the least of the second's readings: between two collections it is a saw tooth.

import { appendFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const file = process.env['SOAK_TELL'];

const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();
if (file !== undefined) {
  setInterval(() => {
    const { heapUsed } = process.memoryUsage();
    appendFileSync(file, `${JSON.stringify({ heapUsed, lagMs: delay.max / 1e6 - 10 })}\n`);
    delay.reset();
  }, 1_000).unref();
}
