// Verification: the whole codex read from its first entry, every object hashed again, and the log compared with witnesses.
//
// A log proves by itself that nothing in it was changed, removed or put in. That its end was cut off only somebody else can
// tell, who has seen it longer: evidence, a signed head, another copy.

import { objectsOf, type Digest } from '#kernel/codex.ts';
import { problem, type Problem } from '#kernel/problem.ts';
import type { CodexFold, CodexHead } from '#ports/codex.ts';
import { damaged, DISK, isDiskError, unusable, type Disk } from './fileSystem.ts';
import { groundAt, survey, type Ground } from './ground.ts';
import { listFolder } from './durable.ts';
import { Log } from './log.ts';
import { lookAtPacks } from './pack.ts';
import { listObjects, objectPath, readObject } from './objects.ts';

/** So many are told; a folder in which more is wrong was not damaged file by file. */
const PROBLEMS_MAX = 1_000;
/** How much is read between two yields: some milliseconds. */
const ENTRIES_A_SLICE = 250;
const OBJECTS_A_SLICE = 100;

export type CodexVerification = {
  readonly problems: readonly Problem[];
  readonly head: CodexHead;
  readonly objects: number;
  /** Objects that no entry names: left by somebody who was killed, until `gc`. */
  readonly unnamed: number;
  /** What lies in the folders and is not Sereno's. */
  readonly strays: readonly string[];
};

export type ToVerify = {
  readonly directory: string;
  /** An empty one: it is told the whole log. */
  readonly fold: CodexFold;
  readonly disk?: Disk;
  /** Ends of this log that were seen before, and kept elsewhere. */
  readonly witnesses?: readonly CodexHead[];
};

/**
 * Verifies in slices: each yield is a moment to do something else. Only reads. All problems are told together, each with the
 * path of its file: `codex-damaged`, `store-newer` or `store-unusable`.
 */
export function* verifying(it: ToVerify): Generator<undefined, CodexVerification> {
  const ground = groundAt(it.disk ?? DISK, it.directory);
  const problems: Problem[] = [];
  const named = new Set<Digest>();
  const hashes = new Map<number, Digest>();
  const fold: CodexFold = {
    refusal: (entry) => it.fold.refusal(entry),
    take: (record) => {
      it.fold.take(record);
      hashes.set(record.seq, record.hash);
      for (const digest of objectsOf(record.deed)) named.add(digest);
    },
  };
  const log = new Log(ground, fold, false);
  try {
    yield* verifyLog(ground, log, problems);
    problems.push(...(it.witnesses ?? []).flatMap((seen) => contradict(ground, hashes, seen)));
    const packs = lookAtPacks(ground);
    problems.push(...packs.problems);
    yield;
    const { digests, strays } = listObjects(ground);
    yield* verifyObjects(ground, digests, problems);
    const present = new Set(digests);
    const missing = [...named].filter((digest) => !present.has(digest));
    problems.push(
      ...missing.map((digest) => damaged(objectPath(ground, digest), 'it is missing, and the log names it')),
    );
    const unnamed = digests.filter((digest) => !named.has(digest)).length;
    return {
      ...told(problems),
      head: log.head(),
      objects: digests.length,
      unnamed,
      strays: [...strays, ...strayEntries(ground), ...packs.strays],
    };
  } catch (error) {
    if (!isDiskError(error)) throw error;
    problems.push(unusable(it.directory, error));
    return { ...told(problems), head: log.head(), objects: 0, unnamed: 0, strays: [] };
  }
}

/** Verifies at once. */
export const verifyCodex = (it: ToVerify): CodexVerification => {
  const run = verifying(it);
  for (;;) {
    const step = run.next();
    if (step.done === true) return step.value;
  }
};

function* verifyLog(ground: Ground, log: Log, problems: Problem[]): Generator<undefined> {
  const found = survey(ground);
  if (found.kind === 'failed') problems.push(found.problem);
  for (;;) {
    const before = log.head().seq;
    const trouble = log.catchUp(ENTRIES_A_SLICE);
    if (trouble !== null) problems.push(trouble);
    if (trouble !== null || log.head().seq === before) return;
    yield;
  }
}

function* verifyObjects(ground: Ground, digests: readonly Digest[], problems: Problem[]): Generator<undefined> {
  for (const [index, digest] of digests.entries()) {
    if (index % OBJECTS_A_SLICE === OBJECTS_A_SLICE - 1) yield;
    const read = readObject(ground, digest);
    if (read.kind === 'failed') problems.push(read.problem);
  }
}

const contradict = (
  ground: Ground,
  hashes: ReadonlyMap<number, Digest>,
  { seq, hash }: CodexHead,
): readonly Problem[] => {
  const found = hashes.get(seq);
  if (seq === 0 || found === hash) return [];
  if (found !== undefined) return [damaged(ground.log, `its entry ${seq} is not the one that was seen elsewhere`)];
  return [
    damaged(
      ground.log,
      `it ends at the entry ${hashes.size}, and the entry ${seq} was seen elsewhere: its end was cut off`,
    ),
  ];
};

const strayEntries = ({ disk, log }: Ground): readonly string[] =>
  listFolder(disk, log).flatMap((folder) => {
    if (!/^\d{3,}$/.test(folder)) return [`${log}/${folder}`];
    const names = listFolder(disk, `${log}/${folder}`);
    return names.filter((name) => !/^\d{6,}\.json$/.test(name)).map((name) => `${log}/${folder}/${name}`);
  });

const told = (problems: readonly Problem[]): { readonly problems: readonly Problem[] } => {
  if (problems.length <= PROBLEMS_MAX) return { problems };
  const more = problem('codex-damaged', `and ${problems.length - PROBLEMS_MAX} more files of the codex are damaged`);
  return { problems: [...problems.slice(0, PROBLEMS_MAX), more] };
};
