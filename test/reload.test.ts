// A service is taken out of the configuration and put back: it runs on, is taken up again, and Sereno lives through it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAlive, Post, until } from './stand/sereno.ts';

const config = (names: readonly string[]): string => `
sereno: 1
site: reload
services:
${names
  .map(
    (name) => `  ${name}:
    run: { process: { command: [/bin/sh, -c, "exec sleep 1000"] } }
    checks: [ { process: , every: 1s } ]
    targets: { availability: 99% over 7d }
    restart: { budget: 10 per 1h, stable_after: 1s }
`,
  )
  .join('')}`;

/** Puts a configuration in place and waits until it is the one that is watched. */
const reconfigure = async (post: Post, names: readonly string[]): Promise<void> => {
  post.configure(config(names));
  post.child?.kill('SIGHUP');
  await until(`${names.join(', ')} to be watched`, async () => {
    const { services } = await post.town();
    return services.length === names.length && names.every((name) => services.some((it) => it.id === name));
  });
};

test('taken out and put back, three times: the same process is taken up again, and the watchman lives', async () => {
  const post = new Post(config(['stays', 'guest']));
  await post.up();
  await post.healthy('stays');
  const { pid } = await post.healthy('guest');
  assert.ok(pid !== null);
  const watchman = post.child?.pid;
  for (let round = 0; round < 3; round += 1) {
    await reconfigure(post, ['stays']);
    assert.ok(isAlive(pid), 'what runs of it runs on');
    assert.match(
      post.out,
      new RegExp(`guest was taken out of the configuration and runs on unwatched \\(pid ${pid}\\)`),
    );
    await reconfigure(post, ['stays', 'guest']);
    assert.equal((await post.healthy('guest')).pid, pid, 'adopted, not started twice');
  }
  // And after a life of the watchman in which nobody declared it.
  await reconfigure(post, ['stays']);
  await post.kill();
  await post.up();
  await post.healthy('stays');
  await reconfigure(post, ['stays', 'guest']);
  assert.equal((await post.healthy('guest')).pid, pid);
  assert.notEqual(post.child?.pid, watchman);
  assert.ok(post.child !== null);
  assert.doesNotMatch(post.out, /store does not write/);
  const { pid: staying } = await post.healthy('stays');
  post.configure(config(['stays', 'guest']).replaceAll('sleep 1000', 'sleep 1001'));
  post.child?.kill('SIGHUP');
  await until('the old command to be named', () =>
    post.out.includes(`stays runs on as it was started (pid ${staying})`),
  );
  assert.equal((await post.healthy('stays')).pid, staying);
  await post.clear();
  assert.ok(!isAlive(pid));
});
