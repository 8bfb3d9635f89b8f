// The transport of the command line against a real server: what is sent arrives, whatever the method.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { byHttp } from './transport.ts';

/** Sends one request to a server that says what arrived. */
const sent = async (method: string, body: string | null): Promise<string> => {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => response.end(`${request.method ?? ''} ${Buffer.concat(parts).toString('utf8')}`));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  try {
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`;
    const arrived = await byHttp({ url, method, headers: {}, body, signal: AbortSignal.timeout(5_000) });
    return `${arrived.status} ${await arrived.text()}`;
  } finally {
    server.closeAllConnections();
    server.close();
  }
};

// Node sends the body of a DELETE without its length unless told, so that a server takes it for the next request.
for (const method of ['POST', 'DELETE', 'PUT']) {
  test(`the body of a ${method} arrives whole`, async () => {
    assert.equal(await sent(method, '{"why":"größer"}'), `200 ${method} {"why":"größer"}`);
  });
}

test('a request without a body has none', async () => {
  assert.equal(await sent('GET', null), '200 GET ');
});
