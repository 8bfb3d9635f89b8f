// Maintenance of a codex in which nothing is active: what was not looked at is not said to be well, and was not quick.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { KeptReport, MaintenanceTask } from '#kernel/keeping.ts';
import type { CodexSite } from '#kernel/site.ts';
import { instant } from '#kernel/time.ts';
import { openCodexDesk } from './desk.ts';
import { keepCodex } from './keepTasks.ts';

const keep = async (task: MaintenanceTask): Promise<KeptReport> => {
  const folder = mkdtempSync(join(tmpdir(), 'sereno-keep-'));
  const site: CodexSite = {
    sources: join(folder, 'ty_log'),
    templates: join(folder, 'templates'),
    blessed: join(folder, 'blessed'),
    suites: join(folder, 'suites'),
    schemas: join(folder, 'schemas'),
    blessers: [],
    threshold: 1,
    copies: [],
    own: [],
  };
  const state = join(folder, 'state');
  const ground = { site, stateDirectory: state, now: instant(0), open: () => openCodexDesk(site, state) };
  try {
    return await keepCodex(ground, task, null);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

test('nothing was read: no time is told for it, and none is kept for the month after', async () => {
  const { isGood, says, figures } = await keep('performance-review');
  assert.equal(isGood, true, says);
  assert.match(says, /^opened in [\d.]+ ms, no revision is active that could be read; there is no month before/);
  assert.deepEqual(Object.keys(figures).toSorted(), ['openMs', 'reads']);
});

test('nothing is active, and no template is mapped: that is said, and not that all of none are well', async () => {
  assert.equal((await keep('qa-compatibility')).says, 'no revision is active yet');
  assert.equal((await keep('template-mapping')).says, 'no item here has a template that is mapped');
});
