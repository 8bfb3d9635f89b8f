// The demo town's front page: asks the API, and says honestly when it does not answer.
import { createServer } from 'node:http';

const port = Number(process.env.PORT ?? 3502);
const api = process.env.API ?? 'http://127.0.0.1:3500/health';

createServer(async (_request, response) => {
  const isWell = await fetch(api, { signal: AbortSignal.timeout(400) }).then(
    (answer) => answer.ok,
    () => false,
  );
  response.writeHead(isWell ? 200 : 502, { 'content-type': 'text/html' });
  response.end(
    `<!doctype html><title>Night town</title><p>${isWell ? 'All is well.' : 'The API does not answer.'}</p></html>\n`,
  );
}).listen(port, '127.0.0.1', () => console.log(`web listens on ${port}`));
