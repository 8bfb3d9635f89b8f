// The three kinds of keys keep the promises of the port.

import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import assert from 'node:assert/strict';
import { signingContract } from '#ports/signing.contract.ts';
import type { Signer } from '#ports/signing.ts';
import { makeKeyFile } from './keyFile.ts';
import { publicHalf } from './point.ts';
import { makeSshSignature } from './sshsig.ts';
import { makeVerify } from './verify.ts';

const folder = mkdtempSync(join(tmpdir(), 'sereno-signing-'));
after(() => rmSync(folder, { recursive: true, force: true }));

let made = 0;
const keyIn = (scheme: 'ed25519' | 'ecdsa-sha2-nistp256'): Signer => {
  made += 1;
  const opening = makeKeyFile(join(folder, `${made}.pem`), scheme);
  assert.ok(opening.kind === 'opened');
  return opening.signer;
};

const sshKey = (): Signer => {
  const { privateKey } = generateKeyPairSync('ed25519');
  const point = publicHalf(privateKey)?.point ?? '';
  return { key: { scheme: 'sshsig', point }, sign: (message) => makeSshSignature(privateKey, point, message) };
};

for (const scheme of ['ed25519', 'ecdsa-sha2-nistp256'] as const) {
  signingContract(scheme, () => ({ signers: [keyIn(scheme), keyIn(scheme)], verify: makeVerify() }));
}
signingContract('sshsig', () => ({ signers: [sshKey(), sshKey()], verify: makeVerify() }));
