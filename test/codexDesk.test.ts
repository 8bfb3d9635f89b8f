// One reader of the log in a running Sereno: people are told once what cannot be read, in the same words everywhere; and a root
// of trust that ends is told before it does, paged when it has, and over with the next one.
// decoder: answers of the API are read as what the contract promises

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { EvidenceRecord } from '#kernel/evidence.ts';
import type { AlertsView, TownView } from '#kernel/view.ts';
import { CodexTown, ITEM } from './stand/codexTown.ts';
import { run, until } from './stand/sereno.ts';

const recordsOf = async (town: CodexTown, type: string): Promise<readonly EvidenceRecord[]> => {
  const { records } = await town.post.get<{ readonly records: readonly EvidenceRecord[] }>(
    `/api/evidence?type=${type}&limit=50`,
  );
  return records;
};

const notices = async (town: CodexTown): Promise<readonly string[]> =>
  (await town.post.get<TownView>('/api/town')).codexNotices;

const openAlerts = async (town: CodexTown): Promise<readonly string[]> =>
  (await town.post.get<AlertsView>('/api/alerts')).alerts
    .filter(({ endedAt, key }) => endedAt === null && key.includes('codex'))
    .map(({ key }) => key);

const statusOf = async (town: CodexTown): Promise<number> =>
  (await fetch(`${town.post.url()}/api/codex/${ITEM}/active`)).status;

/** At once, so that nobody reads half of it. */
const replace = (path: string, bytes: Uint8Array): void => {
  writeFileSync(`${path}.new`, bytes);
  renameSync(`${path}.new`, path);
};

suite('one desk for the codex of a running Sereno', () => {
  test('a log that cannot be read is told once, in the same words everywhere, and mends by itself', async () => {
    const town = new CodexTown();
    await town.trust();
    await town.release('One');
    await town.post.up();
    await until('the evidence', async () => (await recordsOf(town, 'codex.activated')).length === 1);
    const log = join(town.post.state, 'codex/log/000');
    const last = join(log, readdirSync(log).toSorted().at(-1) ?? '');
    const bytes = readFileSync(last);
    replace(last, Buffer.from(bytes.map((byte, index) => (index === 30 ? byte ^ 1 : byte))));
    await until('serving to refuse', async () => (await statusOf(town)) === 503);
    await until('the doubt in the evidence', async () => (await recordsOf(town, 'codex.doubted')).length === 1);
    await until('the notice', async () => (await notices(town)).length === 1);
    const [notice = ''] = await notices(town);
    assert.match(notice, /^the codex cannot be read; .*\[codex-damaged\]$/);
    assert.deepEqual(await openAlerts(town), ['codex:store']);
    const found = await recordsOf(town, 'finding.opened');
    assert.deepEqual(
      found.map(({ trigger }) => trigger),
      [notice],
    );
    assert.equal(town.post.out.split(notice).length - 1, 1, 'shouted once');
    replace(last, bytes);
    await until('serving to give again', async () => (await statusOf(town)) === 200);
    await until('the end in the evidence', async () => (await recordsOf(town, 'codex.whole')).length === 1);
    await until('the end of the notice', async () => (await notices(town)).length === 0);
    await until('the end of the finding', async () => (await openAlerts(town)).length === 0);
    await town.release('Two');
    await until('the next version', async () => (await recordsOf(town, 'codex.activated')).length === 2);
    await town.post.down();
  });

  test('entries that are lost for good: refused while nobody has signed for it, then served again without a restart', async () => {
    const town = new CodexTown();
    await town.trust();
    await town.release('One');
    await town.release('Two');
    await town.post.up();
    await until('the evidence', async () => (await recordsOf(town, 'codex.activated')).length === 2);
    const log = join(town.post.state, 'codex/log/000');
    for (const name of readdirSync(log).toSorted().slice(-2)) rmSync(join(log, name));
    await until('serving to refuse', async () => (await statusOf(town)) === 503);
    await town.must('head', '--accept', '--key', town.path('ana.pem'), '--why', 'the disk died', '--as', 'ana');
    await until('serving to give the first version', async () => (await statusOf(town)) === 200);
    await until('it in the evidence', async () => (await recordsOf(town, 'codex.loss-accepted')).length === 1);
    assert.deepEqual(await notices(town), []);
    await town.post.down();
  });

  test('a root that ends is a notice, its end a page, and the next root ends both', async () => {
    const town = new CodexTown();
    await town.trust();
    await town.release('One');
    const next = (life: string): Promise<string> =>
      town.must('trust', '--next', `ana=${town.path('ana.pem')}`, `ben=${town.path('ben.pem')}`, '--expires', life);
    await next('20d');
    await town.post.up();
    await until('the notice', async () => (await recordsOf(town, 'codex.root-ending')).length === 1);
    const said = await until('status to say so', async () => {
      const { out } = await run(['status', ...town.post.flags()]);
      return /root 2 of trust expires in \d+ days, on [\d-]+: .*/.exec(out)?.[0] ?? null;
    });
    const { error } = await town.codex('list');
    assert.ok(error.includes(said.split(':')[0] ?? 'nothing'), 'the words of the command line');
    assert.deepEqual(await openAlerts(town), ['codex:root']);
    assert.deepEqual((await town.post.get<TownView>('/api/town')).incidents, [], 'nobody is paged yet');
    await town.post.down();
    await town.post.up();
    await until('the notice to be shown again', async () => (await openAlerts(town)).length === 1);
    await next('1s');
    await until('the page', async () => {
      const { incidents } = await town.post.get<TownView>('/api/town');
      return incidents.some(
        ({ title, status }) => title.startsWith('root 3 of trust has expired') && status === 'open',
      );
    });
    assert.equal(await statusOf(town), 503, 'production reads are refused');
    assert.equal((await recordsOf(town, 'codex.root-ended')).length, 1);
    await next('365d');
    await until('it to be over', async () => {
      const { incidents } = await town.post.get<TownView>('/api/town');
      return incidents.every(({ status }) => status === 'resolved') && (await notices(town)).length === 0;
    });
    assert.equal((await recordsOf(town, 'codex.root-renewed')).length, 1);
    assert.equal(await statusOf(town), 200);
    await town.post.down();
  });
});
