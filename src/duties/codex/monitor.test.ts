// The monitor: each state with what brings it about, and an exit code that a timer of the system can act on.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  judgeCodex,
  sayMonitor,
  type CodexFacts,
  type ConfigFacts,
  type FolderFacts,
  type MonitorState,
} from './monitor.ts';

const FOLDER: FolderFacts = {
  exists: true,
  isReadable: true,
  isWritable: false,
  files: 2,
  bytes: 4_096,
  unprotected: [],
  isOpenToAll: false,
};
const config = (item: string, changes: Partial<ConfigFacts> = {}): ConfigFacts => ({
  item,
  isValid: true,
  isCompatible: true,
  copy: 'in-sync',
  ...changes,
});
const WELL: CodexFacts = {
  folder: FOLDER,
  configs: [config('describe'), config('extract')],
  isQaTested: true,
  templates: [{ path: 'templates/describe.md', isFound: true, isReadable: true }],
  troubles: [],
};

/** The state of the whole, and an alert that says why. */
const check = (changes: Partial<CodexFacts>, status: MonitorState, alert: RegExp): void => {
  const report = judgeCodex({ ...WELL, ...changes });
  assert.equal(report.status, status);
  assert.equal(report.exit, status === 'HEALTHY' ? 0 : 3);
  assert.match(sayMonitor(report).join('\n'), alert);
};

test('all is well, with a folder that nobody can write to; figures are what was counted', () => {
  const report = judgeCodex(WELL);
  assert.deepEqual([report.status, report.exit, report.alerts], ['HEALTHY', 0, []]);
  assert.deepEqual(report.metrics, {
    total_blessed_configs: 2,
    total_storage_mb: 4_096 / 1_048_576,
    average_config_size_kb: 2,
    qa_compatibility_rate: 1,
  });
  assert.deepEqual(report.components.available_configs, {
    status: 'HEALTHY',
    count: 2,
    valid: 2,
    invalid: 0,
    drifted: 0,
  });
  assert.deepEqual(report.components.template_system.paths, ['templates/describe.md']);
});

test('the folder: gone or unreadable is critical, files that can be written are a warning', () => {
  check({ folder: { ...FOLDER, exists: false } }, 'CRITICAL', /CRITICAL blessed_configs_dir: .* does not exist/);
  check({ folder: { ...FOLDER, isReadable: false } }, 'CRITICAL', /cannot be read/);
  check({ folder: { ...FOLDER, unprotected: ['describe.yaml'] } }, 'WARNING', /can be written: describe.yaml/);
  check({ folder: { ...FOLDER, isWritable: true } }, 'HEALTHY', /HEALTHY/);
  check({ folder: { ...FOLDER, bytes: 100 * 1_048_576 } }, 'HEALTHY', /HEALTHY/);
  check({ folder: { ...FOLDER, bytes: 100 * 1_048_576 + 1 } }, 'HEALTHY', /WARNING total_storage_mb/);
});

test('the configurations: none is critical, and so is one that is not as it was blessed', () => {
  check({ configs: [] }, 'CRITICAL', /no blessed configuration/);
  check({ configs: [config('a', { copy: 'drifted' }), config('b')] }, 'CRITICAL', /not as they were blessed: a/);
  check({ configs: [config('a', { copy: 'missing' }), config('b')] }, 'CRITICAL', /not as they were blessed: a/);
  check({ configs: [config('a', { copy: 'unknown' }), config('b')] }, 'WARNING', /could not be looked at: a/);
  check({ configs: [config('a', { isValid: false }), config('b')] }, 'WARNING', /not valid: a/);
  check({ configs: [config('a', { isValid: false })] }, 'CRITICAL', /not valid: a/);
});

test('compatibility: some are not is a warning, none is critical, and below 80 % it has an alert of its own', () => {
  const four = ['a', 'b', 'c', 'd'].map((item) => config(item));
  check(
    { configs: [...four, config('e', { isCompatible: false })] },
    'WARNING',
    /WARNING qa_integration: not compatible: e$/m,
  );
  check(
    { configs: [...four.slice(1), config('e', { isCompatible: false })] },
    'WARNING',
    /qa_compatibility_rate: 75 %/,
  );
  const enough = judgeCodex({ ...WELL, configs: [...four, config('e', { isCompatible: false })] });
  assert.deepEqual(
    enough.alerts.map(({ source }) => source),
    ['qa_integration'],
  );
  check({ configs: [config('e', { isCompatible: false })] }, 'CRITICAL', /qa_compatibility_rate: 0 %/);
  check({ configs: [config('e', { isCompatible: null })] }, 'WARNING', /not every configuration was checked/);
  check({ isQaTested: false }, 'CRITICAL', /wrong answer to a known case/);
});

test('templates, and what nobody could look at: unknown is never healthy', () => {
  const template = { path: 'b.md', isFound: false, isReadable: false };
  check({ templates: [template] }, 'CRITICAL', /not there: b.md/);
  check({ templates: [...(WELL.templates ?? []), template] }, 'WARNING', /not there: b.md/);
  check({ templates: [{ ...template, isFound: true }] }, 'WARNING', /cannot be read: b.md/);
  check({ templates: [] }, 'HEALTHY', /HEALTHY/);
  for (const unseen of ['folder', 'configs', 'templates', 'isQaTested'] as const)
    check({ [unseen]: null }, 'WARNING', /could not be|not every/);
});

const configs = fc.array(
  fc.record({
    item: fc.constantFrom('a', 'b', 'c'),
    isValid: fc.boolean(),
    isCompatible: fc.constantFrom(true, false, null),
    copy: fc.constantFrom('in-sync', 'drifted', 'missing', 'unknown'),
  }),
  { maxLength: 6 },
);

test('healthy means: every single thing was looked at and is well; everything else has an alert and ends with 3', () => {
  fc.assert(
    fc.property(configs, fc.constantFrom(true, false, null), (list, isQaTested) => {
      const report = judgeCodex({ ...WELL, configs: list, isQaTested });
      const isWell = list.every((each) => each.isValid && each.isCompatible === true && each.copy === 'in-sync');
      assert.equal(report.status === 'HEALTHY', isWell && list.length > 0 && isQaTested === true);
      assert.equal(report.exit, report.status === 'HEALTHY' ? 0 : 3);
      assert.equal(report.alerts.length > 0, report.status !== 'HEALTHY');
      if (list.some(({ copy }) => copy === 'drifted')) assert.equal(report.status, 'CRITICAL');
    }),
  );
});
