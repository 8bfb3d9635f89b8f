// Pages: a webhook that counts who was told what, as the people of a duel would be.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Stand } from './duel.ts';

export type Told = {
  readonly kind: string;
  readonly severity: string;
  readonly subject: string;
  readonly title: string;
};

export type Desk = {
  readonly told: Told[];
  readonly pages: () => readonly Told[];
  /** Sections of a configuration that send everything to this desk. */
  readonly config: string;
};

const read = (body: string): Told => JSON.parse(body) as Told; // decoder: it is our own program that posts

/** Opens a desk on the stand; it is closed after the duel. */
export const openDesk = async (stand: Stand): Promise<Desk> => {
  const told: Told[] = [];
  const server = createServer((question, answer) => {
    let body = '';
    question.setEncoding('utf8');
    question.on('data', (part: string) => (body += part));
    question.on('end', () => {
      told.push(read(body));
      answer.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stand.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo; // decoder: it listens on TCP
  return {
    told,
    pages: () => told.filter((it) => it.kind === 'page'),
    config: `notify: { desk: { webhook: { url: "http://127.0.0.1:${port}/" } }, route: { SEV1: [desk], SEV2: [desk], SEV3: [desk] } }\n`,
  };
};
