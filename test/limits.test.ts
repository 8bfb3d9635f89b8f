// Where Sereno itself meets its limits: a full disk under its store, and a neighbour's port that its checks look at.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from './stand/port.ts';
import { Post, run } from './stand/sereno.ts';

const UNIT = `import{createServer}from'node:http';createServer((q,s)=>s.end('ok')).listen(Number(process.env.PORT),'127.0.0.1');`;

/** Two services: the second needs the first, and one of its checks looks at the first one's port. */
const make = async (): Promise<Post> => {
  const [base, front] = [await freePort(), await freePort()];
  const post = new Post('');
  post.write('unit.mjs', UNIT);
  const more = 'targets: { availability: 99% over 7d }, restart: { budget: 10 per 1h, stable_after: 1s }';
  const runs = (port: number): string =>
    `run: { process: { command: [${process.execPath}, unit.mjs], env: { PORT: "${port}" } } }`;
  const looks = (port: number): string => `{ http: "http://127.0.0.1:${port}/", every: 1s }`;
  post.configure(`
sereno: 1
site: limits
services:
  base: { ${runs(base)}, checks: [ ${looks(base)} ], ${more} }
  front: { needs: [base], ${runs(front)}, checks: [ ${looks(base)}, ${looks(front)} ], ${more} }
policy: { autonomy: 3, allow: [restart] }
`);
  return post;
};

test('a healthy neighbour is not blamed for its own port: the service that was killed is restarted', async () => {
  const post = await make();
  await post.up();
  await post.healthy('base');
  const { pid } = await post.healthy('front');
  process.kill(pid ?? 0, 'SIGKILL');
  await post.seen('front', 'back', (view) => view.health === 'healthy' && view.pid !== pid);
  const measured = await post.healthy('front');
  assert.equal(measured.actions[0]?.cause, 'killed');
  assert.deepEqual((await post.town()).incidents, []);
});

const canMount = process.getuid?.() === 0;

test(
  'a full disk: everything is unknown, nothing is acted upon or queued, and it goes on when there is room',
  { skip: canMount ? false : 'mounting a small disk needs root' },
  async () => {
    const post = await make();
    mkdirSync(post.state, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', post.state]);
    try {
      await post.up();
      await post.healthy('front');
      const { pid } = await post.healthy('base');
      const filler = join(post.state, 'filler');
      const fill = (): void => {
        try {
          for (let part = 0; part < 200; part += 1) writeFileSync(filler, Buffer.alloc(65_536), { flag: 'a' });
        } catch {
          return; // ENOSPC: that is what was wanted.
        }
      };
      fill();
      process.kill(pid ?? 0, 'SIGKILL');
      const blind = await post.seen('base', 'unknown', (view) => view.health === 'unknown');
      assert.match(blind.headline, /the store does not write/);
      const status = await run(['status', ...post.flags()]);
      assert.equal(status.code, 3, status.out);
      const asked = await run(['service', 'restart', 'front', ...post.flags()]);
      assert.notEqual(asked.code, 0, 'a request that cannot be written is refused');
      assert.match(post.out, /Sereno is blind/);
      rmSync(filler);
      await post.seen('base', 'back', (view) => view.health === 'healthy' && view.pid !== pid);
      const { actions } = await post.service('front');
      assert.ok(!actions.some((action) => action.action === 'restart'), 'the refused request was not kept');
      const verified = await run(['evidence', 'verify', ...post.flags()]);
      assert.equal(verified.code, 0, verified.out);
      await post.down();
    } finally {
      await post.kill();
      execFileSync('umount', ['-l', post.state]);
    }
  },
);
