// The demo town's worker: a processing unit with known answers, which a golden check can ask.
import { createServer } from 'node:http';

const port = Number(process.env.PORT ?? 3501);

createServer((request, response) => {
  if (request.method === 'POST' && request.url === '/freeze') {
    response.end('frozen\n');
    setTimeout(() => process.kill(process.pid, 'SIGSTOP'), 20);
    return;
  }
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    try {
      const { words } = JSON.parse(Buffer.concat(parts).toString());
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ count: words.length, longest: [...words].sort((a, b) => b.length - a.length)[0] }));
    } catch {
      response.writeHead(400).end('expected {"words": […]}\n');
    }
  });
}).listen(port, '127.0.0.1', () => console.log(`worker listens on ${port}`));
