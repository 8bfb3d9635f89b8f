// What changed: each memory becomes the suspect that it is, and what answered the trouble becomes none.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActionRecord } from '#kernel/action.ts';
import type { RawAlert } from '#kernel/alert.ts';
import type { EvidenceRecord } from '#kernel/evidence.ts';
import { effectKey, serviceId } from '#kernel/id.ts';
import type { Release } from '#kernel/release.ts';
import { GATE, watchMachine } from '#kernel/site.ts';
import { instant, later, minutes, type DurationMs } from '#kernel/time.ts';
import { changesOf, type Memories, type Remembered } from './changes.ts';

const AT = instant(Date.UTC(2026, 0, 15));
const API = serviceId('api');
const ago = (ms: number): typeof AT => later(AT, -ms as DurationMs); // brand

const release = (minutesAgo: number, more: Partial<Release> = {}): Release => ({
  id: `api@${minutesAgo}`,
  service: API,
  version: 'v2',
  at: ago(minutes(minutesAgo)),
  source: 'cli',
  by: 'ana',
  trafficPercent: 100,
  until: AT,
  verdict: null,
  judgedAt: null,
  ...more,
});

const action = (minutesAgo: number, more: Partial<ActionRecord> = {}): ActionRecord => ({
  key: effectKey(watchMachine(API), 1, 1),
  action: 'restart',
  at: ago(minutes(minutesAgo)),
  by: 'ana',
  trigger: 'asked',
  cause: null,
  outcome: 'effective',
  endedAt: null,
  ...more,
});

const configured = (minutesAgo: number, refs: EvidenceRecord['refs']): EvidenceRecord => ({
  seq: 1,
  at: ago(minutes(minutesAgo)),
  actor: { kind: 'system', name: 'sereno' },
  machine: GATE,
  type: 'configuration.changed',
  trigger: 'digest',
  action: null,
  outcome: null,
  refs,
  prevHash: '',
  hash: '',
});

const alert = (key: string): RawAlert => ({
  key,
  subject: 'host',
  service: null,
  severity: 'SEV3',
  title: key,
  since: ago(minutes(3)),
  endedAt: null,
  fate: { kind: 'waiting', by: '', why: '', at: AT },
});

const remembered = (more: Partial<Remembered> = {}): Remembered => ({
  service: API,
  troubleSince: null,
  actions: [],
  exit: null,
  files: [],
  ...more,
});

/** The suspects of these memories, as `kind subject: what`. */
const check = (what: string, memories: Partial<Memories>, expected: readonly string[]): void => {
  test(what, () => {
    const nothing: Memories = { at: AT, releases: [], configurations: [], services: [], approvals: [], alerts: [] };
    const changes = changesOf({ ...nothing, ...memories });
    assert.deepEqual(
      changes.map((it) => `${it.kind} ${it.subject ?? '*'}: ${it.what}`),
      expected,
    );
  });
};

check('nothing', {}, []);
check('a marked release', { releases: [release(5)] }, ['deployment api: release v2 of api, by ana']);
check('a seen release', { releases: [release(5, { source: 'process', version: 'abc' })] }, [
  'deployment api: another program of api (seen: abc)',
]);
check('a release of the day before yesterday', { releases: [release(2 * 24 * 60)] }, []);
check('each service whose declaration changed', { configurations: [configured(2, { changed: { api: 'checks' } })] }, [
  'configuration api: the declaration of api (checks)',
]);
check('a new configuration that changed no service', { configurations: [configured(2, { changed: {} })] }, []);
check('a record of an earlier version', { configurations: [configured(2, {})] }, [
  'configuration *: a new configuration of the site',
]);
check(
  'a restart by a person, with the leave that it had',
  {
    services: [remembered({ actions: [action(5)] })],
    approvals: [{ id: 'APR-7', subject: 'api', action: 'restart', requestedBy: 'ana' }],
  },
  ['operation api: restart of api by ana (agreed to: APR-7)'],
);
check(
  'a stop is one, a start, a refusal and a failure are none',
  {
    services: [
      remembered({
        actions: [
          action(1, { action: 'start' }),
          action(2, { outcome: 'refused' }),
          action(3, { outcome: 'failed' }),
          action(4, { action: 'stop' }),
        ],
      }),
    ],
  },
  ['operation api: stop of api by ana'],
);
check(
  'what answered the trouble is not its cause',
  {
    services: [remembered({ troubleSince: ago(minutes(4)), actions: [action(3), action(4), action(5)] })],
  },
  ['operation api: restart of api by ana'],
);
check(
  'memory that ran out',
  {
    services: [
      remembered({
        exit: { pid: 1, code: null, signal: 'SIGKILL', at: ago(1_000), ranMs: minutes(1), isOutOfMemory: true },
      }),
    ],
  },
  ['resource api: api was killed for want of memory'],
);
check(
  'findings about the machine, and none about what a service answers',
  {
    alerts: [
      alert('room:disk'),
      alert('anomaly:system_memory_usage_bytes'),
      alert('anomaly:api/http'),
      alert('api/http'),
    ],
  },
  ['resource *: room:disk', 'resource *: anomaly:system_memory_usage_bytes'],
);

const file = { what: 'api.mjs was changed', at: ago(minutes(30)), isBeforeStart: true };
check('a file that changed without a release', { services: [remembered({ files: [file] })] }, [
  'deployment api: api.mjs was changed',
]);
check(
  'a file that came with a release is not told twice',
  {
    releases: [release(5)],
    services: [remembered({ files: [file] })],
  },
  ['deployment api: release v2 of api, by ana'],
);
check(
  'a file that changed long after the last release',
  {
    releases: [release(60)],
    services: [remembered({ files: [file] })],
  },
  ['deployment api: release v2 of api, by ana', 'deployment api: api.mjs was changed'],
);

test('what happens often is counted, what happened once is not', () => {
  const { at, ...nothing } = { at: AT, configurations: [], services: [], approvals: [], alerts: [] };
  const rates = (releases: readonly Release[]): readonly (number | null)[] =>
    changesOf({ at, ...nothing, releases }).map((change) => change.perDay);
  assert.deepEqual(rates([release(5)]), [null]);
  assert.deepEqual(rates([release(5), release(60), release(120)]), [3, 3, 3]);
});
