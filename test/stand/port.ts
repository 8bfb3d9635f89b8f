// Port: one on which nobody listens right now.

import { createServer } from 'node:net';

/** A free TCP port on loopback. It is free at the moment of the answer; start on it what needs it at once. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
