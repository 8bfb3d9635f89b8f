// Recording: every change that a program makes to the files of one directory, in order, as strace saw them.

import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';

export type Change =
  | { readonly kind: 'create'; readonly path: string }
  | { readonly kind: 'write'; readonly path: string; readonly offset: number; readonly bytes: Buffer }
  | { readonly kind: 'cut'; readonly path: string; readonly size: number }
  | { readonly kind: 'sync'; readonly path: string }
  | { readonly kind: 'rename'; readonly path: string; readonly to: string }
  | { readonly kind: 'remove'; readonly path: string }
  /** The program has promised that this commit is safe. */
  | { readonly kind: 'ack'; readonly version: number; readonly lastSeq: number };

const CALLS =
  'openat,creat,pwrite64,write,pwritev,writev,ftruncate,truncate,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat';
/** Longer than any write of SQLite. */
const STRING_MAX = 1_048_576;

const bytesOf = (quoted: string): Buffer => Buffer.from(quoted.replaceAll('\\x', ''), 'hex');

/** The arguments of one call as strace prints them with -y and -xx. */
const QUOTED = /"((?:\\x[0-9a-f]{2})*)"/g;
const DESCRIPTOR = /^(\d+)<((?:[^>]|\\x3e)*)>/;

type Call = { readonly name: string; readonly words: string; readonly result: number };

const CALL = /^(\w+)\((.*)\) = (-?\d+)/;

/** Puts together what strace tore apart because another thread made a call in between. */
const wholeLines = (text: string): readonly string[] => {
  const begun = new Map<string, string>();
  return text.split('\n').flatMap((line) => {
    const [, pid = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (rest.endsWith('<unfinished ...>')) {
      begun.set(pid, rest.slice(0, -'<unfinished ...>'.length));
      return [];
    }
    const [, tail] = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest) ?? [];
    return [tail === undefined ? rest : `${begun.get(pid) ?? ''}${tail}`];
  });
};

const readCall = (line: string): Call | null => {
  const [, name, words, result] = CALL.exec(line) ?? [];
  return name === undefined || words === undefined ? null : { name, words, result: Number(result) };
};

/** Follows the files of one directory through the calls of a program. */
class Reader {
  readonly changes: Change[] = [];
  readonly #directory: string;
  readonly #sizes = new Map<string, number>();
  readonly #positions = new Map<string, number>();
  readonly #appending = new Set<string>();

  constructor(directory: string) {
    this.#directory = `${directory}/`;
  }

  take({ name, words, result }: Call): void {
    if (result < 0) return;
    const quoted = [...words.matchAll(QUOTED)].map((found) => bytesOf(found[1] ?? ''));
    const [, descriptor = '', hexPath = ''] = DESCRIPTOR.exec(words) ?? [];
    const path = this.#within(hexPath.includes('\\x') ? bytesOf(hexPath).toString() : hexPath);
    if (name === 'write' && descriptor === '1') return this.#heard(quoted[0]?.toString() ?? '');
    if (name === 'openat') return this.#opened(quoted[0]?.toString() ?? '', words, String(result));
    if (name.startsWith('rename')) return this.#renamed(quoted.map(String));
    if (name.startsWith('unlink')) return this.#removed(quoted[0]?.toString() ?? '');
    if (path === null) return undefined;
    if (name === 'fsync' || name === 'fdatasync') this.changes.push({ kind: 'sync', path });
    else if (name === 'ftruncate') this.#cut(path, Number(/, (\d+)$/.exec(words)?.[1]));
    else if (name === 'pwrite64') this.#wrote(path, Number(/, (\d+)$/.exec(words)?.[1]), quoted[0], result);
    else if (name === 'write') this.#wroteOn(path, descriptor, quoted[0], result);
    else throw new Error(`a change that this recorder does not know: ${name}(${words.slice(0, 100)}`);
    return undefined;
  }

  #within(path: string): string | null {
    if (`${path}/` === this.#directory) return '.';
    return path.startsWith(this.#directory) ? path.slice(this.#directory.length) : null;
  }

  #heard(text: string): void {
    const [, version, lastSeq] = /^ack (\d+) (\d+)\n$/.exec(text) ?? [];
    if (version !== undefined) this.changes.push({ kind: 'ack', version: Number(version), lastSeq: Number(lastSeq) });
  }

  #opened(path: string, words: string, descriptor: string): void {
    const file = this.#within(path);
    if (file === null || !words.includes('O_CREAT')) return;
    this.#positions.set(descriptor, 0);
    if (words.includes('O_APPEND')) this.#appending.add(descriptor);
    else this.#appending.delete(descriptor);
    if (!this.#sizes.has(file)) {
      this.#sizes.set(file, 0);
      this.changes.push({ kind: 'create', path: file });
    } else if (words.includes('O_TRUNC')) this.#cut(file, 0);
  }

  #renamed([from = '', to = '']: readonly string[]): void {
    const [path, target] = [this.#within(from), this.#within(to)];
    if (path === null || target === null) return;
    this.#sizes.set(target, this.#sizes.get(path) ?? 0);
    this.#sizes.delete(path);
    this.changes.push({ kind: 'rename', path, to: target });
  }

  #removed(path: string): void {
    const file = this.#within(path);
    if (file === null || !this.#sizes.delete(file)) return;
    this.changes.push({ kind: 'remove', path: file });
  }

  #cut(path: string, size: number): void {
    this.#sizes.set(path, size);
    this.changes.push({ kind: 'cut', path, size });
  }

  #wroteOn(path: string, descriptor: string, bytes: Buffer | undefined, count: number): void {
    const offset = this.#appending.has(descriptor)
      ? (this.#sizes.get(path) ?? 0)
      : (this.#positions.get(descriptor) ?? 0);
    this.#positions.set(descriptor, offset + count);
    this.#wrote(path, offset, bytes, count);
  }

  #wrote(path: string, offset: number, bytes: Buffer | undefined, count: number): void {
    if (bytes === undefined || bytes.length < count) throw new Error(`strace cut a write to ${path} short`);
    this.#sizes.set(path, Math.max(this.#sizes.get(path) ?? 0, offset + count));
    this.changes.push({ kind: 'write', path, offset, bytes: bytes.subarray(0, count) });
  }
}

/** Runs a shell command and gives what it changed below `directory`, which must be empty before. Needs strace. */
export const record = (command: string, directory: string): readonly Change[] => {
  const log = `${directory}.strace`;
  const words = ['-f', '-y', '-xx', '-s', String(STRING_MAX), '-e', `trace=${CALLS}`, '-o', log, 'sh', '-c', command];
  try {
    execFileSync('strace', words, { stdio: ['ignore', 'ignore', 'inherit'] });
    const reader = new Reader(directory);
    for (const line of wholeLines(readFileSync(log, 'latin1'))) {
      const call = readCall(line);
      if (call !== null) reader.take(call);
    }
    return reader.changes;
  } finally {
    rmSync(log, { force: true });
  }
};
