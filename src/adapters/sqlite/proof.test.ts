// One record proven alone: every record, every changed byte, and stores from before there were proofs.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { evidenceText, GENESIS_HASH, type ProvenRecord } from '#kernel/evidence.ts';
import { instant } from '#kernel/time.ts';
import { checkVerification as check, COUNT, hashOf, makeChain, rewrite } from './falsify.ts';
import { commitNow, draftOf, grow, makeGround, mustOpen, mustRead, NOON, tamper, verifyGround } from './ground.ts';
import { KEY_DIRECTORY, openSigner, PUBLIC_KEY_FILE } from './keys.ts';
import { rootOf } from './merkle.ts';
import { proofLines, proveRecord, verifyProof } from './proof.ts';
import { migrate, readMigrations } from './schema.ts';

type Ground = ReturnType<typeof makeGround>;

const PROOF_BYTES_MAX = 1_024;

const keyOf = (ground: Ground): string => readFileSync(join(ground.directory, KEY_DIRECTORY, PUBLIC_KEY_FILE), 'utf8');

const prove = (ground: Ground, seq: number): ReturnType<typeof proveRecord> => {
  const store = mustRead(ground);
  try {
    return proveRecord(store.source, seq);
  } finally {
    store.close();
  }
};

const mustProve = (ground: Ground, seq: number): ProvenRecord => {
  const proving = prove(ground, seq);
  assert.equal(proving.kind, 'proven', JSON.stringify(proving));
  return proving.kind === 'proven' ? proving.proven : assert.fail();
};

const refusal = (ground: Ground, seq: number): string => {
  const proving = prove(ground, seq);
  return proving.kind === 'refused' ? `${proving.problem.code}: ${proving.problem.message}` : 'proven';
};

/** Looks at a proof as a file, the way a stranger gets it. */
const look = (ground: Ground, bytes: string | Uint8Array): ReturnType<typeof verifyProof> => {
  const path = join(ground.directory, 'proof');
  writeFileSync(path, bytes);
  return verifyProof(path, keyOf(ground));
};

const fileOf = (proven: ProvenRecord): string => `${proofLines(proven).join('\n')}\n`;

describe('the proof of one record', () => {
  it('is made for every record, is at most 1 KB, and needs nothing but the public key', () => {
    const ground = makeChain();
    for (let seq = 1; seq <= COUNT; seq += 1) {
      const proven = mustProve(ground, seq);
      check(look(ground, fileOf(proven)), null, new RegExp(`^record ${seq} stood in the chain`));
      assert.equal(hashOf(proven.record), proven.proof.hash);
      assert.equal(JSON.parse(proven.record).seq, seq);
    }
    ground.clear();
  });

  it('stays under 1 KB in a chain of millions, and in a batch that is as long again as a whole span', () => {
    const ground = makeGround();
    const store = mustOpen(ground);
    grow(store, 980);
    commitNow(store, { evidence: Array.from({ length: 1_000 }, (_, index) => draftOf(index)) });
    store.close();
    const { proof } = mustProve(ground, 1);
    assert.equal(proof.checkpoint.tree?.size, 1_980);
    const bytes = JSON.stringify(proof).length + 2 * '999999'.length;
    assert.ok(bytes <= PROOF_BYTES_MAX, `${bytes} bytes`);
    ground.clear();
  });

  it('fails when any byte of it or of its record is changed', () => {
    const ground = makeChain();
    const whole = Buffer.from(fileOf(mustProve(ground, 123)));
    for (const [at, byte] of whole.entries()) {
      const changed = Buffer.from(whole);
      changed[at] = byte ^ (1 << (at % 8));
      const verification = look(ground, changed);
      assert.equal(verification.isIntact, false, `byte ${at}: ${changed.toString()}`);
    }
    const [first = ''] = fileOf(mustProve(ground, 123)).split('\n');
    check(look(ground, first), null, /the record is not in the file: its SHA-256 must be/);
    check(look(ground, `${whole.toString()}{}\n`), 123, /goes on after its record/);
    assert.equal(look(ground, '').isIntact, false);
    assert.equal(look(ground, 'null').isIntact, false);
    ground.clear();
  });

  it('does not lend itself to another record, another checkpoint or another key', () => {
    const ground = makeChain();
    const [one, other] = [mustProve(ground, 123), mustProve(ground, 124)];
    const late = mustProve(ground, 230);
    const swapped = (proof: object, record = one.record): string => `${JSON.stringify(proof)}\n${record}\n`;
    check(look(ground, swapped(one.proof, other.record)), 123, /not the one that was proven/);
    check(look(ground, swapped({ ...one.proof, seq: 124 })), 124, /does not lead from record 124/);
    check(look(ground, swapped({ ...one.proof, hash: other.proof.hash })), 123, /does not lead/);
    check(look(ground, swapped({ ...one.proof, checkpoint: late.proof.checkpoint })), 123, /does not lead/);
    check(look(ground, swapped({ ...one.proof, path: `${one.proof.path} ` })), 123, /not plain base64/);
    const { checkpoint } = one.proof;
    check(look(ground, swapped({ ...one.proof, checkpoint: { ...checkpoint, tree: null } })), 123, /does not hold/);
    const stranger = makeChain();
    check(look(stranger, fileOf(one)), 123, /signed with another key/);
    stranger.clear();
    ground.clear();
  });

  it('is refused for what is not there, not signed yet, or not what was signed', () => {
    const ground = makeGround();
    const store = mustOpen(ground);
    grow(store, 40);
    const unsigned = store.prove(7);
    assert.match(unsigned.kind === 'refused' ? unsigned.problem.message : '', /record 7 is not signed yet/);
    store.close();
    assert.equal(refusal(ground, 41), 'not-found: there is no record 41');
    assert.equal(refusal(ground, 7), 'proven');
    tamper(ground, (db) => rewrite(db, 20, 40));
    assert.match(refusal(ground, 7), /evidence-broken: the records up to 40 are not those that were signed/);
    ground.clear();
  });
});

/** A store as the first version of Sereno left it: schema 1, and a checkpoint without a tree. */
const makeOldStore = (): Ground => {
  const ground = makeGround();
  const db = new DatabaseSync(ground.path);
  migrate(db, readMigrations().slice(0, 1), NOON);
  let prevHash = GENESIS_HASH;
  for (let seq = 1; seq <= 10; seq += 1) {
    const text = evidenceText(draftOf(seq), seq, prevHash);
    prevHash = hashOf(text);
    db.prepare('INSERT INTO evidence (seq, hash, text) VALUES (?, ?, ?)').run(seq, prevHash, text);
  }
  const old = openSigner(ground.directory).sign({ seq: 10, hash: prevHash }, null, NOON);
  db.prepare('INSERT INTO checkpoints (seq, hash, at, signature, key_id) VALUES (?, ?, ?, ?, ?)').run(
    old.seq,
    old.hash,
    old.at,
    old.signature,
    old.keyId,
  );
  db.close();
  return ground;
};

describe('a store from before there were trees', () => {
  it('is read as it is, migrated when it is opened, and its old signatures stay good', () => {
    const ground = makeOldStore();
    check(verifyGround(ground), null, /^10 records and 1 signatures hold/);
    assert.match(refusal(ground, 5), /not-found: record 5 was signed before there were proofs/);
    const store = mustOpen(ground, () => instant(NOON + 1));
    grow(store, 30);
    store.close();
    // The old checkpoint once in the store and once in the second place, and the new one likewise.
    check(verifyGround(ground), null, /^30 records and 4 signatures hold/);
    assert.match(refusal(ground, 10), /signed before there were proofs/);
    assert.equal(mustProve(ground, 11).proof.checkpoint.tree?.size, 20);
    ground.clear();
  });

  it('cannot have a tree put on or taken off', () => {
    const ground = makeOldStore();
    tamper(ground, (db) => migrate(db, readMigrations(), NOON));
    tamper(ground, (db) => {
      const rows = db.prepare('SELECT hash FROM evidence ORDER BY seq').all();
      const root = rootOf(rows.map((row) => String(row['hash'])));
      db.prepare('UPDATE checkpoints SET tree_size = 10, tree_root = ?').run(root);
    });
    check(verifyGround(ground), 10, /its signature does not hold/);
    ground.clear();
    const young = makeChain();
    tamper(young, (db) => db.exec('UPDATE checkpoints SET tree_root = NULL WHERE seq = 80'));
    check(verifyGround(young), 80, /its signature does not hold/);
    young.clear();
  });

  it('is told from a signer who signed a tree of other records', () => {
    const ground = makeChain();
    tamper(ground, (db) => {
      const row = db.prepare('SELECT hash, at FROM checkpoints WHERE seq = 140').get() ?? {};
      const tree = { size: 60, root: rootOf(Array.from({ length: 60 }, () => GENESIS_HASH)) };
      const tail = { seq: 140, hash: String(row['hash']) };
      const forged = openSigner(ground.directory).sign(tail, tree, instant(Number(row['at'])));
      const change = db.prepare('UPDATE checkpoints SET tree_root = ?, signature = ? WHERE seq = 140');
      change.run(tree.root, forged.signature);
    });
    check(verifyGround(ground), 140, /signs a tree that is not the one of its records/);
    ground.clear();
  });
});
