// Zombie child: a master and the worker that does the work. After `POST /break` the worker ends; the master is its parent
// and never takes notice, so that a zombie remains, and a master that runs without working.
// In the wild: a shell that starts a program and becomes another one, a container whose first process waits for nobody.
//
// Started as `sh -c 'node zombie.mjs worker & exec node zombie.mjs'`: so the master inherits a child it knows nothing of.

import { createServer } from 'node:http';

const beWorker = () => {
  createServer((question, answer) => {
    if (question.url === '/break') answer.end('broken\n', () => process.exit());
    else answer.end('ok\n');
  }).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('zombie listens'));
};

if (process.argv[2] === 'worker') beWorker();
else setInterval(() => {}, 60_000); // The master's own work: being there.
