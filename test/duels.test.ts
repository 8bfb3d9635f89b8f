// The scoreboard in its short form: each duel runs against a peer that is there, and what it claims must be true. Counts
// and words are asserted here, never times: those are for a quiet machine and docs/benchmarks.md.
// decoder: the reports are read as bench/duel writes them

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { suite, test } from 'node:test';

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

/** The others measure peers only in their long form, or have none. */
const FOUGHT_WITH_PEERS: ReadonlySet<string> = new Set(['d1', 'd3', 'd4', 'd5']);

/** D2 takes minutes even in short; its ten kinds of hang are each a test of their own in hangs.test.ts. */
const ELSEWHERE: ReadonlySet<string> = new Set(['d2']);

test('there are duels', () => {
  for (const name of FOUGHT_WITH_PEERS) assert.ok(names.includes(name), name);
});

/** Most of a duel is waiting, and no time is asserted: two at once keep the whole within four minutes. */
suite('the scoreboard, short', { concurrency: 2 }, () => {
  for (const name of names.filter((it) => !ELSEWHERE.has(it))) {
    test(`duel ${name}: what it claims is true`, async () => {
      const { problem, report } = await fight(name);
      assert.equal(problem, null);
      assert.ok(report !== null && report.claims.length > 0, 'it claims something');
      assert.ok(
        report.rows.some((row) => row.contender.includes('Sereno')),
        'Sereno takes part',
      );
      for (const row of report.rows)
        assert.equal(row.cells.length, report.columns.length, `the row of ${row.contender}`);
      const wrong = report.claims.filter((claim) => !claim.isTrue).map((claim) => claim.what);
      assert.deepEqual(wrong, []);
      if (FOUGHT_WITH_PEERS.has(name)) assert.ok(report.rows.length > 1, 'a peer takes part');
    });
  }
});
