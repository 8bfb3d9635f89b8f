// References: `${env:NAME}` and `${file:path}` inside texts. They keep secrets out of the file; what they stand for is
// known only in memory, and every value of them is told to the redactor.

import { dirname, isAbsolute, join } from 'node:path';
import type { Json } from '#kernel/evidence.ts';
import type { Path, Tree } from './document.ts';
import type { FileContent } from './files.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A reference that stands for nothing on this machine. */
export type Missing = {
  readonly path: Path;
  readonly reference: string;
  /** `environment variable DATABASE_URL is not set` */
  readonly why: string;
  /** False when it is not even written as a reference must be. */
  readonly isWellFormed: boolean;
};

export type Resolved = {
  readonly tree: Tree;
  readonly missing: readonly Missing[];
  readonly secrets: readonly string[];
};

/** Secrets are short; a longer file is a mistake. */
const SECRET_BYTES_MAX = 65_536;
const REFERENCE = /(\$?)\$\{(env|file):([^{}]*)\}/g;
const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export type Keyring = {
  readonly env: Environment;
  readonly read: (path: string, bytesMax: number) => FileContent;
  /** The main file: paths are relative to its folder. */
  readonly file: string;
};

type Answer = { readonly value: string } | { readonly why: string; readonly isWellFormed: boolean };

const fromEnvironment = (keyring: Keyring, name: string): Answer => {
  if (!ENV_NAME.test(name))
    return { why: `${JSON.stringify(name)} is not the name of a variable`, isWellFormed: false };
  const value = Object.hasOwn(keyring.env, name) ? keyring.env[name] : undefined;
  if (value === undefined) return { why: `environment variable ${name} is not set`, isWellFormed: true };
  // An empty address or key can never work; saying so here beats a puzzling refusal later.
  if (value === '') return { why: `environment variable ${name} is empty`, isWellFormed: true };
  return { value };
};

const fromFile = (keyring: Keyring, path: string): Answer => {
  if (path === '') return { why: 'a file without a path', isWellFormed: false };
  const content = keyring.read(isAbsolute(path) ? path : join(dirname(keyring.file), path), SECRET_BYTES_MAX);
  if (content.kind === 'missing') return { why: `file ${path} does not exist`, isWellFormed: true };
  if (content.kind === 'unreadable')
    return { why: `file ${path} cannot be read (${content.detail})`, isWellFormed: true };
  if (content.kind === 'too-big')
    return { why: `file ${path} is larger than ${content.bytesMax} bytes`, isWellFormed: true };
  const value = new TextDecoder().decode(content.bytes).replace(/\r?\n$/, '');
  return value === '' ? { why: `file ${path} is empty`, isWellFormed: true } : { value };
};

/** The password inside an address is a secret of its own: drivers like to print only that part. */
const passwordsIn = (value: string): readonly string[] => {
  // Cut by hand: one expression that finds the first colon and the last @ takes quadratic time on a row of colons.
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/\s]*)/i.exec(value)?.[1] ?? '';
  const colon = authority.indexOf(':');
  const password = colon < 0 ? '' : authority.slice(colon + 1, Math.max(colon + 1, authority.lastIndexOf('@')));
  if (password === '' || authority.slice(0, colon).includes('@')) return [];
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password]; // Not percent-encoded after all.
  }
};

/** Replaces all references in the texts of a tree. Keys are left alone; `$${env:X}` stands for the text `${env:X}`. */
export const resolveReferences = (tree: Tree, keyring: Keyring): Resolved => {
  const missing: Missing[] = [];
  const secrets = new Set<string>();
  const answers = new Map<string, Answer>();

  const answerTo = (scheme: string, name: string): Answer => {
    const key = `${scheme}:${name}`;
    const known = answers.get(key);
    if (known !== undefined) return known;
    const answer = scheme === 'env' ? fromEnvironment(keyring, name) : fromFile(keyring, name);
    answers.set(key, answer);
    return answer;
  };

  const replaceIn = (text: string, path: Path): string => {
    const replaced = text.replaceAll(REFERENCE, (reference: string, escape: string, scheme: string, name: string) => {
      if (escape !== '') return reference.slice(1);
      const answer = answerTo(scheme, name);
      if ('value' in answer) {
        for (const secret of [answer.value, ...passwordsIn(answer.value)]) secrets.add(secret);
        return answer.value;
      }
      missing.push({ path, reference, ...answer });
      return reference;
    });
    for (const password of passwordsIn(replaced)) secrets.add(password);
    return replaced;
  };

  const walk = (value: Json, path: Path): Json => {
    if (typeof value === 'string') return replaceIn(value, path);
    if (value === null || typeof value !== 'object') return value;
    if (Array.isArray(value)) return value.map((item: Json, index) => walk(item, [...path, index]));
    return walkTree(Object.entries(value), path);
  };

  const walkTree = (entries: readonly (readonly [string, Json])[], path: Path): Tree => {
    const copy: Record<string, Json> = {};
    for (const [key, value] of entries) copy[key] = walk(value, [...path, key]);
    return copy;
  };

  return { tree: walkTree(Object.entries(tree), []), missing, secrets: [...secrets] };
};

/** True when `path` lies at or below `prefix`. */
export const isBelow = (path: Path, prefix: Path): boolean =>
  path.length >= prefix.length && prefix.every((step, index) => step === path[index]);
