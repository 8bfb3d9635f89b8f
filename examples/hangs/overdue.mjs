// Job past its deadline: it does a round five times a second and writes its result; after `POST /break` one round never
// ends. It goes on answering that it is well, as such programs do: only its result grows old.
// In the wild: a queue's consumer that waits for a lock, an import that waits for a partner.

import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

const RESULT = process.env.RESULT ?? 'overdue.json';

let isBroken = false;
let rounds = 0;

createServer((question, answer) => {
  if (question.url === '/break') isBroken = true;
  answer.end('ok\n');
}).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('overdue listens'));

for (;;) {
  if (isBroken) await new Promise(() => {});
  rounds += 1;
  writeFileSync(RESULT, JSON.stringify({ rounds }));
  await pause(200);
}
