// Alertmanager stand: a private Alertmanager, and somebody who takes its webhooks.
// decoder: the documents that it sends are read as its manual describes them

import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { freePort } from './port.ts';
import { startServer, temporaryFolder, type Stand } from './server.ts';

export type TakenAlert = {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
};

/** One webhook, as Alertmanager 0.25 sends it, with the moment when it came. */
export type Taken = {
  readonly at: number;
  readonly groupLabels: Readonly<Record<string, string>>;
  readonly alerts: readonly TakenAlert[];
};

export type Receiver = { readonly url: string; readonly taken: Taken[]; readonly close: () => Promise<void> };

/** Takes webhooks on loopback and keeps them. */
export const startReceiver = async (): Promise<Receiver> => {
  const taken: Taken[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += String(part)));
    request.on('end', () => {
      taken.push({ at: Date.now(), ...(JSON.parse(body) as Omit<Taken, 'at'>) });
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}/`, taken, close };
};

/** Starts Alertmanager on a free port of loopback, alone, with this configuration. */
export const startAlertmanager = async (config: string): Promise<Stand> => {
  const port = await freePort();
  const folder = temporaryFolder('alertmanager');
  const file = join(folder, 'alertmanager.yml');
  writeFileSync(file, config);
  const argv = [
    'prometheus-alertmanager',
    `--config.file=${file}`,
    `--storage.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
    '--log.level=info',
  ];
  return startServer({ argv, ready: 'Listening on', url: `http://127.0.0.1:${port}`, port, folder });
};

/** Posts to its API v2, and throws with what it said when it refuses. */
export const postTo = async (stand: Stand, path: string, body: unknown): Promise<void> => {
  const answer = await fetch(`${stand.url}/api/v2/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const said = await answer.text();
  if (!answer.ok) throw new Error(`Alertmanager answered ${answer.status}: ${said}`);
};
