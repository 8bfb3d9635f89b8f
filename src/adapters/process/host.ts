// A host for tests: a process that holds the driver and restarts one service without end, until it is killed.
//
// node host.ts <state directory> <first key> <service as JSON>; each key is written to stdout before it is asked for.

import { writeSync } from 'node:fs';
import { join } from 'node:path';

import { effectKey, machineId } from '#kernel/id.ts';
import type { Service } from '#kernel/service.ts';
import { durationMs } from '#kernel/time.ts';
import { makeProcessActuator } from './actuator.ts';
import { makeRealClock } from './ground.ts';

const [directory = '', firstKey = '1', text = '{}'] = process.argv.slice(2);
const service = JSON.parse(text) as Service; // decoder
const driver = makeProcessActuator({ directory: join(directory, 'run'), clock: makeRealClock(), siteName: 'ground' });

/** More than one test ever needs; a host that nobody kills ends by itself. */
const OPERATIONS_MAX = 2_000;

const ask = (key: number): void => {
  if (key >= Number(firstKey) + OPERATIONS_MAX) return driver.close();
  writeSync(1, `${key}\n`);
  const operation = { action: 'restart', subject: service.id, epoch: key, timeoutMs: durationMs(5_000) } as const;
  driver.operate(effectKey(machineId('watch', service.id), key, 0), operation, service, () => ask(key + 1));
};

ask(Number(firstKey));
