// Requests of the command line, by Node's own HTTP: loading fetch costs 50 ms of processor time, more than Node itself
// needs to start. An `import` of node:http would load fetch as well (the facade of the module reads its getter for
// WebSocket), so the module is asked for directly: measured 45 ms for a whole request instead of 95.

import type { IncomingMessage } from 'node:http';
import type { Arrived, Transport } from '#api/transport.ts';

const http = process.getBuiltinModule('node:http');

/** The largest honest answer is the view of some thousand services, about 10 MB; an address may lead anywhere. */
const ANSWER_LENGTH_MAX = 64_000_000;

const readAll = (incoming: IncomingMessage, take: (text: string) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    incoming.setEncoding('utf8');
    incoming.on('data', take);
    incoming.on('end', resolve);
    incoming.on('error', reject);
  });

const arrivedFrom = (incoming: IncomingMessage): Arrived => ({
  status: incoming.statusCode ?? 0,
  chunks: (take) => readAll(incoming, take),
  text: async () => {
    const parts: string[] = [];
    let length = 0;
    await readAll(incoming, (part) => {
      length += part.length;
      if (length <= ANSWER_LENGTH_MAX) parts.push(part);
      else incoming.destroy(new Error('the answer is too big to be from Sereno'));
    });
    return parts.join('');
  },
});

/** The length is always said: of a DELETE, Node sends the body without it, and the far side takes it for a request. */
const lengthOf = (body: string | null): Readonly<Record<string, string>> =>
  body === null ? {} : { 'content-length': String(Buffer.byteLength(body)) };

export const byHttp: Transport = async ({ url, method, headers, body, signal }) => {
  const { request } = url.startsWith('https:') ? process.getBuiltinModule('node:https') : http;
  return new Promise((resolve, reject) => {
    const options = { method, headers: { ...headers, ...lengthOf(body) }, signal, agent: false };
    const outgoing = request(url, options, (incoming) => resolve(arrivedFrom(incoming)));
    outgoing.on('error', reject);
    outgoing.end(body ?? undefined);
  });
};
