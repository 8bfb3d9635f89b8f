// From leave to act to the one operation that carries it out: fenced by its epoch, bounded in time.

import type { ActionKind, Lease, Operation } from '#kernel/action.ts';
import type { Service } from '#kernel/service.ts';
import { durationMs, seconds, type DurationMs } from '#kernel/time.ts';

/** Spawning itself takes milliseconds; this much is left for a machine under load. */
const SPAWN_ALLOWANCE_MS = seconds(5);
/** After SIGKILL the kernel may need this long to take a process apart. */
const KILL_ALLOWANCE_MS = seconds(2);

const stopMs = (service: Service): number => {
  const { workload } = service;
  if (workload.kind === 'process') return workload.stopTimeoutMs + KILL_ALLOWANCE_MS;
  return workload.kind === 'command' ? workload.timeoutMs : 0;
};

const startMs = (service: Service): number =>
  service.workload.kind === 'command' ? service.workload.timeoutMs : SPAWN_ALLOWANCE_MS;

/** The longest that carrying out the action may take. */
export const operationTimeout = (service: Service, action: ActionKind): DurationMs => {
  if (action === 'start') return durationMs(startMs(service));
  if (action === 'stop') return durationMs(stopMs(service));
  return durationMs(stopMs(service) + startMs(service));
};

/** Longer than the operation: a lost report is asked for again after 5 to 10 s, and may be lost twice. */
export const leaseTime = (service: Service, action: ActionKind): DurationMs =>
  durationMs(operationTimeout(service, action) + seconds(25));

export const operationFor = (service: Service, lease: Lease): Operation => ({
  action: lease.action,
  subject: service.id,
  epoch: lease.epoch,
  timeoutMs: operationTimeout(service, lease.action),
});
