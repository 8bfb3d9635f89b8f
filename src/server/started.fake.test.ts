// A real server over the desk in memory, with a token for every role, for the tests of this folder.

import { mkdtempSync, rmSync } from 'node:fs';
import { request, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Role } from '#kernel/actor.ts';
import { makeRedact } from '#kernel/secret.ts';
import { makeFakeDesk, type FakeDesk } from './desk.fake.test.ts';
import { FAKE_NOW } from './judged.fake.test.ts';
import { startServer, type ServerOptions } from './server.ts';
import { issueToken, openTokenBook } from './tokens.ts';

export const ROLES: readonly Role[] = ['viewer', 'operator', 'approver', 'blesser', 'admin'];

/** A value that must never leave the server. */
export const SECRET = 'hunter2-and-a-bit';

export type Sent = {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
};

export type Came = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string };

export type StartedFake = {
  readonly desk: FakeDesk;
  readonly url: string;
  readonly port: number;
  readonly directory: string;
  readonly tokenOf: (role: Role) => string;
  readonly listeners: () => number;
  readonly faults: readonly unknown[];
  /** Sends exactly this, Host header and all. */
  readonly send: (what: Sent) => Promise<Came>;
  readonly json: (what: Sent) => Promise<unknown>;
  readonly stop: () => Promise<void>;
};

const sendTo =
  (port: number) =>
  (what: Sent): Promise<Came> =>
    new Promise((resolve, reject) => {
      const { method = 'GET', path, headers = {}, body } = what;
      const outgoing = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('end', () =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            text: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });

export const startFake = async (more: Partial<ServerOptions> = {}): Promise<StartedFake> => {
  const directory = mkdtempSync(join(tmpdir(), 'sereno-server-'));
  const file = join(directory, 'tokens.json');
  const tokens = new Map<Role, string>();
  for (const role of ROLES) {
    const issued = issueToken(
      file,
      { person: `the-${role}`, kind: 'person', roles: [role], expiresAt: null },
      FAKE_NOW,
    );
    if (issued.kind === 'failed') throw new Error(issued.problem.message);
    tokens.set(role, issued.token);
  }
  const desk = makeFakeDesk();
  const faults: unknown[] = [];
  const started = await startServer({
    desk,
    tokens: openTokenBook(file, () => FAKE_NOW),
    host: '127.0.0.1',
    port: 0,
    hostNames: ['watch.example'],
    webDirectory: null,
    redact: makeRedact([SECRET]),
    now: () => FAKE_NOW,
    version: '0.1.0',
    onFault: (thrown) => faults.push(thrown),
    ...more,
  });
  if (started.kind === 'failed') throw new Error(started.problem.message);
  const send = sendTo(started.port);
  return {
    desk,
    url: started.url,
    port: started.port,
    directory,
    tokenOf: (role) => tokens.get(role) ?? '',
    listeners: started.listeners,
    faults,
    send,
    json: async (what) => JSON.parse((await send(what)).text),
    stop: async () => {
      await started.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
};
