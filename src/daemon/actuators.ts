// One actuator out of the drivers: each service is operated by the driver of its workload.

import type { OperationOutcome } from '#kernel/action.ts';
import { emptyBlackBox, type BlackBox, type PortHolder } from '#kernel/cause.ts';
import type { Redact } from '#kernel/secret.ts';
import type { Service, Workload } from '#kernel/service.ts';
import type { Instant } from '#kernel/time.ts';
import type { Actuator } from '#ports/actuator.ts';

export type Drivers = { readonly process: Actuator; readonly command: Actuator };

const noDriver = (service: Service): string => `there is no driver for run: ${service.workload.kind} in this release`;

/** For services that Sereno only watches: says so, touches nothing. */
const makeWatchOnly = (now: () => Instant): Actuator => ({
  operate: (_key, _operation, service, report) => report({ kind: 'failed', detail: noDriver(service) }),
  examine: (service, report) => report(emptyBlackBox(service.id, now(), [noDriver(service)])),
  find: (_service, report) => report({ isRunning: false, pid: null }),
  onExit: () => {},
});

const redactOutcome = (outcome: OperationOutcome, redact: Redact): OperationOutcome => ({
  ...outcome,
  detail: redact(outcome.detail),
});

const redactHolder = (holder: PortHolder, redact: Redact): PortHolder => ({
  ...holder,
  command: holder.command === null ? null : redact(holder.command),
});

/** Command lines and log lines can hold passwords. */
const redactBox = (box: BlackBox, redact: Redact): BlackBox => ({
  ...box,
  ports: box.ports.map((holder) => redactHolder(holder, redact)),
  stolenPorts: box.stolenPorts.map((holder) => redactHolder(holder, redact)),
  recentChanges: box.recentChanges.map((change) => ({ ...change, what: redact(change.what) })),
  logTail: box.logTail.map(redact),
  gaps: box.gaps.map(redact),
});

/** Composes the drivers; nothing that they report carries a secret. */
export const composeActuator = (drivers: Drivers, redact: () => Redact, now: () => Instant): Actuator => {
  const watchOnly = makeWatchOnly(now);
  const driverOf = (workload: Workload): Actuator => {
    if (workload.kind === 'process') return drivers.process;
    return workload.kind === 'command' ? drivers.command : watchOnly;
  };
  return {
    operate: (key, operation, service, report) =>
      driverOf(service.workload).operate(key, operation, service, (outcome) =>
        report(redactOutcome(outcome, redact())),
      ),
    examine: (service, report) =>
      driverOf(service.workload).examine(service, (box) => report(redactBox(box, redact()))),
    find: (service, report) => driverOf(service.workload).find(service, report),
    onExit: (listener) => {
      drivers.process.onExit(listener);
      drivers.command.onExit(listener);
    },
  };
};
