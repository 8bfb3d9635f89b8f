// Keys of OpenSSH with a passphrase: `ssh-keygen` signs with them. It asks the agent, or else the person at the terminal, and
// Sereno never sees the passphrase.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { problem, ProblemError } from '#kernel/problem.ts';
import { readSshSignature, SSH_NAMESPACE } from './sshsig.ts';

/** A person looks for a passphrase. */
const TIMEOUT_MS = 300_000;

const MEND =
  'give the right passphrase, put the key into an agent (ssh-add), or use a key of `sereno codex key`, whose passphrase may stand in SERENO_KEY_PASSPHRASE';

const refuse = (path: string, why: string): ProblemError =>
  new ProblemError([problem('codex-key', `${path}: ssh-keygen did not sign: ${why}`, { mend: MEND })]);

/** The blob of a signature over a message, made by `ssh-keygen`. Throws ProblemError: `codex-key`. */
export const signWithSshKeygen = (path: string, message: Uint8Array): Uint8Array => {
  const folder = mkdtempSync(join(tmpdir(), 'sereno-sign-'));
  try {
    const file = join(folder, 'message');
    writeFileSync(file, message, { mode: 0o600 });
    const words = ['-q', '-Y', 'sign', '-n', SSH_NAMESPACE, '-f', path, file];
    // Its standard input stays that of the person: from a pipe it would not ask.
    const { status, error, stderr } = spawnSync('ssh-keygen', words, {
      stdio: ['inherit', 'ignore', 'pipe'],
      encoding: 'utf8',
      timeout: TIMEOUT_MS,
    });
    if (error !== undefined) throw refuse(path, error.message);
    if (status !== 0) throw refuse(path, stderr.trim().split('\n').at(-1) ?? `it ended with ${status}`);
    const blob = readSshSignature(readFileSync(`${file}.sig`, 'utf8'));
    if (blob === null) throw refuse(path, 'what it wrote is no signature');
    return blob;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
