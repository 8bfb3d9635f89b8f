// The real command `sereno codex export` when something breaks under it: killed at its system calls, a disk that is full,
// read-only or forbidden, and a clock that goes back.
// decoder: what the command prints as JSON is read as what it says that it is

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { cannotInject } from './codex/inject.ts';
import { CodexTown, PLAIN, PROMPT, sourceOf } from './codex/town.ts';

const CANDIDATE = `output/llm_tasks/candidates/${PLAIN}.yaml`;

const townWithOne = async (): Promise<CodexTown> => {
  const town = new CodexTown();
  town.write('ty_log/skills.yaml', sourceOf(PLAIN, PROMPT));
  await town.must('export', 'skills.yaml');
  return town;
};

/** The newest version, after every byte was looked at. */
const newest = async (town: CodexTown): Promise<number> => {
  await town.must('verify');
  const { items } = await town.json<{ items: readonly { versions: number }[] }>('list');
  return items[0]?.versions ?? 0;
};

/** The version of the candidate's file; fails when the file is torn. */
const projected = (town: CodexTown): number => {
  const text = readFileSync(town.path(CANDIDATE), 'utf8');
  const version = /^version: (\d+)\ndigest: [0-9a-f]{64}\n$/m.exec(text)?.[1];
  assert.ok(version !== undefined, `the file is torn: ${text}`);
  return Number(version);
};

/** Calls that change something. Node itself makes none of them when it starts, but mkdir and openat. */
const CALLS = [
  'fsync',
  'link',
  'linkat',
  'rename',
  'renameat',
  'renameat2',
  'unlink',
  'unlinkat',
  'mkdir',
  'fchmod',
  'utimensat',
];
const CALLS_MAX = 60;

suite('faults under the real export', { timeout: 900_000 }, () => {
  test(
    'kill -9 at each call that changes something leaves the old version or the new one',
    { skip: cannotInject() },
    async (context) => {
      const town = await townWithOne();
      const old = town.path('..', `${town.folder.split('/').at(-1) ?? ''}-old`);
      cpSync(town.folder, old, { recursive: true });
      const left = [0, 0, 0];
      for (const call of CALLS) {
        for (let nth = 1; nth <= CALLS_MAX; nth += 1) {
          const inject = [
            '-f',
            '-o',
            '/dev/null',
            '-e',
            `trace=?${call}`,
            '-e',
            `inject=?${call}:signal=SIGKILL:when=${nth}`,
          ];
          const ran = await town.runWith({ under: ['strace', ...inject] }, 'export', 'skills.yaml');
          const where = `${call} ${nth}: ${ran.out}${ran.err}`;
          const after = await newest(town);
          assert.ok(after === 1 || after === 2, where);
          assert.ok([1, after].includes(projected(town)), where);
          const isKilled = ran.signal !== null || ran.code === 137;
          if (isKilled) {
            left[after] = (left[after] ?? 0) + 1;
            assert.match(
              await town.must('export', 'skills.yaml'),
              new RegExp(`incremented to ${after + 1}$`, 'm'),
              where,
            );
          } else assert.deepEqual([ran.code, after, projected(town)], [0, 2, 2], where);
          for (const name of ['.sereno', 'output']) {
            rmSync(town.path(name), { recursive: true });
            cpSync(join(old, name), town.path(name), { recursive: true });
          }
          if (!isKilled) break;
        }
      }
      rmSync(old, { recursive: true });
      const [, before = 0, behind = 0] = left;
      context.diagnostic(`${before} kills left the old version, ${behind} the new one`);
      assert.ok(before >= 3 && behind >= 3, String(left));
    },
  );

  const canMount = process.getuid?.() === 0 ? false : 'mounting a small disk needs root';

  test(
    'a full disk is told, the old version stays, and it goes on when there is room',
    { skip: canMount },
    async (context) => {
      const town = new CodexTown();
      town.write('ty_log/skills.yaml', sourceOf(PLAIN, PROMPT));
      mkdirSync(town.path('.sereno'));
      const image = town.write('disk.img', '');
      truncateSync(image, 4 * 1_048_576);
      execFileSync('/sbin/mkfs.ext4', ['-q', '-F', image]);
      try {
        execFileSync('mount', ['-o', 'loop', image, town.path('.sereno')], { stdio: 'ignore' });
      } catch {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', town.path('.sereno')]);
        context.diagnostic('no loop devices here: a small disk in memory');
      }
      try {
        await town.must('export', 'skills.yaml');
        const filler = town.path('.sereno/filler');
        for (const size of [65_536, 4_096, 512, 1]) fill(filler, size);
        const full = await town.run('export', 'skills.yaml');
        assert.equal(full.code, 1, full.out);
        assert.match(full.out, /❌ Export failed: .*the disk is full \(ENOSPC/);
        assert.equal(await newest(town), 1);
        assert.equal(projected(town), 1);
        rmSync(filler);
        assert.match(await town.must('export', 'skills.yaml'), /^✅ Version incremented to 2$/m);
        assert.equal(await newest(town), 2);
        execFileSync('mount', ['-o', 'remount,ro', town.path('.sereno')]);
        const frozen = await town.run('export', 'skills.yaml');
        assert.equal(frozen.code, 1);
        assert.match(frozen.out, /❌ Export failed: .*the disk is read-only \(EROFS/);
        assert.equal(await newest(town), 2);
      } finally {
        execFileSync('umount', ['-l', town.path('.sereno')]);
      }
    },
  );

  test(
    'an output folder on a full disk: the version is kept and the failure told; the next export writes the file',
    { skip: canMount },
    async () => {
      const town = await townWithOne();
      rmSync(town.path('output'), { recursive: true });
      mkdirSync(town.path('output'));
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', town.path('output')]);
      try {
        for (const size of [4_096, 512, 1]) fill(town.path('output/filler'), size);
        const full = await town.run('export', 'skills.yaml');
        assert.equal(full.code, 1);
        assert.match(full.out, /❌ Export failed: .*ENOSPC/);
        assert.ok(!existsSync(town.path(CANDIDATE)));
        rmSync(town.path('output/filler'));
        assert.match(await town.must('export', 'skills.yaml'), /^✅ Version incremented to 3$/m);
        assert.deepEqual([await newest(town), projected(town)], [3, 3]);
      } finally {
        execFileSync('umount', ['-l', town.path('output')]);
      }
    },
  );

  test('a folder that may not be written is told with what to do', { skip: canMount }, async () => {
    const town = await townWithOne();
    const nobody = 65_534;
    chmodSync(town.folder, 0o755);
    // What was believed is for the owner alone; here the folder of the codex is asked.
    const memory = town.path('.sereno/codex-memory.json');
    assert.match((await town.runWith({ uid: nobody }, 'export', 'skills.yaml')).out, /❌ Export failed: .*EACCES/);
    chmodSync(memory, 0o644);
    const ran = await town.runWith({ uid: nobody }, 'export', 'skills.yaml');
    assert.equal(ran.code, 1, ran.err);
    assert.match(ran.out, /❌ Export failed: .*(permission was denied \(EACCES|it was not permitted \(EPERM)/);
    assert.match(ran.err, /check owner, permissions and free space/);
    chmodSync(town.path('ty_log/skills.yaml'), 0o600);
    const unread = await town.runWith({ uid: nobody }, 'export', 'skills.yaml');
    assert.match(unread.out, /❌ Export failed: .*skills\.yaml cannot be read: EACCES/);
    assert.equal(await newest(town), 1);
  });

  const [faketime = null] = globSync('/usr/lib/*/faketime/libfaketime.so.1');

  test(
    'a clock that goes back between two exports changes nothing in their order',
    { skip: faketime === null && 'there is no libfaketime' },
    async () => {
      const town = await townWithOne();
      for (const [at, version] of [
        ['-400d', 2],
        ['+400d', 3],
        ['-4000d', 4],
      ] as const) {
        const env = { LD_PRELOAD: faketime ?? '', FAKETIME: at };
        const { code, out, err } = await town.runWith({ env }, 'export', 'skills.yaml');
        assert.equal(code, 0, out + err);
        assert.match(out, new RegExp(`^✅ Version incremented to ${version}$`, 'm'));
      }
      assert.equal(await newest(town), 4);
      const { records } = await town.json<{ records: readonly { seq: number; at: number }[] }>('history', PLAIN);
      assert.deepEqual(
        records.map(({ seq }) => seq),
        [1, 2, 3, 4],
      );
      const times = records.map(({ at }) => at);
      assert.ok((times[1] ?? 0) < (times[0] ?? 0) && (times[3] ?? 0) < (times[1] ?? 0), 'the clock really went back');
    },
  );
});

const fill = (path: string, size: number): void => {
  try {
    for (;;) writeFileSync(path, Buffer.alloc(size), { flag: 'a' });
  } catch {
    return; // ENOSPC: that is what was wanted.
  }
};
