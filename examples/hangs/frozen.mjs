// SIGSTOP: after `POST /break` it stops itself, as `kill -STOP` does. The kernel goes on accepting in its name.
// In the wild: somebody's Ctrl-Z, a debugger that was forgotten, a freezer of a container.

import { createServer } from 'node:http';

createServer((question, answer) => {
  if (question.url === '/break') answer.end('broken\n', () => process.kill(process.pid, 'SIGSTOP'));
  else answer.end('ok\n');
}).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('frozen listens'));
