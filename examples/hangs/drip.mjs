// Slow drip: after `POST /break` its answers begin at once and never end: one byte every 100 ms.
// In the wild: a proxy that buffers nothing, a report that is computed while it is sent, an attacker.

import { createServer } from 'node:http';

let isBroken = false;

createServer((question, answer) => {
  if (question.url === '/break') isBroken = true;
  if (!isBroken || question.url === '/break') {
    answer.end('ok\n');
    return;
  }
  answer.write('o');
  const dripping = setInterval(() => answer.write('.'), 100);
  answer.on('close', () => clearInterval(dripping));
}).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('drip listens'));
