// How anomalies and the room of metrics are declared: on unless switched off, and wrong values told with what is expected.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '#kernel/time.ts';
import { memoryFiles } from './files.ts';
import { readSite } from './readSite.ts';

const read = (more: string) => {
  const files = memoryFiles({ 's.yaml': `sereno: 1\nsite: town\n${more}` });
  return readSite({ file: 's.yaml', env: {}, now: instant(0), files });
};

const check = (more: string, anomaly: unknown, capBytes: number | null = null): void => {
  void test(`reads ${more === '' ? 'nothing' : more}`, () => {
    const { site, problems } = read(more);
    assert.deepEqual(problems, []);
    assert.deepEqual([site?.anomaly, site?.metricsCapBytes], [anomaly, capBytes]);
  });
};

check('', { perWeek: 1 });
check('anomaly: { false_alarms: 3 per 1w }', { perWeek: 3 });
check('anomaly: { false_alarms: 1 per 1d }', { perWeek: 7 });
check('anomaly: off', null);
check('anomaly: false', null);
check('metrics: { cap: 2 GiB }', { perWeek: 1 }, 2 * 1_024 ** 3);

const refuse = (more: string, expected: RegExp): void => {
  void test(`refuses ${more}`, () => {
    const { site, problems } = read(more);
    assert.equal(site, null);
    assert.equal(problems.length, 1);
    assert.match(`${problems[0]?.code} ${problems[0]?.place?.line} ${problems[0]?.expected}`, expected);
  });
};

refuse('anomaly: { false_alarms: 0 per 1w }', /^config-bad-value 3 .*anomaly: off/);
refuse('anomaly: { false_alarms: often }', /^config-\S+ 3 /);
refuse('metrics: { cap: 1 MiB }', /^config-bad-value 3 8 MiB or more/);
