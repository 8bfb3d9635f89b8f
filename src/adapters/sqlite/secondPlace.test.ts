// The second place finds what the database by itself cannot show: a lost end, an older copy, a history signed anew.

import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { appendFileSync, copyFileSync, cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { checkpointText } from '#kernel/evidence.ts';
import { instant } from '#kernel/time.ts';
import { checkVerification as check, COUNT, hashAt, makeChain, rewrite } from './falsify.ts';
import { grow, mustOpen, tamper, verifyGround } from './ground.ts';
import { HEAD_FILE, HEADS_FILE } from './heads.ts';

describe('the second place', () => {
  it('finds an older copy of the whole file, also after it has grown again', () => {
    const ground = makeChain(120);
    const copy = `${ground.path}.copy`;
    copyFileSync(ground.path, copy);
    const later = mustOpen(ground);
    grow(later, COUNT);
    later.close();
    copyFileSync(copy, ground.path);
    check(verifyGround(ground), 121, /the chain ends at record 120, but the second place knows record 240/);
    const again = mustOpen(ground);
    grow(again, 300, 5_000);
    again.close();
    const { badSeq, isIntact } = verifyGround(ground);
    assert.equal(isIntact, false);
    assert.ok(badSeq !== null && badSeq > 120 && badSeq <= 240, `bad at ${badSeq}`);
    ground.clear();
  });

  it('keeps the only witness of a lost end when the store is opened again', () => {
    const ground = makeChain(120);
    const copy = `${ground.path}.copy`;
    copyFileSync(ground.path, copy);
    const heads = readFileSync(join(ground.directory, HEADS_FILE));
    const store = mustOpen(ground);
    grow(store, 137);
    // As after kill -9 and a rollback: no signature was made after 120, only evidence.head has seen 137.
    const head = readFileSync(join(ground.directory, HEAD_FILE));
    store.close();
    copyFileSync(copy, ground.path);
    rmSync(`${ground.path}-wal`, { force: true });
    writeFileSync(join(ground.directory, HEADS_FILE), heads);
    writeFileSync(join(ground.directory, HEAD_FILE), head);
    check(verifyGround(ground), 121, /second place knows record 137/);
    const again = mustOpen(ground);
    grow(again, 160, 5_000);
    again.close();
    check(verifyGround(ground), 137, /knows record 137 with another hash/);
    ground.clear();
  });

  it('finds a history that was written anew and signed anew by whoever has the private key', () => {
    const ground = makeChain();
    const heads = join(ground.directory, 'kept-elsewhere');
    cpSync(join(ground.directory, HEADS_FILE), heads);
    tamper(ground, (db) => {
      rewrite(db, 130, 240);
      const key = createPrivateKey(readFileSync(join(ground.directory, 'keys', 'evidence-private.pem')));
      for (const row of db.prepare('SELECT seq, at FROM checkpoints WHERE seq >= 130').all()) {
        const [seq, at] = [Number(row['seq']), instant(Number(row['at']))];
        const hash = hashAt(db, seq);
        const signature = sign(null, Buffer.from(checkpointText({ seq, hash, at, tree: null })), key).toString(
          'base64',
        );
        db.prepare('UPDATE checkpoints SET hash = ?, signature = ?, tree_root = NULL WHERE seq = ?').run(
          hash,
          signature,
          seq,
        );
      }
    });
    check(verifyGround(ground), 140, /the second place knows record 140 with another hash/);
    ground.clear();
  });

  it('survives a line that a crash cut off, and says which line it cannot read', () => {
    const ground = makeChain();
    const heads = join(ground.directory, HEADS_FILE);
    truncateSync(heads, readFileSync(heads).length - 40);
    check(verifyGround(ground), null, /hold$/);
    mustOpen(ground).close();
    check(verifyGround(ground), null, /evidence\.heads:\d+ cannot be read/);
    assert.match(readFileSync(heads, 'utf8'), /"seq":240,[^\n]*\n$/, 'the lost line was written again');
    appendFileSync(heads, 'nonsense\n');
    check(verifyGround(ground), null, /cannot be read/);
    ground.clear();
  });

  it('says so when there is nothing to compare with', () => {
    const ground = makeChain();
    rmSync(join(ground.directory, HEADS_FILE));
    rmSync(join(ground.directory, HEAD_FILE));
    check(verifyGround(ground), null, /no second place/);
    ground.clear();
  });

  it('does not hold with another key', () => {
    const ground = makeChain();
    const other = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString();
    check(verifyGround(ground, 1, other), 80, /signed with another key/);
    ground.clear();
  });
});
