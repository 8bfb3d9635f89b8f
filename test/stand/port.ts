// Port: one on which nobody listens right now.

import { createServer } from 'node:net';

const ask = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

/** Given before: the kernel may offer the same port twice before anybody listens on it. */
const given = new Set<number>();

/** A free TCP port on loopback. It is free at the moment of the answer, and no other test of this file was given it. */
export const freePort = async (): Promise<number> => {
  let port = await ask();
  while (given.has(port)) port = await ask();
  given.add(port);
  return port;
};
