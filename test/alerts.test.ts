// Alerts end to end: quiet only by a person until an end, fates that can be asked for, a dead channel that is named, and
// the real Alertmanager told of what people are told. // decoder: answers are read as the wire contract promises

import assert from 'node:assert/strict';
import test from 'node:test';
import type { AlertsView } from '#kernel/view.ts';
import { startAlertmanager, startReceiver } from './stand/alertmanager.ts';
import { freePort } from './stand/port.ts';
import { Post, run, until } from './stand/sereno.ts';

const siteOf = (notify: string, port: number): string => `
sereno: 1
site: town
environment: dev
people:
  ana: { roles: [operator], contact: { email: ana@example.org } }
services:
  api:
    tier: app
    run: { systemd: api.service }
    checks: [ { http: "http://127.0.0.1:${port}/", every: 500ms } ]
    targets: { availability: 99% over 7d }
policy: { autonomy: 1, allow: [] }
notify: ${notify}
`;

const alertmanagerConfig = (receiver: string): string => `
route: { receiver: us, group_by: [subject], group_wait: 100ms, group_interval: 500ms, repeat_interval: 1h }
receivers: [ { name: us, webhook_configs: [ { url: "${receiver}", send_resolved: true } ] } ]
`;

test('what people are told is told to a real Alertmanager; quiet needs a person and an end; a dead channel is named', async () => {
  const receiver = await startReceiver();
  const stand = await startAlertmanager(alertmanagerConfig(receiver.url));
  const [port, deadPort] = [await freePort(), await freePort()];
  const notify = `{ am: { alertmanager: "${stand.url}" }, dead: { webhook: "http://127.0.0.1:${deadPort}/" }, route: { SEV1: [am, dead], SEV2: [am, dead], SEV3: [am, dead] } }`;
  const post = new Post(siteOf(notify, port));
  await post.up();
  const taken = await until(
    'Alertmanager to tell of it',
    () => receiver.taken.find((it) => it.groupLabels['subject'] === 'api') ?? null,
  );
  assert.deepEqual(
    taken.alerts.map((it) => [it.status, it.labels['site']]),
    [['firing', 'town']],
  );
  const view = (): Promise<AlertsView> => post.get('/api/alerts');
  const { deadChannels } = await until('the dead channel to be named', async () => {
    const seen = await view();
    return seen.deadChannels.length > 0 && seen;
  });
  assert.equal(deadChannels[0]?.name, 'dead');
  const doctor = await run(['doctor', ...post.flags()]);
  assert.match(doctor.out, /fail {2}channels: dead does not deliver since/);
  await until('the living one to tell of it', () =>
    receiver.taken.some((it) => it.alerts.some((alert) => alert.labels['key']?.startsWith('channel:dead') === true)),
  );
  const { alerts } = await view();
  assert.deepEqual(
    alerts.filter((it) => it.key === 'api/http').map((it) => it.fate.kind),
    ['notified'],
  );

  const cli = (...words: readonly string[]) => run(['alert', ...words, ...post.flags()]);
  const endless = await cli('suppress', 'api', '--why', 'work');
  assert.equal(endless.code, 2, endless.error);
  assert.match(endless.error, /needs an end/);
  const done = await cli('suppress', 'api', '--until', '1h', '--why', 'moving the disk');
  assert.equal(done.code, 0, done.error);
  assert.equal((await view()).suppressions[0]?.what, 'api');
  const issued = await run(['token', 'issue', 'robot', '--agent', '--role', 'operator', ...post.flags()]);
  assert.equal(issued.code, 0, issued.error);
  const token = /sereno_\S+/.exec(issued.out)?.[0] ?? '';
  const end = new Date(Date.now() + 3_600_000).toISOString();
  const refused = await until('the new token to be known', async () => {
    const answer = await post.post(`/api/alerts/suppressions?what=api&until=${end}`, { why: 'x' }, token);
    return answer.status !== 401 && answer;
  });
  assert.equal(refused.status, 409, JSON.stringify(refused.body));
  assert.match(JSON.stringify(refused.body), /only a person/);
  await post.down();
  await post.up();
  assert.deepEqual(
    (await view()).suppressions.map((it) => it.id),
    ['S-1'],
  );
  const list = await cli('suppressed');
  assert.match(list.out, /S-1.*moving the disk/);
  await stand.stop();
  await receiver.close();
});
