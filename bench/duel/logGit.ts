// git as a log in D10: one empty commit a record, verified with fsck, as people do who say "we have it in git".

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { quantile } from '../measure.ts';
import { textOf, type Attack, type Log } from './log.ts';

const BEGAN = 1_795_239_865;
const BRANCH = 'refs/heads/log';
const OUTPUT_MAX = 256 * 1_024 * 1_024;
const WHO = 'sereno <sereno@localhost>';

const git = (repository: string, words: readonly string[], input = ''): string =>
  execFileSync('git', ['-C', repository, ...words], {
    input,
    encoding: 'utf8',
    maxBuffer: OUTPUT_MAX,
    stdio: ['pipe', 'pipe', 'ignore'],
  });

/** A history of these records and no other: the branch is put to its end. */
const rewrite = (repository: string, texts: readonly string[]): void => {
  const commits = texts.map((text, index) => {
    const from = index === 0 ? '' : `from :${index}\n`;
    const message = Buffer.byteLength(text);
    return `commit ${BRANCH}\nmark :${index + 1}\ncommitter ${WHO} ${BEGAN + index} +0000\ndata ${message}\n${text}\n${from}`;
  });
  git(repository, ['update-ref', '-d', BRANCH]);
  git(repository, ['fast-import', '--quiet', '--force'], commits.join('\n'));
};

const make = (repository: string): void => {
  execFileSync('git', ['init', '--quiet', '--bare', repository]);
  git(repository, ['symbolic-ref', 'HEAD', BRANCH]);
};

const spoiledTexts = (count: number, attack: Attack, at: number): readonly string[] => {
  const texts = Array.from({ length: count }, (_, index) => textOf(index));
  const [before, one, after] = [texts.slice(0, at - 1), texts[at - 1] ?? '', texts.slice(at)];
  switch (attack) {
    case 'delete':
      return [...before, ...after];
    case 'insert':
      return [...before, 'never happened', one, ...after];
    case 'reorder':
      return [...before, after[0] ?? '', one, ...after.slice(1)];
    case 'cut off':
      return before;
    case 'rolled back':
      return texts.slice(0, Math.floor(count * 0.9));
    case 'flip':
    case 'hashed anew':
      return [...before, `${one} (not)`, ...after];
  }
};

/** One byte in the middle of the largest pack. */
const flip = (repository: string, share: number): void => {
  for (const path of globSync(join(repository, 'objects', 'pack', '*.pack'))) {
    const bytes = readFileSync(path);
    const at = Math.floor(64 + share * (bytes.length - 128));
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    rmSync(path);
    writeFileSync(path, bytes);
  }
};

/** `room` is an empty folder. */
export const gitLog = (room: string, version: string): Log => {
  const [repository, attacked, small] = [join(room, 'log.git'), join(room, 'attacked.git'), join(room, 'small.git')];
  let looked = repository;
  let count = 0;
  return {
    contender: 'git',
    version,
    settings: 'one commit a record in one pack, verified with `git fsck --full --strict`; core.fsync=all',
    write: (wanted) => {
      count = wanted;
      make(repository);
      rewrite(
        repository,
        Array.from({ length: wanted }, (_, index) => textOf(index)),
      );
    },
    attack: (kind, at) => {
      rmSync(attacked, { recursive: true, force: true });
      looked = attacked;
      if (kind === 'flip') {
        cpSync(repository, attacked, { recursive: true });
        flip(attacked, at / count);
        return at;
      }
      // Whoever owns the repository does not edit objects: he writes another history and moves the branch to it.
      make(attacked);
      rewrite(attacked, spoiledTexts(count, kind, at));
      return kind === 'rolled back' ? Math.floor(count * 0.9) + 1 : at;
    },
    verify: () => {
      const words = ['-C', looked, 'fsck', '--full', '--strict', '--no-dangling', '--no-progress'];
      const looking = spawnSync('git', words, { encoding: 'utf8', maxBuffer: OUTPUT_MAX });
      return { isIntact: looking.status === 0, badSeq: null };
    },
    proofBytes: null,
    addedP99Ms: (times) => {
      make(small);
      const tree = git(small, ['hash-object', '-w', '-t', 'tree', '--stdin']).trim();
      const who = ['-c', 'user.name=sereno', '-c', 'user.email=sereno@localhost', '-c', 'core.fsync=all'];
      let parent: readonly string[] = [];
      const taken = Array.from({ length: times }, (_, index) => {
        const began = performance.now();
        const commit = git(small, [...who, 'commit-tree', tree, ...parent, '-m', textOf(index)]).trim();
        git(small, [...who, 'update-ref', BRANCH, commit]);
        parent = ['-p', commit];
        return performance.now() - began;
      });
      return quantile(taken, 0.99);
    },
  };
};
