// The demo town's API: answers from Redis when there is one, and can be made to crash, to hang or to be slow.
import { createServer } from 'node:http';
import { connect } from 'node:net';

const port = Number(process.env.PORT ?? 3500);
const redisPort = Number(process.env.REDIS_PORT ?? 0);
let isHanging = false;
let slowMs = 0;

/** One PING on a fresh connection; without Redis in the town there is nothing to ask. */
const pingRedis = () =>
  new Promise((resolve) => {
    if (redisPort === 0) return resolve(true);
    const socket = connect(redisPort, '127.0.0.1', () => socket.write('PING\r\n'));
    const end = (isWell) => {
      socket.destroy();
      resolve(isWell);
    };
    socket.setTimeout(300, () => end(false));
    socket.on('data', (answer) => end(answer.toString().startsWith('+PONG')));
    socket.on('error', () => end(false));
  });

const answer = (response, status, body) => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
};

createServer(async (request, response) => {
  if (request.method === 'POST' && request.url === '/crash') {
    console.error('told to crash');
    answer(response, 202, { crashing: true });
    setTimeout(() => process.exit(1), 20);
    return;
  }
  if (request.method === 'POST' && request.url === '/hang') {
    isHanging = true;
    answer(response, 202, { hanging: true });
    return;
  }
  if (request.method === 'POST' && request.url === '/slow') {
    slowMs = slowMs === 0 ? 400 : 0;
    answer(response, 202, { slowMs });
    return;
  }
  if (isHanging) return; // Accepts, and never answers: only a restart helps.
  await new Promise((resolve) => setTimeout(resolve, slowMs));
  const isWell = await pingRedis();
  answer(response, isWell ? 200 : 503, { status: isWell ? 'ok' : 'no redis' });
}).listen(port, '127.0.0.1', () => console.log(`api listens on ${port}`));
