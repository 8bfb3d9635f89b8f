// The real adapters, chosen and made here: the composition root of everything that reaches outside.

import { join } from 'node:path';
import type { Channel, Site } from '#kernel/site.ts';
import type { Host } from '#ports/host.ts';
import type { Notifier } from '#ports/notifier.ts';
import { makeAlertmanagerNotifier } from '#adapters/alertmanager/notifier.ts';
import { makeClock } from '#adapters/clock/clock.ts';
import { makeCommandActuator } from '#adapters/command/actuator.ts';
import { makeCommandProber } from '#adapters/command/prober.ts';
import { makeFileProber } from '#adapters/file/prober.ts';
import { makeGoldenProber } from '#adapters/golden/prober.ts';
import { makeHost } from '#adapters/host/host.ts';
import { makeHttpProber } from '#adapters/http/prober.ts';
import { makePostgresProber } from '#adapters/postgres/prober.ts';
import { makeProcessActuator } from '#adapters/process/actuator.ts';
import { makeProcessProber } from '#adapters/procfs/prober.ts';
import { makeRedisProber } from '#adapters/redis/prober.ts';
import { makeTcpProber } from '#adapters/tcp/prober.ts';
import { makeTerminalNotifier } from '#adapters/terminal/notifier.ts';
import { makeWebhookNotifier } from '#adapters/webhook/notifier.ts';
import type { Outside } from './watchman.ts';

/** The channels that have an adapter in this release, beside the terminal. */
const CHANNELS: Partial<Record<Channel['kind'], typeof makeWebhookNotifier>> = {
  webhook: makeWebhookNotifier,
  alertmanager: makeAlertmanagerNotifier,
};

export type OutsideParts = {
  readonly stateDirectory: string;
  readonly siteName: string;
  readonly stream: NodeJS.WritableStream;
};

/** Makes every real adapter of this release. */
export const makeOutside = (parts: OutsideParts): Outside => {
  const clock = makeClock();
  const run = join(parts.stateDirectory, 'run');
  const process = makeProcessActuator({ directory: run, clock, siteName: parts.siteName });
  const command = makeCommandActuator({ directory: run, clock, siteName: parts.siteName });
  const channels = new Map<string, Notifier>();
  const channel = (site: Site, name: string): Notifier | null => {
    const declared = site.channels.find((it) => it.name === name);
    if (declared === undefined || declared.url === null) return null;
    const make = CHANNELS[declared.kind];
    if (make === undefined) return null;
    const place = `${declared.kind} ${declared.url}`;
    const known = channels.get(place) ?? make({ clock, url: declared.url, site: site.name });
    channels.set(place, known);
    return known;
  };
  const host: Host = makeHost({ directory: parts.stateDirectory, clock });
  return {
    clock,
    probers: (pidOf) => ({
      http: makeHttpProber(clock),
      tcp: makeTcpProber(clock),
      redis: makeRedisProber(clock),
      postgres: makePostgresProber(clock),
      command: makeCommandProber(clock),
      process: makeProcessProber(clock, pidOf),
      file: makeFileProber(clock),
      golden: makeGoldenProber(clock),
    }),
    drivers: { process, command },
    standbyOf: (service) => process.standbyOf(service),
    host,
    terminal: makeTerminalNotifier(parts.stream),
    channel,
  };
};
