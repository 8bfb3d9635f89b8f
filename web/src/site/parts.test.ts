// Parts of the score, open alerts and their suppressions.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertsSchema, serviceSchema } from '#api/view.ts';
import { openAlerts, partsOfSite, suppressionOf } from './parts.ts';

const service = (score: object, phase = 'none') =>
  serviceSchema.parse({
    id: 'a',
    tier: 'app',
    workload: 'process',
    needs: [],
    neededBy: [],
    trafficPercent: 0,
    health: 'healthy',
    score,
    since: null,
    impairedBy: null,
    phase,
    headline: '',
    reasons: [],
    lookAgainAt: null,
    pid: null,
    standby: null,
    restarts: { used: 0, count: 3, windowMs: 1, freeAt: null },
    actions: [],
    checks: [],
  });

test('a part is the mean of those that have it; without any it is none, and never 0', () => {
  const full = { value: 90, checks: 100, targets: 50, needs: null, freshness: 100 };
  const bare = { value: 50, checks: 0, targets: null, needs: null, freshness: 50 };
  const parts = partsOfSite([service(full), service(bare)]);
  assert.deepEqual(parts, { checks: 50, targets: 50, needs: null, freshness: 75 });
  assert.deepEqual(partsOfSite([service(full), service(bare, 'stopped')]).checks, 100);
  assert.deepEqual(partsOfSite([]), { checks: null, targets: null, needs: null, freshness: null });
});

const alert = (key: string, since: number, endedAt: number | null, fate: object) => ({
  key,
  subject: 'api',
  service: 'api',
  severity: 'SEV3',
  title: 'it fails',
  since,
  endedAt,
  fate: { why: 'because', at: since, ...fate },
});

test('only what lasts is open, the newest first; silenced ones know by whom and until when', () => {
  const quiet = { id: 'S-1', what: 'api', by: 'ana', why: 'work', since: 0, until: 9, held: 2 };
  const alerts = alertsSchema.parse({
    alerts: [
      alert('a', 1, null, { kind: 'silenced', by: 'S-1' }),
      alert('b', 2, 3, { kind: 'notified', by: 'trouble:b' }),
      alert('c', 4, null, { kind: 'inhibited', by: 'S-1' }),
      alert('d', 5, null, { kind: 'silenced', by: 'S-7' }),
    ],
    suppressions: [quiet],
    deadChannels: [],
    quality: [],
  });
  const open = openAlerts(alerts);
  assert.deepEqual(
    open.map(({ key }) => key),
    ['d', 'c', 'a'],
  );
  assert.deepEqual(
    open.map((each) => suppressionOf(each, alerts.suppressions)?.by ?? null),
    [null, null, 'ana'],
  );
});
