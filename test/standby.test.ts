// A warm standby on the built binary: each kill is answered by the copy that waited, with the whole evidence on the way.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort } from './stand/port.ts';
import { Post, run } from './stand/sereno.ts';

const KILLS = 5;

/** The program of docs/drivers.md, whole. */
const PROGRAM = `
import { createServer } from 'node:http';
import { Socket } from 'node:net';
const server = createServer((request, response) => response.end(String(process.pid)));
const serve = () => server.listen(Number(process.env.PORT), '127.0.0.1');
const fd = process.env.SERENO_STANDBY_FD;
if (fd === undefined) serve();
else {
  const line = new Socket({ fd: Number(fd) });
  line.write('ready\\n');
  line.once('data', serve);
  line.once('end', () => server.listening || process.exit(0));
}
`;

test('kill -9 with a warm standby: the one that waited takes over, and says so', async () => {
  const port = await freePort();
  const post = new Post('');
  post.write('app.mjs', PROGRAM);
  post.configure(`
sereno: 1
site: standby
services:
  app:
    run: { process: { command: [${process.execPath}, app.mjs], env: { PORT: "${port}" }, standby: warm } }
    checks: [ { http: "http://127.0.0.1:${port}/", every: 1s } ]
    targets: { availability: 99% over 7d }
    restart: { budget: 100 per 1h, stable_after: 1s }
policy: { autonomy: 3, allow: [restart] }
`);
  await post.up();
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const view = await post.seen(
      'app',
      'healthy, with a standby that is ready',
      (it) => it.health === 'healthy' && it.phase === 'none' && it.standby?.startsWith('ready, pid ') === true,
    );
    const waiting = Number(view.standby?.slice('ready, pid '.length));
    process.kill(view.pid ?? 0, 'SIGKILL');
    const after = await post.seen('app', 'served by the one that waited', (it) => it.pid === waiting);
    assert.ok(after.actions.some((it) => it.action === 'restart'));
  }
  await post.healthy('app');
  const records = await post.evidence();
  const applied = records.filter((it) => it.type === 'action.applied' && it.action?.includes('the standby took over'));
  assert.equal(applied.length, KILLS, 'each take-over is in the evidence');
  const shown = await run(['service', 'show', 'app', ...post.flags()]);
  assert.match(shown.out, /standby: (ready|warming up), pid \d+/);
});
