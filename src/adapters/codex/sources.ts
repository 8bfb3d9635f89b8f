// Sources and templates as they lie on the disk: read within limits, and never from outside of their folder.

import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { problem, type Problem } from '#kernel/problem.ts';
import { isTemplatePath, type Shelf } from '#kernel/template.ts';
import { readBounded } from './disk.ts';
import { readYaml, SOURCE_WORDING, YAML_BYTES_MAX, type Wording, type YamlRead } from './yaml.ts';

/** A template is a text that people read. */
export const TEMPLATE_BYTES_MAX = 262_144;
/** Names in a message; a folder may hold anything. */
const LISTED_MAX = 50;

/** Reads a source, or with another wording a blessed file. Problems: the code of the wording, `Source file not found: PATH`. */
export const readSourceFile = (path: string, wording: Wording = SOURCE_WORDING): YamlRead => {
  const read = readBounded(path, YAML_BYTES_MAX);
  if (read.kind === 'read') return readYaml(path, read.bytes, wording);
  const message = read.kind === 'missing' ? wording.missing(path) : `${path} cannot be read: ${read.why}`;
  return { problems: [problem(wording.code, message)] };
};

/**
 * The templates below a folder. A path that leads out of it, by `..` or by a link, is not there. What is there and cannot
 * be used (no permission, too long, not UTF-8) is a problem, `codex-template`.
 */
export const openShelf = (folder: string, mentions: Shelf['mentions']): Shelf => ({
  read: (path) => readTemplate(folder, path),
  where: (path) => join(folder, path),
  list: () => listTemplates(folder),
  mentions,
});

const readTemplate = (folder: string, path: string): string | Problem | null => {
  if (!isTemplatePath(path) || !isInside(folder, join(folder, path))) return null;
  const file = join(folder, path);
  const read = readBounded(file, TEMPLATE_BYTES_MAX);
  if (read.kind === 'missing') return null;
  const refuse = (why: string): Problem => problem('codex-template', `${file} ${why}`);
  if (read.kind === 'unreadable') return refuse(`cannot be read: ${read.why}`);
  if (read.bytes.length > TEMPLATE_BYTES_MAX) return refuse(`is larger than ${TEMPLATE_BYTES_MAX} bytes`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(read.bytes);
  } catch {
    return refuse('is not UTF-8');
  }
};

/** Links are followed first: what counts is where the file really lies. */
const isInside = (folder: string, file: string): boolean => {
  try {
    return realpathSync(file).startsWith(`${realpathSync(folder)}${sep}`);
  } catch {
    return false; // It is not there, or may not be looked at: reading it says which.
  }
};

const listTemplates = (folder: string): readonly string[] => {
  try {
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((it) => it.replaceAll(sep, '/'));
    return names
      .filter((it) => isTemplatePath(it) && statSync(join(folder, it)).isFile())
      .sort()
      .slice(0, LISTED_MAX);
  } catch {
    return []; // The list only helps a message along.
  }
};

/** Folders that mark the root of the workspace that systems around the codex share. */
const MARKS = ['modules', 'llm_framework'] as const;

/** The nearest folder at or above `from` that is a workspace; null: there is none. */
export const findWorkspace = (from: string): string | null => {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (MARKS.every((name) => existsSync(join(folder, name)) && statSync(join(folder, name)).isDirectory()))
      return folder;
    if (dirname(folder) === folder) return null;
  }
};
