// 200 with a wrong body: after `POST /break` what it remembers is spoilt, and it says so with status 200.
// In the wild: a poisoned cache, a half-loaded model, an error page behind the status of success.

import { createServer } from 'node:http';

let price = 42;

createServer((question, answer) => {
  if (question.url === '/break') price = null;
  answer.setHeader('content-type', 'application/json');
  answer.end(JSON.stringify({ price }));
}).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('wrong-body listens'));
