// The codex end to end, by real programs: killed at every call of the disk, a hundred at once, and on a full disk.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { verifyCodex } from '#adapters/codex/verify.ts';
import { Ledger } from '#duties/codex/ledger.ts';
import { cannotInject, sufferExport, type Suffered } from './codex/inject.ts';

const EXPORTER = join(import.meta.dirname, 'codex', 'exporter.ts');
const run = promisify(execFile);

const makePlace = (): string => {
  const place = mkdtempSync(join(tmpdir(), 'sereno-codex-'));
  test.after(() => rmSync(place, { recursive: true, force: true }));
  return place;
};

type Ended = { readonly signal: string | null; readonly out: string; readonly error: string };

/** Runs one exporter to its end, whichever it is. */
const runExporter = async (directory: string, count: number, call = 0): Promise<Ended> => {
  try {
    const { stdout, stderr } = await run(process.execPath, [EXPORTER, directory, String(count), String(call)]);
    return { signal: null, out: stdout, error: stderr };
  } catch (error) {
    const ended: unknown = error;
    if (!(error instanceof Error) || typeof ended !== 'object' || ended === null) throw error;
    const said = { signal: null, stdout: '', stderr: '', ...ended };
    return { signal: said.signal, out: said.stdout, error: said.stderr };
  }
};

/** The latest version, after everything was verified. */
const latest = (directory: string): number => {
  const ledger = new Ledger();
  const { problems } = verifyCodex({ directory, fold: ledger });
  assert.deepEqual(
    problems.map(({ message }) => message),
    [],
  );
  return ledger.item('concise_description')?.revisions.length ?? 0;
};

const projected = (directory: string): number => {
  const path = join(directory, 'concise_description.yaml');
  if (!existsSync(path)) return 0;
  const version = /^version: (\d+)\n$/.exec(readFileSync(path, 'utf8'))?.[1];
  assert.ok(version !== undefined, 'the projection is torn');
  return Number(version);
};

test('kill -9 before any call of the disk leaves the old version or the new one', async () => {
  const place = makePlace();
  const old = join(place, 'old');
  assert.equal((await runExporter(old, 1)).out, '1\n');
  const both = [0, 0, 0];
  for (let call = 1; ; call += 1) {
    const directory = join(place, `killed-${call}`);
    cpSync(old, directory, { recursive: true });
    const { signal, error } = await runExporter(directory, 1, call);
    const after = latest(directory);
    assert.ok(after === 1 || after === 2, `killed at ${call}: version ${after}`);
    both[after] = (both[after] ?? 0) + 1;
    assert.ok([1, after].includes(projected(directory)), `killed at ${call}: the projection`);
    if (signal === null) {
      assert.deepEqual([error, after, projected(directory)], ['', 2, 2]);
      break;
    }
    assert.equal(signal, 'SIGKILL');
    assert.equal((await runExporter(directory, 1)).out, `${after + 1}\n`, `killed at ${call}: the next one`);
    rmSync(directory, { recursive: true });
  }
  assert.ok((both[1] ?? 0) > 20 && (both[2] ?? 0) > 10, `killed ${both.join(' and ')} times`);
});

test('100 programs that export the same item at once give 100 consecutive versions', async () => {
  const directory = join(makePlace(), 'codex');
  const ended = await Promise.all(Array.from({ length: 100 }, () => runExporter(directory, 1)));
  assert.deepEqual(
    ended.filter(({ signal, error }) => signal !== null || error !== ''),
    [],
  );
  const versions = ended.map(({ out }) => Number(out)).toSorted((a, b) => a - b);
  assert.deepEqual(
    versions,
    Array.from({ length: 100 }, (_, index) => index + 1),
  );
  assert.equal(latest(directory), 100);
});

/** The system calls that change something; the others are tried with SERENO_CRASH_POINTS=all. */
const WRITING = ['write', 'fsync', 'link', 'linkat', 'rename', 'renameat', 'unlink', 'unlinkat', 'mkdir', 'mkdirat'];
const READING = ['utimensat', 'openat', 'pread64', 'close', 'fstat', 'statx', 'getdents64'];

const isAll = process.env['SERENO_CRASH_POINTS'] === 'all';
const skip = cannotInject();

/** Tries a fault at each call of these kinds, each time on the same codex with one version; `check` looks at what is left. */
const injectEach = async (
  calls: readonly string[],
  what: string,
  check: (directory: string, suffered: Suffered, where: string) => void,
): Promise<number> => {
  const place = makePlace();
  const old = join(place, 'old');
  assert.equal((await runExporter(old, 1)).out, '1\n');
  let faults = 0;
  for (const call of calls) {
    for (let nth = 1; ; nth += 1) {
      const directory = join(place, `${call}-${nth}`);
      cpSync(old, directory, { recursive: true });
      const suffered = await sufferExport(directory, { call, what, nth });
      check(directory, suffered, `${what} at ${call} ${nth}`);
      rmSync(directory, { recursive: true });
      if (suffered.signal === null && suffered.code === 0) break;
      faults += 1;
    }
  }
  return faults;
};

test('kill -9 at a real system call leaves the old version or the new one', { skip }, async () => {
  const calls = isAll ? [...WRITING, ...READING] : WRITING;
  const kills = await injectEach(calls, 'signal=SIGKILL', (directory, { signal, code, error }, where) => {
    assert.ok(signal === 'SIGKILL' || code === 0, `${where}: ${error}`);
    const after = latest(directory);
    assert.ok(code === 0 ? after === 2 : after === 1 || after === 2, where);
    assert.ok([1, after].includes(projected(directory)), where);
  });
  assert.ok(kills >= 10, `only ${kills} kills`);
});

test('a full disk is told, and the old version or the new one is there', { skip }, async () => {
  const failures = await injectEach(
    ['write', 'fsync', 'link', 'linkat'],
    'error=ENOSPC',
    (directory, suffered, where) => {
      const { signal, code, error } = suffered;
      assert.equal(signal, null, where);
      if (code !== 0) assert.match(error, /the disk is full|ENOSPC/, where);
      const after = latest(directory);
      assert.ok(code === 0 ? after === 2 : after === 1 || after === 2, where);
      assert.ok([1, after].includes(projected(directory)), where);
    },
  );
  assert.ok(failures >= 4, `only ${failures} failures`);
});
