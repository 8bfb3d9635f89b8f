// Measuring: what every benchmark here needs to wait for a condition, to ask a server, and to read a process.

import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';

export const pause = (ms: number): Promise<void> => new Promise((resume) => setTimeout(resume, ms));

/** The value below which `share` of the values lie; NaN of none. */
export const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN;

/** Median and spread in words: `105 ms (90–131)`; a dash when there is nothing. */
export const spread = (values: readonly number[], unit: string, digits = 0): string => {
  if (values.length === 0) return '–';
  const [low, middle, high] = [0, 0.5, 1].map((share) => quantile(values, share).toFixed(digits));
  return `${middle} ${unit} (${low}–${high})`;
};

/** What a server answered: its status and its first words. */
export type Answered = { readonly status: number; readonly body: string };

/** One GET on loopback over a connection of its own; null when nothing answers within `timeoutMs`. */
export const ask = (port: number, path = '/', timeoutMs = 200): Promise<Answered | null> =>
  new Promise((resolve) => {
    const asked = request({ port, path, host: '127.0.0.1', agent: false, timeout: timeoutMs }, (answer) => {
      let body = '';
      answer.setEncoding('utf8');
      answer.on('data', (part: string) => (body += part));
      answer.on('error', () => resolve(null));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    });
    asked.on('error', () => resolve(null));
    asked.on('timeout', () => {
      asked.destroy();
      resolve(null);
    });
    asked.end();
  });

export const isServing = async (port: number): Promise<boolean> => (await ask(port))?.status === 200;

/** Milliseconds until the port answers 200, asked every two milliseconds. */
export const untilServing = async (port: number): Promise<number> => {
  const began = performance.now();
  while (!(await isServing(port))) await pause(2);
  return performance.now() - began;
};

/** Waits until `look` finds something. Throws with `what` when it takes longer than `patienceMs`. */
export const until = async <T>(
  what: string,
  look: () => Promise<T | null> | T | null,
  patienceMs = 60_000,
): Promise<T> => {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const found = await Promise.resolve()
      .then(look)
      .catch(() => null);
    if (found !== null) return found;
    if (performance.now() > deadline) throw new Error(`waited ${patienceMs} ms for ${what}`);
    await pause(20);
  }
};

/** Below the ports that the kernel gives to outgoing connections: one of those may be taken by the next probe. */
const [PORTS_FROM, PORTS_TO] = [10_240, 32_000];
const given = new Set<number>();

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

/** A TCP port on loopback that is free at the moment of the answer, and that this program was not given before. */
export const freePort = async (): Promise<number> => {
  for (let look = 0; look < 1_000; look += 1) {
    const port = PORTS_FROM + Math.floor(Math.random() * (PORTS_TO - PORTS_FROM));
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error('no port is free');
};

/** Processor milliseconds of a process so far, user and system. */
export const cpuMs = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
};

export const rssMb = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

/** Whether a process with this id runs; one that has ended and was not yet reaped does not. */
export const isAlive = (pid: number): boolean => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !['Z', 'X'].includes(stat.charAt(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
};
