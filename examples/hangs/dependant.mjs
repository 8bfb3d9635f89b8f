// Not a hang of its own: it answers what its upstream answers, and so it hangs when that one does. A restart of it would
// change nothing; what it wants is patience.

import { createServer, get } from 'node:http';

createServer((_question, answer) => {
  const asked = get({ host: '127.0.0.1', port: Number(process.env.UPSTREAM), agent: false }, (told) =>
    told.pipe(answer),
  );
  asked.on('error', () => answer.writeHead(502).end());
}).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('dependant listens'));
