// File prober: is it there, is it fresh, is it big enough, does it hold what it should?
//
// Freshness is how most jobs that fail in silence are found: they run, they end well, and their output grows old.

import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { sayDuration } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import { runProbe, type Trying } from '#ports/probing.ts';
import type { Prober, Question } from '#ports/sensor.ts';
import { cannotRun, codeOf, healthy, seenError, unhealthy, type Seen } from '#ports/symptom.ts';
import { excerpt } from '#ports/visible.ts';

/** The text is looked for in the first megabyte: the probe is bounded, whatever the file has grown to. */
const READ_BYTES_MAX = 1_048_576;

const holds = async (file: FileHandle, wanted: string): Promise<boolean> => {
  const buffer = Buffer.alloc(READ_BYTES_MAX);
  const { bytesRead } = await file.read(buffer, 0, READ_BYTES_MAX, 0);
  return buffer.subarray(0, bytesRead).includes(wanted);
};

const judge = async (file: FileHandle, question: Question<'file'>, now: number): Promise<Seen> => {
  const { maxAgeMs, minBytes, contains } = question;
  const status = await file.stat();
  // A directory has an age too (a backup folder), but no length and no text of its own.
  if (!status.isFile() && !status.isDirectory()) return unhealthy('wrong-answer', 'it is neither a file nor a folder');
  const ageMs = now - status.mtimeMs;
  const age = `changed ${sayDuration(Math.max(0, ageMs))} ago`;
  if (maxAgeMs !== undefined && ageMs > maxAgeMs) {
    return unhealthy('stale', `${age}, expected at most ${sayDuration(maxAgeMs)}`);
  }
  if (minBytes !== undefined && status.size < minBytes) {
    return unhealthy('wrong-answer', `${status.size} bytes, expected at least ${minBytes}`);
  }
  if (contains !== undefined && !(await holds(file, contains))) {
    return unhealthy('wrong-answer', `does not contain ${excerpt(contains)} in its first megabyte`);
  }
  return healthy(`${age}, ${status.size} bytes`);
};

const look = async (question: Question<'file'>, now: number): Promise<Seen> => {
  let file: FileHandle | null = null;
  try {
    // Without waiting: opening a named pipe for reading would otherwise hang until somebody writes.
    file = await open(question.path, constants.O_RDONLY | constants.O_NONBLOCK);
    return await judge(file, question, now);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return unhealthy('failed', 'it does not exist');
    if (code === 'ENOTDIR') return unhealthy('failed', 'its folder is not a folder');
    if (code === 'EACCES' || code === 'EPERM') return cannotRun('Sereno is not permitted to read it');
    return seenError(error, 'reading it');
  } finally {
    await file?.close();
  }
};

const attempt = (
  question: Question<'file'>,
  now: number,
  trying: Trying,
): ReturnType<Parameters<typeof runProbe>[2]> => {
  void look(question, now).then(trying.settle);
  return {
    // A read that hangs (a dead network file system) cannot be called back; its late answer is dropped.
    release: () => {},
    overdue: () => cannotRun('the file system did not answer in time'),
  };
};

/** Makes the prober for `file` checks. Opens for reading only; an older modification time than `maxAgeMs` is stale. */
export const makeFileProber = (clock: Clock): Prober<'file'> => ({
  probe: (check, question, report) => runProbe(clock, check, (trying) => attempt(question, Date.now(), trying), report),
});
