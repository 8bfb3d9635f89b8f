// Where Sereno itself meets its limits: a full or read-only disk under its store, and a neighbour's port that its checks look at.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from './stand/port.ts';
import { isAlive, Post, run, until } from './stand/sereno.ts';

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

/** Mounts a small ext4 from a file, as a disk that can be pulled out from under Sereno. False: this machine has no loop devices. */
const mountImage = (image: string, at: string): boolean => {
  try {
    execFileSync('mount', ['-o', 'loop', image, at], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

const endAll = async (pids: readonly number[]): Promise<void> => {
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await until('the services to be gone', () => !pids.some(isAlive));
};

/** False while somebody still has something open on it: a program that was just killed, or its log. */
const isUnmounted = (at: string): boolean => spawnSync('umount', [at]).status === 0;

test(
  'a disk that turns read-only: everything is unknown; on the same disk, mounted again, nothing is lost',
  { skip: canMount ? false : 'mounting a small disk needs root' },
  async (context) => {
    const post = await make();
    mkdirSync(post.state, { recursive: true });
    const image = post.write('disk.img', '');
    truncateSync(image, 32 * 1_048_576);
    execFileSync('/sbin/mkfs.ext4', ['-q', '-F', image]);
    if (!mountImage(image, post.state)) return context.skip('this machine has no loop devices');
    try {
      await post.up();
      const front = await post.healthy('front');
      const base = await post.healthy('base');
      const before = await post.evidence('&order=newest-first');
      // What the kernel does when the disk below a file system fails: whatever is open for writing answers EROFS.
      execFileSync('mount', ['-o', 'remount,abort', post.state]);
      process.kill(base.pid ?? 0, 'SIGKILL');
      const blind = await post.seen('base', 'unknown', (view) => view.health === 'unknown');
      assert.match(blind.headline, /the store does not write/);
      assert.equal(isAlive(base.pid ?? 0), false, 'nothing is acted upon while nothing can be written');
      await post.kill();
      await endAll([front.pid ?? 0]);
      await until('the disk to be let go', () => isUnmounted(post.state));
      assert.ok(mountImage(image, post.state));
      await post.up();
      await post.seen('base', 'back', (view) => view.health === 'healthy' && view.pid !== base.pid);
      const after = await post.evidence(`&order=oldest-first&after=${(before[0]?.seq ?? 1) - 1}`);
      assert.equal(after[0]?.hash, before[0]?.hash, 'what was written stands');
      const verified = await run(['evidence', 'verify', ...post.flags()]);
      assert.equal(verified.code, 0, verified.out);
      await post.down();
    } finally {
      await post.kill();
      execFileSync('umount', ['-l', post.state]);
    }
    return undefined;
  },
);
