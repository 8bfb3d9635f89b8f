// Against the ssh-keygen of this machine: what it makes we believe, what we make it believes.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { ProblemError } from '#kernel/problem.ts';
import type { Signer } from '#ports/signing.ts';
import { openKeyFile } from './keyFile.ts';
import { publicHalf } from './point.ts';
import { readSshPublicKey } from './sshKey.ts';
import { armorSshSignature, makeSshSignature, readSshSignature, SSH_NAMESPACE } from './sshsig.ts';
import { makeVerify } from './verify.ts';

const folder = mkdtempSync(join(tmpdir(), 'sereno-ssh-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const keygen = (words: readonly string[], input = ''): { readonly status: number | null; readonly said: string } => {
  const run = spawnSync('ssh-keygen', words, { input, encoding: 'utf8', timeout: 20_000 });
  return { status: run.status, said: `${run.stdout}${run.stderr}` };
};
const isHere = spawnSync('ssh-keygen', ['-?']).error === undefined;
const options = { skip: isHere ? false : 'ssh-keygen is not installed' };

const makeKey = (name: string, words: readonly string[] = ['-t', 'ed25519', '-N', '']): string => {
  const path = join(folder, name);
  const { status, said } = keygen([...words, '-q', '-C', 'cleo@example', '-f', path]);
  assert.equal(status, 0, said);
  return path;
};

const publicOf = (path: string): string => readFileSync(`${path}.pub`, 'utf8');

const signerOf = (path: string): Signer => {
  const opening = openKeyFile(path);
  assert.ok(opening.kind === 'opened', JSON.stringify(opening));
  return opening.signer;
};

const MESSAGE = 'DSSEv1 1 a 2 {}';

test('what ssh-keygen signs we believe, only for the codex and only for that key', options, () => {
  const path = makeKey('signs');
  const file = join(folder, 'message');
  writeFileSync(file, MESSAGE);
  const key = readSshPublicKey(publicOf(path));
  assert.ok(key !== null);
  const verify = makeVerify();
  const signedFor = (namespace: string, more: readonly string[] = []): Uint8Array => {
    rmSync(`${file}.sig`, { force: true });
    const { status, said } = keygen(['-Y', 'sign', '-n', namespace, ...more, '-f', path, file]);
    assert.equal(status, 0, said);
    const blob = readSshSignature(readFileSync(`${file}.sig`, 'utf8'));
    assert.ok(blob !== null);
    return blob;
  };
  assert.equal(verify(key, Buffer.from(MESSAGE), signedFor(SSH_NAMESPACE)), true);
  assert.equal(verify(key, Buffer.from(MESSAGE), signedFor(SSH_NAMESPACE, ['-O', 'hashalg=sha256'])), true);
  assert.equal(verify(key, Buffer.from(MESSAGE), signedFor('git')), false);
  assert.equal(verify(key, Buffer.from(`${MESSAGE} `), signedFor(SSH_NAMESPACE)), false);
  const other = readSshPublicKey(publicOf(makeKey('another')));
  assert.ok(other !== null);
  assert.equal(verify(other, Buffer.from(MESSAGE), signedFor(SSH_NAMESPACE)), false);
});

test('what we sign with a key of OpenSSH, ssh-keygen believes, and byte for byte it signs the same', options, () => {
  const path = makeKey('ours');
  const signer = signerOf(path);
  assert.deepEqual(readSshPublicKey(publicOf(path)), signer.key);
  const armored = armorSshSignature(signer.sign(Buffer.from(MESSAGE)));
  const sig = join(folder, 'ours.sig');
  writeFileSync(sig, armored);
  const allowed = join(folder, 'allowed');
  writeFileSync(allowed, `cleo ${publicOf(path)}`);
  const words = ['-Y', 'verify', '-n', SSH_NAMESPACE, '-I', 'cleo', '-f', allowed, '-s', sig];
  const good = keygen(words, MESSAGE);
  assert.equal(good.status, 0, good.said);
  assert.notEqual(keygen(words, `${MESSAGE}!`).status, 0);
  const file = join(folder, 'same');
  writeFileSync(file, MESSAGE);
  assert.equal(keygen(['-Y', 'sign', '-n', SSH_NAMESPACE, '-f', path, file]).status, 0);
  assert.equal(readFileSync(`${file}.sig`, 'utf8'), armored);
});

test('a key of OpenSSH that we cannot use is refused, with the way out', options, () => {
  const why = (path: string): string => {
    const opening = openKeyFile(path);
    assert.ok(opening.kind === 'refused');
    assert.equal(opening.problem.code, 'codex-key');
    return `${opening.problem.message} ${opening.problem.mend ?? ''}`;
  };
  assert.match(why(makeKey('ecdsa', ['-t', 'ecdsa', '-N', ''])), /not an Ed25519 key/);
  const cut = join(folder, 'cut');
  writeFileSync(cut, readFileSync(makeKey('whole'), 'utf8').replace(/\n.{70}\n/, '\n'));
  chmodSync(cut, 0o600);
  assert.match(why(cut), /not an Ed25519 key/);
});

test('with a key that has a passphrase ssh-keygen signs, and Sereno never sees the passphrase', options, () => {
  const path = makeKey('sealed', ['-t', 'ed25519', '-N', 'a passphrase']);
  const signer = signerOf(path);
  assert.deepEqual(signer.key, readSshPublicKey(publicOf(path)));
  const answering = (passphrase: string): void => {
    const program = join(folder, 'askpass');
    writeFileSync(program, `#!/bin/sh\necho '${passphrase}'\n`, { mode: 0o700 });
    Object.assign(process.env, { SSH_ASKPASS: program, SSH_ASKPASS_REQUIRE: 'force' });
  };
  try {
    answering('a passphrase');
    const blob = signer.sign(Buffer.from(MESSAGE));
    assert.equal(makeVerify()(signer.key, Buffer.from(MESSAGE), blob), true);
    answering('another');
    const refused = (error: unknown): boolean =>
      error instanceof ProblemError &&
      /did not sign.*passphrase/.test(error.message) &&
      error.problems[0]?.code === 'codex-key';
    assert.throws(() => signer.sign(Buffer.from(MESSAGE)), refused);
  } finally {
    delete process.env['SSH_ASKPASS'];
    delete process.env['SSH_ASKPASS_REQUIRE'];
  }
});

test('a blob has no room for anything besides', () => {
  const { privateKey } = generateKeyPairSync('ed25519');
  const key = { scheme: 'sshsig', point: publicHalf(privateKey)?.point ?? '' } as const;
  const blob = makeSshSignature(privateKey, key.point, Buffer.from(MESSAGE));
  const verify = makeVerify();
  assert.equal(verify(key, Buffer.from(MESSAGE), blob), true);
  // The reserved field lies behind the header (10), the key (4 + 51) and the namespace (4 + 12), and is empty.
  const reserved = 10 + 55 + 16;
  assert.equal(blob.readUInt32BE(reserved), 0);
  const filled = Buffer.concat([
    blob.subarray(0, reserved),
    Buffer.from([0, 0, 0, 1, 120]),
    blob.subarray(reserved + 4),
  ]);
  assert.equal(verify(key, Buffer.from(MESSAGE), filled), false);
  assert.equal(verify(key, Buffer.from(MESSAGE), Buffer.concat([blob, Buffer.from([0, 0, 0, 0])])), false);
});

test('lines that are no Ed25519 key of OpenSSH', () => {
  const blob = (type: string, point: Buffer, more = Buffer.alloc(0)): string => {
    const length = (bytes: Buffer): Buffer => Buffer.from([0, 0, 0, bytes.length]);
    const name = Buffer.from(type);
    return Buffer.concat([length(name), name, length(point), point, more]).toString('base64');
  };
  const point = Buffer.alloc(32, 7);
  assert.deepEqual(
    readSshPublicKey(`ssh-ed25519 ${blob('ssh-ed25519', point)} a comment\n`)?.point,
    point.toString('hex'),
  );
  const lines = [
    '',
    'ssh-ed25519',
    'ssh-ed25519 !!!!',
    `ssh-rsa ${blob('ssh-rsa', point)}`,
    `ssh-ed25519 ${blob('ssh-rsa', point)}`,
    `ssh-ed25519 ${blob('ssh-ed25519', point.subarray(1))}`,
    `ssh-ed25519 ${blob('ssh-ed25519', point, Buffer.from([0]))}`,
    `ssh-ed25519 ${blob('ssh-ed25519', point, Buffer.from([0, 0, 0, 0]))}`,
    `command="x" ssh-ed25519 ${blob('ssh-ed25519', point)}`,
  ];
  for (const line of lines) assert.equal(readSshPublicKey(line), null, line);
});
