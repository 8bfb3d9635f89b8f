// Event loop blocked: after `POST /break` it computes for ever, and nothing else gets its turn.
// In the wild: a regular expression that backtracks without end, a loop over a list that grows.

import { createServer } from 'node:http';

const computeForEver = () => {
  for (let number = 0; ; number = Math.sqrt(number + 1));
};

createServer((question, answer) => {
  if (question.url === '/break') answer.end('broken\n', () => setImmediate(computeForEver));
  else answer.end('ok\n');
}).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('busy listens'));
