// Port taken by another: after `POST /break` it lets go of its port for a moment, as on a reload, and another program
// is quicker. It tries again five times a second, and has its port back when the other one goes.
// In the wild: a second copy that somebody started by hand, a developer's tool on the same port.
//
// The thief is this file too: `node port-taken.mjs thief PORT`. It goes when it is asked `POST /leave`, or by itself
// after ten minutes.

import { spawn } from 'node:child_process';
import { createServer } from 'node:http';

const PORT = Number(process.argv[3] ?? process.env.PORT);
const AGAIN_MS = 200;
const THIEF_STAYS_MS = 600_000;

const beThief = () => {
  setTimeout(() => process.exit(), THIEF_STAYS_MS);
  createServer((question, answer) => {
    const isAsked = question.url === '/leave';
    answer.end('mine\n', () => isAsked && process.exit());
  }).listen(PORT, '127.0.0.1', () => process.send?.('listening'));
};

/** A stranger: a session of its own, and nothing in its environment says where it comes from. */
const callThief = (then) => {
  const thief = spawn(process.execPath, [import.meta.filename, 'thief', String(PORT)], {
    detached: true,
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  thief.once('message', () => {
    thief.disconnect();
    thief.unref();
    then();
  });
};

const serve = () => {
  const server = createServer((question, answer) => {
    if (question.url !== '/break') return answer.end('ok\n');
    answer.end('broken\n');
    server.closeAllConnections();
    return server.close(() => callThief(listen));
  });
  const listen = () => server.listen(PORT, '127.0.0.1');
  server.on('listening', () => console.log('port-taken listens'));
  server.on('error', (error) => {
    console.log(error.message);
    setTimeout(listen, AGAIN_MS);
  });
  listen();
};

if (process.argv[2] === 'thief') beThief();
else serve();
