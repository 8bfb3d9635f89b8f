// Many programs on one codex, in one thread: their exports interleave in every way, and the log grows over a folder's end.

import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { entryFile, exportOnce, latest, openProgram, verify, versionOf, withStand } from './stand.contract.ts';

describe('many programs on one codex', () => {
  it('give consecutive versions, however their exports interleave', () =>
    withStand((stand) => {
      const programs = Array.from({ length: 5 }, () => openProgram(stand.directory));
      const versions: number[] = [];
      fc.assert(
        fc.property(fc.array(fc.nat(4), { minLength: 1, maxLength: 20 }), (order) => {
          for (const index of order) {
            const program = programs[index];
            assert.ok(program !== undefined);
            versions.push(versionOf(exportOnce(program, `p${index}`)));
          }
        }),
        { numRuns: 20 },
      );
      assert.deepEqual(
        versions,
        versions.map((_, index) => index + 1),
      );
      assert.equal(latest(stand), versions.length);
    }));

  it('goes on over the end of a folder of the log', () =>
    withStand((stand) => {
      const program = openProgram(stand.directory);
      for (let version = 1; version <= 1_002; version += 1) assert.equal(versionOf(exportOnce(program, 'p')), version);
      assert.equal(readdirSync(join(stand.directory, 'log', '000')).length, 999);
      assert.deepEqual(readdirSync(join(stand.directory, 'log', '001')).toSorted()[0], '001000.json');
      assert.equal(latest(stand), 1_002);
      rmSync(entryFile(stand, 999));
      assert.match(verify(stand).problems[0]?.message ?? '', /000999\.json: it is missing/);
    }));
});
