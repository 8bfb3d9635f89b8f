// Every way of falsifying the evidence is found, and the bad record is named by its number.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { evidenceText } from '#kernel/evidence.ts';
import type { Verification } from '#ports/desk.ts';
import {
  checkVerification as check,
  COUNT,
  hashAt,
  hashOf,
  makeChain,
  rewrite,
  setHash,
  setText,
  shift,
  swap,
  textOf,
} from './falsify.ts';
import { draftOf, grow, makeGround, mustOpen, mustRead, tamper, verifyGround, type Ground } from './ground.ts';
import { NO_HEADS } from './heads.ts';
import { readClaims } from './link.ts';
import { makeSource } from './source.ts';
import { verifyEvidence, verifyInSlices } from './verify.ts';

type Tampering = {
  readonly says: string;
  readonly change: (db: DatabaseSync) => void;
  readonly badSeq: number;
  readonly detail: RegExp;
};

const TAMPERINGS: readonly Tampering[] = [
  {
    says: 'a word is changed',
    change: (db) => setText(db, 117, Buffer.from(textOf(db, 117).toString().replace('230 ms', '231 ms'))),
    badSeq: 117,
    detail: /record 117 was changed/,
  },
  {
    says: 'U+FFFD becomes broken UTF-8, which decodes to the same character',
    change: (db) => {
      const text = textOf(db, 118);
      const at = text.indexOf(Buffer.from('\uFFFD'));
      setText(db, 118, Buffer.concat([text.subarray(0, at), Buffer.from([0xff]), text.subarray(at + 3)]));
    },
    badSeq: 118,
    detail: /record 118 was changed/,
  },
  {
    says: 'the hash of a record is changed',
    change: (db) => db.exec(`UPDATE evidence SET hash = upper(hash) WHERE seq = 119`),
    badSeq: 119,
    detail: /record 119 was changed/,
  },
  {
    says: 'a record is changed and hashed anew',
    change: (db) => {
      const text = textOf(db, 121).toString().replace('230 ms', '9 ms');
      db.prepare('UPDATE evidence SET text = ?, hash = ? WHERE seq = 121').run(text, hashOf(text));
    },
    badSeq: 121,
    detail: /record 121 is not the one that record 122 was chained to/,
  },
  {
    says: 'a record is removed',
    change: (db) => db.exec('DELETE FROM evidence WHERE seq = 100'),
    badSeq: 100,
    detail: /record 100 is missing/,
  },
  {
    says: 'a record is removed and the rest renumbered',
    change: (db) => {
      db.exec('DELETE FROM evidence WHERE seq = 100');
      shift(db, 101, -1);
    },
    badSeq: 100,
    detail: /in the place of record 100 stands record 101/,
  },
  {
    says: 'the first record is removed',
    change: (db) => db.exec('DELETE FROM evidence WHERE seq = 1'),
    badSeq: 1,
    detail: /record 1 is missing/,
  },
  { says: 'neighbours are swapped', change: (db) => swap(db, 70, 71), badSeq: 70, detail: /stands record 71/ },
  { says: 'a far pair is swapped', change: (db) => swap(db, 7, 201), badSeq: 7, detail: /stands record 201/ },
  {
    says: 'the texts of neighbours are swapped, not their hashes',
    change: (db) => {
      const [a, b] = [textOf(db, 70), textOf(db, 71)];
      setText(db, 70, b);
      setText(db, 71, a);
    },
    badSeq: 70,
    detail: /record 70 was changed/,
  },
  {
    says: 'a well-made record is put in and the rest renumbered',
    change: (db) => {
      shift(db, 150, 1);
      const prevHash = hashAt(db, 149);
      const text = evidenceText(draftOf(150_000), 150, prevHash);
      db.prepare('INSERT INTO evidence (seq, hash, text) VALUES (150, ?, ?)').run(hashOf(text), text);
    },
    badSeq: 150,
    detail: /record 150 was inserted/,
  },
  {
    says: 'a record is put before the first',
    change: (db) => db.exec('INSERT INTO evidence (seq, hash, text) SELECT 0, hash, text FROM evidence WHERE seq = 1'),
    badSeq: 0,
    detail: /record 0 was inserted/,
  },
  {
    says: 'a record is put far behind the end',
    change: (db) =>
      db.exec('INSERT INTO evidence (seq, hash, text) SELECT 999, hash, text FROM evidence WHERE seq = 1'),
    badSeq: 241,
    detail: /record 241 is missing/,
  },
  {
    says: 'the last record is cut off',
    change: (db) => db.exec('DELETE FROM evidence WHERE seq = 240'),
    badSeq: 240,
    detail: /the chain ends at record 239.*record 240/,
  },
  {
    says: 'the end is cut off together with its checkpoints',
    change: (db) => db.exec('DELETE FROM evidence WHERE seq > 33; DELETE FROM checkpoints WHERE seq > 33'),
    badSeq: 34,
    detail: /the chain ends at record 33.*second place/,
  },
  {
    says: 'everything is deleted',
    change: (db) => db.exec('DELETE FROM evidence; DELETE FROM checkpoints'),
    badSeq: 1,
    detail: /the chain ends at record 0/,
  },
  {
    says: 'the history from 130 on is written anew, with right hashes',
    change: (db) => rewrite(db, 130, 240),
    // The checkpoint at 140 is the first that knows better; what lies between it and the one before cannot be told apart.
    badSeq: 140,
    detail: /written anew.*record 140/,
  },
  {
    says: 'a signature is changed',
    change: (db) => db.exec("UPDATE checkpoints SET signature = 'A' || substr(signature, 2) WHERE seq = 80"),
    badSeq: 80,
    detail: /checkpoint at record 80: its signature/,
  },
  {
    says: 'a checkpoint is moved',
    change: (db) => db.exec('UPDATE checkpoints SET at = at + 1 WHERE seq = 80'),
    badSeq: 80,
    detail: /checkpoint at record 80: its signature does not hold/,
  },
];

describe('verifyEvidence', () => {
  it('finds nothing wrong with a chain that nobody touched', () => {
    const ground = makeChain();
    const verification = verifyGround(ground);
    check(verification, null, /^240 records and \d+ signatures hold$/);
    assert.equal(verification.records, COUNT);
    check(verifyGround(ground, 100), null, /^141 records .* from 100 on/);
    ground.clear();
  });

  for (const { says, change, badSeq, detail } of TAMPERINGS) {
    it(`names record ${badSeq} when ${says}`, () => {
      const ground = makeChain();
      tamper(ground, change);
      check(verifyGround(ground), badSeq, detail);
      ground.clear();
    });
  }

  it('finds every changed byte of a record, of its hash, and of its text', () => {
    const ground = makeChain();
    const seq = 123;
    const reading = mustRead(ground);
    const publicKey = reading.publicKey ?? '';
    reading.close();
    tamper(ground, (db) => {
      const source = makeSource(db);
      const look = (): Verification => verifyEvidence({ source, heads: NO_HEADS, publicKey, from: 110 });
      const text = textOf(db, seq);
      const hash = hashAt(db, seq);
      assert.ok(text.length > 300, `a record of ${text.length} bytes`);
      for (const [at, byte] of text.entries()) {
        const changed = Buffer.from(text);
        changed[at] = byte ^ (1 << (at % 8));
        setText(db, seq, changed);
        check(look(), seq, /record 123 was changed/);
      }
      setText(db, seq, text);
      for (let at = 0; at < hash.length; at += 1) {
        const digit = hash[at] === '0' ? '1' : '0';
        setHash(db, seq, `${hash.slice(0, at)}${digit}${hash.slice(at + 1)}`);
        check(look(), seq, /record 123 was changed/);
      }
      setHash(db, seq, hash);
      check(look(), null, /^131 records/);
    });
    ground.clear();
  });

  it('never takes a damaged file for a good one, wherever a byte of it is changed', () => {
    const ground = makeChain();
    const good = mustRead(ground);
    const expected = JSON.stringify(good.evidence({ limit: 1_000 }));
    good.close();
    const bytes = readFileSync(ground.path);
    const found = { broken: 0, refused: 0, harmless: 0 };
    for (let at = 0; at < bytes.length; at += 1_021) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0x10;
      writeFileSync(ground.path, changed);
      found[lookAt(ground, expected)] += 1;
    }
    assert.ok(found.broken > 50, JSON.stringify(found));
    ground.clear();
  });
});

/** What a file with one changed byte is taken for; `harmless` only if every record reads as it was written. */
const lookAt = (ground: Ground, expected: string): 'broken' | 'refused' | 'harmless' => {
  let store;
  try {
    store = mustRead(ground);
  } catch (error) {
    assert.match(String(error), /store-corrupt|store-unusable|store-newer/);
    return 'refused';
  }
  store.close();
  const verification = verifyGround(ground);
  if (!verification.isIntact) return 'broken';
  const again = mustRead(ground);
  const records = again.source.links(0, 1_000).map(({ text }) => Buffer.from(text).toString());
  again.close();
  assert.equal(records.length, COUNT);
  const texts = new Set(records);
  for (const record of JSON.parse(expected)) {
    assert.ok(texts.has(evidenceText(record, record.seq, record.prevHash)), `record ${record.seq} changed unseen`);
  }
  return 'harmless';
};

describe('verification in slices', () => {
  it('reports the same once, later, and lets the event loop go in between', async () => {
    const ground = makeChain(6_000);
    const store = mustRead(ground);
    const publicKey = store.publicKey ?? '';
    let turns = 0;
    let isOver = false;
    const turn = (): void => {
      turns += 1;
      if (!isOver) setImmediate(turn);
    };
    setImmediate(turn);
    const verification = await new Promise<Verification>((resolve) => {
      verifyInSlices({ source: store.source, heads: store.heads, publicKey }, resolve);
      assert.equal(turns, 0, 'nothing is reported inside the call');
    });
    isOver = true;
    store.close();
    check(verification, null, /^6000 records/);
    assert.ok(turns >= 2, `the event loop turned ${turns} times`);
    ground.clear();
  });
});

describe('a walk and the end of the store', () => {
  it('is left when the store closes: nothing is called broken that cannot be read any more', async () => {
    const ground = makeGround();
    const store = mustOpen(ground);
    grow(store, 2_000);
    const said: Verification[] = [];
    store.verify((verification) => said.push(verification));
    store.close();
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(said, []);
    ground.clear();
  });
});

describe('readClaims', () => {
  it('finds number and previous hash however the strings try to look like them', () => {
    const hostile = '","prevHash":"' + 'f'.repeat(64) + '","seq":99,"';
    const text = evidenceText(
      {
        ...draftOf(1),
        actor: { kind: 'person', name: hostile },
        trigger: hostile,
        action: hostile,
        outcome: hostile,
        type: hostile,
        refs: { seq: 98, prevHash: hostile, '","seq":97,"': [hostile, { seq: 96 }] },
      },
      42,
      'a'.repeat(64),
    );
    assert.deepEqual(readClaims(Buffer.from(text)), { seq: 42, prevHash: 'a'.repeat(64) });
  });
});
