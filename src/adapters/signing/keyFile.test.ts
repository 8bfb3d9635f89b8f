// Key files: who may read them, what is refused, and that the same key comes back.

import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { makeKeyFile, openKeyFile } from './keyFile.ts';
import { makeVerify } from './verify.ts';

const folder = mkdtempSync(join(tmpdir(), 'sereno-keys-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const MESSAGE = Uint8Array.of(1, 2, 3);

const why = (path: string, passphrase: string | null = null): string => {
  const opening = openKeyFile(path, passphrase);
  assert.ok(opening.kind === 'refused', path);
  assert.equal(opening.problem.code, 'codex-key');
  assert.ok(opening.problem.mend !== null);
  return `${opening.problem.message} | ${opening.problem.mend}`;
};

test('a key is written for its owner only, opened again, and is the same key', () => {
  for (const scheme of ['ed25519', 'ecdsa-sha2-nistp256'] as const) {
    for (const passphrase of [null, 'correct horse']) {
      const path = join(folder, `${scheme}-${String(passphrase !== null)}.pem`);
      const made = makeKeyFile(path, scheme, passphrase);
      assert.ok(made.kind === 'opened');
      assert.equal(statSync(path).mode & 0o777, 0o600);
      assert.equal(readFileSync(path, 'utf8').includes('ENCRYPTED'), passphrase !== null);
      const again = openKeyFile(path, passphrase);
      assert.ok(again.kind === 'opened');
      assert.deepEqual(again.signer.key, made.signer.key);
      assert.equal(made.signer.key.scheme, scheme);
      assert.equal(makeVerify()(made.signer.key, MESSAGE, again.signer.sign(MESSAGE)), true);
    }
  }
});

test('a key that exists is never written over', () => {
  const path = join(folder, 'once.pem');
  assert.equal(makeKeyFile(path, 'ed25519').kind, 'opened');
  const text = readFileSync(path, 'utf8');
  const again = makeKeyFile(path, 'ed25519');
  assert.ok(again.kind === 'refused');
  assert.match(again.problem.message, /there already, and a key is never written over/);
  assert.equal(readFileSync(path, 'utf8'), text);
});

test('a file that others may read or write is refused', () => {
  const path = join(folder, 'open.pem');
  makeKeyFile(path, 'ed25519');
  for (const mode of [0o640, 0o604, 0o660, 0o602, 0o601]) {
    chmodSync(path, mode);
    assert.match(why(path), new RegExp(`mode ${mode.toString(8)}.*chmod 600`));
  }
  chmodSync(path, 0o400);
  assert.equal(openKeyFile(path).kind, 'opened');
});

test('what is no key is refused, and says why', () => {
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const sealed = join(folder, 'sealed.pem');
  makeKeyFile(sealed, 'ed25519', 'right');
  assert.match(why(sealed), /has a passphrase, and none was given/);
  assert.match(why(sealed, 'wrong'), /does not open the key/);
  assert.match(why(join(folder, 'missing')), /ENOENT/);
  mkdirSync(join(folder, 'folder'));
  assert.match(why(join(folder, 'folder')), /not a file with a key/);
  assert.match(why(write('large', 'x'.repeat(70_000))), /not a file with a key/);
  assert.match(why(write('text', 'hello')), /not a private key in PEM/);
  const { publicKey } = generateKeyPairSync('ed25519');
  assert.match(why(write('public', publicKey.export({ type: 'spki', format: 'pem' }).toString())), /not a private key/);
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1_024 }).privateKey.export({ type: 'pkcs8', format: 'pem' });
  assert.match(why(write('rsa', rsa.toString())), /kind rsa is not supported/);
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
  assert.match(why(write('p384', p384.toString())), /kind ec is not supported/);
});

test('the secret stands in no message', () => {
  const path = join(folder, 'quiet.pem');
  makeKeyFile(path, 'ed25519', 'a passphrase of mine');
  assert.doesNotMatch(why(path, 'another passphrase'), /passphrase of mine|another passphrase/);
  const body = createPrivateKey({ key: readFileSync(path), passphrase: 'a passphrase of mine' });
  assert.equal(body.asymmetricKeyType, 'ed25519');
});
