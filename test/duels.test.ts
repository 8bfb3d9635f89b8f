// The scoreboard in its short form: each duel runs against a peer that is there, and what it claims must be true. Counts
// and words are asserted here, never times: those are for a quiet machine and docs/benchmarks.md.
// decoder: the reports are read as bench/duel writes them

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

const MAIN = join(import.meta.dirname, '..', 'bench', 'duel', 'main.ts');

type Fought = {
  readonly peers: readonly string[];
  readonly problem: string | null;
  readonly report: {
    readonly rows: readonly { readonly contender: string; readonly cells: readonly string[] }[];
    readonly columns: readonly string[];
    readonly claims: readonly { readonly what: string; readonly isTrue: boolean }[];
  } | null;
};

const fight = (name: string): Promise<Fought> =>
  new Promise((resolve, reject) => {
    execFile(process.execPath, [MAIN, name, '--short', '--json'], { maxBuffer: 16_000_000 }, (_error, out, words) => {
      try {
        const [fought] = JSON.parse(out) as readonly Fought[];
        resolve(fought ?? { peers: [], problem: 'no such duel', report: null });
      } catch {
        reject(new Error(`the duel printed no report: ${words.slice(-2_000)}`));
      }
    });
  });

const listed = execFileSync(process.execPath, [MAIN, '--list'], { encoding: 'utf8' });
const names = listed.split('\n').flatMap((line) => line.split(/\s+/)[0] || []);

test('there are duels', () => {
  for (const name of ['d1', 'd3', 'd4', 'd5']) assert.ok(names.includes(name), name);
});

for (const name of names) {
  test(`duel ${name}: what it claims is true`, async () => {
    const { problem, report, peers } = await fight(name);
    assert.equal(problem, null);
    assert.ok(report !== null && report.claims.length > 0, 'it claims something');
    const contenders = report.rows.map((row) => row.contender);
    assert.ok(
      contenders.some((it) => it.includes('Sereno')) && contenders.length > Math.min(1, peers.length),
      contenders.join(', '),
    );
    for (const row of report.rows) assert.equal(row.cells.length, report.columns.length, `the row of ${row.contender}`);
    assert.deepEqual(
      report.claims.filter((claim) => !claim.isTrue).map((claim) => claim.what),
      [],
    );
  });
}
