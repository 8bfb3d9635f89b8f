// A real Sereno for end-to-end tests: the built binary on a temporary state directory, driven over its API and signals.
// decoder: answers of the API are read as the views that the wire contract promises; src/server's tests prove that.

import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { EvidenceRecord } from '#kernel/evidence.ts';
import type { ServiceView, TownView } from '#kernel/view.ts';

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'sereno.js');

/** Nothing that these tests wait for takes longer on a machine that works. */
const PATIENCE_MS = 30_000;
/** How often a condition is looked at; the condition ends the wait, never the time. */
const LOOK_MS = 20;

/** Waiting on would be in vain. */
export class Hopeless extends Error {}

/** Waits until `look` gives something other than null, false or undefined. Fails with what was waited for. */
export const until = async <T>(
  what: string,
  look: () => Promise<T | null | false> | T | null | false,
  patienceMs = PATIENCE_MS,
): Promise<T> => {
  const deadline = Date.now() + patienceMs;
  let trouble = '';
  for (;;) {
    try {
      const found = await look();
      if (found !== null && found !== false && found !== undefined) return found;
    } catch (error) {
      if (error instanceof Hopeless) throw error;
      trouble = ` (last: ${error instanceof Error ? error.message : String(error)})`;
    }
    if (Date.now() > deadline) assert.fail(`waited ${patienceMs} ms for ${what}${trouble}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
};

export type Ran = { readonly code: number | null; readonly out: string; readonly error: string };

/** Runs the command line once, to its end. */
export const run = (words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> =>
  new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [BIN, ...words],
      { env: { ...process.env, ...env }, maxBuffer: 64_000_000 },
      (_error, out, error) => resolve({ code: child.exitCode, out, error }),
    );
  });

/** The posts of a file: what they started is stopped after its last test, however that one ended. */
const posts = new Set<Post>();

after(async () => {
  for (const post of posts) await post.clear();
});

/** A directory with a configuration and a state, and at most one Sereno at a time on it. */
export class Post {
  readonly directory = mkdtempSync(join(tmpdir(), 'sereno-test-'));
  readonly state = join(this.directory, 'state');
  readonly config = join(this.directory, 'sereno.yaml');
  out = '';
  child: ChildProcess | null = null;

  constructor(config: string) {
    this.configure(config);
    posts.add(this);
  }

  configure(config: string): void {
    writeFileSync(this.config, config);
  }

  write(name: string, text: string): string {
    const path = join(this.directory, name);
    writeFileSync(path, text);
    return path;
  }

  flags(): readonly string[] {
    return ['--config', this.config, '--state', this.state];
  }

  /** Starts Sereno, as another user if one is given, and waits until its API answers. */
  async up(env: NodeJS.ProcessEnv = {}, user: { readonly uid?: number; readonly gid?: number } = {}): Promise<void> {
    assert.equal(this.child, null, 'a Sereno runs already');
    const child = spawn(process.execPath, [BIN, 'up', ...this.flags(), '--port', '0'], {
      env: { ...process.env, ...env },
      ...user,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    child.stdout.on('data', (part) => (this.out += String(part)));
    child.stderr.on('data', (part) => (this.out += String(part)));
    child.on('exit', () => {
      if (this.child === child) this.child = null;
    });
    await until(`Sereno to answer; it said: ${this.out}`, async () => {
      if (child.exitCode !== null) throw new Hopeless(`it ended with ${child.exitCode}: ${this.out}`);
      const answer = await fetch(`${this.url()}/livez`);
      return answer.ok && (await this.pidOfServer()) === child.pid;
    });
  }

  /** The process that holds the lock says that it is the one that answers. */
  async pidOfServer(): Promise<number | null> {
    const holder: unknown = JSON.parse(readFileSync(join(this.state, 'lock.holder'), 'utf8'));
    return typeof holder === 'object' && holder !== null && 'pid' in holder ? Number(holder.pid) : null;
  }

  url(): string {
    return readFileSync(join(this.state, 'address'), 'utf8').trim();
  }

  token(): string {
    return readFileSync(join(this.state, 'token'), 'utf8').trim();
  }

  async get<T>(path: string): Promise<T> {
    const answer = await fetch(`${this.url()}${path}`);
    assert.ok(answer.ok, `${path} answered ${answer.status}: ${await answer.clone().text()}`);
    return (await answer.json()) as T;
  }

  async post(
    path: string,
    body: object = {},
    token: string | null = this.token(),
  ): Promise<{ status: number; body: Record<string, unknown> }> {
    const answer = await fetch(`${this.url()}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }

  town(): Promise<TownView> {
    return this.get('/api/town');
  }

  service(id: string): Promise<ServiceView> {
    return this.get(`/api/services/${id}`);
  }

  async evidence(query = ''): Promise<readonly EvidenceRecord[]> {
    return (await this.get<{ records: readonly EvidenceRecord[] }>(`/api/evidence?limit=1000${query}`)).records;
  }

  /** Waits until a service looks as wanted. */
  async seen(
    id: string,
    what: string,
    look: (view: ServiceView) => boolean,
    patienceMs = PATIENCE_MS,
  ): Promise<ServiceView> {
    let last: ServiceView | null = null;
    try {
      return await until(
        `${id} ${what}`,
        async () => {
          last = await this.service(id);
          return look(last) ? last : null;
        },
        patienceMs,
      );
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      return assert.fail(`${detail}; last seen: ${JSON.stringify(last)}\nSereno said:\n${this.out.slice(-2_000)}`);
    }
  }

  healthy(id: string): Promise<ServiceView> {
    return this.seen(id, 'healthy', (view) => view.health === 'healthy' && view.phase === 'none');
  }

  /** Kills Sereno as the machine would: no word of farewell. Its children live on. */
  async kill(): Promise<void> {
    const child = this.child;
    if (child === null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    this.child = null;
  }

  /** Ends it in good order; the services are stopped. */
  async down(): Promise<number | null> {
    const child = this.child;
    if (child === null) return null;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
    this.child = null;
    return child.exitCode;
  }

  /** After a test: nothing that it started is left. */
  async clear(): Promise<void> {
    posts.delete(this);
    if (this.child === null) await this.up().catch(() => undefined);
    await this.down();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Every running process whose environment carries the mark of one service of one state directory. */
export const isAlive = (pid: number): boolean => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !['Z', 'X'].includes(stat.charAt(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
};
