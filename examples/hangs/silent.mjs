// Accepts and never answers: after `POST /break` every question is taken, and none is answered.
// In the wild: a pool whose connections are all lent out, a lock that is never given back.

import { createServer } from 'node:http';

let isBroken = false;

createServer((question, answer) => {
  if (question.url === '/break') {
    isBroken = true;
    answer.end('broken\n');
  } else if (!isBroken) answer.end('ok\n');
}).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('silent listens'));
