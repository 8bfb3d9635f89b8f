// Port: one on which nobody listens right now, and that nobody is given by chance.
//
// The kernel takes the ports of outgoing connections from its own range (32768 and up, unless told otherwise). A test that
// listens there can lose its port to any connection of the machine while its service is down; so ours lie below.

import { createServer } from 'node:net';

const FROM = 10_000;
const COUNT = 22_000;
/** Test files are processes of their own: so far apart they begin to look. A prime, so that pids fill the range. */
const APART = 151;

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

let next = (process.pid * APART) % COUNT;

/** A free TCP port on loopback. It is free at the moment of the answer, and no other test of this file was given it. */
export const freePort = async (): Promise<number> => {
  for (let tried = 0; tried < COUNT; tried += 1) {
    const port = FROM + next;
    next = (next + 1) % COUNT;
    // One after another: two that ask at the same time are never given the same.
    if (await isFree(port)) return port;
  }
  throw new Error(`no port from ${FROM} to ${FROM + COUNT} is free`);
};
