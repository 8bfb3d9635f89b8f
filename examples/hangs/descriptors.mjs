// Descriptors exhausted: after `POST /break` it opens files and closes none, until its limit is reached. From then on the
// kernel accepts in its name, and it can only hang up. In the wild: any leak of files or connections, after some days.
//
// Started under a low limit: `sh -c 'ulimit -n 128; exec node descriptors.mjs'`.

import { openSync } from 'node:fs';
import { createServer } from 'node:http';

const openAll = () => {
  try {
    for (;;) openSync('/dev/null');
  } catch (error) {
    return error.message;
  }
};

/** A leak takes at once whatever becomes free when a connection is closed. */
const leak = () => {
  console.log(openAll());
  setInterval(openAll, 5);
};

createServer((question, answer) => {
  if (question.url === '/break') answer.end('broken\n', leak);
  else answer.end('ok\n');
}).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('descriptors listens'));
