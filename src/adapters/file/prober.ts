// File prober: is it there, is it fresh, is it big enough, does it hold what it should?
//
// Freshness is how most jobs that fail in silence are found: they run, they end well, and their output grows old. It is
// looked at before anything is opened: a pipe would be waited on for ever, and reading needs a right that looking does not.

import { open, stat } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { sayDuration } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import { runProbe, type Trial, type Trying } from '#ports/probing.ts';
import type { Prober, Question } from '#ports/sensor.ts';
import { cannotRun, codeOf, healthy, seenError, unhealthy, type Seen } from '#ports/symptom.ts';
import { excerpt } from '#ports/visible.ts';

/** The text is looked for in the first megabyte: the probe is bounded, whatever the file has grown to. */
const READ_BYTES_MAX = 1_048_576;

/** Clocks of file servers differ by seconds; a change further in the future makes every age meaningless. */
const AHEAD_MS_MAX = 60_000;

/** The beginning of the file. It may grow or shrink meanwhile: what was read counts. */
const readStart = async (path: string, size: number): Promise<Buffer> => {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(Math.min(READ_BYTES_MAX, size));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
};

const judgeAge = (question: Question<'file'>, ageMs: number): Seen | null => {
  const { maxAgeMs } = question;
  if (maxAgeMs === undefined) return null;
  if (ageMs < -AHEAD_MS_MAX) {
    return cannotRun(`it says that it was changed ${sayDuration(-ageMs)} in the future, so its age cannot be told`);
  }
  if (ageMs <= maxAgeMs) return null;
  return unhealthy('stale', `changed ${sayDuration(ageMs)} ago, expected at most ${sayDuration(maxAgeMs)}`);
};

const judgeContent = async (question: Question<'file'>, status: Stats): Promise<Seen | null> => {
  const { path, minBytes, contains } = question;
  if (minBytes === undefined && contains === undefined) return null;
  // A folder has an age (the newest backup in it), but no length and no text of its own.
  if (!status.isFile()) return unhealthy('wrong-answer', 'it is not a regular file');
  if (minBytes !== undefined && status.size < minBytes) {
    return unhealthy('wrong-answer', `${status.size} bytes, expected at least ${minBytes}`);
  }
  if (contains === undefined || (await readStart(path, status.size)).includes(contains)) return null;
  const where = status.size > READ_BYTES_MAX ? ' in its first megabyte' : '';
  return unhealthy('wrong-answer', `does not contain ${excerpt(contains)}${where}`);
};

const seenFileError = (error: unknown): Seen => {
  const code = codeOf(error);
  if (code === 'ENOENT') return unhealthy('failed', 'it does not exist');
  if (code === 'ENOTDIR') return unhealthy('failed', 'its folder is not a folder');
  if (code === 'ELOOP') return unhealthy('failed', 'it is a link that leads in a circle');
  if (code === 'EACCES' || code === 'EPERM') return cannotRun('Sereno is not permitted to read it');
  return seenError(error, 'reading it');
};

/** `now` is the wall clock: what file systems stamp their changes with. */
const look = async (question: Question<'file'>, now: number): Promise<Seen> => {
  try {
    const status = await stat(question.path);
    const ageMs = now - status.mtimeMs;
    const wrong = judgeAge(question, ageMs) ?? (await judgeContent(question, status));
    return wrong ?? healthy(`changed ${sayDuration(Math.max(0, ageMs))} ago, ${status.size} bytes`);
  } catch (error) {
    return seenFileError(error);
  }
};

const attempt = (question: Question<'file'>, trying: Trying): Trial => {
  void look(question, Date.now()).then((seen) =>
    trying.settle({ ...seen, message: `${excerpt(question.path, 120)}: ${seen.message}` }),
  );
  return {
    // A read that hangs (a dead network file system) cannot be called back; its late answer is dropped.
    release: () => {},
    overdue: () => cannotRun(`the file system did not answer in time for ${excerpt(question.path, 120)}`),
  };
};

/** Makes the prober for `file` checks. Opens for reading only; an older modification time than `maxAgeMs` is stale. */
export const makeFileProber = (clock: Clock): Prober<'file'> => ({
  probe: (check, question, report) => runProbe(clock, check, (trying) => attempt(question, trying), report),
});
