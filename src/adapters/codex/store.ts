// The codex's store on disk: a folder of plain files that anybody can look at, and that no two programs can spoil.

import { objectsOf, type CodexDraft, type Digest } from '#kernel/codex.ts';
import { problem, type Problem } from '#kernel/problem.ts';
import type { Appended, CodexFold, CodexHead, CodexStore, Kept, ObjectRead } from '#ports/codex.ts';
import { DISK, isDiskError, unusable, type Disk } from './fileSystem.ts';
import { groundAt, prepare, survey, type Ground } from './ground.ts';
import { Log } from './log.ts';
import { freshen, keepObject, objectPath, readObject } from './objects.ts';
import { unwritable } from './record.ts';

/** Each failed attempt means that somebody else succeeded: more than this in a row is no contest but a fault. */
const ATTEMPTS_MAX = 10_000;

export type CodexPlace = {
  /** Made when something is written and it is not there. */
  readonly directory: string;
  readonly fold: CodexFold;
  readonly disk?: Disk;
};

/** Opens the codex in a folder. Reads nothing yet; nothing is made before something is written. */
export const openCodex = ({ directory, fold, disk = DISK }: CodexPlace): CodexStore => {
  const ground = groundAt(disk, directory);
  const log = new Log(ground, fold);
  let isReady = false;

  const begin = (): Problem | null => {
    if (isReady) return null;
    const found = survey(ground);
    if (found.kind === 'failed') return found.problem;
    if (found.kind === 'bare') prepare(ground);
    isReady = true;
    return null;
  };

  const look = (entriesMax?: number): Problem | null => {
    if (isReady) return log.catchUp(entriesMax);
    const found = survey(ground);
    if (found.kind === 'failed') return found.problem;
    isReady = found.kind === 'ready';
    return isReady ? log.catchUp(entriesMax) : null;
  };

  return {
    put: (text) =>
      guard<Kept>(ground, () => {
        const trouble = begin();
        return trouble === null ? keepObject(ground, text) : { kind: 'failed', problem: trouble };
      }),
    read: (digest) => guard<ObjectRead>(ground, () => readObject(ground, digest)),
    catchUp: (entriesMax) => {
      try {
        return look(entriesMax);
      } catch (error) {
        return failureOf(ground, error);
      }
    },
    append: (propose) =>
      guard<Appended>(ground, () => {
        const trouble = begin();
        return trouble === null ? append({ ground, log, fold }, propose) : { kind: 'failed', problem: trouble };
      }),
    head: (): CodexHead => log.head(),
  };
};

/** What the disk throws is a failure with a reason; anything else is a bug and goes on its way. */
const guard = <T>(ground: Ground, work: () => T): T | { readonly kind: 'failed'; readonly problem: Problem } => {
  try {
    return work();
  } catch (error) {
    return { kind: 'failed', problem: failureOf(ground, error) };
  }
};

const failureOf = ({ directory }: Ground, error: unknown): Problem => {
  if (!isDiskError(error)) throw error;
  return unusable(directory, error);
};

type Desk = { readonly ground: Ground; readonly log: Log; readonly fold: CodexFold };

const refused = (why: string): Appended => ({ kind: 'refused', problem: problem('codex-refused', why) });

const append = ({ ground, log, fold }: Desk, propose: () => CodexDraft | null): Appended => {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const trouble = log.catchUp();
    if (trouble !== null) return { kind: 'failed', problem: trouble };
    const draft = propose();
    if (draft === null) return { kind: 'withheld' };
    const { seq, hash: prev } = log.head();
    const entry = { format: 1, seq: seq + 1, prev, at: draft.at, by: draft.by, deed: draft.deed } as const;
    const why = fold.refusal(entry) ?? unwritable(entry);
    if (why !== null) return refused(why);
    const missing = objectsOf(entry.deed).find((digest) => !isThere(ground, digest));
    if (missing !== undefined) return refused(`the object ${missing}, which the entry names, is not in the codex`);
    const record = log.add(entry);
    if (record !== null) return { kind: 'appended', record };
  }
  return {
    kind: 'failed',
    problem: unusable(ground.directory, new Error(`somebody else was faster ${ATTEMPTS_MAX} times`)),
  };
};

/** Also says that it is in use: from here until the entry names it, `gc` must leave it. */
const isThere = (ground: Ground, digest: Digest): boolean => freshen(ground, objectPath(ground, digest));
