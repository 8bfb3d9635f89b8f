// The codex under somebody's hands: any byte changed in any file, files taken away, exchanged, put in, and cut off.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Ledger } from '#duties/codex/ledger.ts';
import { digest } from '#kernel/codex.ts';
import { sha256 } from '#ports/codex.contract.ts';
import {
  AT,
  BY,
  closureText,
  entryFile,
  exportOnce,
  ITEM,
  objectFile,
  openProgram,
  soundly,
  verifyStand,
  versionOf,
  withStand,
  type Stand,
} from './stand.contract.ts';
import { verifyCodex } from './verify.ts';

/** A codex with one item that was blessed, with one object each of closure, envelope and root. */
const lived = (stand: Stand): void => {
  const program = openProgram(stand.directory);
  const version = versionOf(exportOnce(program, 'p'));
  const revision = { item: ITEM, version, digest: sha256(closureText('p')) };
  const [envelope, root] = ['{"payload":"é"}', '{"signed":{}}'].map((text) => program.store.put(text));
  assert.ok(envelope?.kind === 'kept' && root?.kind === 'kept');
  const deeds = [
    { kind: 'trusted', root: root.digest, version: 1 },
    { kind: 'submitted', revision },
    { kind: 'attested', revision, predicate: 'blessing', envelope: envelope.digest },
    { kind: 'activated', revision },
    { kind: 'tagged', revision, tag: 'stable' },
  ] as const;
  for (const deed of deeds) {
    assert.equal(program.store.append(() => ({ at: AT, by: BY, deed })).kind, 'appended', deed.kind);
  }
};

const filesOf = (stand: Stand): readonly string[] =>
  readdirSync(stand.directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

/** True when reading everything once more, as a new program, meets something that it refuses. */
const isRefused = (stand: Stand): boolean => {
  const { ledger, store } = openProgram(stand.directory);
  if (store.catchUp() !== null) return true;
  const [revision] = ledger.item(ITEM)?.revisions ?? [];
  if (revision === undefined) return true;
  const named = [revision.ref.digest, ...revision.attestations.map(({ envelope }) => envelope), ledger.root()];
  return named.some((it) => it === null || store.read(it).kind !== 'read');
};

const spoil = (path: string, bytes: Buffer): void => {
  chmodSync(path, 0o644);
  writeFileSync(path, bytes);
};

describe('one byte changed in any file', () => {
  it('is refused when it is read, and found by verify: each byte of a sample', () =>
    withStand((stand) => {
      lived(stand);
      assert.equal(isRefused(stand), false);
      let tried = 0;
      for (const path of filesOf(stand)) {
        const whole = readFileSync(path);
        for (let index = 0; index < whole.length; index += 1) {
          const bytes = Buffer.from(whole);
          bytes[index] = (whole[index] ?? 0) ^ (1 << (index % 8));
          spoil(path, bytes);
          assert.ok(isRefused(stand), `${path}, byte ${index}`);
          tried += 1;
        }
        spoil(path, whole);
      }
      assert.ok(tried > 2_000, `only ${tried} bytes`);
      assert.equal(isRefused(stand), false);
    }));

  it('is refused for any byte, any value, and any number of bytes more or fewer', () =>
    withStand((stand) => {
      lived(stand);
      const files = filesOf(stand);
      fc.assert(
        fc.property(
          fc.constantFrom(...files),
          fc.nat(),
          fc.integer({ min: 1, max: 255 }),
          fc.constantFrom('flip', 'cut', 'grow'),
          (path, at, value, how) => {
            const whole = readFileSync(path);
            const index = at % whole.length;
            const bytes = Buffer.from(whole);
            bytes[index] = (whole[index] ?? 0) ^ value;
            const grown = Buffer.concat([whole, Buffer.from([value])]);
            spoil(path, how === 'flip' ? bytes : how === 'cut' ? whole.subarray(0, index) : grown);
            assert.ok(isRefused(stand));
            assert.ok(verifyStand(stand).problems.length > 0);
            spoil(path, whole);
          },
        ),
        { numRuns: 300 },
      );
      assert.equal(isRefused(stand), false);
      soundly(stand);
    }));
});

describe('files that are not what they should be', () => {
  const cases: readonly (readonly [says: string, spoil: (stand: Stand) => void, problem: RegExp])[] = [
    [
      'an entry in the middle is gone',
      (stand) => rmSync(entryFile(stand, 3)),
      /000003\.json: it is missing, and the log goes on to the entry 6/,
    ],
    ['the first entry is gone', (stand) => rmSync(entryFile(stand, 1)), /000001\.json: it is missing/],
    [
      'two entries have changed places',
      (stand) => {
        renameSync(entryFile(stand, 3), entryFile(stand, 9));
        renameSync(entryFile(stand, 4), entryFile(stand, 3));
        renameSync(entryFile(stand, 9), entryFile(stand, 4));
      },
      /000003\.json: it says that it is the entry 4/,
    ],
    [
      'an entry is a folder',
      (stand) => {
        rmSync(entryFile(stand, 2));
        mkdirSync(entryFile(stand, 2));
      },
      /000002\.json: (it is not a file|EISDIR)/,
    ],
    [
      'an entry is a link',
      (stand) => {
        renameSync(entryFile(stand, 2), entryFile(stand, 9));
        symlinkSync(entryFile(stand, 9), entryFile(stand, 2));
      },
      /it is a symbolic link/,
    ],
    [
      'an entry is huge',
      (stand) => spoil(entryFile(stand, 6), Buffer.alloc(70_000, 'x')),
      /it has 70000 bytes, at most 65536/,
    ],
    [
      'an entry is a pipe',
      (stand) => {
        rmSync(entryFile(stand, 2));
        execFileSync('mkfifo', [entryFile(stand, 2)]);
      },
      /000002\.json: it is not a file/,
    ],
    [
      'an object is gone',
      (stand) => rmSync(objectFile(stand, closureText('p'))),
      /it is missing, and the log names it/,
    ],
    [
      'an object has the bytes of another',
      (stand) => spoil(objectFile(stand, closureText('p')), Buffer.from('{"signed":{}}')),
      /do not have the SHA-256/,
    ],
    ['the mark is gone', (stand) => rmSync(join(stand.directory, 'format')), /the mark of the codex is missing/],
    [
      'the mark is of a newer one',
      (stand) => spoil(join(stand.directory, 'format'), Buffer.from('sereno codex 2\n')),
      /this Sereno writes/,
    ],
  ];
  for (const [says, spoil, expected] of cases) {
    it(says, () =>
      withStand((stand) => {
        lived(stand);
        spoil(stand);
        assert.match(
          verifyStand(stand)
            .problems.map(({ message }) => message)
            .join('\n'),
          expected,
        );
        assert.ok(isRefused(stand));
      }),
    );
  }

  it('an entry that was made by hand, with a right hash, is refused by the rules', () =>
    withStand((stand) => {
      lived(stand);
      const program = openProgram(stand.directory);
      assert.equal(program.store.catchUp(), null);
      const lenient = openProgram(stand.directory);
      assert.equal(lenient.store.catchUp(), null);
      lenient.ledger.refusal = () => null;
      const revision = { item: ITEM, version: 1, digest: sha256(closureText('p')) };
      assert.equal(
        lenient.store.append(() => ({ at: AT, by: BY, deed: { kind: 'submitted', revision } })).kind,
        'appended',
      );
      assert.match(program.store.catchUp()?.message ?? '', /cannot come after the one before: .* must be candidate/);
      assert.match(verifyStand(stand).problems[0]?.message ?? '', /must be candidate/);
    }));

  it('an object that was damaged is whole again after the same export', () =>
    withStand((stand) => {
      lived(stand);
      spoil(objectFile(stand, closureText('p')), Buffer.from('x'));
      assert.ok(isRefused(stand));
      assert.equal(versionOf(exportOnce(openProgram(stand.directory), 'p')), 2);
      assert.equal(isRefused(stand), false);
      soundly(stand);
    }));

  it('a program that runs sees that the end was cut off; another needs a witness', () =>
    withStand((stand) => {
      lived(stand);
      const program = openProgram(stand.directory);
      assert.equal(program.store.catchUp(), null);
      const head = program.store.head();
      rmSync(entryFile(stand, 6));
      assert.match(
        program.store.catchUp()?.message ?? '',
        /the log ends at the entry 5 now, and this program has read 6/,
      );
      soundly(stand);
      const seen = (witness: typeof head) =>
        verifyCodex({ directory: stand.directory, fold: new Ledger(), witnesses: [witness] }).problems[0]?.message ??
        '';
      assert.match(seen(head), /ends at the entry 5, and the entry 6 was seen elsewhere/);
      assert.match(seen({ seq: 5, hash: digest('0'.repeat(64)) }), /entry 5 is not the one/);
    }));

  it('a program that runs sees that the end was exchanged, and does not write on', () =>
    withStand((stand) => {
      lived(stand);
      const program = openProgram(stand.directory);
      assert.equal(program.store.catchUp(), null);
      rmSync(entryFile(stand, 6));
      assert.equal(versionOf(exportOnce(openProgram(stand.directory), 'another')), 2);
      soundly(stand);
      const appended = exportOnce(program, 'mine');
      assert.match(
        appended.kind === 'failed' ? appended.problem.message : '',
        /not the entry that this program has read/,
      );
      soundly(stand);
    }));

  it('an entry of another codex, whole and with the right number, is refused', () =>
    withStand((stand) => {
      lived(stand);
      withStand((other) => {
        assert.equal(versionOf(exportOnce(openProgram(other.directory), 'other')), 1);
        lived(other);
        spoil(entryFile(stand, 3), readFileSync(entryFile(other, 3)));
      });
      assert.match(verifyStand(stand).problems[0]?.message ?? '', /000003\.json: it does not continue the entry 2/);
      assert.ok(isRefused(stand));
    }));

  it('a program that runs sees that an entry is missing which it has not read yet, and does not take its number', () =>
    withStand((stand) => {
      lived(stand);
      const program = openProgram(stand.directory);
      assert.equal(program.store.catchUp(), null);
      const other = openProgram(stand.directory);
      for (const version of [2, 3]) assert.equal(versionOf(exportOnce(other, 'p')), version);
      rmSync(entryFile(stand, 7));
      const appended = exportOnce(program, 'mine');
      assert.match(appended.kind === 'failed' ? appended.problem.message : '', /000007\.json: it is missing/);
    }));

  it('an entry with a key twice and a right hash is refused', () =>
    withStand((stand) => {
      lived(stand);
      const line = readFileSync(entryFile(stand, 6), 'utf8').trimEnd();
      const [before = '', after = ''] = line.split(/,"hash":"[0-9a-f]{64}"/);
      const twice = before.replace('{', '{"at":1,');
      const hash = sha256(twice + after);
      spoil(entryFile(stand, 6), Buffer.from(`${twice},"hash":"${hash}"${after}\n`));
      assert.match(verifyStand(stand).problems[0]?.message ?? '', /000006\.json: it is not in canonical form/);
    }));

  it('nobody may write to what is kept', () =>
    withStand((stand) => {
      lived(stand);
      for (const path of filesOf(stand)) assert.equal(statSync(path).mode & 0o222, 0, path);
    }));

  it('a copy of the folder is the same codex', () =>
    withStand((stand) => {
      lived(stand);
      cpSync(stand.directory, join(stand.projections, 'codex'), { recursive: true });
      assert.equal(openProgram(join(stand.projections, 'codex')).store.catchUp(), null);
    }));
});
