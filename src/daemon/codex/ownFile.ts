// The blessed configuration of Sereno itself as a file: what a person puts back when the one on disk is not the blessed one.

import { dirname, join } from 'node:path';
import { DISK, isDiskError, unusable } from '#adapters/codex/fileSystem.ts';
import { ensureFolder, publishOver, writeTemporary } from '#adapters/codex/durable.ts';
import { groundAt } from '#adapters/codex/ground.ts';
import type { RevisionRef } from '#kernel/codex.ts';
import { ProblemError } from '#kernel/problem.ts';
import { contentWith, type CodexDesk } from './desk.ts';

/** Beside the codex: a file to copy from, which nothing reads by itself. */
const folderOf = (desk: Pick<CodexDesk, 'directory'>): string => join(dirname(desk.directory), 'own');

export const ownFilePath = (desk: Pick<CodexDesk, 'directory'>, item: string): string =>
  join(folderOf(desk), `${item}.yaml`);

/** Writes what is active, read-only, at once or not at all. Throws ProblemError: `store-unusable`, `codex-damaged`. */
export const writeOwn = (desk: CodexDesk, { item, version, digest }: RevisionRef): { readonly path: string } => {
  const text = `# ${item}@${version}, sha256 ${digest}\n${contentWith(desk, digest).content.prompt}`;
  const folder = folderOf(desk);
  try {
    ensureFolder(DISK, folder);
    publishOver(
      DISK,
      writeTemporary(DISK, groundAt(DISK, desk.directory).temporary, Buffer.from(text)),
      folder,
      `${item}.yaml`,
    );
  } catch (error) {
    if (!isDiskError(error)) throw error;
    throw new ProblemError([unusable(folder, error)]);
  }
  return { path: ownFilePath(desk, item) };
};
