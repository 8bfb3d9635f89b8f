// The common design in D10: a file of JSON lines, each with the hash of the line before; written as most would write it.

import { hash } from 'node:crypto';
import { closeSync, copyFileSync, fsyncSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { quantile } from '../measure.ts';
import { textOf, type Attack, type Found, type Log } from './log.ts';

type Line = { readonly seq: number; readonly text: string; readonly prev: string; readonly hash: string };

const chained = (seq: number, text: string, prev: string): Line => ({
  seq,
  text,
  prev,
  hash: hash('sha256', JSON.stringify([seq, text, prev])),
});

const verifyLines = (lines: readonly string[]): Found => {
  let prev = '';
  for (const [index, line] of lines.entries()) {
    const it = JSON.parse(line) as Line; // decoder: written by this file
    const isGood = it.seq === index + 1 && it.prev === prev && chained(it.seq, it.text, prev).hash === it.hash;
    if (!isGood) return { isIntact: false, badSeq: index + 1 };
    prev = it.hash;
  }
  return { isIntact: true, badSeq: null };
};

const grow = (lines: string[], texts: readonly string[]): string[] => {
  let prev = lines.length === 0 ? '' : (JSON.parse(lines.at(-1) ?? '') as Line).hash; // decoder: written by this file
  for (const text of texts) {
    const line = chained(lines.length + 1, text, prev);
    lines.push(JSON.stringify(line));
    prev = line.hash;
  }
  return lines;
};

/** Spoils a copy of the lines. `at` counts from 1. */
const spoil = (lines: readonly string[], attack: Attack, at: number): readonly string[] => {
  const [before, one, after] = [lines.slice(0, at - 1), lines[at - 1] ?? '', lines.slice(at)];
  switch (attack) {
    case 'flip':
      return [...before, one.replace('healthy', 'heblthy'), ...after];
    case 'delete':
      return [...before, ...after];
    case 'insert':
      return [...grow([...before], ['never happened']), one, ...after];
    case 'reorder':
      return [...before, after[0] ?? '', one, ...after.slice(1)];
    case 'cut off':
      return before;
    case 'hashed anew':
      return grow([...before], [`${textOf(at - 1)} (not)`, ...after.map((_, index) => textOf(at + index))]);
    case 'rolled back':
      return lines.slice(0, Math.floor(lines.length * 0.9));
  }
};

/** `room` is an empty folder. */
export const linesLog = (room: string): Log => {
  const [file, attacked] = [join(room, 'log.jsonl'), join(room, 'attacked.jsonl')];
  const read = (path: string): string[] => readFileSync(path, 'utf8').split('\n').slice(0, -1);
  let looked = file;
  return {
    contender: 'JSON lines',
    version: 'the common design, written here',
    settings: 'SHA-256 over number, text and the hash before; synced at each record',
    write: (count) => {
      const texts = Array.from({ length: count }, (_, index) => textOf(index));
      writeFileSync(file, `${grow([], texts).join('\n')}\n`);
    },
    attack: (kind, at) => {
      copyFileSync(file, attacked);
      looked = attacked;
      const lines = read(file);
      writeFileSync(attacked, `${spoil(lines, kind, at).join('\n')}\n`);
      return kind === 'rolled back' ? Math.floor(lines.length * 0.9) + 1 : at;
    },
    verify: () => verifyLines(read(looked)),
    proofBytes: null,
    addedP99Ms: (times) => {
      const descriptor = openSync(join(room, 'latency.jsonl'), 'a');
      let prev = '';
      const taken = Array.from({ length: times }, (_, index) => {
        const began = performance.now();
        const line = chained(index + 1, textOf(index), prev);
        writeSync(descriptor, `${JSON.stringify(line)}\n`);
        fsyncSync(descriptor);
        prev = line.hash;
        return performance.now() - began;
      });
      closeSync(descriptor);
      return quantile(taken, 0.99);
    },
  };
};
