// One sensor out of the probers, with every message redacted; and the canary.

import type { Check } from '#kernel/check.ts';
import { checkId, serviceId } from '#kernel/id.ts';
import type { Redact } from '#kernel/secret.ts';
import { durationMs, seconds } from '#kernel/time.ts';
import { composeSensor, type Probers, type Sensor } from '#ports/sensor.ts';

/** Composes the probers; nothing that they say carries a secret. */
export const makeSensor = (probers: Probers, redact: () => Redact): Sensor => {
  const sensor = composeSensor(probers);
  return {
    probe: (check, report) =>
      sensor.probe(check, (seen) => {
        const message = redact()(seen.message);
        report(message === seen.message ? seen : { ...seen, message });
      }),
  };
};

/** Sereno's own page, through the same prober and the same loopback as everything else: if this fails, doubt the eyes. */
export const canaryCheck = (url: string): Check => ({
  id: checkId('watchman/canary'),
  service: serviceId('watchman'),
  probe: { kind: 'http', url: `${url}/livez`, method: 'GET', headers: {}, expect: { status: [200] } },
  everyMs: seconds(2),
  slowestMs: seconds(5),
  timeoutMs: durationMs(1_000),
  rise: 1,
  fall: 2,
  retries: 0,
});
